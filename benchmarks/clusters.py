"""Clusters of real processes on the loopback interface: a master or scheduler, and workers on "hosts" of their own.

A host is what shares a folder for temporary files, so each worker has one of its own. The tests start theirs here too.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DaskCluster", "Server", "SparkCluster", "dask_cluster", "dask_worker", "server", "spark_cluster"]

_START_S = 60.0
_LOOPBACK = ("--host", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class Server:
    """A process, and what it said when it was ready."""

    process: subprocess.Popen[bytes]
    said: re.Match[str]


@dataclass(frozen=True, slots=True)
class SparkCluster:
    """A standalone master's URL, and the processes of its workers: executors are their children."""

    url: str
    workers: Sequence[subprocess.Popen[bytes]]


@dataclass(frozen=True, slots=True)
class DaskCluster:
    """A scheduler's address, and the processes of its workers."""

    address: str
    workers: Sequence[subprocess.Popen[bytes]]


@contextmanager
def spark_cluster(
    folder: Path, *, workers: int, cores: int, memory: str, environment: Mapping[str, str]
) -> Iterator[SparkCluster]:
    """A standalone cluster. *cores* and *memory* are what each worker offers, whatever this machine has."""
    import pyspark

    home = Path(pyspark.__file__).parent
    common = {
        **environment,
        "SPARK_HOME": str(home),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_MASTER_OPTS": "-Dspark.master.rest.enabled=false",  # it would want a port of its own
        "SPARK_DAEMON_MEMORY": "512m",
        "PYSPARK_PYTHON": sys.executable,
    }
    run = [str(home / "bin" / "spark-class")]
    where = [*_LOOPBACK, "--port", "0", "--webui-port", "0"]
    with ExitStack() as running:
        command = [*run, "org.apache.spark.deploy.master.Master", *where]
        master = running.enter_context(
            server(command, folder, "master", r"Starting Spark master at (spark://\S+)", common)
        )
        url = master.said[1]
        started = []
        for place in range(workers):
            own, temporary = _host(folder, place)
            command = [*run, "org.apache.spark.deploy.worker.Worker", *where, "--cores", str(cores)]
            command += ["--memory", memory, "--work-dir", str(own / "work"), url]
            theirs = {**common, **temporary, "SPARK_LOCAL_DIRS": str(own)}
            sign = "Successfully registered with master"
            started.append(running.enter_context(server(command, folder, f"worker{place}", sign, theirs)).process)
        yield SparkCluster(url, started)


_DASK = "import sys; from distributed.cli.{0} import main; sys.argv[0] = '{0}'; main()"
_NO_DASHBOARD = ("--dashboard-address", "127.0.0.1:0")


@contextmanager
def dask_cluster(folder: Path, *, workers: int, threads: int, environment: Mapping[str, str]) -> Iterator[DaskCluster]:
    """A scheduler with workers."""
    command = [sys.executable, "-c", _DASK.format("dask_scheduler"), *_LOOPBACK, *_NO_DASHBOARD, "--port", "0"]
    with ExitStack() as running:
        sign = r"Scheduler at:\s+(tcp://\S+)"
        address = running.enter_context(server(command, folder, "scheduler", sign, environment)).said[1]
        started = [
            running.enter_context(dask_worker(folder, address, place, threads=threads, environment=environment))
            for place in range(workers)
        ]
        yield DaskCluster(address, started)


@contextmanager
def dask_worker(
    folder: Path, scheduler: str, place: int, *, threads: int, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker on the host number *place*, once its scheduler knows it; nobody starts it again if it ends."""
    own, temporary = _host(folder, place)
    command = [sys.executable, "-c", _DASK.format("dask_worker"), scheduler, *_LOOPBACK, *_NO_DASHBOARD, "--no-nanny"]
    command += ["--nthreads", str(threads), "--local-directory", str(own)]
    sign = r"Registered to:\s+tcp://"
    with server(command, folder, f"worker{place}", sign, {**environment, **temporary}) as started:
        yield started.process


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
            env=environment,
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
        words = log.read_text(errors="replace")
        if found := re.search(sign, words):
            return found
        if started.poll() is not None:
            raise RuntimeError(f"{log.name} ended: {words[-2_000:]}")
        time.sleep(0.1)
    raise TimeoutError(f"{log.name} has not said {sign!r} in time: {log.read_text(errors='replace')[-2_000:]}")


def _host(folder: Path, place: int) -> tuple[Path, dict[str, str]]:
    own = folder / f"host{place}"
    own.mkdir()
    return own, {"TMPDIR": str(own)}
