"""What a Spark worker says that lacks a package, before anything of ours is imported there."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyspark
import pytest

from dfai_core import Call, run, services
from dfai_core.settings import resolve
from dfai_spark.shipped import shipped
from environments import linked, needed

WORKER = """
import sys
from pyspark import cloudpickle
import pyarrow as pa
answers = cloudpickle.loads(sys.stdin.buffer.read())
try:
    print(next(answers(iter([pa.array(["good"])]))))
except ImportError as error:
    print(error)
"""


def said(python: Path, *path: Path, **settings: Any) -> str:
    """What is printed by a process that stands for a worker, with *path* to import from besides its own packages."""
    service = services()["sentiment"]
    target = "container:http://127.0.0.1:1"  # nobody listens there
    call = Call(
        service, ("t",), service.noun, config=resolve([("test", {"target": target, "attempts": 1, **settings})])[0]
    )
    function = pyspark.cloudpickle.dumps(shipped(call, run, ["f0"] * len(call.schema)))
    sparks_own = (Path(pyspark.__file__).parent / "python" / "lib").glob("*.zip")
    done = subprocess.run(
        [python, "-c", WORKER],
        input=function,
        capture_output=True,
        env={"PYTHONPATH": os.pathsep.join(map(str, (*sparks_own, *path)))},
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode().strip()


def test_dfai_itself_comes_with_an_installation_or_a_zip(tmp_path: Path) -> None:
    python = linked(tmp_path / "no-dfai", needed("spark"))
    words = said(python)

    assert words.startswith(f"the Python of a Spark worker, {python} on ")
    assert "lacks the package dfai_core (No module named 'dfai_core')" in words
    assert 'addPyFile("dfai.zip")' in words


@pytest.mark.parametrize(
    ("package", "settings"),
    [
        ("aiohttp", {}),
        ("orjson", {}),
        ("lmdb", {"store": "/nowhere/dfai"}),
        ("redis", {"store": "redis://127.0.0.1:1"}),
    ],
)
def test_what_dfai_needs_comes_with_an_installation_or_an_environment(
    tmp_path: Path, wheel: Path, package: str, settings: dict[str, Any]
) -> None:
    python = linked(tmp_path / "lacking", needed("spark", "redis"), without=[package])
    words = said(python, wheel, **settings)

    assert f"lacks the package {package} (" in words
    assert "Install it on every executor, or send a whole environment along with --archives" in words
    assert ("store=None" in words) == (package == "lmdb")


def test_nothing_of_ours_is_named_in_what_spark_unpickles(tmp_path: Path) -> None:
    service = services()["sentiment"]
    function = shipped(Call(service, ("t",), service.noun), run, ["f0"] * len(service.schema("a", ())))
    inner = {cell.cell_contents for cell in function.__closure__ or ()}

    assert {type(value) for value in inner} == {bytes}
    assert isinstance(function(iter([])), type(_ for _ in ()))
    assert pa.__name__ not in function.__code__.co_names
