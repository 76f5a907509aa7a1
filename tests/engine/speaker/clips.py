"""Recorded voices, and requests about them."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from dfai_engine.app import App
from engine.wire import ask
from sounds import samples_in

__all__ = ["IDENTIFICATION", "MEDIA", "PHRASED", "VERIFICATION", "clip", "enrolled", "post", "samples", "wav"]

MEDIA = Path(__file__).resolve().parents[2] / "media"
VERIFICATION = "/speaker-recognition/verification/text-independent"
IDENTIFICATION = "/speaker-recognition/identification/text-independent"
PHRASED = "/speaker-recognition/verification/text-dependent"
VERSION = {"api-version": "2021-09-05"}
SOUND = {"Content-Type": "audio/wav; codecs=audio/pcm"}


def clip(name: str) -> bytes:
    """A recording's file: "a_1", "b_2"."""
    return (MEDIA / f"speaker_{name}.wav").read_bytes()


def samples(name: str) -> Any:
    """A recording's samples, from -1 to 1."""
    return samples_in(clip(name)).astype(np.float32) / 32_768


def wav(sound: Any, *, rate_hz: int = 16_000, channels: int = 1, coding: int = 1, bits: int = 16) -> bytes:
    """A file of samples from -1 to 1."""
    data = (np.clip(sound, -1, 32_767 / 32_768) * 32_768).astype("<i2").tobytes()
    width = channels * bits // 8
    form = struct.pack("<HHIIHH", coding, channels, rate_hz, rate_hz * width, width, bits)
    body = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def post(app: App, path: str, content: bytes = b"", *, headers: Any = None, **query: Any) -> httpx.Response:
    """A sound is sent somewhere."""
    return ask(app, "POST", path, params={**VERSION, **query}, headers=headers or SOUND, content=content)


def enrolled(app: App, base: str, *names: str, **query: Any) -> str:
    """A new profile with these recordings; its id."""
    made = ask(app, "POST", f"{base}/profiles", params={**VERSION, **query}, json={"locale": "en-US"})
    identity: str = made.json()["profileId"]
    for name in names:
        answer = post(app, f"{base}/profiles/{identity}/enrollments", clip(name), ignoreMinLength="true")
        assert answer.status_code == 201, answer.text
    return identity
