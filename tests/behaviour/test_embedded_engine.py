"""The embedded engine answers wherever the rows are."""

from __future__ import annotations

import dfai
from frames import Frames


def test_the_embedded_engine_is_the_default_on_every_backend(frames: Frames) -> None:
    frame = frames.build({"t": ["Lovely room, friendly staff.", None, "Never again, awful service."]})

    with dfai.using(target="local", progress="off"):
        result = frames.read(frame.ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive", None, "negative"]
    assert result["sentiment_error"] == [None] * 3


def test_the_embedded_engine_masks_personal_data(frames: Frames) -> None:
    frame = frames.build({"t": ["Write to anna@example.com.", "Nothing here."]})

    with dfai.using(target="local", progress="off"):
        result = frames.read(frame.ai.redact_pii("t", language="en", categories=["Email"]))

    assert result["redacted"] == ["Write to ****************.", "Nothing here."]
