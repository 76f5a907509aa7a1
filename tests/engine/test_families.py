"""Families: each is a folder that brings its operations and routes, and nothing else knows it by name."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.routing import Route

import dfai_engine
from dfai_engine import ENGINE
from dfai_engine.app import create_app
from dfai_engine.families import FAMILIES, Room, families, operations
from dfai_engine.jobs import Jobs, Task
from dfai_engine.threads import Threads
from engine.decision.made import MONTHLY, ask_for, points
from engine.decision.tables import csv_of, inline, ready, together, train
from engine.wire import JOBS, ask

PACKAGE = Path(dfai_engine.__file__).parent


def test_every_folder_with_a_family_is_served() -> None:
    assert {path.parent.name for path in PACKAGE.glob("*/family.py")} == set(FAMILIES)


def test_nothing_outside_a_familys_folder_imports_from_it() -> None:
    found = [
        f"{path.name}: {line.strip()}"
        for path in PACKAGE.glob("*.py")
        for line in path.read_text("utf-8").splitlines()
        for name in FAMILIES
        if f"dfai_engine.{name}" in line
    ]

    assert found == []


def test_operations_have_names_of_their_own() -> None:
    names = [name for family in families() for name in family.OPERATIONS]

    assert len(names) == len(set(names)) == len(operations())
    assert all(held.name == name for name, held in operations().items())


@pytest.mark.parametrize("name", sorted(operations()))
def test_the_engines_door_knows_every_operation(name: str) -> None:
    lacks = ENGINE.lacks(name)

    assert lacks in (None, "local", "nlp", "speech", "vision")
    assert ENGINE.versions([name])[name]
    if name.startswith(("DetectUni", "DetectMulti")):
        assert (lacks, ENGINE.refuses(name), ENGINE.missing([name])) == (None, None, [])


def test_every_route_is_a_familys_and_is_described() -> None:
    threads = Threads(1)
    room = Room(threads, Jobs(threads))
    routes = [route for family in families() for route in family.routes(room)]
    described = ask(create_app(workers=1), "GET", "/swagger").json()["paths"]
    threads.close()

    assert all(isinstance(route, Route) for route in routes)
    assert {route.path for route in routes if route.include_in_schema} == set(described)
    assert "/anomalydetector/v1.1/timeseries/changepoint/detect" in described
    entire = described["/anomalydetector/v1.0/timeseries/entire/detect"]["post"]["parameters"]
    language = described["/language/:analyze-text"]["post"]["parameters"]
    assert (entire, [each["name"] for each in language]) == ([], ["api-version"])


def test_a_job_of_one_family_is_none_of_another() -> None:
    app = create_app(workers=1)
    ready(app, train(app, inline(csv_of(together(100)))))
    foreign = app.jobs.submit(object(), [Task("Any", "", lambda: None)])
    answers = [
        ask(app, "GET", f"{JOBS}/{foreign.id}?api-version=2023-04-01"),
        ask(app, "POST", f"{JOBS}/{foreign.id}:cancel?api-version=2023-04-01"),
        ask(app, "GET", f"/anomalydetector/v1.1/multivariate/detect-batch/{foreign.id}"),
    ]
    app.close()

    assert [answer.status_code for answer in answers] == [404] * 3


def test_many_series_at_a_time_are_each_answered_with_their_own() -> None:
    app = create_app(workers=2)

    async def crowd() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine.test") as client:
            bodies = [{"series": points([value + 1_000.0 * place for value in MONTHLY])} for place in range(40)]
            url = "/anomalydetector/v1.1/timeseries/entire/detect"
            return list(await asyncio.gather(*(client.post(url, json=body) for body in bodies)))

    answers = asyncio.run(crowd())
    alone = ask_for(app, "entire", {"series": points(list(MONTHLY))}).json()["expectedValues"]
    app.close()

    assert all(answer.status_code == 200 for answer in answers)
    for place, answer in enumerate(answers):
        assert answer.json()["expectedValues"] == pytest.approx([value + 1_000.0 * place for value in alone])
