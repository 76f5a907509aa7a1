"""Sound files of every common format as samples: 16 kHz, 16 bits, one channel or each for itself.

Everything is bounded while it is decoded: a file of a few kilobytes may unpack to years of silence. Formats are told by
their first bytes and named to the decoder, which is never left to guess: some of the formats that it knows are lists of
other files and addresses, and it would open those.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import av
import numpy as np

from dfai_engine.riff import chunks, is_wav
from dfai_engine.speech.samples import RATE_HZ, Samples, Sound

__all__ = ["NotASound", "Reason", "format_of", "read"]

MOST_CHANNELS = 8
# An encoder's padding, which some files count and others do not.
TOLERANCE_S = 0.5
# A file of which more than this share of packets cannot be decoded is not heard as if it were whole.
MOST_DAMAGED = 0.05

Reason = Literal["empty", "format", "damaged", "cut short", "too long", "channels"]

# What a file may be coded with, whatever it is wrapped in; PCM of all kinds besides.
_CODECS = ("aac", "alac", "amr_nb", "amr_wb", "amrnb", "amrwb", "flac", "mp3", "mp3float", "opus", "vorbis", "adpcm_ms")
_CODECS_ALSO = ("adpcm_ima_wav",)


class NotASound(ValueError):
    """The bytes are no sound that can be heard; *reason* in a word, the message in a sentence."""

    def __init__(self, message: str, reason: Reason = "damaged") -> None:
        super().__init__(message)
        self.reason = reason


def format_of(data: bytes) -> str | None:
    """The decoder's name for the format of a file, by its first bytes; None for anything else.

    >>> format_of(b"RIFF....WAVEfmt "), format_of(b"fLaC"), format_of(b"#EXTM3U")
    ('wav', 'flac', None)
    """
    if is_wav(data):
        return "wav"
    if data[:4] == b"FORM" and data[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if data[4:8] == b"ftyp":
        return "mov"
    for magic, name in (
        (b"fLaC", "flac"),
        (b"OggS", "ogg"),
        (b"\x1a\x45\xdf\xa3", "matroska"),
        (b"ID3", "mp3"),
        (b"#!AMR", "amr"),
        (b".snd", "au"),
    ):
        if data.startswith(magic):
            return name
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        # Two bits of an MPEG header tell the layer; AAC has none.
        return "aac" if data[1] & 0xF6 == 0xF0 else "mp3"
    return None


def read(data: bytes, *, max_seconds: float, channels: Sequence[int] | None = None) -> Sound:
    """Decode a file.

    Parameters
    ----------
    data
        WAV, FLAC, OGG (Opus, Vorbis), MP3, M4A, AAC, WebM, AIFF, AU or AMR.
    max_seconds
        The longest that is taken; no more than that is ever decoded.
    channels
        The channels to keep apart, those that the file has; None mixes all into one.

    Raises
    ------
    NotASound
        It is empty, of another format, damaged, ends too early or late.
    """
    if not data:
        raise NotASound("The audio is empty.", "empty")
    name = format_of(data)
    if name is None:
        raise NotASound("The audio is of no format that is read here: WAV, FLAC, OGG, MP3, M4A, AAC, WebM.", "format")
    if name == "wav":
        _whole_wav(data)
    elif name == "aiff" and len(data) - 8 < (size := int.from_bytes(data[4:8], "big")):
        raise _ends_early(f"{len(data) - 8:,} of {size:,} bytes are there")
    try:
        with av.open(io.BytesIO(data), format=name, io_open=_nothing_else, metadata_errors="replace") as container:
            return _decoded(container, max_seconds, channels)
    except av.error.FFmpegError as fault:
        raise NotASound(f"The audio cannot be decoded ({fault.strerror or type(fault).__name__}).") from None
    except (ValueError, IndexError, MemoryError, OverflowError) as fault:
        if isinstance(fault, NotASound):
            raise
        raise NotASound(f"The audio cannot be decoded ({type(fault).__name__}).") from None


def _nothing_else(*_: Any) -> Any:
    raise PermissionError(1, "a sound that names other files")


def _decoded(container: Any, max_seconds: float, channels: Sequence[int] | None) -> Sound:
    if not container.streams.audio:
        raise NotASound("The file holds no audio.", "empty")
    stream = container.streams.audio[0]
    codec = stream.codec_context
    if codec is None:
        raise NotASound("The audio is coded in a way that nothing here knows.", "format")
    if codec.name not in (*_CODECS, *_CODECS_ALSO) and not codec.name.startswith("pcm_"):
        raise NotASound(f"The audio is coded as {codec.name}, which is not read here.", "format")
    codec.thread_count = 1
    kept: list[Samples] = []
    held = 0
    most = int(max_seconds * RATE_HZ)
    for block in _blocks(container, stream, max_seconds, apart=channels is not None):
        held += block.shape[1]
        if held > most + RATE_HZ * TOLERANCE_S:
            raise _too_long(max_seconds)
        kept.append(block)
    if not held:
        raise NotASound("The audio is empty.", "empty")
    _as_long_as_declared(container, stream, held / RATE_HZ)
    samples = np.concatenate(kept, axis=1)
    if channels is None:
        return Sound(samples)
    there = tuple(number for number in dict.fromkeys(channels) if number < len(samples))
    if not there:
        raise NotASound(f"The audio has {len(samples)} channels; none of those asked for.", "channels")
    return Sound(samples[list(there)], there)


def _blocks(container: Any, stream: Any, max_seconds: float, *, apart: bool) -> Iterator[Samples]:
    """The file's sound at our rate, a little at a time."""
    resampler = None
    packets = damaged = 0
    for packet in container.demux(stream):
        packets += 1
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            damaged += 1
            continue
        for frame in frames:
            if frame.sample_rate < 1 or frame.samples / frame.sample_rate > max_seconds + TOLERANCE_S:
                # Asked before it is brought to our rate: a frame at one sample a second would become gigabytes.
                raise _too_long(max_seconds)
            if frame.layout.nb_channels > MOST_CHANNELS:
                raise NotASound(f"The audio has more than {MOST_CHANNELS} channels.", "channels")
            if resampler is None:
                layout = frame.layout if apart else "mono"
                resampler = av.AudioResampler(format="s16p", layout=layout, rate=RATE_HZ)
            frame.pts = None
            yield from (block.to_ndarray() for block in resampler.resample(frame))
    if resampler is not None:
        yield from (block.to_ndarray() for block in resampler.resample(None))
    if damaged > max(1, MOST_DAMAGED * packets):
        raise NotASound(f"The audio is damaged: {damaged} of its {packets} packets cannot be decoded.")


def _too_long(max_seconds: float) -> NotASound:
    return NotASound(f"The audio is longer than {max_seconds:,.0f} seconds.", "too long")


def _as_long_as_declared(container: Any, stream: Any, seconds: float) -> None:
    """Refuse what ends before its own header says; formats whose length is an estimate are not asked."""
    name = container.format.name
    declared = 0.0
    if name == "flac" or name.startswith("mov"):
        declared = float(stream.duration * stream.time_base) if stream.duration else 0.0
    elif name.startswith("matroska"):
        declared = container.duration / av.time_base if container.duration else 0.0
    if seconds < declared - TOLERANCE_S:
        raise _ends_early(f"{seconds:.1f} of {declared:.1f} seconds are there")


def _whole_wav(data: bytes) -> None:
    """Refuse a WAV whose samples are fewer than its header says."""
    sound = next((chunk for chunk in chunks(data) if chunk.name == b"data"), None)
    if sound is None:
        raise NotASound("The WAV file has no samples.")
    if not sound.is_whole:
        raise _ends_early(f"{sound.left_bytes:,} of {sound.declared_bytes:,} bytes of samples are there")


def _ends_early(how: str) -> NotASound:
    return NotASound(f"The audio ends early: {how}.", "cut short")
