"""The Decision family: anomalies and change points of time series, and its routes."""

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
    """One operation, in the protocol's spelling. All of it is numpy: there are no weights to fetch."""

    name: str
    module: str  # beside this file
    extra: str = "local"
    packages: tuple[str, ...] = ("numpy", "orjson")

    def load(self) -> ModuleType:
        """The module that answers; its packages may be missing (ImportError)."""
        return importlib.import_module(f"dfai_engine.decision.{self.module}")


OPERATIONS: Mapping[str, Answer] = {
    answer.name: answer
    for answer in (
        Answer("DetectUnivariateEntireSeries", "entire"),
        Answer("DetectUnivariateLastPoint", "last"),
        Answer("DetectUnivariateChangePoint", "changes"),
        Answer("TrainMultivariateModel", "correlation"),
        Answer("DetectMultivariateBatchAnomaly", "correlation"),
        Answer("DetectMultivariateLastAnomaly", "correlation"),
    )
}


def routes(room: Room) -> list[Route]:
    """One series, then several variables."""
    from dfai_engine.decision import multivariate_routes, univariate_routes
    from dfai_engine.decision.limits import LIMITS

    limits = LIMITS[room.limits]
    return [*univariate_routes.routes(room.threads, limits), *multivariate_routes.routes(room, limits)]
