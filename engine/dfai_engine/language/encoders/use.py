"""The multilingual Universal Sentence Encoder, its convolutional kind, run with numpy alone.

The published description (Yang et al., "Multilingual Universal Sentence Encoder for Semantic Retrieval", 2019)
gives subword embeddings, two convolutional layers with several filter widths and 256 filters, and a feed-forward
network. The arrays' names and shapes give the rest; which activations and sums stand between them was settled by
retrieving translations, as the paper's own evaluation does (docs/models-language.md has the figures).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dfai_engine.language.sentences import replace_surrogates

if TYPE_CHECKING:
    from sentencepiece import SentencePieceProcessor

__all__ = ["USE", "read_use"]

WIDTHS = (2, 3, 5)  # tokens that a filter sees; width 1 is the embedding itself
GAP = 2  # empty places between two texts: as far as the widest filter reaches
PACK_TOKENS = 2048
CHUNKS = 17  # of the vocabulary: row i lies in chunk i % 17, at i // 17
WORD, FILTERS, HIDDEN, OUT = 512, 256, 320, 512
EPSILON = np.float32(1e-12)

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Convolution:
    """Two layers of filters of one width, over words projected to as many numbers as there are filters."""

    width: int
    project_w: Floats
    project_b: Floats
    gain: Floats
    bias: Floats
    first_w: Floats  # (width, FILTERS, FILTERS)
    first_b: Floats
    second_w: Floats
    second_b: Floats


def read_use(folder: Path) -> USE:
    """The encoder of *folder*. Raises ValueError when its arrays are not what they should be."""
    from sentencepiece import SentencePieceProcessor

    path = folder / "weights.npz"
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (zipfile.BadZipFile, EOFError, OSError) as broken:
        raise ValueError(f"{path} cannot be read: {broken}; pull the model again") from broken
    return USE(_Arrays(path, arrays), SentencePieceProcessor(model_file=str(folder / "sp.model")))


class _Arrays:
    """The file's arrays, each taken with the shape that it must have."""

    def __init__(self, path: Path, arrays: Mapping[str, NDArray[np.generic]]) -> None:
        self._path = path
        self._arrays = arrays

    def floats(self, name: str, *shape: int) -> Floats:
        return self._take(name, shape).astype(np.float32, copy=False)

    def rows(self) -> NDArray[np.uint8]:
        count = len(self._arrays["q1"]) if "q1" in self._arrays else 0
        chunks = [self._take(f"q{i + 1}", (count, WORD)) for i in range(CHUNKS)]
        return np.stack(chunks).astype(np.uint8, copy=False)

    def _take(self, name: str, shape: tuple[int, ...]) -> NDArray[np.generic]:
        found = self._arrays.get(name)
        if found is None or found.shape != shape:
            has = "is missing" if found is None else f"has the shape {found.shape}"
            raise ValueError(f"{self._path}: array {name!r} {has}, wanted {shape}; pull the model again")
        return found


class USE:
    """Texts to unit vectors of 512 numbers. Safe to call from several threads: nothing changes after loading."""

    def __init__(self, arrays: _Arrays, tokenizer: SentencePieceProcessor) -> None:
        self.dimensions = OUT
        self._tokenizer = tokenizer
        self._rows = arrays.rows()
        self._low = arrays.floats("lo", CHUNKS)
        self._scale = arrays.floats("scale", CHUNKS)
        self._convolutions = [_convolution(arrays, width) for width in WIDTHS]
        joined = WORD + FILTERS * len(WIDTHS)
        self._gain, self._bias = arrays.floats("ln_g", joined), arrays.floats("ln_b", joined)
        self._mix_w, self._mix_b = arrays.floats("cnn_W", joined, OUT), arrays.floats("cnn_b", OUT)
        # Four layers without bias; the second and the fourth also see what went into the pair.
        self._dense = [
            arrays.floats(name, *shape)
            for name, shape in {
                "d0": (OUT, HIDDEN),
                "d1": (HIDDEN, HIDDEN),
                "p1": (OUT, HIDDEN),
                "d2": (HIDDEN, OUT),
                "d3": (OUT, OUT),
                "p3": (HIDDEN, OUT),
            }.items()
        ]

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit vector a text, in the texts' order; cosine is the dot product."""
        tokens: list[list[int]] = self._tokenizer.encode(
            [replace_surrogates(text) for text in texts], add_bos=True, add_eos=True
        )
        vectors = np.empty((len(texts), OUT), dtype=np.float32)
        for start, end in _packs([len(ids) for ids in tokens]):
            vectors[start:end] = self._forward(tokens[start:end])
        return vectors

    def _forward(self, pack: Sequence[Sequence[int]]) -> Floats:
        lengths = np.array([len(ids) for ids in pack])
        # All texts lie in one long row with a gap around each, so that no filter sees two texts.
        starts = GAP + np.concatenate([[0], np.cumsum(lengths + GAP)[:-1]])
        places = np.concatenate([np.arange(at, at + length) for at, length in zip(starts, lengths, strict=True)])
        size = int(starts[-1] + lengths[-1]) + GAP
        words = self._words(np.concatenate(pack))
        parts = [words, *(_convolve(words, convolution, places, size) for convolution in self._convolutions)]
        joined = _normalised(np.concatenate(parts, axis=1), self._gain, self._bias)
        mixed = joined @ self._mix_w + self._mix_b
        firsts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        pooled: Floats = np.add.reduceat(mixed, firsts, axis=0) / np.sqrt(lengths, dtype=np.float32)[:, None]
        return self._feed(pooled)

    def _words(self, ids: NDArray[np.int64]) -> Floats:
        chunk = ids % CHUNKS
        rows = self._rows[chunk, ids // CHUNKS].astype(np.float32)
        rows *= self._scale[chunk, None]
        rows += self._low[chunk, None]
        return rows

    def _feed(self, x: Floats) -> Floats:
        d0, d1, p1, d2, d3, p3 = self._dense
        half = _relu(_relu(x @ d0) @ d1 + x @ p1)
        full = np.tanh(_relu(half @ d2) @ d3 + half @ p3)
        unit: Floats = full / np.linalg.norm(full, axis=1, keepdims=True)
        return unit


def _convolution(arrays: _Arrays, width: int) -> Convolution:
    shape = (width, FILTERS, FILTERS)
    return Convolution(
        width,
        arrays.floats(f"proj{width}", WORD, FILTERS),
        arrays.floats(f"proj_b{width}", FILTERS),
        arrays.floats(f"ln_g{width}", FILTERS),
        arrays.floats(f"ln_b{width}", FILTERS),
        arrays.floats(f"w1_{width}", width * FILTERS, FILTERS).reshape(shape),
        arrays.floats(f"b1_{width}", FILTERS),
        arrays.floats(f"w2_{width}", width * FILTERS, FILTERS).reshape(shape),
        arrays.floats(f"b2_{width}", FILTERS),
    )


def _convolve(words: Floats, of: Convolution, places: NDArray[np.int64], size: int) -> Floats:
    """Both layers over the texts' places in a row of *size*; each adds to what it read."""
    row = np.zeros((size, FILTERS), dtype=np.float32)
    x = _normalised(words @ of.project_w + of.project_b, of.gain, of.bias)
    before = (of.width - 1) // 2
    for w, b in ((of.first_w, of.first_b), (of.second_w, of.second_b)):
        row[places] = x
        seen = row[places - before] @ w[0]
        for tap in range(1, of.width):
            seen += row[places - before + tap] @ w[tap]
        x = x + _relu(seen + b)
    return x


def _packs(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Runs of texts of at most PACK_TOKENS together, or of one longer text."""
    start = size = 0
    for i, length in enumerate(lengths):
        if size and size + length > PACK_TOKENS:
            yield start, i
            start, size = i, 0
        size += length
    if size:
        yield start, len(lengths)


def _normalised(x: Floats, gain: Floats, bias: Floats) -> Floats:
    x = x - x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    x /= np.sqrt(variance + EPSILON)[:, None]
    x *= gain
    x += bias
    return x


def _relu(x: Floats) -> Floats:
    return np.maximum(x, 0)
