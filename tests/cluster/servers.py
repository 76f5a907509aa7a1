"""The clusters of these tests: two hosts, whose workers can import what stands in the tests' folder."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import clusters
from processes import importing_tests

__all__ = ["HOSTS", "dask_cluster", "dask_worker", "spark_cluster"]

HOSTS = 2


@contextmanager
def spark_cluster(folder: Path) -> Iterator[str]:
    """The URL of a standalone master; each worker offers eight cores, so that several sessions find room."""
    if shutil.which("java") is None:
        pytest.skip("needs java")
    with clusters.spark_cluster(folder, workers=HOSTS, cores=8, memory="4g", environment=importing_tests()) as found:
        yield found.url


@contextmanager
def dask_cluster(folder: Path) -> Iterator[str]:
    """The address of a scheduler with two workers of two threads each."""
    with clusters.dask_cluster(folder, workers=HOSTS, threads=2, environment=importing_tests()) as found:
        yield found.address


@contextmanager
def dask_worker(folder: Path, scheduler: str, place: int) -> Iterator[subprocess.Popen[bytes]]:
    """One more worker, on a host of its own."""
    with clusters.dask_worker(folder, scheduler, place, threads=2, environment=importing_tests()) as found:
        yield found
