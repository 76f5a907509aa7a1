"""Probes ask what the real engine answers, by commands and options that it has."""

from __future__ import annotations

import asyncio
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import typer.main
from distributed import Scheduler
from distributed.cli import dask_scheduler, dask_worker
from typer.testing import CliRunner

from deploy.manifests import Container, containers, engines
from dfai_engine import commands
from dfai_engine.serve import is_loopback
from engine.server import serving

PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def named(found: object) -> str:
    return str(found)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """An engine that asks for a key, as probes bring none."""
    with serving(key="open sesame") as address:
        yield address


def options_of(engine: Container) -> dict[str, Any]:
    """What ``dfai serve`` understands of a container's arguments; unknown options end in click's own error."""
    serve = typer.main.get_command(commands.serve)
    return serve.make_context("serve", engine.options).params


def probes(container: Container) -> dict[str, Any]:
    return {name: container.body[name] for name in PROBES if name in container.body}


@pytest.mark.parametrize("engine", engines(), ids=named)
def test_the_engine_gets_options_that_it_has(engine: Container) -> None:
    options = options_of(engine)

    assert is_loopback(options["host"]) or options["key"]
    assert (options["tls_cert"] is None) == is_loopback(options["host"])
    kind, _, name = options["key"].partition(":")
    assert kind in ("", "env")
    assert not name or name in {variable["name"] for variable in engine.body["env"]}
    for path in filter(None, (options["tls_cert"], options["tls_key"])):
        (mount,) = [mount for mount in engine.body["volumeMounts"] if path.is_relative_to(mount["mountPath"])]
        assert "secret" in next(volume for volume in engine.pod["volumes"] if volume["name"] == mount["name"])


def test_an_option_that_is_none_would_be_found() -> None:
    refused = CliRunner().invoke(commands.serve, ["--threads=2"])

    assert refused.exit_code == 2
    assert "No such option" in refused.output


@pytest.mark.parametrize("engine", engines(), ids=named)
def test_the_engine_is_watched_over_http_where_it_answers(engine: Container, url: str) -> None:
    options = options_of(engine)
    asked = {name: probe["httpGet"] for name, probe in probes(engine).items() if "httpGet" in probe}
    for probe in asked.values():
        answer = httpx.get(f"{url}{probe['path']}")

        assert answer.status_code == 200
        assert engine.port(probe["port"]) == options["port"]
        assert (probe["scheme"] == "HTTPS") == (options["tls_cert"] is not None)
    assert "livenessProbe" in probes(engine)
    # The kubelet asks from outside the pod.
    assert not asked or not is_loopback(options["host"])


COMMANDS = [
    pytest.param(engine, probe["exec"]["command"], id=f"{engine}:{name}")
    for engine in engines()
    for name, probe in probes(engine).items()
    if "exec" in probe
]


@pytest.mark.parametrize(("engine", "command"), COMMANDS)
def test_the_engine_is_watched_by_commands_that_tell_the_truth(engine: Container, command: list[str], url: str) -> None:
    python, flags, code = command
    port, host = str(options_of(engine)["port"]), options_of(engine)["host"]
    with socket.create_server(("127.0.0.1", 0)) as unused:
        nobody = unused.getsockname()[1]

    def left_with(other_port: object) -> int:
        here, places = re.subn(rf'"{host}", {port}\b', f'"127.0.0.1", {other_port}', code)
        assert places == 1
        return subprocess.run([sys.executable, flags, here], stderr=subprocess.DEVNULL).returncode

    assert python == "python"
    assert left_with(url.rpartition(":")[2]) == 0
    assert left_with(nobody) != 0


@pytest.mark.parametrize(
    "container",
    [found for found in containers() if str(found.body.get("image", "")).startswith("dfai-dask:")],
    ids=named,
)
def test_dask_gets_options_that_it_has(container: Container) -> None:
    program, part, *options = container.body["args"]
    command = {"scheduler": dask_scheduler.main, "worker": dask_worker.main}[part]
    # Without an address a worker takes DASK_SCHEDULER_ADDRESS, which the operator sets.
    understood = command.make_context(part, [str(option) for option in options]).params

    assert program == "dask"
    assert part == "scheduler" or understood["nthreads"] == 2
    if part == "worker":
        memory = container.body["resources"]["limits"]["memory"]
        assert understood["memory_limit"].removesuffix("B") == memory


async def _health(paths: set[str]) -> set[int]:
    async with Scheduler(host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0") as scheduler:
        port = scheduler.http_server.port
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            return {(await client.get(path)).status_code for path in paths}


def test_dasks_scheduler_is_watched_where_it_answers() -> None:
    (scheduler,) = [found for found in containers() if found.body["name"] == "scheduler"]
    asked = [probe["httpGet"] for probe in probes(scheduler).values()]

    assert len(asked) == 2
    assert asyncio.run(_health({probe["path"] for probe in asked})) == {200}
    # The port of the dashboard when none is given.
    assert {scheduler.port(probe["port"]) for probe in asked} == {8787}
