"""Clusters of real processes on the loopback interface: a master or scheduler, and two workers on "hosts" of their own.

A host is what shares a folder for temporary files, so each worker has one of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from processes import importing_tests

__all__ = ["HOSTS", "dask_cluster", "dask_worker", "spark_cluster"]

HOSTS = 2
_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A process, and what it said when it was ready."""

    process: subprocess.Popen[bytes]
    said: re.Match[str]


@contextmanager
def server(
    command: Sequence[str], folder: Path, name: str, sign: str, environment: Mapping[str, str]
) -> Iterator[Server]:
    """A process whose log has said *sign*, and which is ended afterwards with all that it started."""
    log = folder / f"{name}.log"
    with log.open("wb") as output:
        started = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=importing_tests(environment),
            cwd=folder,
            start_new_session=True,
        )
    try:
        yield Server(started, _said(started, log, sign))
    finally:
        with suppress(ProcessLookupError):  # executors are in the group too, and do not end with their worker
            os.killpg(started.pid, signal.SIGKILL)
        started.wait()


def _said(started: subprocess.Popen[bytes], log: Path, sign: str) -> re.Match[str]:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if found := re.search(sign, log.read_text(errors="replace")):
            return found
        assert started.poll() is None, f"{log.name} ended: {log.read_text(errors='replace')[-2_000:]}"
        time.sleep(0.1)
    raise AssertionError(f"{log.name} has not said {sign!r} in time: {log.read_text(errors='replace')[-2_000:]}")


def _host(folder: Path, place: int) -> tuple[Path, dict[str, str]]:
    own = folder / f"host{place}"
    own.mkdir()
    return own, {"TMPDIR": str(own)}


@contextmanager
def spark_cluster(folder: Path) -> Iterator[str]:
    """The URL of a standalone master with two workers; each offers eight cores, so that several sessions find room."""
    if shutil.which("java") is None:
        pytest.skip("needs java")
    import pyspark

    home = Path(pyspark.__file__).parent
    common = {
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",  # it would want a port of its own
        "SPARK_DAEMON_MEMORY": "512m",
        "PYSPARK_PYTHON": sys.executable,
    }
    run = [str(home / "bin" / "spark-class")]
    where = ["--host", "127.0.0.1", "--port", "0", "--webui-port", "0"]
    with ExitStack() as running:
        master = running.enter_context(
            server(
                [*run, "org.apache.spark.deploy.master.Master", *where],
                folder,
                "master",
                r"Starting Spark master at (spark://\S+)",
                common,
            )
        ).said[1]
        for place in range(HOSTS):
            own, temporary = _host(folder, place)
            running.enter_context(
                server(
                    [
                        *(*run, "org.apache.spark.deploy.worker.Worker", *where, "--cores", "8", "--memory", "4g"),
                        *("--work-dir", str(own / "work"), master),
                    ],
                    folder,
                    f"worker{place}",
                    "Successfully registered with master",
                    {**common, **temporary, "SPARK_LOCAL_DIRS": str(own)},
                )
            )
        yield master


_DASK = "import sys; from distributed.cli.{0} import main; sys.argv[0] = '{0}'; main()"
_LOOPBACK = ("--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0")


@contextmanager
def dask_cluster(folder: Path) -> Iterator[str]:
    """The address of a scheduler with two workers of two threads each."""
    command = [sys.executable, "-c", _DASK.format("dask_scheduler"), *_LOOPBACK, "--port", "0"]
    with ExitStack() as running:
        scheduler = running.enter_context(server(command, folder, "scheduler", r"Scheduler at:\s+(tcp://\S+)", {}))
        for place in range(HOSTS):
            running.enter_context(dask_worker(folder, scheduler.said[1], place))
        yield scheduler.said[1]


@contextmanager
def dask_worker(folder: Path, scheduler: str, place: int) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of two threads on a host of its own, once the scheduler knows it; nobody starts it again if it ends."""
    own, temporary = _host(folder, place)
    command = [sys.executable, "-c", _DASK.format("dask_worker"), scheduler, *_LOOPBACK, "--no-nanny"]
    more = ["--nthreads", "2", "--local-directory", str(own)]
    with server([*command, *more], folder, f"worker{place}", r"Registered to:\s+tcp://", temporary) as started:
        yield started.process
