"""What a picture shows as a whole: EfficientNet-lite3, a thousand classes; and its vector, for likeness.

Source: Tan and Le, "EfficientNet", ICML 2019; the lite3 network of Google, quantised to 8 bits. It sees 280 by 280
pixels of the middle of a picture.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.vision.lending import Lender
from dfai_engine.vision.pictures import Pixels

__all__ = ["DIMENSIONS", "MODELS", "VERSION", "classify", "embed", "look"]

MODELS: tuple[str, ...] = ("efficientnet-lite3",)
VERSION = "2026-11-26-efficientnet-lite3"
SIDE_PX = 280
DIMENSIONS = 1_280  # of a vector: the network's last layer but one


class _Network:
    """The network of one thread."""

    def __init__(self) -> None:
        from ai_edge_litert.interpreter import Interpreter

        path = weights.folder(MODELS[0]) / "efficientnet_lite3.tflite"
        with warnings.catch_warnings():
            # Keeping the layers' values is called a means of debugging. The vector is one of them.
            warnings.simplefilter("ignore", UserWarning)
            self._interpreter: Any = Interpreter(
                model_path=str(path), num_threads=1, experimental_preserve_all_tensors=True
            )
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]
        self._pooled = next(
            tensor
            for tensor in reversed(self._interpreter.get_tensor_details())
            if tensor["shape"].tolist() == [1, DIMENSIONS]
        )

    def __call__(self, square: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        self._interpreter.set_tensor(self._input, square[None])
        self._interpreter.invoke()
        return self._value(self._output), self._value(self._pooled)

    def _value(self, tensor: dict[str, Any]) -> NDArray[np.float32]:
        scale, zero = tensor["quantization"]
        held = self._interpreter.get_tensor(tensor["index"])[0].astype(np.float32)
        return np.asarray((held - zero) * scale, dtype=np.float32)


_NETWORKS = Lender(_Network)


def look(pictures: Sequence[Pixels]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What one pass tells of each picture: the classes' shares (n, 1000), and vectors of length 1 (n, 1280).

    Raises
    ------
    dfai_engine.weights.ModelMissing
    """
    shares = np.empty((len(pictures), 1_000), np.float32)
    vectors = np.empty((len(pictures), DIMENSIONS), np.float32)
    with _NETWORKS.lend() as network:
        for place, pixels in enumerate(pictures):
            shares[place], vectors[place] = network(_middle(pixels))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return shares, vectors / np.maximum(lengths, np.finfo(np.float32).tiny)


def classify(pictures: Sequence[Pixels]) -> NDArray[np.float32]:
    """The share of each class in each picture, as (n, 1000); a row sums to 1 at most."""
    return look(pictures)[0]


def embed(pictures: Sequence[Pixels]) -> NDArray[np.float32]:
    """A vector of length 1 for each picture, as (n, 1280); alike pictures have a large dot product."""
    return look(pictures)[1]


def _middle(pixels: Pixels) -> Pixels:
    """The largest square in the middle, as the network wants it."""
    rows, columns = pixels.shape[:2]
    side = min(rows, columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    square = pixels[top : top + side, left : left + side]
    smaller = side > SIDE_PX
    return np.asarray(
        cv2.resize(square, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR),
        dtype=np.uint8,
    )
