"""Fixtures of all tests: frames of every library, and a service that counts."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import dfai
from frames import DEFAULT, EVERYWHERE, KINDS, Frames, SparkFrames, frames_for
from service import Scene, Service, running

# How long an example takes says more of the machine than of what is tested.
settings.register_profile("dfai", deadline=None)
settings.load_profile("dfai")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--on",
        default=",".join(DEFAULT),
        help=f"where behaviour tests run, separated by commas: {', '.join(KINDS)}; of Spark's two only one",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Verbs of one mechanism differ in what they ask, not in how a library's schedulers carry it: for some of them one
    # scheduler of Dask's stands for all.
    config.addinivalue_line("markers", "where(*kinds): the libraries whose frames a test of the module is shown on")
    # pyspark 4.3 says so of every pandas 3; nothing here depends on what it means.
    config.addinivalue_line("filterwarnings", "ignore:PySpark does not yet fully support pandas:FutureWarning")
    # Dask 2026.8 writes and reads Parquet with an argument that pandas 3.1 calls deprecated.
    config.addinivalue_line("filterwarnings", "ignore:The inplace keyword in DataFrame:DeprecationWarning")
    chosen = _chosen(config)
    unknown = [name for name in chosen if name not in KINDS]
    if unknown or {"spark", "spark-connect"} <= set(chosen):
        raise pytest.UsageError(f"--on {config.getoption('--on')}: choose from {', '.join(KINDS)}, but one of Spark's")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "frames" in metafunc.fixturenames:
        marked = metafunc.definition.get_closest_marker("where")
        kinds = EVERYWHERE if marked is None else marked.args
        wanted: list[Any] = [name for name in _chosen(metafunc.config) if name in kinds]
        if not wanted:  # an empty list would be skipped without a word
            wanted = [pytest.param("none", marks=pytest.mark.skip(reason=f"shown on {', '.join(kinds)}"))]
        metafunc.parametrize("frames", wanted, indirect=True, scope="session")


def _chosen(config: pytest.Config) -> list[str]:
    return str(config.getoption("--on")).split(",")


@pytest.fixture(scope="session")
def started() -> Iterator[dict[str, Frames]]:
    """Sessions and pools, each started on first use and ended after the last test."""
    found: dict[str, Frames] = {}
    yield found
    for frames in found.values():
        frames.end()


@pytest.fixture(scope="session")
def frames(request: pytest.FixtureRequest, started: dict[str, Frames]) -> Frames:
    """Builds, and reads back, frames of one library."""
    name: str = request.param
    return started.setdefault(name, frames_for(name))


@pytest.fixture(scope="session")
def spark(request: pytest.FixtureRequest, started: dict[str, Frames]) -> SparkFrames:
    """Frames of whichever Spark this run has."""
    for name in ("spark", "spark-connect"):
        if name in _chosen(request.config):
            frames = started.setdefault(name, frames_for(name))
            assert isinstance(frames, SparkFrames)
            return frames
    pytest.skip("this run is --on other libraries than Spark")


@pytest.fixture(scope="session")
def service() -> Iterator[Service]:
    """The counting service."""
    with running() as found:
        yield found


@pytest.fixture
def scene(service: Service) -> Iterator[Scene]:
    """A well-behaved scene, and the target of every call of the test."""
    found = service.scene()
    with _settings(found):
        yield found


@pytest.fixture
def settings_of() -> Callable[..., AbstractContextManager[None]]:
    """Makes the context in which calls go to a scene: ``with settings_of(scene, concurrency=2): ...``"""
    return _settings


def _settings(scene: Scene, **more: Any) -> AbstractContextManager[None]:
    # One attempt: a test of what is broken should not wait for it to mend.
    return dfai.using(target=scene.target, progress="off", attempts=1, **more)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that users install."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=Path(__file__).parents[1], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))
