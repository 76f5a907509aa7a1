"""WAV files of the one form that the protocol takes: PCM, 16 bits, 16 kHz, one channel."""

from __future__ import annotations

import struct
from functools import partial

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.riff import Chunk, chunks, is_wav
from dfai_engine.speaker.spectra import RATE_HZ, Samples

__all__ = ["samples_of"]

unreadable = partial(ServiceFailure, code="InvalidAudioFormat")
PCM, EXTENSIBLE = 1, 0xFFFE
FULL = 32_768.0


def samples_of(data: bytes) -> Samples:
    """The samples, from -1 to 1.

    Raises
    ------
    ServiceFailure
        It is no such file, or ends before its sound does.
    """
    if not is_wav(data):
        raise unreadable("The audio is not a WAV file. Served is WAV: PCM of 16 bits, 16 kHz, mono.")
    form: tuple[int, int, int, int] | None = None
    for chunk in chunks(data):
        if chunk.name == b"fmt ":
            form = _form(data[chunk.at : chunk.at + chunk.size_bytes])
        elif chunk.name == b"data":
            return _samples(data, chunk, form)
    raise unreadable("The WAV file holds no sound.")


def _form(chunk: bytes) -> tuple[int, int, int, int]:
    """Coding, channels, rate, bits."""
    if len(chunk) < 16:
        raise unreadable("The WAV file does not say what it holds.")
    coding, channels, rate_hz, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if coding == EXTENSIBLE and len(chunk) >= 26:
        coding = int.from_bytes(chunk[24:26], "little")
    return coding, channels, rate_hz, bits


def _samples(data: bytes, chunk: Chunk, form: tuple[int, int, int, int] | None) -> Samples:
    if form is None:
        raise unreadable("The WAV file does not say what it holds.")
    if form != (PCM, 1, RATE_HZ, 16):
        coding, channels, rate_hz, bits = form
        held = f"coding {coding}, " * (coding != PCM) + f"{bits} bits, {rate_hz:,} Hz, {channels} channels"
        raise unreadable(f"Served is PCM of 16 bits, 16 kHz, mono; this WAV file has {held}.")
    if not chunk.is_whole:
        raise unreadable("The WAV file ends before its sound does.")
    samples: Samples = np.frombuffer(data, "<i2", chunk.size_bytes // 2, chunk.at).astype(np.float32) / np.float32(FULL)
    return samples
