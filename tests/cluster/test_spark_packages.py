"""How dfai and what it needs reach executors whose Python lacks them, and what is said where something is missing."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster.driver import Driver, spark_driver
from environments import linked, needed, packed
from service import Service

ASKING = """
import dfai
session.sparkContext.pythonExec = python
frame = session.range(40, numPartitions=partitions).selectExpr("concat('good ', id) as t")
try:
    rows = getattr(frame.ai, verb)("t", language="en", output="answer", target=target, **settings).collect()
    found = sorted({str(row["answer"]) for row in rows} | {str(row["answer_error"]) for row in rows})
except Exception as error:
    found = f"{type(error).__name__}: {error}"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("environments")


@pytest.fixture(scope="module")
def bare(spark_master: str, folder: Path, wheel: Path) -> Iterator[Driver]:
    """A session whose executors' Python has nothing. It sends the wheel along as a zip, and a packed environment."""
    zipped = shutil.copy(wheel, folder / "dfai.zip")
    archive = packed(folder / "packed", needed("spark"), wheel)
    conf = {
        "spark.archives": f"{archive}#environment",
        "spark.submit.pyFiles": str(zipped),
        "spark.executorEnv.PYTHONPATH": "",  # the workers' own would show them this tree
        "spark.task.maxFailures": "1",
    }
    with spark_driver(spark_master, str(linked(folder / "empty", ())), conf) as found:
        yield found


@pytest.fixture(scope="module")
def target(service: Service) -> str:
    return f"container:{service.scene().url}"


def asked(
    driver: Driver, python: Path | str, target: str, *, verb: str = "sentiment", partitions: int = 1, **settings: Any
) -> Any:
    names = {"target": target, "verb": verb, "partitions": partitions, "settings": settings}
    return driver.run(ASKING, python=str(python), **names)


def test_executors_that_have_nothing_run_a_packed_environment(bare: Driver, target: str) -> None:
    found = asked(bare, "./environment/bin/python", target, partitions=2)

    assert found == ["None", "positive"]


def test_executors_without_dfai_take_it_from_a_zip(bare: Driver, folder: Path, target: str) -> None:
    found = asked(bare, linked(folder / "needs", needed("spark")), target)

    assert found == ["None", "positive"]


POINTS = """
def points(_):
    from importlib.metadata import entry_points
    import dfai_core
    found = [dfai_core.__file__]
    for group in ("dfai.backends", "dfai.engines"):
        for point in sorted(entry_points(group=group), key=lambda point: point.name):
            found.append(f"{group} {point.name} {type(point.load()).__name__}")
    return found

session.sparkContext.pythonExec = python
[found] = session.sparkContext.parallelize(range(1), 1).map(points).collect()
"""


def test_backends_and_the_embedded_engine_are_found_inside_a_zip(bare: Driver, folder: Path) -> None:
    python = linked(folder / "engine", needed("spark", "local"))
    place, *found = bare.run(POINTS, python=str(python))

    assert "dfai.zip" in place
    assert found == [
        "dfai.backends dask DaskBackend",
        "dfai.backends pandas PandasBackend",
        "dfai.backends polars PolarsBackend",
        "dfai.backends pyspark SparkBackend",
        "dfai.engines local Engine",
    ]
    assert asked(bare, python, "local", verb="key_phrases") == ["None", "['good']"]


def test_what_an_executor_lacks_is_named_with_the_remedy_and_the_remedy_helps(
    bare: Driver, folder: Path, target: str
) -> None:
    python = linked(folder / "no-lmdb", needed("spark"), without=["lmdb"])
    said = asked(bare, python, target)

    assert said.startswith("PythonException")
    assert f"a Spark worker, {python} on " in said
    assert "lacks the package lmdb" in said
    assert "Or say store=None" in said
    assert asked(bare, python, target, store=None) == ["None", "positive"]
