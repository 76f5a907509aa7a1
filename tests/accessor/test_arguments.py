"""What users get wrong, and what they are told."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

import dfai
from dfai.errors import BackendNotFound, ColumnExists, ColumnNotFound, ConfigError, NotOffered
from lookalike import Lookalike

FRAME = pd.DataFrame({"review": ["good", "bad"], "lang": ["en", "fr"], "stars": [5, 1]})


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("reviw",), ColumnNotFound, "no column 'reviw'; columns: 'review', 'lang', 'stars'. Did you mean 'review'?"),
        (("stars",), ConfigError, "reads text, but column 'stars' holds int64"),
        (([],), ConfigError, "name at least one column"),
        (({"a": 1},), ConfigError, "cannot be a dict"),
    ],
)
def test_a_wrong_column_is_named_before_any_request(
    service: Lookalike, arguments: tuple[Any, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words.replace("?", r"\?").replace("(", r"\(")):
        FRAME.ai.sentiment(*arguments)

    assert service.requests == []


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"language": "stars"},
            r"language='stars' is not a language code, but 'stars' is a column: .*dfai.col\('stars'\)",
        ),
        ({"language": 3}, "language=3 is not a language code"),
        ({"language": dfai.col("lng")}, r"no column 'lng'.*Did you mean 'lang'"),
        ({"concurency": 3}, "Did you mean 'concurrency'"),
        ({"langage": "en"}, "Did you mean 'language'"),
        ({"if_exist": "fill"}, "Did you mean 'if_exists'"),
        ({"language": "english"}, r"not a language code \(ISO 639-1, such as 'en'\)"),
        ({"concurrency": 0}, "whole number from 1"),
        ({"rate_per_s": -1}, "number above 0"),
        ({"on_error": "ignore"}, "'column' or 'raise'"),
        ({"include": ["opinion"]}, "cannot include 'opinion'; it knows 'sentences', 'opinions', 'error_detail'"),
        ({"include": "opinion"}, "cannot include 'opinion'"),
        ({"if_exists": "skip"}, "'raise', 'replace' or 'fill'"),
        ({"output": ""}, "expected a column name"),
        ({"target": "mars"}, "target='mars' is not known"),
        ({"target": 5}, "not a int"),
        ({"input_col": "review"}, "the column comes first"),
        ({"subscription_key": "k"}, r"target=dfai.azure\("),
        ({"timeout": 3}, "timeout_s"),
        ({"batch_size": 10}, "packed within the service's limits"),
    ],
)
def test_a_wrong_option_or_setting_is_named_before_any_request(
    service: Lookalike, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises((ConfigError, ColumnNotFound), match=words):
        FRAME.ai.sentiment("review", **settings)

    assert service.requests == []


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("analyze_sentiment", "sentiment"),
        ("TextSentiment", "sentiment"),
        ("extract_key_phrases", "key_phrases"),
        ("LanguageDetector", "detect_language"),
        ("recognize_pii_entities", "redact_pii"),
        ("summarize", "extract_summary"),
    ],
)
def test_a_verb_known_elsewhere_leads_to_ours(name: str, ours: str) -> None:
    with pytest.raises(AttributeError, match=rf"df.ai has no '{name}'. Here it is: df.ai.{ours}\(.*dfai.verbs\(\)"):
        getattr(FRAME.ai, name)


def test_a_misspelt_verb_and_a_setter_are_explained() -> None:
    with pytest.raises(AttributeError, match=r"Did you mean df\.ai\.sentiment"):
        _ = FRAME.ai.sentimant
    with pytest.raises(AttributeError, match="the column comes first"):
        _ = FRAME.ai.setTextCol


def test_a_frame_without_columns_says_so() -> None:
    with pytest.raises(dfai.errors.ColumnNotFound, match="the frame has no columns at all"):
        pd.DataFrame().ai.sentiment("review")


def test_a_column_given_for_its_name_is_told_by_its_name() -> None:
    with pytest.raises(dfai.errors.ConfigError, match="cannot be a Series: write 'review'"):
        FRAME.ai.sentiment(FRAME["review"])


def test_a_verb_looked_for_beside_the_frames_is_led_to_them() -> None:
    with pytest.raises(AttributeError, match=r"Verbs stand on frames: df.ai.sentiment\(…\)"):
        dfai.sentiment  # type: ignore[attr-defined]  # noqa: B018


def test_using_refuses_at_once_even_where_with_was_forgotten() -> None:
    with pytest.raises(dfai.errors.ConfigError, match="Did you mean 'target'"):
        dfai.using(targt="local")  # type: ignore[call-arg]


def test_answer_columns_that_exist_are_a_choice(service: Lookalike) -> None:
    once = FRAME.ai.sentiment("review")

    with pytest.raises(ColumnExists, match=r"already has 'sentiment', .*if_exists=\"replace\".*\"fill\""):
        once.ai.sentiment("review")
    assert len(service.requests) == 1


def test_clashes_are_found_for_every_column_before_the_first_is_asked(service: Lookalike) -> None:
    frame = FRAME.assign(lang_sentiment="there already")

    with pytest.raises(ColumnExists, match="'lang_sentiment'"):
        frame.ai.sentiment(["review", "lang"])
    assert service.requests == []


def test_filling_needs_the_same_columns_as_the_first_time(service: Lookalike) -> None:
    once = FRAME.ai.sentiment("review")

    with pytest.raises(ConfigError, match="lacks 'sentiment_sentences'"):
        once.ai.sentiment("review", if_exists="fill", include=["sentences"])


def test_several_columns_need_a_pattern(service: Lookalike) -> None:
    with pytest.raises(ConfigError, match=r"\{column\}_mood"):
        FRAME.ai.sentiment(["review", "lang"], output="mood")


def test_frames_nobody_serves_are_refused_by_name() -> None:
    with pytest.raises(
        BackendNotFound, match=r"no backend for a builtins.dict; installed: dask, pandas, polars, pyspark"
    ):
        dfai.on({"review": ["good"]})
    with pytest.raises(BackendNotFound, match="a column, not a frame"):
        dfai.on(FRAME["review"])
    with pytest.raises(BackendNotFound, match="MultiIndex"):
        dfai.on(pd.DataFrame([[1]], columns=pd.MultiIndex.from_tuples([("a", "b")])))


def test_a_repeated_column_name_is_refused_only_where_it_matters(service: Lookalike) -> None:
    frame = pd.DataFrame([["good", 1, 2]], columns=["t", "twice", "twice"])

    assert frame.ai.sentiment("t")["sentiment"].tolist() == ["positive"]
    with pytest.raises(ConfigError, match="2 columns are called 'twice'"):
        frame.ai.sentiment("twice")


def test_a_target_that_does_not_serve_a_verb_says_who_does() -> None:
    with pytest.raises(NotOffered, match=r"dfai.azure\("):
        FRAME.ai.linked_entities("review", language="en", target=dfai.local())
