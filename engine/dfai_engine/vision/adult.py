"""How likely a picture is pornographic: Yahoo's open_nsfw, one score.

It says nothing of racy or gory content, and neither does this engine.
Source: github.com/yahoo/open_nsfw, whose preparation of pictures is followed here.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine import weights
from dfai_engine.vision.pictures import Pixels

__all__ = ["ADULT", "MODELS", "VERSION", "scores"]

MODELS: tuple[str, ...] = ("open-nsfw",)
VERSION = "2026-11-26-open-nsfw"
# Its authors call scores below 0.2 likely safe and above 0.8 very likely not; between lies no clear line.
ADULT = 0.5
BATCH = 8
_MEANS = np.array((104, 117, 123), np.float32)  # of blue, green and red
_loading = threading.Lock()


@cache
def _load() -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    path = weights.folder(MODELS[0]) / "open_nsfw.onnx"
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def scores(pictures: Sequence[Pixels]) -> NDArray[np.float64]:
    """For each picture, from 0 (safe) to 1.

    Raises
    ------
    dfai_engine.weights.ModelMissing
    """
    with _loading:
        session = _load()
    name = session.get_inputs()[0].name
    found = np.empty(len(pictures))
    for begin in range(0, len(pictures), BATCH):
        batch = np.stack([_prepared(pixels) for pixels in pictures[begin : begin + BATCH]])
        found[begin : begin + BATCH] = session.run(None, {name: batch})[0][:, 1]
    return found.clip(0, 1)


def _prepared(pixels: Pixels) -> NDArray[np.float32]:
    """As the network was trained: 256 by 256, through JPEG, the middle 224, blue first."""
    square = cv2.resize(pixels[:, :, ::-1], (256, 256), interpolation=cv2.INTER_LINEAR)
    _, packed = cv2.imencode(".jpg", square, (cv2.IMWRITE_JPEG_QUALITY, 95))
    again: Any = cv2.imdecode(packed, cv2.IMREAD_COLOR)
    return np.asarray(again[16:240, 16:240].astype(np.float32) - _MEANS, dtype=np.float32)
