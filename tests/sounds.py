"""Sounds for tests, made by the libraries that everybody has: never by what is tested."""

from __future__ import annotations

import io
import wave
from typing import Any

import av
import numpy as np

__all__ = ["encoded", "hum", "wav"]

_CODECS = {"mp3": "libmp3lame", "flac": "flac", "ogg": "libopus", "mp4": "aac", "webm": "libopus", "adts": "aac"}


def hum(seconds: float, rate_hz: int = 16_000, pitch_hz: float = 440.0) -> np.ndarray[Any, Any]:
    """A tone as floats."""
    return 0.5 * np.sin(2 * np.pi * pitch_hz * np.arange(round(seconds * rate_hz)) / rate_hz)


def wav(samples: np.ndarray[Any, Any], rate_hz: int = 16_000) -> bytes:
    """Floats, or frames × channels of them, as a WAV file of 16 bits."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(rate_hz)
        writer.writeframes(np.round(samples * 32_767).astype("<i2").tobytes())
    return file.getvalue()


def encoded(samples: np.ndarray[Any, Any], form: str, rate_hz: int = 48_000) -> bytes:
    """Floats as a file of *form*, by FFmpeg's name."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream: Any = container.add_stream(_CODECS[form], rate=rate_hz)
        stream.layout = "mono"
        block = np.round(samples * 32_767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = rate_hz
        for one in av.AudioResampler(format=stream.format, layout="mono", rate=rate_hz).resample(frame):
            container.mux(stream.encode(one))
        container.mux(stream.encode(None))
    return file.getvalue()
