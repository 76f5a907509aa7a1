"""Fakes for users' own tests, on every backend."""

from __future__ import annotations

import pytest

import dfai
from frames import Frames

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")


def test_a_fake_answers_as_it_was_told_and_fails_as_a_service_would(frames: Frames) -> None:
    fake = dfai.testing.fake(
        {"sentiment": {"Lovely.": "positive", "So so.": {"sentiment": "mixed", "positive": 0.25}}},
        fail={"Bad.": "rate_limited", "Gone.": "timeout"},
    )
    frame = frames.build({"t": ["Lovely.", "Bad.", None, "So so.", "Gone.", "Unknown."]})
    with dfai.using(target=fake, attempts=2, progress="off"):
        result = frames.read(frame.ai.sentiment("t"))

    assert result["sentiment"] == ["positive", None, None, "mixed", None, None]
    assert result["sentiment_positive"] == [1.0, None, None, 0.25, None, None]
    assert result["sentiment_error"] == [None, "rate_limited", None, None, "timeout", "refused"]
    messages = result["sentiment_error_message"]
    assert messages[1] == "too many requests (HTTP 429, 2 attempts)"
    assert messages[4] == "no answer in time (2 attempts)"
    assert 'dfai.testing.fake({"sentiment": {text: answer}})' in messages[5]
