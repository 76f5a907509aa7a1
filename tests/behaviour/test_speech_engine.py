"""Recorded speech on every backend, heard by the embedded engine as a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dfai
from engine.server import serving
from frames import Frames
from sounds import wav

pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "dask-distributed", "spark"),
]

MEDIA = Path(__file__).resolve().parents[1] / "media"
GERMAN = str(MEDIA / "synthetic_de.wav")


@pytest.fixture(scope="module")
def target() -> Iterator[dfai.Target]:
    """A served engine: one model for all workers."""
    with serving(limits="wide", workers=1) as url:
        yield dfai.container(url)


def answers(frames: Frames, columns: dict[str, list[Any]], verb: str, **options: Any) -> Any:
    """The answer's columns."""
    result = frames.read(getattr(frames.build(columns).ai, verb)("a", **options))
    return {name: values for name, values in result.items() if name not in columns}


def test_recordings_are_written_down(frames: Frames, target: dfai.Target, tmp_path: Path) -> None:
    silence = tmp_path / "silence.wav"
    silence.write_bytes(wav(np.zeros(16_000)))
    columns = {"a": [None, str(silence), GERMAN]}
    with dfai.using(target=target, progress="off", attempts=1, deadline_s=300.0):
        found = answers(frames, columns, "transcribe", include=["words"])

    assert found["transcript"][2].startswith("Guten Morgen, das Wetter ist heute sehr schön")
    assert found["transcript_language"] == [None, None, "de-DE"]
    assert found["transcript_error"] == [None, "nothing_found", None]
    assert found["transcript_duration_s"][2] == pytest.approx(4.34, abs=0.01)
    starts = [word["start_s"] for word in found["transcript_words"][2]]
    assert starts == sorted(starts)
    assert len(starts) > 10


@pytest.mark.where("pandas")
def test_speech_is_translated_and_heard_by_every_protocol(frames: Frames, target: dfai.Target) -> None:
    with dfai.using(target=target, progress="off", attempts=1, deadline_s=300.0):
        translated = answers(frames, {"a": [GERMAN]}, "translate_speech", language="de", include=["audio"])
        short = answers(frames, {"a": [GERMAN]}, "transcribe", language="de", api_version="v1", include=["nbest"])

    assert "weather is very nice" in translated["translation"][0]
    assert translated["translation_language"] == ["de-DE"]
    assert bytes(translated["translation_audio"][0][:4]) == b"RIFF"
    assert short["transcript"][0].startswith("Guten Morgen")
    assert short["transcript_nbest"][0][0]["text"] == short["transcript"][0]
