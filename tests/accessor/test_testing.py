"""`dfai.testing`: every verb's answers, every failure, and what was asked."""

from __future__ import annotations

import pickle
import time
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai.errors import ConfigError, NotOffered
from dfai_core.services import services
from pages import run_python, samples

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

TEXT = "Bob in Rome. He likes it."
CASES: list[tuple[str, Any, Any]] = [
    ("sentiment", "mixed", "mixed"),
    ("key_phrases", ["Rome", "Bob"], ["Rome", "Bob"]),
    ("detect_language", {"language": "it", "name": "Italian"}, "it"),
    ("linked_entities", [{"name": "Rome", "url": "https://rome.example"}], "Rome"),
    ("redact_pii", "*** in Rome.", "*** in Rome."),
    ("extract_summary", ["Bob in Rome.", "He likes it."], "Bob in Rome. He likes it."),
]


@pytest.mark.parametrize(("verb", "given", "expected"), CASES, ids=[verb for verb, _, _ in CASES])
def test_verbs_on_texts_give_what_they_were_told_for_a_text_for_all_and_by_a_function(
    verb: str, given: Any, expected: Any
) -> None:
    noun = services()[verb].noun
    for answers in ({TEXT: given}, given if not isinstance(given, dict) else {TEXT: given}, lambda text: given):
        with dfai.using(target=dfai.testing.fake({verb: answers}), progress="off"):
            frame = getattr(pd.DataFrame({"t": [TEXT]}).ai, verb)("t")
        found = frame[noun][0]

        assert frame[f"{noun}_error"].isna().all(), frame[f"{noun}_error_message"][0]
        assert (found[0]["name"] if verb == "linked_entities" else found) == expected


def test_entities_stand_where_the_text_has_them() -> None:
    fake = dfai.testing.fake({"entities": {TEXT: [{"text": "Rome", "category": "Location", "confidence": 0.5}, "Bob"]}})
    with dfai.using(target=fake, progress="off"):
        found = pd.DataFrame({"t": [TEXT]}).ai.entities("t")["entities"][0]

    place = {"text": "Rome", "category": "Location", "subcategory": None, "confidence": 0.5, "offset": 7, "length": 4}
    assert found == [place, {**place, "text": "Bob", "category": "Other", "confidence": 1.0, "offset": 0, "length": 3}]


def test_verbs_on_series_give_what_they_were_told() -> None:
    frame = pd.DataFrame({"at": pd.date_range("2026-01-01", periods=4), "v": [1.0, 1.0, 50.0, 1.0]})
    fake = dfai.testing.fake(
        {
            "detect_anomalies": lambda series: [value > 10 for value in series],
            "detect_last_anomaly": {(1.0, 1.0, 50.0, 1.0): True},
            "detect_change_points": [False, False, True, True],
        }
    )
    with dfai.using(target=fake, progress="off"):
        anomalies = frame.ai.detect_anomalies("v", timestamp="at")
        last = frame.ai.detect_last_anomaly("v", timestamp="at")
        changes = frame.ai.detect_change_points("v", timestamp="at")

    assert anomalies["anomaly"].tolist() == [False, False, True, False]
    assert last["anomaly"][3]
    assert changes["change_point"].tolist() == [False, False, True, True]


@pytest.mark.parametrize("code", ["rate_limited", "unavailable", "timeout", "refused", "unsupported", "too_large"])
def test_a_text_that_fails_fails_alone_and_at_once(code: str) -> None:
    texts = [f"text {n}" for n in range(40)]
    fake = dfai.testing.fake({"sentiment": "neutral"}, fail={texts[17]: code})
    began = time.monotonic()
    with dfai.using(target=fake, progress="off"):
        errors = pd.DataFrame({"t": texts}).ai.sentiment("t")["sentiment_error"]

    assert errors.dropna().to_dict() == {17: code}
    # Six tries, and a rate that knows of no refusal: with either waited for it would be seconds.
    assert time.monotonic() - began < 5


def test_what_was_asked_can_be_looked_at_also_after_the_fake_has_travelled() -> None:
    fake = dfai.testing.fake({"sentiment": "neutral"}, fail={"Bad.": "bad_answer"})
    with dfai.using(target=pickle.loads(pickle.dumps(fake)), attempts=1, progress="off"):
        pd.DataFrame({"t": ["Good.", "Bad.", "Good."]}).ai.sentiment("t")

    assert fake.requests[0] == ("sentiment", ("Good.", "Bad."), 413)
    assert sorted(fake.requests[1:]) == [("sentiment", ("Bad.",), None), ("sentiment", ("Good.",), 200)]
    assert dfai.testing.fake({"sentiment": "neutral"}).requests == []


def test_what_a_fake_cannot_say_is_found_early() -> None:
    with pytest.raises(ConfigError, match="'summarise' is no verb that a fake answers"):
        dfai.testing.fake({"summarise": "short"})
    with pytest.raises(ConfigError, match="'unlucky' is no code"):
        dfai.testing.fake({"sentiment": "neutral"}, fail={"t": "unlucky"})
    with (
        dfai.using(target=dfai.testing.fake({"sentiment": "neutral"})),
        pytest.raises(NotOffered, match=r'Give entities its answers too: dfai.testing.fake\(\{"entities"'),
    ):
        pd.DataFrame({"t": ["Bob"]}).ai.entities("t")


def test_an_answer_that_the_verb_could_not_give_is_that_texts_error() -> None:
    with dfai.using(target=dfai.testing.fake({"sentiment": {"a": "splendid", "b": "neutral"}}), progress="off"):
        frame = pd.DataFrame({"t": ["a", "b"]}).ai.sentiment("t")

    assert frame["sentiment_error"][0] == "refused"
    assert "'positive', 'neutral', 'negative' or 'mixed'" in frame["sentiment_error_message"][0]
    assert frame["sentiment"][1] == "neutral"


def test_the_page_runs_as_it_stands() -> None:
    names: dict[str, Any] = {}
    for _, sample in samples("testing.md"):
        run_python(sample, "testing.md", names)

    assert names["df"]["sentiment_error"].fillna("-").tolist() == ["-", "rate_limited"]
