"""The Face family: faces in pictures, whose they are, and lists of them; its operations and its routes."""

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


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation, in the protocol's spelling."""

    name: str
    extra: str = "face"
    packages: tuple[str, ...] = ("dlib", "numpy", "PIL", "ai_edge_litert", "flatbuffers")
    needs: str = "weights_needed"

    def load(self) -> ModuleType:
        """The module that says which weights are needed; it imports none of the packages."""
        return importlib.import_module(f"dfai_engine.face.{self.needs}")


OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer
    for answer in (
        Answer("DetectFaces", needs="weights_to_find"),
        Answer("VerifyFaces"),
        Answer("FindSimilarFaces"),
        Answer("GroupFaces"),
        Answer("IdentifyFaces"),
    )
}


def routes(room: Room) -> list[Route]:
    """Faces, lists of faces, groups of persons."""
    from dfai_engine.face import routing

    return routing.routes(room)
