"""The Speaker family: voices, whose they are, and profiles of them; its operations and its routes."""

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

QUERY = ("api-version",)


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation, in the protocol's spelling."""

    name: str
    extra: str = "speech"
    packages: tuple[str, ...] = ("numpy", "onnxruntime", "faster_whisper")

    def load(self) -> ModuleType:
        """The module that says which weights are needed; it imports none of the packages."""
        return importlib.import_module("dfai_engine.speaker.weights_needed")


OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer
    for answer in (Answer("TextIndependent_VerifyProfile"), Answer("TextIndependent_IdentifySingleSpeaker"))
}


def routes(room: Room) -> list[Route]:
    """Profiles of three kinds, and what is asked about them."""
    from dfai_engine.speaker import routing

    return routing.routes(room)
