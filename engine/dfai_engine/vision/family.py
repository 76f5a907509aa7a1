"""The Vision family: what it answers, and its routes."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfai_engine.families import Room

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.routing import Route

__all__ = ["OPERATIONS", "QUERY", "Answer", "routes"]

QUERY = ()
_PICTURES = ("numpy", "orjson", "PIL", "cv2")


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation, by the contracts' operation id; AdultContent is the part of AnalyzeImage that moderates."""

    name: str
    module: str  # beside this file
    packages: tuple[str, ...] = _PICTURES
    extra: str = "vision"

    def load(self) -> ModuleType:
        """The module that answers; its packages may be missing (ImportError)."""
        return importlib.import_module(f"dfai_engine.vision.{self.module}")


_NETWORKS = (*_PICTURES, "ai_edge_litert", "flatbuffers")
OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer
    for answer in (
        Answer("AnalyzeImage", "analysis", (*_NETWORKS, "onnxruntime", "rapidocr")),
        Answer("TagImage", "tags", _NETWORKS),
        Answer("DescribeImage", "captions", _NETWORKS),
        Answer("DetectObjects", "detector", _NETWORKS),
        Answer("AdultContent", "adult", (*_PICTURES, "onnxruntime")),
        Answer("Read", "documents", (*_PICTURES, "onnxruntime", "rapidocr", "pypdfium2")),
        Answer("RecognizePrintedText", "ocr", (*_PICTURES, "onnxruntime", "rapidocr")),
        Answer("GenerateThumbnail", "crops", _NETWORKS),
        Answer("GetAreaOfInterest", "crops", _NETWORKS),
        Answer("VectorizeImage", "classifier", _NETWORKS),
        Answer("AnalyzeImageByDomain", "elsewhere", ()),
        Answer("VectorizeText", "elsewhere", ()),
    )
}


def routes(room: Room) -> list[Route]:
    """Image Analysis 4.0, Computer Vision v3.2 and its Read."""
    from dfai_engine.vision import analysis_routes, older_routes, read_routes
    from dfai_engine.vision.limits import LIMITS
    from dfai_engine.vision.wire import Desk

    desk = Desk(room.threads, LIMITS[room.limits])
    return [*analysis_routes.routes(desk), *older_routes.routes(desk), *read_routes.routes(desk, room.jobs)]
