"""A caller waits for its answers and for nothing else: what goes wrong elsewhere reaches it with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyarrow as pa
import pytest

from dfai_core import Call, run, services
from dfai_core.dispatchers import join
from dfai_core.loop import loop_thread
from dfai_core.settings import resolve
from lookalike import Lookalike

ROWS = [pa.record_batch([["good room", "bad bed", None]], names=["0"])]

Given = Callable[[list[pa.RecordBatch]], Iterable[pa.RecordBatch]]


def call(transport: Any) -> Call:
    service = services()["sentiment"]
    given = {"target": "container:http://localhost:5000", "transport": transport}
    return Call(service, ("t",), service.noun, options={"language": "en"}, config=resolve([("test", given)])[0])


def broken() -> Any:
    raise LookupError("no such transport")


given_as = pytest.mark.parametrize("given", [list, iter], ids=["in memory", "one by one"])


@given_as
@pytest.mark.parametrize("rows", [ROWS, []], ids=["rows", "no rows"])
def test_what_cannot_be_begun_raises_whether_or_not_there_is_something_to_ask(
    given: Given, rows: list[pa.RecordBatch]
) -> None:
    with pytest.raises(LookupError, match="no such transport"):
        list(run(call(broken), given(rows)))


def still_there(call: Call) -> tuple[int, int]:
    """How many use the dispatcher of *call*, and how many still read, besides who looks."""

    async def look() -> tuple[int, int]:
        dispatcher = join(call)
        found = dispatcher.users - 1, dispatcher.readers - 1
        dispatcher.leave([], still_reading=True)
        return found

    return loop_thread().run(look())


@given_as
@pytest.mark.parametrize("batches", [1, 3])
def test_it_leaves_behind_its_last_answer(given: Given, batches: int) -> None:
    one = call(Lookalike().transport)
    answers = list(run(one, given(ROWS * batches)))

    found = [label for answer in answers for label in answer.column(0).to_pylist()]

    assert found == ["positive", "negative", None] * batches
    assert still_there(one) == (0, 0)


@given_as
def test_who_stops_early_leaves_too(given: Given) -> None:
    one = call(Lookalike().transport)
    answers = run(one, given(ROWS * 3))
    next(answers)
    answers.close()

    assert still_there(one) == (0, 0)


def test_in_the_loops_own_thread_it_would_wait_for_itself() -> None:
    async def inside() -> None:
        list(run(call(Lookalike().transport), ROWS))

    with pytest.raises(RuntimeError, match="would wait for itself"):
        loop_thread().run(inside())
