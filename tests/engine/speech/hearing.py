"""Sounds that tests let the engine hear, what is said in them, and how near an answer comes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from dfai_engine import weights
from dfai_engine.app import App
from engine.wire import ask
from sounds import samples_in

for package in ("av", "ctranslate2", "faster_whisper", "onnxruntime"):
    pytest.importorskip(package, reason='needs pip install "dfai[speech]"')

__all__ = ["CLIPS", "FAST", "RATE_HZ", "SHORT", "clip", "fast", "needs_model", "samples", "short"]

MEDIA = Path(__file__).resolve().parents[2] / "media"
RATE_HZ = 16_000
SHORT = "/speech/recognition/conversation/cognitiveservices/v1"
FAST = "/speechtotext/transcriptions:transcribe"
CLIPS: Mapping[str, str] = {
    "speaker_a_1": "he was not an ill disposed young man",
    "speaker_a_2": "he might even have been made amiable himself",
    "speaker_a_3": "unless to be rather cold hearted and rather selfish is to be ill disposed",
    "synthetic_en": "customers reported that the new application is slow but the support team answered quickly",
    "synthetic_de": "guten morgen das wetter ist heute sehr schön und wir gehen in den park",
}

needs_model = pytest.mark.skipif(not weights.present("whisper-base"), reason="needs the model: dfai models pull speech")


def clip(name: str) -> bytes:
    """A WAV file of the tests' media."""
    return (MEDIA / f"{name}.wav").read_bytes()


def samples(name: str) -> np.ndarray[Any, Any]:
    """The samples of a clip, 16 bits."""
    return samples_in(clip(name), RATE_HZ)


def short(app: App, body: bytes, query: str = "language=en-US", **headers: str) -> httpx.Response:
    """One request for short audio."""
    sent = {"Content-Type": "audio/wav; codecs=audio/pcm; samplerate=16000", **headers}
    return ask(app, "POST", f"{SHORT}?{query}", content=body, headers=sent)


def fast(app: App, body: bytes | None, definition: str = "{}", version: str = "2025-10-15") -> httpx.Response:
    """One fast transcription."""
    files: dict[str, Any] = {"definition": (None, definition, "application/json")}
    if body is not None:
        files["audio"] = ("clip.wav", body, "audio/wav")
    return ask(app, "POST", f"{FAST}?api-version={version}", files=files)
