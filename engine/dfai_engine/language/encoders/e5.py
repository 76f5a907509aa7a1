"""The small multilingual E5 encoder, read from its 4-bit file and run with numpy alone.

The network is a BERT of 12 layers, 384 wide (Wang et al., "Multilingual E5 Text Embeddings", 2024). Two things
make it quick on one core: texts are sorted by length and packed without padding, so that every matrix product
sees only real tokens and no mask is needed; and the 250,037 word rows stay 4-bit on disk, memory-mapped, and
only the rows that a batch names are unpacked.
"""

from __future__ import annotations

import math
import re
import struct
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dfai_engine.language.sentences import replace_surrogates

if TYPE_CHECKING:
    from tokenizers import Tokenizer

__all__ = ["E5", "FILE", "read_e5"]

FILE = "e5-small-q4.bin"
PREFIX = "query: "  # the encoder was trained with it; symmetric tasks use this one on every text
PACK_TOKENS = 1024  # tokens of one pass: large enough for fast products, small enough to stay in the cache
BLOCK = 32  # weights that share one scale
BLOCK_BYTES = 2 + BLOCK // 2
PLAIN, QUANTISED = 0, 1
_SPACES = re.compile(" +")

Floats = NDArray[np.float32]


class Shape(NamedTuple):
    """The network's sizes, as the file's header gives them."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int


@dataclass(frozen=True, slots=True)
class Layer:
    """One transformer layer: weights are stored for ``x @ w + b``."""

    qkv_w: Floats
    qkv_b: Floats
    out_w: Floats
    out_b: Floats
    attention_gain: Floats
    attention_bias: Floats
    inner_w: Floats
    inner_b: Floats
    outer_w: Floats
    outer_b: Floats
    output_gain: Floats
    output_bias: Floats


class _Reader:
    """A cursor over the mapped file: every read is checked against the file's end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bytes = np.memmap(path, dtype=np.uint8, mode="r")
        self.at = 0

    def take(self, count: int, at: int | None = None) -> NDArray[np.uint8]:
        start = self.at if at is None else at
        if start < 0 or count < 0 or start + count > self.bytes.size:
            raise ValueError(f"{self.path}: bytes {start} to {start + count} lie outside the file; pull it again")
        if at is None:
            self.at += count
        return self.bytes[start : start + count]

    def unpack(self, form: str) -> tuple[int, ...]:
        return struct.unpack(form, self.take(struct.calcsize(form)).tobytes())

    def array(self, kind: str, count: int) -> NDArray[np.generic]:
        return np.frombuffer(self.take(count * np.dtype(kind).itemsize).tobytes(), dtype=kind)


def read_e5(folder: Path) -> E5:
    """The encoder of *folder*. Raises ValueError when the file is not what it should be."""
    reader = _Reader(folder / FILE)
    try:
        return _read(reader)
    except struct.error as broken:
        raise ValueError(f"{reader.path} cannot be read: {broken}; pull the model again") from broken


def _read(reader: _Reader) -> E5:
    if reader.take(4).tobytes() != b"E5S1" or reader.unpack("<I") != (1,):
        raise ValueError(f"{reader.path}: not an E5S1 file of version 1; pull the model again")
    shape = Shape(*reader.unpack("<7i"))
    eps = struct.unpack("<f", reader.take(4).tobytes())[0]
    if reader.unpack("<i") != (BLOCK,):
        raise ValueError(f"{reader.path}: blocks of another size than {BLOCK}")
    tokenizer, bos, eos = _tokenizer(reader, shape.vocabulary)
    replacements = _replacements(reader)
    tensors = {}
    for _ in range(reader.unpack("<i")[0]):
        name = reader.take(reader.unpack("<H")[0]).tobytes().decode("ascii")
        tensors[name] = reader.unpack("<BIQQ")
    return E5(shape, float(eps), tokenizer, bos, eos, replacements, _Tensors(reader, tensors))


def _tokenizer(reader: _Reader, rows: int) -> tuple[Tokenizer, int, int]:
    from tokenizers import Tokenizer, models, pre_tokenizers

    count, bos, eos, _pad, unknown = reader.unpack("<5i")
    (blob_bytes,) = reader.unpack("<Q")
    offsets = reader.array("<u4", count + 1).tolist()
    scores = reader.array("<f4", count).tolist()
    blob = reader.take(blob_bytes).tobytes()
    if count > rows:
        raise ValueError(f"{reader.path}: {count} pieces but {rows} rows; pull the model again")
    if offsets[-1] > blob_bytes or any(a > b for a, b in pairwise(offsets)):
        raise ValueError(f"{reader.path}: the vocabulary's offsets are not in order; pull the model again")
    pieces = [blob[a:b].decode("utf-8", "replace") for a, b in pairwise(offsets)]
    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unknown, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="\u2581", prepend_scheme="always")
    return tokenizer, bos, eos


def _replacements(reader: _Reader) -> dict[int, str]:
    """What the normaliser turns a character into, for ``str.translate``."""
    count, size = reader.unpack("<iI")
    table = reader.take(size).tobytes()
    replacements, at = {}, 0
    for _ in range(count):
        code, length = struct.unpack_from("<IB", table, at)
        replacements[code] = "".join(map(chr, struct.unpack_from(f"<{length}I", table, at + 5)))
        at += 5 + 4 * length
    return replacements


class _Tensors:
    """The file's directory of named arrays."""

    def __init__(self, reader: _Reader, entries: Mapping[str, tuple[int, ...]]) -> None:
        self._reader = reader
        self._entries = entries

    def _raw(self, name: str, kind: int, count: int) -> NDArray[np.uint8]:
        if name not in self._entries:
            raise ValueError(f"{self._reader.path}: no array named {name!r}; pull the model again")
        found, length, at, size = self._entries[name]
        wanted = count * 4 if kind == PLAIN else count // BLOCK * BLOCK_BYTES
        if (found, length, size) != (kind, count, wanted):
            raise ValueError(f"{self._reader.path}: {name!r} has another type or size than it should")
        return self._reader.take(size, at)

    def plain(self, name: str, count: int) -> Floats:
        return np.frombuffer(self._raw(name, PLAIN, count).tobytes(), dtype="<f4")

    def rows(self, name: str, count: int, width: int) -> NDArray[np.uint8]:
        """A quantised matrix, still packed and on disk: one row of bytes for each row of weights."""
        return self._raw(name, QUANTISED, count * width).reshape(count, width // BLOCK * BLOCK_BYTES)

    def matrix(self, name: str, outputs: int, inputs: int) -> Floats:
        """A quantised matrix, unpacked and turned for ``x @ w``."""
        return np.ascontiguousarray(unpack_rows(self.rows(name, outputs, inputs)).T)


def unpack_rows(rows: NDArray[np.uint8]) -> Floats:
    """Packed rows as floats: each block is a half-float scale, then 16 bytes whose low nibbles are its first 16
    weights and whose high nibbles are the last 16, each 8 too large.

    >>> block = np.frombuffer(np.float16(0.5).tobytes() + bytes([0x9A] * 16), dtype=np.uint8)
    >>> unpack_rows(block[None])[0, [0, 31]].tolist()
    [1.0, 0.5]
    """
    blocks = np.ascontiguousarray(rows).reshape(-1, BLOCK_BYTES)
    scales = blocks[:, :2].copy().view("<f2").astype(np.float32)
    nibbles = np.concatenate([blocks[:, 2:] & 15, blocks[:, 2:] >> 4], axis=1)
    weights: Floats = (nibbles.astype(np.float32) - 8) * scales
    return weights.reshape(len(rows), -1)


class E5:
    """Texts to unit vectors of 384 numbers. Safe to call from several threads: nothing changes after loading."""

    def __init__(
        self,
        shape: Shape,
        eps: float,
        tokenizer: Tokenizer,
        bos: int,
        eos: int,
        replacements: dict[int, str],
        tensors: _Tensors,
    ) -> None:
        width = shape.width
        self.dimensions = width
        self._shape, self._eps = shape, np.float32(eps)
        self._tokenizer, self._bos, self._eos = tokenizer, bos, eos
        self._replacements = replacements
        self._words = tensors.rows("emb.word", shape.vocabulary, width)
        places = tensors.plain("emb.pos", shape.positions * width).reshape(shape.positions, width)
        self._places: Floats = places + tensors.plain("emb.type", shape.types * width)[:width]  # one segment: type 0
        self._gain, self._bias = tensors.plain("emb.ln.w", width), tensors.plain("emb.ln.b", width)
        self._layers = [_layer(tensors, f"l{i}", shape) for i in range(shape.layers)]

    def embed(self, texts: Sequence[str]) -> Floats:
        """One unit vector a text, in the texts' order; cosine is the dot product."""
        tokens = [self._ids(text) for text in texts]
        vectors = np.empty((len(texts), self.dimensions), dtype=np.float32)
        for pack in _packs(tokens):
            vectors[pack] = self._forward([tokens[i] for i in pack])
        return vectors

    def _ids(self, text: str) -> list[int]:
        # The normaliser's table maps single characters, so composed letters must come composed.
        plain = unicodedata.normalize("NFC", replace_surrogates(text)).translate(self._replacements)
        ids = self._tokenizer.encode(_SPACES.sub(" ", PREFIX + plain).strip(), add_special_tokens=False).ids
        return [self._bos, *ids[: self._shape.positions - 2], self._eos]

    def _forward(self, pack: list[list[int]]) -> Floats:
        lengths = [len(ids) for ids in pack]
        used, place = np.unique(np.concatenate(pack), return_inverse=True)
        x = unpack_rows(self._words[used])[place]
        x += np.concatenate([self._places[:length] for length in lengths])
        x = _normalised(x, self._gain, self._bias, self._eps)
        # Texts of one length lie side by side: their attention is one dense product.
        runs = [(length, len(list(group))) for length, group in groupby(lengths)]
        for layer in self._layers:
            mixed = self._attend(x @ layer.qkv_w + layer.qkv_b, runs)
            x += mixed @ layer.out_w + layer.out_b
            x = _normalised(x, layer.attention_gain, layer.attention_bias, self._eps)
            inner = _gelu(x @ layer.inner_w + layer.inner_b)
            x += inner @ layer.outer_w + layer.outer_b
            x = _normalised(x, layer.output_gain, layer.output_bias, self._eps)
        starts = np.cumsum([0, *lengths[:-1]])
        pooled = np.add.reduceat(x, starts, axis=0)  # a mean's length does not matter: the vector is scaled next
        unit: Floats = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
        return unit

    def _attend(self, qkv: Floats, runs: list[tuple[int, int]]) -> Floats:
        heads, size = self._shape.heads, self._shape.width // self._shape.heads
        mixed = np.empty((len(qkv), self._shape.width), dtype=np.float32)
        at = 0
        for length, count in runs:
            end = at + length * count
            q, k, v = qkv[at:end].reshape(count, length, 3, heads, size).transpose(2, 0, 3, 1, 4)
            scores = q @ k.swapaxes(-1, -2)
            scores *= np.float32(1 / math.sqrt(size))
            scores -= scores.max(axis=-1, keepdims=True)
            np.exp(scores, out=scores)
            scores /= scores.sum(axis=-1, keepdims=True)
            mixed[at:end] = (scores @ v).swapaxes(1, 2).reshape(-1, self._shape.width)
            at = end
        return mixed


def _layer(tensors: _Tensors, name: str, shape: Shape) -> Layer:
    width, inner = shape.width, shape.inner
    return Layer(
        qkv_w=np.concatenate([tensors.matrix(f"{name}.{part}.w", width, width) for part in "qkv"], axis=1),
        qkv_b=np.concatenate([tensors.plain(f"{name}.{part}.b", width) for part in "qkv"]),
        out_w=tensors.matrix(f"{name}.ao.w", width, width),
        out_b=tensors.plain(f"{name}.ao.b", width),
        attention_gain=tensors.plain(f"{name}.aln.w", width),
        attention_bias=tensors.plain(f"{name}.aln.b", width),
        inner_w=tensors.matrix(f"{name}.fi.w", inner, width),
        inner_b=tensors.plain(f"{name}.fi.b", inner),
        outer_w=tensors.matrix(f"{name}.fo.w", width, inner),
        outer_b=tensors.plain(f"{name}.fo.b", width),
        output_gain=tensors.plain(f"{name}.oln.w", width),
        output_bias=tensors.plain(f"{name}.oln.b", width),
    )


def _packs(tokens: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Indices of the texts, shortest first, cut where a pass would exceed PACK_TOKENS."""
    pack: list[int] = []
    size = 0
    for i in sorted(range(len(tokens)), key=lambda i: len(tokens[i])):
        if pack and size + len(tokens[i]) > PACK_TOKENS:
            yield pack
            pack, size = [], 0
        pack.append(i)
        size += len(tokens[i])
    if pack:
        yield pack


def _normalised(x: Floats, gain: Floats, bias: Floats, eps: np.float32) -> Floats:
    x -= x.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", x, x) / np.float32(x.shape[1])
    x /= np.sqrt(variance + eps)[:, None]
    x *= gain
    x += bias
    return x


def _gelu(x: Floats) -> Floats:
    """x·Φ(x). numpy has no erf: Abramowitz and Stegun 7.1.26, whose error stays below 2e-7."""
    z = np.abs(x)
    z *= np.float32(1 / math.sqrt(2))
    t = 1 / (1 + np.float32(0.3275911) * z)
    tail: Floats = np.full_like(t, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail *= t
        tail += np.float32(coefficient)
    tail *= t
    np.multiply(z, -z, out=z)
    np.exp(z, out=z)
    tail *= z  # 1 - erf(|x| / √2)
    tail *= np.abs(x) * np.float32(0.5)
    gelu: Floats = np.maximum(x, 0) - tail
    return gelu
