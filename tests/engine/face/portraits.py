"""The portraits that tests look at, requests about them, and what else they need of the Face service."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from PIL import Image

from dfai_engine.app import App
from engine.wire import ask

__all__ = ["FACE", "MEDIA", "SHARED", "detect", "face_ids", "image", "send", "turned"]

MEDIA = Path(__file__).resolve().parents[2] / "media"
SHARED = Path(__file__).resolve().parents[4] / "shared" / "data" / "azure-samples"
FACE = "/face/v1.2"
BYTES = {"Content-Type": "application/octet-stream"}


def image(name: str) -> bytes:
    """The bytes of a portrait."""
    return (MEDIA / f"{name}.jpg").read_bytes()


def turned(data: bytes, degrees: float = 0.0, *, mirrored: bool = False, times: float = 1.0) -> bytes:
    """A picture turned clockwise, mirrored, made larger or smaller; without loss."""
    made = Image.open(io.BytesIO(data)).convert("RGB")
    if mirrored:
        made = made.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    made = made.resize((round(made.width * times), round(made.height * times)), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    made.rotate(-degrees, resample=Image.Resampling.BICUBIC, fillcolor=(90, 90, 90)).save(file, "PNG")
    return file.getvalue()


def pixels(data: bytes) -> Any:
    """The pixels of a picture."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def send(app: App, path: str, data: bytes) -> httpx.Response:
    """A request whose body is an image."""
    return ask(app, "POST", path, headers=BYTES, content=data)


def detect(app: App, data: bytes, query: str = "", *, base: str = FACE) -> Any:
    """The faces of a picture."""
    answer = send(app, f"{base}/detect?{query}", data)
    assert answer.status_code == 200, answer.text
    return answer.json()


def face_ids(app: App, *names: str, query: str = "recognitionModel=recognition_04") -> list[str]:
    """The id of the largest face of each portrait."""
    return [detect(app, image(name), query)[0]["faceId"] for name in names]
