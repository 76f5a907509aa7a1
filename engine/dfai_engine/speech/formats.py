"""The service's names of sound formats, and files in those that are written here."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dfai_engine.speech.pico import RATE_HZ
from dfai_engine.speech.unspoken import refused

if TYPE_CHECKING:
    import numpy as np

__all__ = ["FORMATS", "Format", "encoded", "format_named"]

_BLOCK = 1 << 16  # samples
_SEPARATOR = "-"


@dataclass(frozen=True, slots=True)
class Format:
    """One format: FFmpeg's names of its container and codec, and what a client is told of it."""

    name: str
    media_type: str
    suffix: str
    container: str
    codec: str
    rate_hz: int
    bit_rate: int | None = None


def _named(name: str) -> Format:
    kilohertz = re.search(r"(\d+)(k?)hz", name)
    assert kilohertz is not None
    rate_hz = int(kilohertz[1]) * (1_000 if kilohertz[2] else 1)
    family, coding = name.partition(_SEPARATOR)[0], name.rpartition(_SEPARATOR)[2]
    codec = {"pcm": "pcm_s16le", "alaw": "pcm_alaw", "mulaw": "pcm_mulaw", "mp3": "libmp3lame", "opus": "libopus"}
    if coding == "mp3":
        bit_rate = re.search(r"(\d+)kbitrate", name)
        assert bit_rate is not None
        return Format(name, "audio/mpeg", "mp3", "mp3", codec[coding], rate_hz, int(bit_rate[1]) * 1_000)
    if coding == "opus":
        said = re.search(r"(\d+)kbps", name)
        bits = int(said[1]) * 1_000 if said else 32_000 if rate_hz < 48_000 else 48_000
        return Format(name, f"audio/{family}; codecs=opus", family, family, codec[coding], rate_hz, bits)
    if family == "riff":
        return Format(name, "audio/x-wav", "wav", "wav", codec[coding], rate_hz)
    kind = {"pcm": ("audio/pcm", "s16le"), "alaw": ("audio/x-alaw-basic", "alaw"), "mulaw": ("audio/basic", "mulaw")}
    return Format(name, kind[coding][0], "raw", kind[coding][1], codec[coding], rate_hz)


# Source: Azure AI Speech, "Text to speech REST API", audio outputs, read 2026-11-26. Of 16 kHz in RIFF the Speech SDK
# knows besides.
FORMATS: Mapping[str, Format] = {
    name: _named(name)
    for name in (
        *(f"riff-{rate}hz-16bit-mono-pcm" for rate in ("8k", "16k", "22050", "24k", "44100", "48k")),
        *(f"raw-{rate}hz-16bit-mono-pcm" for rate in ("8k", "16k", "22050", "24k", "44100", "48k")),
        *(f"{family}-8khz-8bit-mono-{law}" for family in ("riff", "raw") for law in ("alaw", "mulaw")),
        *(f"audio-16khz-{bits}kbitrate-mono-mp3" for bits in (32, 64, 128)),
        *(f"audio-24khz-{bits}kbitrate-mono-mp3" for bits in (48, 96, 160)),
        *(f"audio-48khz-{bits}kbitrate-mono-mp3" for bits in (96, 192)),
        *(f"ogg-{rate}khz-16bit-mono-opus" for rate in (16, 24, 48)),
        *("webm-16khz-16bit-mono-opus", "webm-24khz-16bit-mono-opus", "webm-24khz-16bit-24kbps-mono-opus"),
    )
}


def format_named(name: str) -> Format:
    """The format that the service calls *name*.

    Raises
    ------
    ServiceFailure
        It is not written here; the message names those that are.
    """
    found = FORMATS.get(name.strip().lower())
    if found is None:
        raise refused(
            "UnsupportedOutputFormat",
            f"The output format {name[:60]!r} is not written here. Written are: {', '.join(FORMATS)}.",
        )
    return found


def encoded(samples: np.ndarray[Any, Any], form: Format) -> bytes:
    """A file of *samples*: int16, 16,000 a second, one channel."""
    import av

    if form.container == "s16le" and form.rate_hz == RATE_HZ:
        return samples.astype("<i2", copy=False).tobytes()
    written = io.BytesIO()
    # Frames alone, as the service streams them: files can then be joined end to end.
    options = {"id3v2_version": "0", "write_xing": "0"} if form.container == "mp3" else {}
    with av.open(written, "w", format=form.container, options=options) as container:
        stream: Any = container.add_stream(form.codec, rate=form.rate_hz)
        stream.layout = "mono"
        if form.bit_rate is not None:
            stream.bit_rate = form.bit_rate
        resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=form.rate_hz)
        for at in range(0, len(samples), _BLOCK):
            block = av.AudioFrame.from_ndarray(samples[None, at : at + _BLOCK], format="s16", layout="mono")
            block.sample_rate = RATE_HZ
            for frame in resampler.resample(block):
                container.mux(stream.encode(frame))
        for frame in resampler.resample(None):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return written.getvalue()
