"""Servers that the examples of connectors talk to, each started once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import pytest
from pyarrow import fs

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def examples() -> Iterator[Path]:
    """The folder of the examples, whose files can be imported."""
    sys.path.insert(0, str(EXAMPLES))
    yield EXAMPLES
    sys.path.remove(str(EXAMPLES))


class ObjectStore(NamedTuple):
    """A store with a bucket ``travel``: the *environment* by which programs find it, and Arrow's *client* of it."""

    environment: dict[str, str]
    client: fs.S3FileSystem


@pytest.fixture(scope="session")
def s3(examples: Path) -> Iterator[ObjectStore]:
    """A running store."""
    from own_s3 import own_s3, settings_for

    pytest.importorskip("moto", reason="moto is not installed")
    with own_s3() as url:
        client = fs.S3FileSystem(
            endpoint_override=url, access_key="anybody", secret_key="anything", allow_bucket_creation=True
        )
        client.create_dir("travel")
        yield ObjectStore(settings_for(url), client)


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
