"""A voice as 256 numbers: the GE2E encoder over windows of what somebody says, and the mean of them.

Source: voice_encoder.py of Resemblyzer 0.1.4: windows of 1.6 s, the last one filled with zeros if three quarters of it
are speech, else left out. Its windows begin every 0.77 s; ours every 1.2 s, which takes a third less time and told
voices apart as well (docs/models-speaker.md).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.speaker.conversion import EMBEDDING, FRAMES, INPUT
from dfai_engine.speaker.spectra import HOP, Samples, mel_spectra, without_noise
from dfai_engine.speaker.weights_needed import MODELS

__all__ = ["FILE", "VERSION", "Embedding", "Voice", "encode", "unit"]

Embedding = NDArray[np.float32]

FILE = "ge2e.onnx"
# The protocol has a version be a date. Another encoder, or other windows, spectra or trimming: another date, since
# voices described in two ways are not compared.
VERSION = "2026-11-26"
STEP = 120
LEAST_COVERED = 0.75
# Windows at a time: more do not fit a core's cache, fewer keep it waiting.
BATCH = 8
_loading = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Voice:
    """The sum of the windows' embeddings, each of length 1, and how many they are: such sums can be added up."""

    total: Embedding
    windows: int


def encode(speech: Samples) -> Voice:
    """The voice in *speech*.

    Raises
    ------
    dfai_engine.weights.ModelMissing
    """
    with _loading:
        session = _load()
    windows = _windows(speech)
    total = np.zeros(EMBEDDING, np.float32)
    for begin in range(0, len(windows), BATCH):
        found: Embedding = session.run(None, {INPUT: np.ascontiguousarray(windows[begin : begin + BATCH])})[0]
        total += unit(found).sum(axis=0)
    return Voice(total, len(windows))


def unit(vectors: Embedding) -> Embedding:
    """The same directions, of length 1; what is zero stays so."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    made: Embedding = vectors / np.maximum(length, np.float32(1e-12))
    return made


@cache
def _load() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Each computation in the thread that asked for it.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = weights.folder(MODELS[0]) / FILE
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _windows(speech: Samples) -> NDArray[np.float32]:
    """Windows × frames × bands; one at least."""
    spectra = without_noise(mel_spectra(speech))
    starts = list(range(0, max(1, len(spectra) - FRAMES + STEP), STEP))
    covered = (len(speech) - starts[-1] * HOP) / (FRAMES * HOP)
    if covered < LEAST_COVERED and len(starts) > 1:
        starts.pop()
    lacking = max(0, starts[-1] + FRAMES - len(spectra))
    padded = np.pad(spectra, ((0, lacking), (0, 0)))
    return np.stack([padded[start : start + FRAMES] for start in starts])
