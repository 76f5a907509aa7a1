"""The network that tells faces apart, made for LiteRT from the ONNX file of it: a MobileFaceNet, 1.2 million weights.

Source: Chen et al., "MobileFaceNets: Efficient CNNs for Accurate Real-Time Face Verification on Mobile Devices" (2018).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from dfai_engine.lite.graph import Graph, Value
    from dfai_engine.lite.onnx import Onnx, Operator

__all__ = ["DIMENSIONS", "PLACES", "SIDE_PX", "levels", "network"]

Floats = NDArray[np.float32]

SIDE_PX = 112
DIMENSIONS = 512
# Where in the picture the network wants to see the eyes, the tip of the nose and the corners of the mouth, from left to
# right. Source: InsightFace, the template that ArcFace and its like are trained with.
PLACES = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float64
)
HALF = np.float32(127.5)


def levels(faces: NDArray[np.uint8]) -> Floats:
    """Pictures of (n, 112, 112, 3), red first, as the network takes them: blue first, from -1 to 1."""
    return np.asarray((faces[..., ::-1].astype(np.float32) - HALF) / HALF, dtype=np.float32)


def network(path: Path, count: int) -> bytes:
    """The network for *count* faces at a time; it gives (count, 1, 1, 512)."""
    from dfai_engine.lite.graph import Graph
    from dfai_engine.lite.onnx import Onnx

    graph, read = Graph(), Onnx(path)
    given = graph.input((count, SIDE_PX, SIDE_PX, 3))
    # The last operator gives the numbers another shape.
    *layers, _ = read.operators
    values = {layers[0].inputs[0]: given}
    for layer in layers:
        values[layer.output] = _layer(graph, read, layer, values)
    return graph.finish(given, [values[layers[-1].output]])


def _layer(graph: Graph, read: Onnx, layer: Operator, values: dict[str, Value]) -> Value:
    given = values[layer.inputs[0]]
    if layer.kind == "Add":
        return graph.add(given, values[layer.inputs[1]])
    if layer.kind == "PRelu":
        return graph.prelu(given, read.constants[layer.inputs[1]])
    assert layer.kind == "Conv", layer.kind
    filters, bias = (read.constants[name] for name in layer.inputs[1:])
    edge, stride = layer.numbers["pads"][0], layer.numbers["strides"][0]
    if edge:
        # LiteRT's own zeros would lie elsewhere where a stride skips some.
        count, rows, columns, channels = given.shape
        given = graph.pad(given, (count, rows + 2 * edge, columns + 2 * edge, channels), before=(0, edge, edge, 0))
    each = layer.numbers["group"][0] > 1
    order = (1, 2, 3, 0) if each else (0, 2, 3, 1)
    return graph.conv(given, filters.transpose(order), bias, stride=stride, padding="valid", each=each)
