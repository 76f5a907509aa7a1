"""SSD-MobileNet v2 in 8 bits, made from TensorFlow's file of it when it is loaded.

In 32 bits it takes three times as long, and four times the memory. What the layers span, which 8 bits need to know,
stands in ``ranges.tsv``: measured by ``benchmarks/calibrate_objects.py``, where the loss is measured, too. Layers that
end in relu6 span 0 to 6.

Sources: Liu et al., "SSD", ECCV 2016 (boxes); Jacob et al., "Quantization and Training of Neural Networks", CVPR 2018.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from dfai_engine.lite.frozen import Frozen, Node

if TYPE_CHECKING:
    from dfai_engine.lite.graph import Value

__all__ = ["SIDE_PX", "anchors", "network", "spans"]

SIDE_PX = 300
CLASSES = 91  # the first is "nothing"
PREDICTORS = 6
# Offsets of boxes and the logits of classes, beyond which nothing changes any more that anybody would look at.
OFFSETS, LOGITS = (-6.0, 6.0), (-4.0, 7.0)
# The six grids' squares, as shares of the side, from the smallest; the last is what the sixth is widened towards.
SQUARES = (0.2, 0.35, 0.5, 0.65, 0.8, 0.95, 1.0)
SMALLEST = 0.1
GRIDS = (19, 10, 5, 3, 2, 1)

Boxes = NDArray[np.float32]


def network(path: Path, numbers: Sequence[int], ranges: Mapping[str, tuple[float, float]] | None) -> bytes:
    """The network as LiteRT reads it, for one picture of (300, 300, 3).

    It gives, grid by grid, boxes' offsets (four for each anchor) and the logits of the classes *numbers*. In 8 bits it
    takes a picture's levels less 128. Without *ranges* it is in 32 bits, takes numbers from −1 to 1, and gives the
    layers besides whose ranges are asked for.
    """
    return _Writer(Frozen(path), numbers, ranges).written()


@functools.cache
def spans() -> Mapping[str, tuple[float, float]]:
    """What each layer spans, by its name."""
    rows = resources.files("dfai_engine.vision").joinpath("ranges.tsv").read_text("utf-8").splitlines()
    return {name: (float(low), float(high)) for name, low, high in (row.split("\t") for row in rows)}


@functools.cache
def anchors() -> Boxes:
    """The boxes that offsets are from, as (1917, 4) shares of the side: middle down, middle across, height, width."""
    found = []
    for place, grid in enumerate(GRIDS):
        square = SQUARES[place]
        if place == 0:
            shapes = [(SMALLEST, 1.0), (square, 2.0), (square, 0.5)]
        else:
            between = float(np.sqrt(square * SQUARES[place + 1]))
            shapes = [(square, 1.0), (square, 2.0), (square, 0.5), (square, 3.0), (square, 1 / 3), (between, 1.0)]
        middles = (np.arange(grid) + 0.5) / grid
        for down in middles:
            for across in middles:
                found += [(down, across, size / ratio**0.5, size * ratio**0.5) for size, ratio in shapes]
    return np.array(found, np.float32)


class _Writer:
    """Follows the file's graph from what it gives back to the picture, and writes it forwards."""

    def __init__(
        self, frozen: Frozen, numbers: Sequence[int], ranges: Mapping[str, tuple[float, float]] | None
    ) -> None:
        from dfai_engine.lite.graph import Graph, Scale

        self._frozen, self._numbers, self._ranges = frozen, list(numbers), ranges
        self._graph = Graph()
        step = 2 / 255
        self._picture = self._graph.input((1, SIDE_PX, SIDE_PX, 3), None if ranges is None else Scale(step, 0))
        # A level less 128 is half a step below the value that it stands for.
        self._half = 0.0 if ranges is None else step / 2
        self._made: dict[str, Value] = {"Preprocessor/sub": self._picture}
        self.named: dict[str, Value] = {}

    def written(self) -> bytes:
        found = []
        for place in range(PREDICTORS):
            found.append(self._value(f"BoxPredictor_{place}/BoxEncodingPredictor/BiasAdd"))
            found.append(self._value(f"BoxPredictor_{place}/ClassPredictor/BiasAdd"))
        measured = () if self._ranges is not None else tuple(self.named.values())
        return self._graph.finish(self._picture, [*found, *measured])

    def _value(self, name: str, activation: str = "") -> Value:
        if name not in self._made:
            self._made[name] = self._layer(name, self._frozen.nodes[name], activation)
        return self._made[name]

    def _layer(self, name: str, node: Node, activation: str) -> Value:
        if node.op == "Relu6":
            return self._value(node.inputs[0], "relu6")
        if node.op == "Identity":
            return self._value(node.inputs[0], activation)
        if node.op == "BiasAdd":
            return self._predictor(name, node)
        assert node.op == "Add"
        shift = self._frozen.constant(node.inputs[1])
        if shift is None:
            one, other = (self._value(each) for each in node.inputs)
            return self._measured(name, self._graph.add(one, other, span=self._span(name)))
        # A convolution, times what normalises it, plus what shifts it: all three in one.
        product = self._frozen.nodes[node.inputs[0]]
        factor = self._frozen.constant(product.inputs[1])
        assert factor is not None
        found = self._convolved(product.inputs[0], factor, shift, activation, self._span(name, activation))
        return found if activation else self._measured(name, found)

    def _predictor(self, name: str, node: Node) -> Value:
        bias = self._frozen.constant(node.inputs[1])
        assert bias is not None
        if "ClassPredictor" not in name:
            return self._convolved(node.inputs[0], np.ones(1, np.float32), bias, "", OFFSETS)
        kept = np.arange(len(bias)).reshape(-1, CLASSES)[:, self._numbers].ravel()
        return self._convolved(node.inputs[0], np.ones(1, np.float32), bias, "", LOGITS, kept)

    def _convolved(
        self,
        name: str,
        factor: NDArray[np.float32],
        shift: NDArray[np.float32],
        activation: str,
        span: tuple[float, float] | None,
        kept: NDArray[np.int64] | None = None,
    ) -> Value:
        node = self._frozen.nodes[name]
        given, weights = self._value(node.inputs[0]), self._frozen.constant(node.inputs[1])
        assert weights is not None
        each = node.op == "DepthwiseConv2dNative"
        rows, columns = weights.shape[:2]
        filters = weights.reshape(1, rows, columns, -1) * factor if each else (weights * factor).transpose(3, 0, 1, 2)
        if kept is not None:
            filters, shift = filters[kept], shift[kept]
        if given is self._picture:
            shift = shift + self._half * filters.sum(axis=(1, 2, 3))
        return self._graph.conv(
            given,
            filters.astype(np.float32),
            shift.astype(np.float32),
            stride=node.stride,
            activation=activation,
            each=each,
            span=span,
        )

    def _span(self, name: str, activation: str = "") -> tuple[float, float] | None:
        return None if self._ranges is None or activation else self._ranges[_short(name)]

    def _measured(self, name: str, found: Value) -> Value:
        self.named[_short(name)] = found
        return found


def _short(name: str) -> str:
    """A layer's name without what all of them have in common.

    >>> _short("FeatureExtractor/MobilenetV2/expanded_conv_2/project/BatchNorm/batchnorm/add_1")
    'expanded_conv_2/project'
    """
    return name.removeprefix("FeatureExtractor/MobilenetV2/").removesuffix("/BatchNorm/batchnorm/add_1")
