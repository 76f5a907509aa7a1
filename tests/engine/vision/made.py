"""Pictures for tests: two photographs, printed text, and what is drawn on the spot."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from dfai_engine import weights
from dfai_engine.app import App
from engine.wire import ask

Image = pytest.importorskip("PIL.Image", reason='needs pip install "dfai[vision]"')
ImageDraw = pytest.importorskip("PIL.ImageDraw")
ImageFont = pytest.importorskip("PIL.ImageFont")
for package in ("cv2", "rapidocr", "onnxruntime", "ai_edge_litert", "pypdfium2"):
    pytest.importorskip(package, reason='needs pip install "dfai[vision]"')

__all__ = [
    "ANALYZE",
    "CAT",
    "COFFEE",
    "FOUR",
    "MEDIA",
    "OLDER",
    "PRINTED",
    "PRINTED_LINES",
    "Image",
    "ImageDraw",
    "ImageFont",
    "drawn",
    "encoded",
    "four",
    "needs_models",
    "noise",
    "pdf",
    "send",
    "tiff",
    "written",
]

MEDIA = Path(__file__).with_name("media")
CAT = (MEDIA / "object_cat.jpg").read_bytes()
COFFEE = (MEDIA / "object_coffee.jpg").read_bytes()
PRINTED = (MEDIA / "printed_text.png").read_bytes()
PRINTED_LINES = (MEDIA / "printed_text.txt").read_text("utf-8").split("\n")[:5]
FOUR = "image-analysis-2024-02-01/UnifiedVision.json"
OLDER = "computer-vision-v3.2/ComputerVision.json"
ANALYZE = "/computervision/imageanalysis:analyze"

needs_models = pytest.mark.skipif(
    not all(weights.present(model.name) for model in weights.chosen(["vision"])),
    reason="needs the models: dfai models pull vision",
)


def drawn(width: int = 80, height: int = 60) -> Any:
    """Four quarters: red, green, blue, white; so that every turn of it looks different."""
    image = Image.new("RGB", (width, height), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, width // 2 - 1, height // 2 - 1), fill=(255, 0, 0))
    draw.rectangle((width // 2, 0, width, height // 2 - 1), fill=(0, 255, 0))
    draw.rectangle((0, height // 2, width // 2 - 1, height), fill=(0, 0, 255))
    return image


def encoded(image: Any, kind: str = "PNG", **options: Any) -> bytes:
    """The file of a picture."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def written(*lines: str, size: int = 24, width: int = 640, font: Any = None) -> Any:
    """Black letters on white."""
    font = font or ImageFont.load_default(size)
    image = Image.new("RGB", (width, (len(lines) + 2) * size * 2), "white")
    draw = ImageDraw.Draw(image)
    for place, line in enumerate(lines):
        draw.text((size, (place + 1) * size * 2), line, fill="black", font=font)
    return image


def tiff(*images: Any) -> bytes:
    """A file of several pages."""
    return encoded(images[0], "TIFF", save_all=True, append_images=images[1:])


def pdf(*images: Any) -> bytes:
    """A document of several pages, 100 dots an inch."""
    return encoded(images[0], "PDF", save_all=True, append_images=images[1:], resolution=100.0)


def send(app: App, path: str, data: bytes, kind: str = "application/octet-stream") -> httpx.Response:
    """A picture, posted as it is."""
    return ask(app, "POST", path, content=data, headers={"content-type": kind})


def four(app: App, features: str, data: bytes, more: str = "") -> httpx.Response:
    """Image Analysis 4.0 of a picture."""
    return send(app, f"{ANALYZE}?api-version=2024-02-01&features={features}{more}", data)


def noise(seed: int, size: int) -> Any:
    """A picture of random colours."""
    dice = np.random.default_rng(seed)
    return Image.fromarray(dice.integers(0, 256, (size, size, 3), dtype=np.uint8))
