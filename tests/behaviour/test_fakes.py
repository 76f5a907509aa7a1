"""Fakes for users' own tests, on every backend."""

from __future__ import annotations

from typing import Any

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


@pytest.mark.where("pandas", "dask-distributed")  # that a fake travels to Spark's workers is shown above
def test_a_fake_knows_pictures_by_their_content(frames: Frames, tmp_path: Any) -> None:
    for name in ("cat", "dog", "odd"):
        (tmp_path / f"{name}.png").write_bytes(b"\x89PNG\r\n\x1a\n" + name.encode())
    paths = [str(tmp_path / f"{name}.png") for name in ("cat", "dog", "odd")]
    cat, dog = (b"\x89PNG\r\n\x1a\n" + name for name in (b"cat", b"dog"))
    fake = dfai.testing.fake(
        {"tag_image": {cat: ["cat"]}, "read_text": {paths[1]: "woof"}, "identify_faces": {dog: ["Rex"]}},
        fail={paths[2]: "unavailable"},
    )
    frame = frames.build({"p": [*paths, None]})
    with dfai.using(target=fake, attempts=1, progress="off"):
        for verb, options in (("tag_image", {}), ("read_text", {}), ("identify_faces", {"among": "dogs"})):
            frame = getattr(dfai.on(frame), verb)("p", **options)
        result = frames.read(frame)

    assert result["tags"] == [["cat"], None, None, None]
    assert result["text"] == [None, "woof", None, None]
    assert [people and people[0]["name"] for people in result["people"]] == [None, "Rex", None, None]
    assert result["tags_error"] == [None, "refused", "unavailable", None]
