"""A sound, cut to what is spoken in it, and how well that can be heard."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker import limits
from dfai_engine.speaker.spectra import RATE_HZ, Samples
from dfai_engine.speech.pauses import BEGINS, WINDOW, probabilities

__all__ = ["Heard", "hear"]

# Windows before and after what is spoken: the detector is sure of a word when it has begun. 64 ms.
MARGIN = 2
# The encoder hears power, not its logarithm: a voice that is less loud is another one to it. So all speech is made
# equally loud, 18 dB below full scale, which told our clips apart best.
LOUDNESS = 10 ** (-18 / 20)
FULL_SCALE = 32_700 / 32_768
# Noise is told from what is between the words, where there is enough of it. 0.16 s.
LEAST_BETWEEN = 5


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is spoken in a sound, the parts one after the other, and the seconds of both."""

    speech: Samples
    audio_s: float
    speech_s: float


def hear(samples: Samples, *, longest_s: float = limits.MOST_AUDIO_S) -> Heard:
    """The speech in a sound.

    Raises
    ------
    ServiceFailure
        The sound is too short or too long; nobody speaks in it, or cannot be heard for noise; it is clipped.
    """
    audio_s = len(samples) / RATE_HZ
    if audio_s < limits.LEAST_AUDIO_S:
        raise ServiceFailure(
            f"The audio is too short: {audio_s:.2f} s; {limits.LEAST_AUDIO_S:g} s at least are needed.",
            code="AudioTooShort",
        )
    if audio_s > longest_s:
        raise ServiceFailure(
            f"The audio is too long: {audio_s:.1f} s; {longest_s:g} s at most are taken.", code="AudioTooLong"
        )
    spoken = probabilities(np.rint(samples * 32_768).astype(np.int16)) >= BEGINS
    if not spoken.any():
        raise ServiceFailure("There is no speech in the audio.", code="NoSpeech")
    kept = np.convolve(spoken, np.ones(2 * MARGIN + 1), "same") > 0
    speech = samples[np.repeat(kept, WINDOW)[: len(samples)]]
    clipped = float(np.mean(np.abs(samples[np.repeat(spoken, WINDOW)[: len(samples)]]) >= FULL_SCALE))
    if clipped > limits.MOST_CLIPPED:
        raise ServiceFailure(
            f"The audio is clipped: {clipped:.0%} of the speech is at full scale. Record it less loud.",
            code="AudioClipped",
        )
    _check_noise(samples, spoken, kept)
    return Heard(speech * np.float32(LOUDNESS / _loudness(speech)), audio_s, len(speech) / RATE_HZ)


def _loudness(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def _check_noise(samples: Samples, spoken: NDArray[np.bool_], kept: NDArray[np.bool_]) -> None:
    """Nothing, if speech is loud enough over what is heard between the words."""
    if (~kept).sum() < LEAST_BETWEEN:
        return
    blocks = np.pad(samples, (0, len(spoken) * WINDOW - len(samples))).reshape(-1, WINDOW)
    power = np.mean(np.square(blocks, dtype=np.float64), axis=1)
    # The quietest of it: the detector may have missed a word.
    noise, both = float(np.quantile(power[~kept], 0.25)), float(power[spoken].mean())
    snr_db = 10 * np.log10(max(both - noise, 1e-12) / max(noise, 1e-12))
    if snr_db < limits.LEAST_SNR_DB:
        raise ServiceFailure(
            f"The audio is too noisy: its signal-to-noise ratio is below {limits.LEAST_SNR_DB:g} dB.",
            code="AudioTooNoisy",
        )
