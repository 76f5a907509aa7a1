"""Requests for speech, and what they bring."""

from __future__ import annotations

from typing import Any

import httpx
import numpy as np

from dfai_engine.app import App
from engine.wire import ask
from sounds import samples_in

__all__ = ["RATE_HZ", "duration_s", "samples", "speak", "ssml", "trouble"]

RATE_HZ = 16_000
_SPEAK = (
    '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="http://www.w3.org/2001/mstts" '
    'xml:lang="en-US">{}</speak>'
)


def ssml(inner: str, voice: str | None = "en-US-Pico") -> str:
    """A document of one voice; without one, *inner* names its own."""
    return _SPEAK.format(inner if voice is None else f'<voice name="{voice}">{inner}</voice>')


def speak(app: App, document: str | bytes, form: str = "riff-16khz-16bit-mono-pcm", **headers: str) -> httpx.Response:
    """One request, as the documentation has it."""
    sent = {
        "Content-Type": "application/ssml+xml",
        "X-Microsoft-OutputFormat": form,
        "User-Agent": "tests",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    kept = {name: value for name, value in sent.items() if value}
    return ask(app, "POST", "/cognitiveservices/v1", headers=kept, content=document)


def samples(answer: httpx.Response) -> np.ndarray[Any, Any]:
    """The samples of a WAV file."""
    assert answer.status_code == 200, answer.text
    return samples_in(answer.content, RATE_HZ)


def duration_s(answer: httpx.Response) -> float:
    """How long a WAV file is heard."""
    return len(samples(answer)) / RATE_HZ


def trouble(answer: httpx.Response) -> tuple[int, str, str]:
    """Why there is no sound: status, code, message."""
    error = answer.json()["error"]
    return answer.status_code, error.get("innererror", error)["code"], error["message"]
