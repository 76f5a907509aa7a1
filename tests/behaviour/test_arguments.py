"""A bad argument raises at once, names what is wrong, and costs no request: on every backend the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import dfai
from dfai.errors import ColumnExists, ColumnNotFound, ConfigError
from frames import Frames
from service import Scene

pytestmark = pytest.mark.where(
    "pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"
)

Verb = Callable[[Any], Any]


@pytest.mark.parametrize(
    ("verb", "error", "words"),
    [
        (
            lambda ai: ai.sentiment("reviw"),
            ColumnNotFound,
            r"no column 'reviw'; columns: .*'review'.*Did you mean 'review'\?",
        ),
        (lambda ai: ai.sentiment("review", language=dfai.col("lagn")), ColumnNotFound, "no column 'lagn'"),
        (lambda ai: ai.sentiment("stars"), ConfigError, "sentiment reads text, but column 'stars' holds"),
        (lambda ai: ai.sentiment("review", language="lang"), ConfigError, r"write language=dfai\.col\('lang'\)"),
        (lambda ai: ai.sentiment("review", include=["opinion"]), ConfigError, "cannot include 'opinion'"),
        (lambda ai: ai.sentiment("review", concurency=2), ConfigError, "Did you mean 'concurrency'"),
        (lambda ai: ai.sentiment("review", concurrency=0), ConfigError, "whole number from 1"),
        (lambda ai: ai.sentiment("review", target="azur:x"), ConfigError, "is not known"),
        (lambda ai: ai.sentiment([]), ConfigError, "at least one column"),
        (lambda ai: ai.extract_summary("review", max_sentences=0), ConfigError, "from 1 to 20"),
        (lambda ai: ai.analyze_sentiment("review"), AttributeError, r"df\.ai\.sentiment"),
        (lambda ai: ai.sentiment("review", output="stars_x", if_exists="append"), ConfigError, "if_exists"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_argument_raises_at_once(
    frames: Frames, scene: Scene, verb: Verb, error: type[Exception], words: str
) -> None:
    frame = frames.build({"review": ["good"], "stars": [5], "lang": ["en"]})

    with pytest.raises(error, match=words):
        verb(frame.ai)

    assert scene.requests == 0


def test_answers_that_are_there_already_are_not_overwritten(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": ["good"], "sentiment": ["x"], "sentiment_error": [None]})

    with pytest.raises(ColumnExists, match=r"'sentiment', 'sentiment_error'.*output=.*replace.*fill"):
        frame.ai.sentiment("t", language="en")

    assert scene.requests == 0


def test_column_not_found_is_a_key_error(frames: Frames, scene: Scene) -> None:
    with pytest.raises(KeyError):
        frames.build({"t": ["good"]}).ai.sentiment("u")

    assert scene.requests == 0


def test_the_accessor_lists_the_verbs(frames: Frames) -> None:
    accessor = frames.build({"t": ["good"]}).ai

    assert {"sentiment", "key_phrases", "redact_pii"} <= set(dir(accessor))
    assert "sentiment" in repr(accessor)
    assert type(frames.build({"t": ["good"]}).dfai) is type(accessor)


def test_no_warning_where_the_language_is_said(frames: Frames, scene: Scene, recwarn: pytest.WarningsRecorder) -> None:
    frames.build({"t": ["good"]}).ai.sentiment("t", language="en")

    assert not [warning for warning in recwarn if issubclass(warning.category, dfai.errors.DfaiWarning)]


def test_an_assumed_language_is_said_once_a_call(frames: Frames, scene: Scene) -> None:
    with pytest.warns(dfai.errors.LanguageAssumed, match="English is assumed"):
        frames.build({"t": ["good"]}).ai.sentiment("t")


class Credential:
    """Stands for an instance of an Entra credential, which pickles with its secret in clear."""

    def get_token(self, *scopes: str) -> None:
        raise AssertionError("no token is needed before a request")


def test_a_credential_instance_is_refused_where_calls_leave_the_process(frames: Frames) -> None:
    target = dfai.azure(endpoint="https://example.cognitiveservices.azure.com", credential=Credential())
    frame = frames.build({"t": [None]})

    if frames.lazy:
        with pytest.raises(ConfigError, match="credential"):
            frame.ai.sentiment("t", language="en", target=target)
    else:
        assert frames.read(frame.ai.sentiment("t", language="en", target=target))["sentiment"] == [None]
