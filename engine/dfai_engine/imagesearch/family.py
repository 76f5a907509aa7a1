"""Image search: the pictures of folders behind the protocol of Bing Image Search v7."""

from __future__ import annotations

import importlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dfai_engine.families import Room

if TYPE_CHECKING:
    from types import ModuleType

    from starlette.routing import Route

__all__ = ["NO_FOLDER", "OPERATIONS", "QUERY", "Answer", "empty", "folders_of", "routes"]

NO_FOLDER = "No folder of pictures is named: DFAI_IMAGES=/photos, or dfai serve --images /photos."

QUERY = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """One operation, in the protocol's spelling. Names are enough to be found; the vision extra adds what is seen."""

    name: str
    module: str  # beside this file
    extra: str = "local"
    packages: tuple[str, ...] = ("orjson",)

    def load(self) -> ModuleType:
        """The module that answers."""
        return importlib.import_module(f"dfai_engine.imagesearch.{self.module}")


OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer
    for answer in (
        Answer("ImageSearch", "indexing"),
        Answer("SimilarImages", "looking", "vision", ("orjson", "numpy", "PIL", "cv2", "ai_edge_litert")),
    )
}


def folders_of(images: tuple[Path, ...]) -> tuple[Path, ...]:
    """The folders whose pictures are found: *images*, else those that ``DFAI_IMAGES`` names."""
    if images:
        return images
    return tuple(Path(name).expanduser() for name in os.environ.get("DFAI_IMAGES", "").split(os.pathsep) if name)


def routes(room: Room) -> list[Route]:
    """The protocol's three routes, and the pictures themselves."""
    from dfai_engine.imagesearch import image_routes

    return image_routes.routes(room.threads, lambda: folders_of(room.images), room.data)


def empty(room: Room) -> Mapping[str, str]:
    """What is answered here and would find nothing, with the sentence that says why."""
    return {} if folders_of(room.images) else dict.fromkeys(OPERATIONS, NO_FOLDER)
