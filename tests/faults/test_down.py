"""A target that is down costs one retry period, not one a row; when it comes back, it is asked again."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from dfai_core.flow import breaker
from dfai_core.targets import container
from faults import server as at
from faults.calls import call_of, counted, hurry, rows_of
from faults.server import Server, Step, Turn, healthy, status

TEXTS = [f"text {place}" for place in range(3_000)]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.mark.parametrize("step", [status(503), at.reset_after_reading], ids=["503", "reset"])
def test_the_rest_of_the_rows_end_at_once(step: Step) -> None:
    with Server(then=step) as server:
        call = call_of(target=container(server.url), concurrency=4, attempts=3)
        rows = rows_of(call, TEXTS)

        # Three hundred requests are wanted, and would be tried three times each.
        assert len(server.received) < 40
    assert {code for _, code, _ in rows} == {"unavailable"}
    assert "the target is down" in str(rows[-1][2])
    assert counted(call).settled == 3_000


def test_a_port_that_refuses_is_not_tried_for_every_row() -> None:
    started = time.monotonic()
    rows = rows_of(call_of(target=container(f"http://127.0.0.1:{at.refusing_port()}"), attempts=2), TEXTS)

    assert {code for _, code, _ in rows} == {"unavailable"}
    assert "no connection" in str(rows[0][2])
    assert "not sent: the target is down (no connection" in str(rows[-1][2])
    assert time.monotonic() - started < 10


def test_retries_that_wait_end_when_the_target_is_found_to_be_down() -> None:
    async def act(turn: Turn) -> None:
        slow = turn.received.texts[0] == "text 0"
        await turn.answer(503, b"", {"Retry-After": "30" if slow else "0"})

    with Server(then=Step(act)) as server:
        started = time.monotonic()
        rows = rows_of(call_of(target=container(server.url), concurrency=4, attempts=3), TEXTS[:500])

    assert time.monotonic() - started < 10
    assert {code for _, code, _ in rows} == {"unavailable"}


def test_a_target_that_comes_back_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaker, "_FIRST_OPEN_S", 0.2)
    back = threading.Event()

    async def act(turn: Turn) -> None:
        await (healthy.act(turn) if back.is_set() else turn.answer(503, b""))

    with Server(then=Step(act)) as server:
        target = container(server.url)
        first = rows_of(call_of(target=target, concurrency=4, attempts=3), TEXTS[:200])
        back.set()
        threading.Event().wait(0.25)
        second = rows_of(call_of(target=target, concurrency=1), TEXTS[:200])

    assert {code for _, code, _ in first} == {"unavailable"}
    assert second == [([text], None, None) for text in TEXTS[:200]]


def test_a_target_that_answers_now_and_then_is_not_down() -> None:
    turns = iter(range(10_000))

    async def act(turn: Turn) -> None:
        await asyncio.sleep(0.001)
        await (healthy.act(turn) if next(turns) % 8 == 0 else turn.answer(503, b""))

    with Server(then=Step(act)) as server:
        rows = rows_of(call_of(target=container(server.url), concurrency=4, attempts=2), TEXTS[:400])

        assert len(server.received) >= 40
    assert not any("target is down" in str(message) for _, _, message in rows)
    assert any(code is None for _, code, _ in rows)
