"""The residual network that tells faces apart, made for LiteRT from dlib's file of it.

dlib itself takes ten times as long for a face on one core, and lets no other thread run meanwhile. The numbers are the
same to the sixth digit. Sources: D. King, "High Quality Face Recognition with Deep Metric Learning" (2017), and dlib's
example ``dnn_face_recognition_ex.cpp``, which has the layers; He et al., "Deep Residual Learning", CVPR 2016.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dfai_engine.lite.graph import Graph, Value

__all__ = ["DIMENSIONS", "SIDE_PX", "levels", "network"]

Floats = NDArray[np.float32]

SIDE_PX = 150
DIMENSIONS = 128
# What the network was trained with: the mean red, green and blue, and what a level is divided by.
MEANS = np.array([122.782, 117.001, 104.298], np.float32)
DIVISOR = np.float32(256)
# Blocks from the picture on: how many channels, and whether each halves the sides.
BLOCKS = (
    *[(32, False)] * 3,
    *[(64, True), *[(64, False)] * 3],
    *[(128, True), *[(128, False)] * 2],
    *[(256, True), *[(256, False)] * 2],
    (256, True),
)
# Of a convolution its filters and, after them, its bias; then what each channel is multiplied by, and what is added.
_LAYER = re.compile(rb"con_4|affine_|fc_2")


def levels(faces: NDArray[np.uint8]) -> Floats:
    """Pictures of (n, 150, 150, 3) as the network takes them."""
    return np.asarray((faces.astype(np.float32) - MEANS) / DIVISOR, dtype=np.float32)


def network(path: Path, count: int) -> bytes:
    """The network for *count* faces at a time; it gives (count, 128)."""
    from dfai_engine.lite.graph import Graph

    graph, weights = Graph(), _weights(path.read_bytes())
    given = graph.input((count, SIDE_PX, SIDE_PX, 3))
    found = _convolved(graph, given, weights, 32, 7, stride=2, padding="valid", activation="relu")
    found = graph.pool(found, 3, stride=2, how="largest")
    for channels, halved in BLOCKS:
        found = _block(graph, found, weights, channels, halved=halved)
    found = graph.pool(found, found.shape[1], stride=1, how="mean")
    dense = next(weights).reshape(found.shape[3], DIMENSIONS)
    return graph.finish(given, [graph.dense(found, np.ascontiguousarray(dense.T))])


def _block(graph: Graph, given: Value, weights: Iterator[Floats], channels: int, *, halved: bool) -> Value:
    stride, padding = (2, "valid") if halved else (1, "same")
    inner = _convolved(graph, given, weights, channels, 3, stride=stride, padding=padding, activation="relu")
    inner = _convolved(graph, inner, weights, channels, 3)
    kept = graph.pool(given, 2, stride=2, how="mean") if halved else given
    # Where one has fewer channels or a shorter side, zeros stand for what is not there.
    larger = tuple(max(pair) for pair in zip(inner.shape, kept.shape, strict=True))
    return graph.add(graph.pad(inner, larger), graph.pad(kept, larger), activation="relu")


def _convolved(
    graph: Graph,
    given: Value,
    weights: Iterator[Floats],
    channels: int,
    side: int,
    *,
    stride: int = 1,
    padding: str = "same",
    activation: str = "",
) -> Value:
    """A convolution and what scales and shifts it, in one."""
    held, (factor, shift) = next(weights), next(weights).reshape(2, channels)
    filters = held[:-channels].reshape(channels, given.shape[3], side, side).transpose(0, 2, 3, 1)
    return graph.conv(
        given,
        filters * factor[:, None, None, None],
        held[-channels:] * factor + shift,
        stride=stride,
        padding=padding,
        activation=activation,
    )


def _weights(written: bytes) -> Iterator[Floats]:
    """Each layer's numbers, from the picture on.

    A layer stands in the file as its name, and a tensor after it. Source: dlib's ``serialize.h`` and ``tensor.h``.
    """
    for layer in _LAYER.finditer(written):
        place = layer.end()
        if layer.group() == b"fc_2":  # first how many go in and come out
            for _ in range(2):
                _, place = _integer(written, place)
        version, place = _integer(written, place)
        assert version == 2
        count = 1
        for _ in range(4):
            size, place = _integer(written, place)
            count *= size
        yield np.frombuffer(written, "<f4", count, place)


def _integer(written: bytes, place: int) -> tuple[int, int]:
    """The number that begins at *place*, and where it ends: its length in bytes (and sign) come before it."""
    length = written[place] & 0x0F
    number = int.from_bytes(written[place + 1 : place + 1 + length], "little")
    return (-number if written[place] & 0x80 else number), place + 1 + length
