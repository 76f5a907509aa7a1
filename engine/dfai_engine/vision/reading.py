"""The answer of v3.2's Read: pages, lines and words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dfai_engine.vision import documents, ocr
from dfai_engine.vision.documents import Page
from dfai_engine.vision.layout import angle, columns_first, top_down
from dfai_engine.vision.limits import Accepted
from dfai_engine.vision.ocr import Line, Text

__all__ = ["ORDERS", "Asked", "read", "said_at"]

MODEL_VERSION = "2026-11-26"
ORDERS: Mapping[str, Callable[[Text], list[Line]]] = {"basic": top_down, "natural": columns_first}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a job of Read was asked: the subject that tells it from other jobs."""

    language: str
    order: str
    numbers: tuple[int, ...]


def read(data: bytes, asked: Asked, accepted: Accepted) -> dict[str, Any]:
    """All pages that were asked for, read."""
    pages = [_page(page, asked) for page in documents.pages(data, list(asked.numbers), accepted)]
    return {"version": "3.2.0", "modelVersion": MODEL_VERSION, "readResults": pages}


def _page(page: Page, asked: Asked) -> dict[str, Any]:
    text = ocr.read(page.picture.pixels)
    said: dict[str, Any] = {
        "page": page.number,
        "angle": round(angle(text), 4),
        "width": page.width,
        "height": page.height,
        "unit": page.unit,
        "lines": [_line(line, page) for line in ORDERS[asked.order](text)],
    }
    return {**said, "language": asked.language} if asked.language else said


def _line(line: Line, page: Page) -> dict[str, Any]:
    return {
        "boundingBox": _corners(line, page),
        "text": line.text,
        "words": [
            {"boundingBox": _corners(word, page), "text": word.text, "confidence": word.confidence}
            for word in line.words
        ],
    }


def _corners(part: Any, page: Page) -> list[float]:
    """Eight numbers, clockwise from the top left: whole pixels, or inches."""
    across, down = page.scale
    pairs = [(float(x) * across, float(y) * down) for x, y in part.corners]
    inches = page.unit == "inch"
    return [round(length, 4) if inches else round(length) for pair in pairs for length in pair]


def said_at(seconds: float) -> str:
    """A moment, as this API writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
