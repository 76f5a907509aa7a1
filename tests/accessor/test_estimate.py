"""An estimate to look at, what it says that it does not know, and what it refuses."""

from __future__ import annotations

import json

import pandas as pd
import pytest

import dfai
from dfai._estimated import _up
from dfai.errors import ColumnNotFound, ConfigError, NotOffered
from lookalike import Lookalike

FRAME = pd.DataFrame(
    {"t": ["good"] * 30 + [f"bad {n}" for n in range(25)] + ["a. " * 4_000, None, ""], "u": ["x"] * 58}
)
AZURE = dfai.azure("westeurope", key=dfai.env("NOWHERE_SET"))


def test_it_says_all_at_a_glance_and_sends_nothing(service: Lookalike) -> None:
    told = FRAME.ai.estimate.sentiment("t", target=AZURE, api_version="2024-11-01")

    assert str(told).splitlines()[:7] == [
        f"sentiment of t, estimated  on pandas, to be answered by {AZURE}; nothing was sent",
        "  rows                  58  2 with nothing to ask",
        "  to be asked           27  29 equal to another, sent as 29, by the parts of long texts",
        "  requests               3  12,144 characters",
        "  billed                40  text records",
        "  cost            0.04 USD  1.00 USD for 1,000 text records, as of 2026-09-10",
        "  time         about 0.1 s  0.1 s an answer, assumed",
    ]
    assert "Longer than the service takes, and sent in parts: 1 text." in str(told)
    assert (told.cost, told.currency, told.prices_as_of) == (pytest.approx(0.04), "USD", "2026-09-10")
    assert not service.requests


def test_its_card_is_html_that_lets_nothing_through() -> None:
    frame = pd.DataFrame({"<b>": ["good", None]})
    card = frame.ai.estimate.sentiment("<b>", target=AZURE, language="en", output="s")._repr_html_()

    assert "<b>" not in card
    assert "&lt;b&gt;" in card
    assert "0.001 USD" in card


def test_its_figures_are_plain_values() -> None:
    told = FRAME.ai.estimate.sentiment(["t", "u"], target=AZURE, language="en")
    plain = json.loads(json.dumps(told.to_dict()))

    assert [part["asked"] for part in plain["parts"]] == [27, 1]
    assert (plain["asked"], plain["billed_records"], plain["rows"]) == (28, 41, 58)
    assert plain["cost"] == pytest.approx(0.041)


def test_a_column_and_a_typed_frame_have_the_same(service: Lookalike) -> None:
    asked = dfai.on(FRAME).estimate.key_phrases("t").asked

    assert FRAME["t"].ai.estimate.key_phrases().asked == asked == 27
    assert FRAME["t"].ai.estimate(sample_rows=10).key_phrases().sampled_rows == 10
    assert FRAME.ai.estimate.key_phrases("t", sample_rows=10).sampled_rows == 10


def test_a_sample_is_scaled_and_says_so(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": [f"good {n}" for n in range(10_000)]})
    told = frame.ai.estimate(sample_rows=1_000).sentiment("t")

    assert (told.rows, told.sampled_rows, told.exact) == (10_000, 1_000, False)
    assert (told.asked, told.requests) == (10_000, 1_000)
    assert "about 10,000" in str(told)


def test_time_follows_from_the_limits_of_the_call(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": [f"good {n}" for n in range(1_000)]})

    assert frame.ai.estimate(latency_s=0.5).sentiment("t", concurrency=10).duration_s == pytest.approx(5.0)
    assert frame.ai.estimate(latency_s=0.5).sentiment("t", rate_per_s=2.0).duration_s == pytest.approx(50.0)
    faces = FRAME.head(2).ai.estimate(latency_s=0.5).verify_faces("t", "u", target=AZURE, api_version="v1.2")
    assert (faces.requests, faces.duration_s) == (3, pytest.approx(1.5))  # one after the other, for two equal rows
    frame.ai.sentiment("t")
    assert frame.ai.estimate.sentiment("t").latency_measured


@pytest.mark.parametrize(
    ("verb", "target", "words"),
    [
        ("extract_summary", AZURE, "The characters of the summaries count too."),
        (
            "sentiment",
            "container:http://localhost:5000",
            'No price is known: say it with dfai.prices({"container/senti',
        ),
        ("tag_image", AZURE, "Contents were not read"),
        ("tag_image", AZURE, 'dfai.prices({"tag_image": …})'),
        ("verify_faces", AZURE, "Contents were not read"),
    ],
)
def test_what_is_not_known_is_said(verb: str, target: object, words: str) -> None:
    arguments = ("t", "u") if verb == "verify_faces" else ("t",)

    assert words in str(getattr(FRAME.head(20).ai.estimate, verb)(*arguments, target=target))


def test_this_machine_costs_nothing() -> None:
    told = FRAME.ai.estimate.sentiment("t", target="local")

    assert (told.cost, told.units, told.duration_s is None or told.duration_s > 0) == (0.0, {}, True)
    assert FRAME.ai.estimate.sentiment("t", target="local", max_cost=0).cost == 0.0


def test_its_arguments_are_the_verbs_own() -> None:
    with pytest.raises(ColumnNotFound, match="'tt'"):
        FRAME.ai.estimate.sentiment("tt")
    with pytest.raises(NotOffered):
        FRAME.assign(v=1.0).ai.estimate.detect_anomalies("v", target=AZURE)
    with pytest.raises(ConfigError, match="sample_rows=0"):
        FRAME.ai.estimate(sample_rows=0)
    with pytest.raises(ConfigError, match="max_cost=1: no price is known for tag_image"):
        FRAME.ai.estimate.tag_image("t", target=AZURE, max_cost=1)
    with pytest.raises(AttributeError, match="sentiment"):
        FRAME.ai.estimate.analyze_sentiment("t")
    with pytest.raises(ConfigError, match="takes no output="):
        FRAME["t"].ai.estimate.sentiment(output="s")


def test_a_run_is_priced_as_it_was_estimated(service: Lookalike) -> None:
    with dfai.using(prices={"container/sentiment": 50.0, "as_of": "2026-11-01"}):
        told = FRAME.ai.estimate.sentiment("t")
        with pytest.warns(dfai.errors.RowsFailed):
            FRAME.ai.sentiment("t")
    run = dfai.last_run()

    assert run.cost == told.cost == pytest.approx(40 * 50 / 1_000)
    assert run.units == told.units == {"text record": 40}
    assert "cost" in str(run)
    assert "2.00 USD" in str(run)
    assert "prices of 2026-11-01" in run._repr_html_()
    assert "2.00 USD" in run.to_html()


def test_its_own_limits_are_told() -> None:
    told = FRAME.ai.estimate.sentiment("t", target=AZURE, language="en", max_documents=5, max_cost=0.01)

    assert "Max_documents" not in str(told)
    assert "max_documents=5 stops it" in str(told)
    assert "max_cost=0.01 stops it" in str(told)


def test_counts_are_whole_and_never_too_low() -> None:
    assert [_up(count) for count in (3.0000000001, 2.9999999999, 3.2, 0.0)] == [3, 3, 4, 0]
