"""Where somebody speaks, and where long speech may be cut: at its silences.

The detector is Silero's, whose weights come inside faster-whisper; it gives a probability for each 32 ms.
Source: github.com/snakers4/silero-vad (MIT).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfai_engine.speech.samples import FULL_SCALE, RATE_HZ, Samples, peak

__all__ = ["WINDOW", "Span", "cut", "probabilities", "spans"]

WINDOW = 512  # samples that one probability stands for
CONTEXT = 64  # samples before it that the detector looks at besides
STATE = (1, 1, 128)
BLOCK = 8_192  # windows at a time: some four minutes

BEGINS, ENDS = 0.5, 0.35
LEAST_SPEECH = RATE_HZ // 10
LEAST_SILENCE = RATE_HZ * 3 // 10
PAD = RATE_HZ * 3 // 10

# Quiet recordings are heard as if they had been made louder, up to so much; it makes no speech of noise.
WANTED_PEAK = 0.5
MOST_GAIN = 20.0


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From one sample on to before another."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """In samples."""
        return self.end - self.start


def probabilities(samples: Samples) -> NDArray[np.float32]:
    """How likely each window of *samples* (one channel) holds speech."""
    from faster_whisper.vad import get_vad_model

    session: Any = get_vad_model().session
    h = c = np.zeros(STATE, np.float32)
    gain = np.float32(min(MOST_GAIN, max(1.0, WANTED_PEAK / max(peak(samples), 1 / FULL_SCALE))) / FULL_SCALE)
    before = np.zeros(CONTEXT, np.float32)
    found = []
    for begin in range(0, len(samples), WINDOW * BLOCK):
        block = samples[begin : begin + WINDOW * BLOCK].astype(np.float32) * gain
        block = np.pad(block, (0, -len(block) % WINDOW))
        rows = np.lib.stride_tricks.sliding_window_view(np.concatenate((before, block)), WINDOW + CONTEXT)[::WINDOW]
        heard, h, c = session.run(None, {"input": np.ascontiguousarray(rows), "h": h, "c": c})
        found.append(np.asarray(heard, np.float32).reshape(-1))
        before = block[-CONTEXT:]
    return np.concatenate(found) if found else np.empty(0, np.float32)


def spans(likely: NDArray[np.float32], length: int) -> list[Span]:
    """The stretches of speech in *length* samples, each with a little silence around it.

    Speech begins at one threshold and ends below a lower one, and only when it stays away for a while.
    """
    found: list[Span] = []
    start: int | None = None
    quiet: int | None = None
    for number, probability in enumerate(likely.tolist()):
        place = number * WINDOW
        if start is None:
            if probability >= BEGINS:
                start, quiet = place, None
        elif probability >= ENDS:
            quiet = None
        elif quiet is None:
            quiet = place
        elif place - quiet >= LEAST_SILENCE:
            found.append(Span(start, quiet))
            start = None
    if start is not None:
        found.append(Span(start, length if quiet is None else quiet))
    return _padded([span for span in found if span.length >= LEAST_SPEECH], length)


def _padded(found: Sequence[Span], length: int) -> list[Span]:
    padded = []
    for number, span in enumerate(found):
        before = (span.start - found[number - 1].end) // 2 if number else span.start
        after = (found[number + 1].start - span.end) // 2 if number + 1 < len(found) else length - span.end
        padded.append(Span(span.start - min(PAD, before), min(length, span.end + min(PAD, after))))
    return padded


def cut(found: Sequence[Span], likely: NDArray[np.float32], *, most: int, widest_gap: int) -> list[Span]:
    """Stretches of speech put together, up to *most* samples each, silences up to *widest_gap* included.

    A piece that must end somewhere ends at the longest silence of its second half; speech without any silence is cut
    where the detector doubts it most.
    """
    left = [part for span in found for part in _shortened(span, likely, most)]
    pieces = []
    while left:
        count = 1
        while (
            count < len(left)
            and left[count].end - left[0].start <= most
            and left[count].start - left[count - 1].end <= widest_gap
        ):
            count += 1
        if count < len(left) and left[count].start - left[count - 1].end <= widest_gap:
            late = [n for n in range(1, count + 1) if left[n - 1].end - left[0].start >= most // 2] or [count]
            count = max(late, key=lambda n: (left[n].start - left[n - 1].end, n))
        pieces.append(Span(left[0].start, left[count - 1].end))
        del left[:count]
    return pieces


def _shortened(span: Span, likely: NDArray[np.float32], most: int) -> list[Span]:
    parts = []
    while span.length > most:
        first, last = (span.start + most // 2) // WINDOW, (span.start + most) // WINDOW
        place = (first + int(np.argmin(likely[first:last]))) * WINDOW
        parts.append(Span(span.start, place))
        span = Span(place, span.end)
    return [*parts, span]
