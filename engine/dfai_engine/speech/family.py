"""The Speech family: speech heard (recognised, translated) and spoken; its operations and its routes.

Each half has its files: ``hearing_routes.py`` names what turns sounds into words, ``speaking_routes.py`` the way back.
"""

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
_HEARING = ("numpy", "av", "ctranslate2", "faster_whisper", "onnxruntime")
_SPEAKING = ("numpy", "av", "py_nanotts", "sentencex")


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation; ``module``, beside this file, says which weights it needs and imports none of the packages."""

    name: str
    module: str
    packages: tuple[str, ...]
    extra: str = "speech"

    def load(self) -> ModuleType:
        """The module that says which weights are needed."""
        return importlib.import_module(f"dfai_engine.speech.{self.module}")


OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer
    for answer in (
        Answer("Transcribe", "hearing_weights", _HEARING),
        Answer("TranslateSpeech", "hearing_weights", _HEARING),
        Answer("AssessPronunciation", "pronunciation", ()),
        Answer("SynthesizeSpeech", "speaking_weights", _SPEAKING),
    )
}


def routes(room: Room) -> list[Route]:
    """Everything heard, everything spoken."""
    from dfai_engine.speech import hearing_routes, speaking_routes

    return [
        *hearing_routes.routes(room),
        *speaking_routes.routes(room),
    ]
