"""A planted key is found nowhere: not in anything shown, logged, raised, planned, stored or pickled.

Each library runs a job of its own, in which everything that logs logs all. Keys are given in four ways, and what the
job left behind is searched for each of them in many forms. A fifth key travels undisguised, to see where the bytes of
a call are shown at all.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from faults.server import Received, Server, Step, Turn, answered
from planted.key import Planted, Trace, traces

WAYS = ("env", "file", "driver", "literal", "undisguised")
HEADER = "ocp-apim-subscription-key"
ROOTS = os.pathsep.join(path for path in sys.path if path)

# Where a call's own bytes come to light, beside pickles that the job itself makes: py4j logs what it sends in base64,
# Spark Connect logs it as text and its frames hold it where a traceback is printed with locals.
IN_TRANSIT = {
    "pandas": set(),
    "dask-threads": set(),
    "dask-processes": set(),
    "dask-distributed": set(),
    "spark": {"stderr"},
    "spark-connect": {"stderr", "stdout"},
}
# What must have been written for the search to mean something.
ARTIFACTS = {
    "pandas": ["stdout", "stderr", "pickles/*", "store/*/*"],
    "dask-threads": ["pickles/*", "store/*/*"],
    "dask-processes": ["pickles/*", "store/*/*"],
    "dask-distributed": [
        "pickles/*",
        "store/*/*",
        "shown/worker-logs",
        "shown/events",
        "shown/state.yaml",
        "shown/task-*",
    ],
    "spark": ["store/*/*", "events/app-*", "shown/ui-rest-sql", "shown/ui-page-sql-*", "spark_home/*/*/0/stderr"],
    "spark-connect": ["store/*/*", "events/local-*", "shown/ui-rest-sql", "shown/ui-page-sql-*"],
}


async def _act(turn: Turn) -> None:
    """Answers as the path says."""
    what = turn.received.path.partition("?")[0].split("/")[2]
    if what == "good":
        await turn.answer(200, answered(turn.received.documents))
    elif what == "any":
        await turn.answer(200, {"fine": True})
    elif what == "refused":
        await turn.answer(401, {"error": {"code": "401", "message": "denied"}})
    elif what == "quoting":  # as a gateway that echoes what it got
        await turn.answer(
            400, {"error": {"code": "Bad", "message": f"not with {turn.received.path} {dict(turn.received.headers)}"}}
        )
    else:
        await turn.answer(400, {"error": {"code": "BadRequest", "message": "not like this"}})


@dataclass
class Searched:
    """A job that has run, and what was found in what it left."""

    backend: str
    folder: Path
    keys: dict[str, Planted]
    sent: set[str]
    anything: set[tuple[str, str]]
    found: list[Trace]


def job(backend: str, folder: Path, private: Path) -> Searched:
    """Runs the job; *private* holds what is no trace: the key's own file, and what the job is told."""
    keys = {way: Planted() for way in WAYS}
    (private / "key").write_text(keys["file"].text)
    own = {"PLANTED_ENV": keys["env"].text, "PLANTED_FILE": str(private / "key"), "PYTHONASYNCIODEBUG": "1"}
    with Server(then=Step(_act)) as server:
        plan = private / "plan.json"
        told = {way: keys[way].text for way in ("driver", "literal", "undisguised")}
        plan.write_text(json.dumps({"url": server.url, "keys": told}))
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as errors:
            command = [sys.executable, "-m", "planted.job", backend, str(folder), str(plan)]
            environment = {**os.environ, **own, "PYTHONPATH": ROOTS}
            done = subprocess.run(command, env=environment, stdout=out, stderr=errors, cwd=private, timeout=280)
        sent = {request.headers[HEADER] for request in server.received if HEADER in request.headers}
        anything = {key for request in server.received if (key := key_of(request))}
    assert done.returncode == 0, (folder / "stderr").read_text("utf-8", "replace")[-5_000:]
    return Searched(backend, folder, keys, sent, anything, traces(keys, folder))


def key_of(request: Received) -> tuple[str, str] | None:
    """Where a request to any service carries its key, and the key."""
    path, _, query = request.path.partition("?")
    form = path.rsplit("/", 1)[-1]
    said = request.headers.get("authorization", "")
    match form:
        case "bearer":
            return form, said.removeprefix("Bearer ")
        case "basic":
            return form, base64.b64decode(said.removeprefix("Basic ")).decode().removeprefix("me:")
        case "header":
            return form, request.headers["x-api-key"]
        case "parameter":
            return form, dict(parse_qsl(query))["api_key"]
        case _:
            return None


@pytest.fixture(scope="module", params=list(IN_TRANSIT))
def searched(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Searched:
    return job(request.param, tmp_path_factory.mktemp("shown"), tmp_path_factory.mktemp("private"))


def test_every_key_reached_the_service(searched: Searched) -> None:
    keys = {key.text for key in searched.keys.values()}

    assert searched.sent == keys
    assert searched.anything == {(form, key) for form in ("bearer", "basic", "header", "parameter") for key in keys}


def test_no_key_is_found_anywhere(searched: Searched) -> None:
    assert [trace for trace in searched.found if trace.way != "undisguised"] == []


def test_what_travels_is_seen_in_its_pickles_and_where_bytes_in_transit_are_printed(searched: Searched) -> None:
    places = {trace.place for trace in searched.found}
    pickles = {place for place in places if place.startswith("pickles/")}

    assert {f"pickles/undisguised-{what}.pickle" for what in ("target", "azure", "route", "config", "call")} <= pickles
    assert not any("error" in place for place in pickles)
    assert places - pickles == IN_TRANSIT[searched.backend]


def test_the_search_had_something_to_search(searched: Searched) -> None:
    for pattern in ARTIFACTS[searched.backend]:
        written = [path for path in searched.folder.glob(pattern) if path.is_file() and path.stat().st_size]
        assert written, pattern
    said = (searched.folder / "stderr").read_text("utf-8", "replace")
    assert "DEBUG:" in said
    assert searched.backend != "pandas" or "DEBUG:httpcore" in said
    assert "Traceback (most recent call last)" in said + (searched.folder / "stdout").read_text("utf-8", "replace")


def test_every_form_of_a_key_is_recognized(tmp_path: Path) -> None:
    key = Planted()
    for number, (form, content) in enumerate(key.forms.items()):
        (tmp_path / f"{number}").write_bytes(b"some text " + content + b" and more")
        assert form in {trace.form for trace in traces({"way": key}, tmp_path)}
        (tmp_path / f"{number}").unlink()


@pytest.mark.parametrize("before", range(6))
def test_a_key_inside_base64_is_recognized_wherever_it_stands(before: int, tmp_path: Path) -> None:
    key = Planted()
    (tmp_path / "coded").write_bytes(base64.b64encode(b"x" * before + key.text.encode() + b"yz"))

    assert len(traces({"way": key}, tmp_path)) == 1
