"""A target that cannot bear what the user allows is asked less at once, and asked more again when it can."""

from __future__ import annotations

import asyncio

import pytest

from faults.calls import call_of, counted, hurry, rows_of
from faults.server import Server, Step, Turn, healthy, status

TEXTS = [f"text {place}" for place in range(6_000)]
RIGHT = [([text], None, None) for text in TEXTS]


def bearing(most: int) -> Step:
    """Answers *most* requests at once, each in a hundredth of a second, and refuses the others with 503."""
    refusal = status(503, {"error": {"code": "ServiceUnavailable", "message": "overloaded"}})

    async def act(turn: Turn) -> None:
        if turn.server.in_flight > most:
            await refusal.act(turn)
        else:
            await asyncio.sleep(0.01)
            await healthy.act(turn)

    return Step(act)


def test_an_overloaded_target_is_asked_less_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    with Server(then=bearing(6)) as server:
        call = call_of(target=f"container:{server.url}", concurrency=48, attempts=40)
        rows = rows_of(call, TEXTS)

    assert rows == RIGHT
    # 600 are needed. Measured once: 821 with the rule, 2,911 without it.
    assert counted(call).requests < 1_500


def test_single_failures_slow_nothing_down(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    turns = iter(range(10_000))
    refusal = status(503)

    async def act(turn: Turn) -> None:
        await asyncio.sleep(0.01)
        await (refusal if next(turns) % 20 == 19 else healthy).act(turn)

    with Server(then=Step(act)) as server:
        call = call_of(target=f"container:{server.url}", concurrency=16, attempts=10)
        rows = rows_of(call, TEXTS)

        assert rows == RIGHT
        assert server.most_in_flight == 16
