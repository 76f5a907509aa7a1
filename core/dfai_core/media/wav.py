"""WAV files of plain samples: read and written here, since that takes no decoder."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

import numpy as np

from dfai_core.media.content import Unread

__all__ = ["WAV_HEAD_BYTES", "Wav", "is_wav", "samples_in", "wav_head", "wav_in", "wav_of"]

WAV_HEAD_BYTES = 44

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_UNKNOWN_SIZE = frozenset({0, 0xFFFFFFFF})  # of what was written before its end was known
_DTYPES = {(_PCM, 8): "u1", (_PCM, 16): "<i2", (_PCM, 32): "<i4", (_FLOAT, 32): "<f4", (_FLOAT, 64): "<f8"}
# No recorder has more, and no decoder reads it.
_MOST_CHANNELS, _FASTEST_HZ = 64, 768_000
_READ = frozenset({*_DTYPES, (_PCM, 24)})


class Wav(NamedTuple):
    """Where the samples of a WAV file are, and what they are."""

    coding: int  # the format tag: 1 for whole numbers, 3 for floats
    bits: int  # of one sample
    channels: int
    rate_hz: int
    start: int  # the place of the first sample's first byte
    size_bytes: int  # whole frames only
    exact: bool  # the header says the very same size

    @property
    def frame_bytes(self) -> int:
        return self.channels * self.bits // 8

    @property
    def duration_s(self) -> float:
        return self.size_bytes / self.frame_bytes / self.rate_hz

    @property
    def plain(self) -> bool:
        """Whether `samples_in` reads them; others are compressed."""
        return (self.coding, self.bits) in _READ


def is_wav(data: bytes) -> bool:
    """Whether *data* begins as a WAV file does."""
    return data.startswith(b"RIFF") and data[8:12] == b"WAVE"


def wav_in(data: bytes) -> Wav:
    """The samples of a WAV file.

    Source: Microsoft, "Multiple channel audio data and WAVE files", for the extensible form.

    Raises
    ------
    Unread
        It has no samples, or fewer than it says.
    """
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt " and size >= 16 and at + 16 <= len(data):
            coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", data, at)
            if coding == _EXTENSIBLE and size >= 40 and at + 26 <= len(data):
                (coding,) = struct.unpack_from("<H", data, at + 24)
            form = coding, bits, channels, rate_hz
        elif name == b"data":
            break
        at += size + size % 2
    else:
        raise Unread("unreadable", "the WAV file is cut short: it holds no samples")
    if form is None or not form[1] or form[1] % 8 or not form[2] or not form[3]:
        raise Unread("unreadable", "the WAV file does not say what its samples are")
    if form[2] > _MOST_CHANNELS or form[3] > _FASTEST_HZ:
        raise Unread("unreadable", f"the WAV file's header is damaged: {form[2]:,} channels, {form[3]:,} Hz")
    there = len(data) - at
    if size not in _UNKNOWN_SIZE and size > there:
        raise Unread(
            "unreadable", f"the WAV file is cut short: it promises {size:,} bytes of samples, and has {there:,}"
        )
    frame = form[2] * form[1] // 8
    held = there if size in _UNKNOWN_SIZE else size
    if not held // frame:
        raise Unread("empty", "no samples: nothing was sent")
    return Wav(*form, start=at, size_bytes=held - held % frame, exact=held == size and not held % frame)


def samples_in(data: bytes, wav: Wav) -> np.ndarray[Any, Any]:
    """Frames × channels, as they stand there: int16, int32 or floats; those of other widths as the next wider."""
    flat = np.frombuffer(data, np.uint8, wav.size_bytes, wav.start)
    if wav.bits == 24:
        wide = np.zeros((len(flat) // 3, 4), np.uint8)
        wide[:, 1:] = flat.reshape(-1, 3)
        numbers = wide.reshape(-1).view("<i4")
    elif wav.bits == 8:
        numbers = (flat.astype(np.int16) - 128) * 256
    else:
        numbers = flat.view(_DTYPES[wav.coding, wav.bits])
    return numbers.reshape(-1, wav.channels)


def wav_of(samples: np.ndarray[Any, Any], rate_hz: int) -> bytes:
    """A WAV file of int16 *samples*: one channel, or frames × channels.

    >>> wav_in(wav_of(np.zeros(8_000, np.int16), 16_000)).duration_s
    0.5
    """
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    pcm = np.ascontiguousarray(samples, "<i2")
    return b"".join((wav_head(pcm.nbytes, rate_hz, channels), pcm.data))


def wav_head(size_bytes: int, rate_hz: int, channels: int = 1) -> bytes:
    """What stands before *size_bytes* of int16 samples; always as long.

    >>> len(wav_head(0, 16_000)) == WAV_HEAD_BYTES
    True
    """
    form = struct.pack("<HHIIHH", _PCM, channels, rate_hz, rate_hz * channels * 2, channels * 2, 16)
    parts = (b"WAVEfmt ", struct.pack("<I", len(form)), form, b"data", struct.pack("<I", size_bytes))
    start = b"".join(parts)
    return b"".join((b"RIFF", struct.pack("<I", len(start) + size_bytes), start))
