"""Where a long sound is cut: in the silence nearest to the end of what fits, so that no word is cut in two."""

from __future__ import annotations

from typing import Any

import numpy as np

from dfai_core.media.wav import samples_in, wav_in, wav_of

__all__ = ["cut_in", "next_cut", "piece_of"]

_HOP_S = 0.02
# A pause between sentences is longer than the silence inside a word: so much must be quiet together.
_PAUSE_S = 0.24


def cut_in(window: np.ndarray[Any, Any], rate_hz: int) -> int:
    """The frame of *window*, int16 of one channel, at which it is quietest for the length of a pause.

    Of pauses that are as quiet the last is taken. Silence is told by energy alone: in noise the cut is still where
    there is least of it.

    >>> sound = np.full(16_000, 1_000, np.int16)
    >>> sound[4_000:8_000] = 0
    >>> 4_000 < cut_in(sound, 16_000) < 8_000
    True
    """
    hop = max(1, round(_HOP_S * rate_hz))
    hops = len(window) // hop
    width = min(hops, round(_PAUSE_S / _HOP_S))
    if not width:
        return len(window)
    energy = np.square(window[: hops * hop].astype(np.float32)).reshape(hops, hop).sum(axis=1, dtype=np.float64)
    sums = np.concatenate(([0.0], np.cumsum(energy)))
    pauses = sums[width:] - sums[:-width]
    # Sums of floats differ in their last bits: what is as quiet as the quietest is as good.
    quietest = np.flatnonzero(pauses <= pauses.min() * 1.01 + 1.0)[-1]
    return int(quietest) * hop + width * hop // 2


def next_cut(data: bytes, start: int, *, most_s: float, look_s: float) -> int | None:
    """Where the piece of a WAV file (int16, one channel) ends that begins at frame *start*; None where none is left.

    It is no longer than *most_s*, and if it is not the last it ends within its last *look_s*.
    """
    wav = wav_in(data)
    samples = samples_in(data, wav)[:, 0]
    most, look = int(most_s * wav.rate_hz), int(look_s * wav.rate_hz)
    if start >= len(samples):
        return None
    if len(samples) - start <= most:
        return len(samples)
    first = start + most - look
    return first + max(1, cut_in(samples[first : start + most], wav.rate_hz))


def piece_of(data: bytes, start: int, stop: int) -> bytes:
    """The frames from *start* to *stop* of such a file, as a file of their own."""
    wav = wav_in(data)
    return wav_of(samples_in(data, wav)[start:stop], wav.rate_hz)
