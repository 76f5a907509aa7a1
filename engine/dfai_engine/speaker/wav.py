"""WAV files of the one form that the protocol takes: PCM, 16 bits, 16 kHz, one channel."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker.spectra import RATE_HZ, Samples

__all__ = ["samples_of"]

unreadable = partial(ServiceFailure, code="InvalidAudioFormat")
PCM, EXTENSIBLE = 1, 0xFFFE
FULL = 32_768.0
# What writers put there that do not know yet how long the sound will be.
UNKNOWN_SIZES = frozenset((0, 0x7FFFFFFF, 0x7FFFF000, 0xFFFFFFFF))


def samples_of(data: bytes) -> Samples:
    """The samples, from -1 to 1.

    Raises
    ------
    ServiceFailure
        It is no such file, or ends before its sound does.
    """
    if len(data) < 12 or data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise unreadable("The audio is not a WAV file. Served is WAV: PCM of 16 bits, 16 kHz, mono.")
    form: tuple[int, int, int, int] | None = None
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        at += 8
        if name == b"fmt ":
            form = _form(data[at : at + size])
        elif name == b"data":
            return _samples(data, at, size, form)
        at += size + size % 2
    raise unreadable("The WAV file holds no sound.")


def _form(chunk: bytes) -> tuple[int, int, int, int]:
    """Coding, channels, rate, bits."""
    if len(chunk) < 16:
        raise unreadable("The WAV file does not say what it holds.")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if coding == EXTENSIBLE and len(chunk) >= 26:
        coding = int.from_bytes(chunk[24:26], "little")
    return coding, channels, rate_hz, bits


def _samples(data: bytes, at: int, size: int, form: tuple[int, int, int, int] | None) -> Samples:
    if form is None:
        raise unreadable("The WAV file does not say what it holds.")
    if form != (PCM, 1, RATE_HZ, 16):
        coding, channels, rate_hz, bits = form
        held = f"coding {coding}, " * (coding != PCM) + f"{bits} bits, {rate_hz:,} Hz, {channels} channels"
        raise unreadable(f"Served is PCM of 16 bits, 16 kHz, mono; this WAV file has {held}.")
    left = len(data) - at
    if size > left and size not in UNKNOWN_SIZES:
        raise unreadable("The WAV file ends before its sound does.")
    count = (left if size in UNKNOWN_SIZES else size) // 2
    samples: Samples = np.frombuffer(data, "<i2", count, at).astype(np.float32) / np.float32(FULL)
    return samples
