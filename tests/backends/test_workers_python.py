"""A local session's workers run the Python of the driver, unless somebody said which."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import pytest

from dfai_spark.workers_python import own_python
from frames import SparkFrames
from service import Scene


def session(master: str, chosen: str | None = None) -> Any:
    conf = SimpleNamespace(get=lambda name, default: chosen if name == "spark.pyspark.python" else default)
    return SimpleNamespace(_sc=SimpleNamespace(master=master, pythonExec="python3"), conf=conf)


def python_inside(of: Any) -> str:
    with own_python(of):
        return str(of._sc.pythonExec)


@pytest.fixture(autouse=True)
def nobody_has_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYSPARK_PYTHON", raising=False)


def test_a_local_session_uses_the_drivers_python_while_a_verb_is_made() -> None:
    local = session("local[2]")

    assert python_inside(local) == sys.executable
    assert local._sc.pythonExec == "python3"


def test_a_cluster_is_left_alone() -> None:
    assert python_inside(session("spark://host:7077")) == "python3"


def test_a_chosen_python_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert python_inside(session("local[2]", chosen="/opt/python")) == "python3"

    monkeypatch.setenv("PYSPARK_PYTHON", "python3.13")
    assert python_inside(session("local[2]")) == "python3"


def test_a_connect_session_has_no_context_to_look_at() -> None:
    with own_python(SimpleNamespace()) as nothing:
        assert nothing is None


def test_a_session_outside_an_activated_environment_finds_our_packages(spark: SparkFrames, scene: Scene) -> None:
    result = spark.read(spark.build({"t": ["good"]}).ai.sentiment("t", language="en"))

    assert result["sentiment"] == ["positive"]
