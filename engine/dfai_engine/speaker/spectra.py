"""Mel spectra as the encoder was trained on them: 40 bands, 25 ms every 10 ms, power, no logarithm.

Sources: hparams.py and audio.py of Resemblyzer 0.1.4, which calls librosa's melspectrogram: periodic Hann window,
frames centred with zeros at both ends, Slaney's mel scale, each triangle of area one.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["HOP", "RATE_HZ", "Samples", "Spectra", "mel_spectra", "without_noise"]

RATE_HZ = 16_000
WINDOW, HOP = 400, 160  # samples
MELS = 40
RARE, OVER_RARE = 0.1, 3.0
# Slaney's scale: linear below 1 kHz, 27 steps to each factor of 6.4 above.
_LINEAR_HZ, _KNEE_HZ, _STEPS = 200 / 3, 1_000.0, 27 / np.log(6.4)

Samples = NDArray[np.float32]
"""A sound at 16 kHz, from -1 to 1."""
Spectra = NDArray[np.float32]
"""Frames × bands."""


def mel_spectra(samples: Samples) -> Spectra:
    """The frames of a sound, one more than whole hops in it.

    >>> mel_spectra(np.zeros(16_000, np.float32)).shape
    (101, 40)
    """
    padded = np.pad(samples, WINDOW // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectrum = np.fft.rfft(frames * _hann())
    power = spectrum.real**2 + spectrum.imag**2
    mels: Spectra = power.astype(np.float32, copy=False) @ _bands().T
    return mels


def without_noise(spectra: Spectra) -> Spectra:
    """Speech without what sounds all the time beneath it, as strong in all as before.

    Speech leaves each band now and then: what is always there is noise. Its mean power in a band is some times the
    power that a tenth of the frames stay below (R. Martin, "Noise power spectral density estimation based on optimal
    smoothing and minimum statistics", 2001). The factor was chosen on our clips with noise added.
    """
    floor = np.quantile(spectra, RARE, axis=0)
    cleared = np.maximum(spectra - np.float32(OVER_RARE) * floor.astype(np.float32), 0)
    left = float(cleared.sum())
    return cleared * np.float32(float(spectra.sum()) / left) if left else spectra


@cache
def _hann() -> Samples:
    return (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)


@cache
def _bands() -> NDArray[np.float32]:
    """The triangles, bands × frequencies."""
    frequencies = np.linspace(0, RATE_HZ / 2, WINDOW // 2 + 1)
    corners = _hertz(np.linspace(0, _mel(RATE_HZ / 2), MELS + 2))
    widths = np.diff(corners)
    slopes = corners[:, None] - frequencies
    rising, falling = -slopes[:-2] / widths[:-1, None], slopes[2:] / widths[1:, None]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return (triangles * (2 / (corners[2:] - corners[:-2]))[:, None]).astype(np.float32)


def _mel(hertz: float) -> float:
    return float(_KNEE_HZ / _LINEAR_HZ + np.log(hertz / _KNEE_HZ) * _STEPS)


def _hertz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    knee = _KNEE_HZ / _LINEAR_HZ
    return np.where(mels < knee, mels * _LINEAR_HZ, _KNEE_HZ * np.exp((mels - knee) / _STEPS))
