"""Sounds for tests, made by the libraries that everybody has: never by what is tested."""

from __future__ import annotations

import io
import wave
from collections.abc import Mapping
from typing import Any

import av
import numpy as np

__all__ = ["encoded", "hum", "pitch_hz", "samples_in", "wav"]

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


def samples_in(data: bytes, rate_hz: int = 16_000) -> np.ndarray[Any, Any]:
    """The samples of a WAV file of 16 bits, one channel and this rate, told by the standard library."""
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (rate_hz, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def pitch_hz(samples: np.ndarray[Any, Any], rate_hz: int = 16_000) -> float:
    """The loudest tone in a sound."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 4 * len(samples)))
    return float(np.argmax(spectrum) * rate_hz / (4 * len(samples)))


def encoded(
    samples: np.ndarray[Any, Any],
    form: str,
    rate_hz: int = 48_000,
    bit_rate: int | None = None,
    options: Mapping[str, str] | None = None,
) -> bytes:
    """Floats as a file of *form*, by FFmpeg's name; *options* are the container's."""
    file = io.BytesIO()
    with av.open(file, "w", format=form, options=dict(options or {})) as container:
        stream: Any = container.add_stream(_CODECS[form], rate=rate_hz)
        stream.layout = "mono"
        if bit_rate is not None:
            stream.bit_rate = bit_rate
        block = np.round(samples * 32_767).astype(np.int16)[None, :]
        frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
        frame.sample_rate = rate_hz
        for one in av.AudioResampler(format=stream.format, layout="mono", rate=rate_hz).resample(frame):
            container.mux(stream.encode(one))
        container.mux(stream.encode(None))
    return file.getvalue()
