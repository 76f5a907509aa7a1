"""A Spark session with views, and verbs as its SQL functions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import dfai
from frames import SparkFrames
from service import Scene
from sql import VIEWS


@pytest.fixture
def session(spark: SparkFrames) -> Any:
    """A session with nine hundred different texts in four partitions, a third of them good, and ten numbers."""
    for name, view in VIEWS.items():
        view(spark.session).createOrReplaceTempView(name)
    return spark.session


@pytest.fixture
def detecting() -> Iterator[None]:
    """An api-version that detects languages, so that nobody need be told that English is assumed."""
    with dfai.using(api_version="2024-11-01"):
        yield


@pytest.fixture
def asked(session: Any, scene: Scene) -> Scene:
    """What the functions ask, registered with no store: each evaluation is seen."""
    dfai.register_functions(session, store=None)
    return scene
