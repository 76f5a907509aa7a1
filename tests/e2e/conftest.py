"""Servers that the examples of connectors talk to, each started once."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from service import Scene

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def examples() -> Iterator[Path]:
    """The folder of the examples, whose files can be imported."""
    sys.path.insert(0, str(EXAMPLES))
    yield EXAMPLES
    sys.path.remove(str(EXAMPLES))


@pytest.fixture(scope="session")
def s3(examples: Path) -> Iterator[dict[str, str]]:
    """The environment by which programs find a store with a bucket ``travel``."""
    from own_s3 import own_s3, settings_for

    pytest.importorskip("moto", reason="moto is not installed")
    with own_s3() as url:
        environment = settings_for(url)
        make = "import fsspec; fsspec.filesystem('s3').mkdir('travel')"
        subprocess.run([sys.executable, "-c", make], env=environment, check=True)
        yield environment


@pytest.fixture(scope="session")
def postgres(examples: Path) -> Iterator[str]:
    """The URL of a server's first database."""
    from own_postgres import own_postgres, programs

    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if programs() is None:
        pytest.skip("needs PostgreSQL's initdb and pg_ctl")
    with own_postgres() as url:
        yield url


@pytest.fixture
def database(postgres: str) -> str:
    """The URL of an empty database."""
    import sqlalchemy as sa

    name = f"test{uuid4().hex}"
    engine = sa.create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine.dispose()
    return postgres.replace("/postgres", f"/{name}")


Ran = Callable[..., str]


@pytest.fixture
def ran(scene: Scene, tmp_path: Path) -> Ran:
    """Runs an example in a process of its own, where the scene answers; gives what it prints."""

    def run(name: str, *arguments: Any, environment: Mapping[str, str] = os.environ, **settings: str) -> str:
        done = subprocess.run(
            [sys.executable, str(EXAMPLES / name), *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=200,
            env={**environment, "DFAI_TARGET": f"container:{scene.url}", **settings},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run
