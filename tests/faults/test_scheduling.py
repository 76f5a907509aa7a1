"""When requests leave: never too many, too fast or while the service asks for peace, and never late without need."""

from __future__ import annotations

import asyncio
import importlib
import itertools
import resource
import threading
import time
from collections.abc import Iterator

import pyarrow as pa
import pytest

from dfai_core import run
from dfai_core.errors import CallError, RateLimited, Rejected
from dfai_core.targets import container
from faults.calls import call_of, counted, hurry, rows_of, slices, stream
from faults.server import Server, Step, Turn, healthy, on_text, once, status

RUN = importlib.import_module("dfai_core.run")  # the package shows the function under this name
TEXTS = [f"text {place}" for place in range(200)]
RIGHT = [([text], None, None) for text in TEXTS]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def after(wait_s: float) -> Step:
    async def act(turn: Turn) -> None:
        await asyncio.sleep(wait_s)
        await healthy.act(turn)

    return Step(act)


class Gate:
    """A step that answers once the test opens it."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.step = Step(self._act)

    async def _act(self, turn: Turn) -> None:
        await asyncio.to_thread(self.open.wait, 10)
        await healthy.act(turn)


def until(condition: object, limit_s: float = 5.0) -> None:
    """Waits for what another thread does."""
    ends = time.monotonic() + limit_s
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, "it did not happen"
        threading.Event().wait(0.005)


@pytest.mark.parametrize("concurrency", [1, 3, 16])
def test_in_flight_are_as_many_as_allowed_and_never_more(concurrency: int) -> None:
    with Server(then=after(0.02)) as server:
        rows = rows_of(call_of(target=container(server.url), concurrency=concurrency), TEXTS)

        assert server.most_in_flight == concurrency
        assert len(server.received) == 20
    assert rows == RIGHT


def paced(server: Server, rate_per_s: float, started: float) -> bool:
    """Whether no request came before its time. A slow machine only makes them later."""
    times = sorted(received.at for received in server.received)
    burst = max(1.0, rate_per_s / 20)
    return all(at - started >= (place + 1 - burst) / rate_per_s - 0.002 for place, at in enumerate(times))


def test_requests_leave_at_the_rate_that_was_set() -> None:
    with Server() as server:
        started = time.monotonic()
        rows = rows_of(call_of(target=container(server.url), rate_per_s=50), TEXTS)

        assert len(server.received) == 20
        assert paced(server, 50, started)
    assert rows == RIGHT


def test_retries_keep_the_rate_too() -> None:
    with Server(iter([status(503, Retry_After="0")] * 10)) as server:
        started = time.monotonic()
        rows = rows_of(call_of(target=container(server.url), rate_per_s=50), TEXTS[:100])

        assert len(server.received) == 20
        assert paced(server, 50, started)
    assert rows == RIGHT[:100]


def test_nothing_arrives_while_a_service_asks_for_peace() -> None:
    refused_at: list[float] = []

    async def refuse(turn: Turn) -> None:
        refused_at.append(time.monotonic())
        await turn.answer(429, b"", {"retry-after-ms": "300"})

    with Server(itertools.chain([healthy, Step(refuse)])) as server:
        rows = rows_of(call_of(target=container(server.url), concurrency=1), TEXTS)
        times = [received.at for received in server.received]

    assert rows == RIGHT
    assert not [at for at in times if refused_at[0] < at < refused_at[0] + 0.29]


def test_one_refusal_quiets_every_call_to_that_target() -> None:
    refused_at: list[float] = []

    async def refuse(turn: Turn) -> None:
        refused_at.append(time.monotonic())
        await turn.answer(429, b"", {"retry-after-ms": "300"})

    with Server(once(Step(refuse))) as server:
        target = container(server.url)
        first = threading.Thread(target=rows_of, args=(call_of(target=target), TEXTS[:10]))
        first.start()
        until(lambda: refused_at)
        threading.Event().wait(0.05)
        rows = rows_of(call_of(target=target), TEXTS[:10])
        first.join()
        times = sorted(received.at for received in server.received)

    assert rows == RIGHT[:10]
    assert times[1] >= refused_at[0] + 0.29


def test_a_service_that_asks_for_more_time_than_there_is_fails_the_rows_at_once() -> None:
    with Server(then=status(429, Retry_After="3600")) as server:
        call = call_of(target=container(server.url), deadline_s=30, concurrency=1)
        started = time.monotonic()
        rows = rows_of(call, TEXTS)

        assert len(server.received) == 1
    assert time.monotonic() - started < 5
    assert {code for _, code, _ in rows} == {"rate_limited"}


def test_a_slow_request_holds_up_no_other() -> None:
    gate = Gate()
    with Server(then=on_text("text 3", gate.step)) as server:  # the first request: texts 0 to 9
        call = call_of(target=container(server.url), concurrency=2)
        found: list[object] = []
        caller = threading.Thread(target=lambda: found.extend(rows_of(call, ["text 3", *TEXTS[100:]])))
        caller.start()
        until(lambda: counted(call).settled == 91)
        gate.open.set()
        caller.join()

    assert found == [(["text 3"], None, None), *RIGHT[100:]]


def test_requests_are_packed_across_the_borders_of_record_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfai_core.line._LINGER_S", 60.0)
    with Server() as server:
        rows = rows_of(call_of(target=container(server.url)), TEXTS[:25], size=1)

        assert sorted(len(received.texts) for received in server.received) == [5, 10, 10]
    assert rows == RIGHT[:25]


def test_a_request_that_is_not_full_leaves_while_the_input_is_slow() -> None:
    with Server() as server:

        def slow() -> Iterator[pa.RecordBatch]:
            yield from slices(TEXTS[:3])
            until(lambda: server.received)
            yield from slices(TEXTS[3:5])

        rows = list(stream(call_of(target=container(server.url)), slow()))

        assert [len(received.texts) for received in server.received] == [3, 2]
    assert rows == RIGHT[:5]


def test_reading_runs_ahead_of_a_slow_request_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RUN, "_AHEAD_ROWS", 1_000)
    read = 0

    def endless() -> Iterator[pa.RecordBatch]:
        nonlocal read
        for number in itertools.count():
            read += 100
            yield from slices([f"{number} {place}" for place in range(100)])

    gate = Gate()
    with Server(once(gate.step)) as server:
        answers = run(call_of(target=container(server.url)), endless())
        opener = threading.Timer(0.2, gate.open.set)
        opener.start()
        next(answers)

        assert read <= 1_200
        answers.close()
        opener.join()


def test_bytes_that_are_read_ahead_are_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RUN, "_AHEAD_BYTES", 100_000)
    read = 0

    def endless() -> Iterator[pa.RecordBatch]:
        nonlocal read
        for number in itertools.count():
            read += 1
            yield from slices([f"{number} {'x' * 1_000}"] * 20)

    with Server(then=after(0.01)) as server:
        answers = run(call_of(target=container(server.url)), endless())
        next(answers)

        assert read <= 7
        answers.close()


def test_ten_million_equal_rows_are_one_request_and_little_memory() -> None:
    batch = pa.record_batch({"text": pa.array(["same"] * 10_000)})
    with Server() as server:
        call = call_of(target=container(server.url))
        before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        rows = answered = 0
        for answer in run(call, (batch for _ in range(1_000))):
            rows += answer.num_rows
            answered += answer.num_rows - answer.column(0).null_count
        grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb

        assert (rows, answered) == (10_000_000, 10_000_000)
        assert server.asked == ["same"]
    assert grown_kb < 150_000


def test_a_hundred_thousand_equal_rows_are_one_document() -> None:
    batch = slices(["the same"] * 10_000)[0]
    with Server() as server:
        call = call_of(target=container(server.url))
        rows = sum(answer.num_rows for answer in run(call, (batch for _ in range(10))))

        assert server.asked == ["the same"]
    assert rows == 100_000
    assert counted(call).coalesced == 99_999


def test_what_equal_rows_weigh_does_not_make_a_call_forget_their_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfai_core.dispatch._REMEMBERED_BYTES", 10_000)
    batch = slices(["the same"] * 10_000)[0]
    with Server() as server:
        for _ in run(call_of(target=container(server.url)), (batch for _ in range(20))):
            pass

        assert server.asked == ["the same"]


def test_a_caller_who_has_enough_stops_what_was_not_sent() -> None:
    with Server(then=after(0.02)) as server:
        call = call_of(target=container(server.url), concurrency=1)
        answers = run(call, slices(TEXTS, 10))
        next(answers)
        answers.close()
        sent = len(server.received)
        threading.Event().wait(0.1)

        assert len(server.received) <= sent + 1
        assert sent < 5


def test_a_caller_who_leaves_does_not_stop_another_of_the_same_call() -> None:
    with Server(then=after(0.02)) as server:
        call = call_of(target=container(server.url), concurrency=1)
        early = run(call, slices(TEXTS[:100], 10))
        next(early)
        other = threading.Thread(target=lambda: found.extend(rows_of(call, TEXTS[100:])))
        found: list[object] = []
        other.start()
        until(lambda: counted(call).documents > 100)
        early.close()
        other.join()

        assert len(server.received) < 20  # what only the first wanted was not sent
    assert found == RIGHT[100:]


def test_too_many_errors_stop_the_call_with_what_it_has() -> None:
    async def act(turn: Turn) -> None:
        good = int(turn.received.texts[0].split()[1]) < 100
        await (healthy.act(turn) if good else turn.answer(404, b""))

    texts = [f"text {place}" for place in range(1_000)]
    with Server(then=Step(act)) as server:
        call = call_of(target=container(server.url), max_error_ratio=0.2, concurrency=1)
        rows = rows_of(call, texts)

        assert len(server.received) < 20
    codes = [code for _, code, _ in rows]
    assert codes[:100] == [None] * 100
    assert set(codes[100:]) == {"refused", "stopped"}
    assert codes.count("refused") == 30  # the first request of ten that takes the share above a fifth
    assert counted(call).settled == 1_000


def test_a_call_that_stops_sends_no_retry_that_was_still_waiting() -> None:
    async def act(turn: Turn) -> None:
        first = turn.received.texts[0] == "text 0"
        await turn.answer(503 if first else 404, b"", {"Retry-After": "1"})

    with Server(then=Step(act)) as server:
        started = time.monotonic()
        call = call_of(target=container(server.url), max_error_ratio=0.1, concurrency=1)
        rows = rows_of(call, TEXTS)

        assert len(server.received) == 11
    assert time.monotonic() - started < 0.9
    assert [code for _, code, _ in rows[:10]] == ["stopped"] * 10


def test_a_stopped_call_starts_afresh_when_it_is_run_again() -> None:
    with Server(iter([status(404)] * 10)) as server:
        call = call_of(target=container(server.url), max_error_ratio=0.1, concurrency=1)
        first = rows_of(call, TEXTS)
        again = rows_of(call, TEXTS)

    assert {code for _, code, _ in first} == {"refused", "stopped"}
    assert again == RIGHT


def test_every_row_ends_at_its_deadline() -> None:
    with Server(then=status(503, Retry_After="0")) as server:
        call = call_of(target=container(server.url), deadline_s=0.2, attempts=1_000)
        started = time.monotonic()
        rows = rows_of(call, TEXTS[:10])

    assert 0.15 < time.monotonic() - started < 2
    assert [code for _, code, _ in rows] in (["unavailable"] * 10, ["timeout"] * 10)


@pytest.mark.parametrize("attempts", [1, 2, 5])
def test_a_request_is_tried_so_often_and_no_oftener(attempts: int) -> None:
    with Server(then=status(503)) as server:
        rows = rows_of(call_of(target=container(server.url), attempts=attempts, include=("error_detail",)), ["text"])

        assert len(server.received) == attempts
    assert ("attempts" in str(rows[0][2])) == (attempts > 1)


@pytest.mark.parametrize(("code", "expected"), [(429, RateLimited), (404, Rejected)], ids=["rate limited", "refused"])
def test_with_on_error_raise_the_first_row_without_an_answer_raises(code: int, expected: type[CallError]) -> None:
    with Server(then=on_text("text 15", status(code, retry_after_ms="1"))) as server:
        answers = stream(call_of(target=container(server.url), on_error="raise", attempts=2), slices(TEXTS[:30], 10))

        assert [next(answers) for _ in range(10)] == RIGHT[:10]
        with pytest.raises(expected, match="a row has no answer"):
            next(answers)


def test_nulls_and_blanks_cost_no_request() -> None:
    with Server() as server:
        rows = rows_of(call_of(target=container(server.url)), [None, "", "  \u3000\n", None])

        assert server.connections == 0
    assert [(headline, code) for headline, code, _ in rows] == [
        (None, None),
        (None, "empty"),
        (None, "empty"),
        (None, None),
    ]


def test_no_rows_give_one_empty_batch() -> None:
    call = call_of()
    answers = list(run(call, slices([], 1) or [pa.record_batch({"text": pa.array([], pa.string())})]))

    assert [answer.num_rows for answer in answers] == [0]
    assert answers[0].schema == call.schema


def test_an_input_that_fails_ends_the_call_with_its_own_error() -> None:
    def broken() -> Iterator[pa.RecordBatch]:
        yield from slices(TEXTS[:10])
        raise ZeroDivisionError("the reader's own")

    with Server() as server, pytest.raises(ZeroDivisionError, match="the reader's own"):
        list(stream(call_of(target=container(server.url)), broken()))
