"""Figures of a call: counted at hardly any cost, added over processes, the same however their reports arrive."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfai_core.loop import loop_thread
from dfai_core.report import Counters, Figures, Report, Timeline, clipped, counters_of, length_s, process_id, quantile_s
from dfai_core.report.active import bounded
from dfai_core.report.billing import units_of
from dfai_core.report.figures import COUNTS
from dfai_core.report.latency import BINS, bin_of
from dfai_core.transports import Answer, MaybeSent, NotSent, Request

REQUEST = Request("POST", "http://127.0.0.1:9/x", {}, b"12345")


class Clock:
    """A clock that stands still until it is set."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def counters(clock: Clock | None = None) -> Counters:
    return Counters(_clock=clock or Clock())


def answer(status: int = 200, **headers: str) -> Answer:
    return Answer(status, {name.replace("_", "-"): value for name, value in headers.items()}, b"1234567")


# ---- latencies ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.01, 0.5, 0.9, 0.99])
def test_quantiles_are_exact_to_nine_percent(share: float) -> None:
    dice = random.Random(7)
    latencies_s = sorted(dice.lognormvariate(-3.0, 1.0) for _ in range(5_000))
    counts: dict[int, int] = {}
    for latency_s in latencies_s:
        counts[bin_of(latency_s)] = counts.get(bin_of(latency_s), 0) + 1

    found = quantile_s(counts, share)

    assert found == pytest.approx(latencies_s[int(share * 5_000)], rel=0.09)


@given(st.floats(min_value=0.0, max_value=1e6))
def test_every_latency_has_its_bin(latency_s: float) -> None:
    assert 0 <= bin_of(latency_s) < BINS


def test_refusals_do_not_make_a_service_look_fast() -> None:
    figures = counters()
    for _ in range(9):
        figures.answered(REQUEST, answer(429), 0.001)
    figures.answered(REQUEST, answer(200), 0.5)

    found = figures.figures()

    assert quantile_s(found.latency, 0.5) == pytest.approx(0.5, rel=0.09)
    assert found.statuses == {429: 9, 200: 1}


# ---- attempts ----------------------------------------------------------------------------------------------


def test_bodies_are_measured_where_they_were_sent() -> None:
    figures = counters()

    figures.answered(REQUEST, answer(), 0.1)
    figures.unanswered(REQUEST, MaybeSent("broke"), 0.1)
    figures.unanswered(REQUEST, NotSent("refused"), 0.1)

    found = figures.figures()
    assert (found.sent_bytes, found.received_bytes) == (10, 7)
    assert found.broken == {"MaybeSent": 1, "NotSent": 1}


def test_billed_units_are_those_of_the_service() -> None:
    figures = counters()
    for number in range(1_500):  # more different values than are kept word by word
        figures.answered(REQUEST, answer(csp_billing_usage=f"A.Records={number},A.Batches=1"), 0.1)

    assert figures.figures().billed == {"A.Records": sum(range(1_500)), "A.Batches": 1_500}


@given(st.text(max_size=300))
def test_a_meter_is_a_plain_word_whatever_the_service_says(value: str) -> None:
    for meter, units in units_of(value).items():
        assert meter.isascii()
        assert not set(meter) & set("<>\"'& \n")
        assert units >= 0


# ---- time --------------------------------------------------------------------------------------------------


def test_the_timeline_counts_documents_when_they_end() -> None:
    clock = Clock()
    figures = counters(clock)
    for second in range(4):
        clock.now = 1_000.0 + second
        figures.answered(REQUEST, answer(), 0.1)
        figures.settled += 10
    clock.now += 60.0

    timeline = figures.figures().timeline

    assert timeline.total == 40
    assert [round(start) for start, count in timeline.series() if count] == [1_000, 1_001, 1_002, 1_003]


@given(st.lists(st.tuples(st.floats(0, 1e7), st.integers(1, 100)), max_size=60))
def test_a_timeline_stays_small_and_loses_nothing(done: list[tuple[float, int]]) -> None:
    halves = [Timeline(), Timeline()]
    for place, (at_s, count) in enumerate(done):
        halves[place % 2] = halves[place % 2].adding(at_s, count)
    whole = halves[0].plus(halves[1])

    assert whole.total == sum(count for _, count in done)
    assert len(list(whole.series())) <= 128
    assert whole.plus(halves[1], -1).total == halves[0].total


def test_pauses_are_not_counted_as_time() -> None:
    clock = Clock()
    figures = counters(clock)
    for start in (0.0, 2.5, 3_600.0):
        clock.now = 1_000.0 + start
        figures.begin()
        clock.now += 2.0
        figures.end()

    active = figures.figures().active

    assert length_s(active) == pytest.approx(6.5)  # half a second between two partitions is no pause
    assert length_s(clipped(active, 4_000.0, 9_999.0)) == pytest.approx(2.0)


def test_partitions_that_run_side_by_side_take_their_time_once() -> None:
    clock = Clock()
    figures = counters(clock)
    figures.begin()
    figures.begin()
    clock.now += 3.0
    figures.end()

    running = figures.figures()

    assert (running.begun, running.ended, length_s(running.active)) == (2, 1, 3.0)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e3)), max_size=200))
def test_stretches_of_work_stay_few(stretches: list[tuple[float, float]]) -> None:
    intervals = [(start, start + size) for start, size in stretches]

    found = bounded(intervals)

    assert len(found) <= 32
    assert length_s(found) >= length_s(intervals) - 1e-6


def test_processor_time_is_shared_among_the_calls_that_run() -> None:
    one, other, idle = counters(), counters(), counters()

    async def work() -> None:
        until = time.thread_time() + 0.05
        while time.thread_time() < until:
            pass

    loop_thread().run(work())
    one.begin()
    other.begin()
    loop_thread().run(work())
    one.end()
    other.end()
    idle.begin()
    idle.end()

    if not hasattr(time, "pthread_getcpuclockid"):
        assert one.cpu_s == 0.0
        return
    assert one.cpu_s == pytest.approx(0.025, rel=0.5)
    assert other.cpu_s == pytest.approx(one.cpu_s, rel=0.1)
    assert idle.cpu_s < 0.01


# ---- adding up ---------------------------------------------------------------------------------------------


def filled(dice: random.Random) -> Figures:
    clock = Clock()
    clock.now += dice.randrange(1_000)
    made = counters(clock)
    for name in COUNTS:
        setattr(made, name, dice.randrange(50))
    made.begun = made.ended
    made.settled = dice.randrange(100)
    made.begin()
    for _ in range(dice.randrange(20)):
        clock.now += dice.random()
        made.answered(REQUEST, answer(dice.choice((200, 429, 503)), csp_billing_usage="M=2"), dice.random())
    made.end()
    made.add_rows(5, 1, {dice.choice(("refused", "empty")): 2})
    return made.figures()


@pytest.mark.parametrize("seed", range(20))
def test_what_is_added_can_be_taken_apart(seed: int) -> None:
    dice = random.Random(seed)
    one, other = filled(dice), filled(dice)

    again = one.plus(other).plus(other, -1)

    assert {name: getattr(again, name) for name in COUNTS} == {name: getattr(one, name) for name in COUNTS}
    assert (again.errors, again.statuses, again.billed, again.latency) == (
        one.errors,
        one.statuses,
        one.billed,
        one.latency,
    )
    assert again.timeline.total == one.timeline.total


@pytest.mark.parametrize(
    "travel", [lambda plain: json.loads(json.dumps(plain)), lambda plain: msgpack.unpackb(msgpack.packb(plain))]
)
def test_figures_survive_their_journey(travel: Any) -> None:
    figures = filled(random.Random(3))

    again = Figures.from_plain(travel(figures.plain()))

    assert again == figures


@pytest.mark.parametrize(
    "plain",
    [
        {"rows": "many"},
        {"errors": [1]},
        {"timeline": {"power": 99, "counts": {}}},
        {"active": [1]},
        {"errors": {str(n): 1 for n in range(100)}},
        {"rows": float("inf")},
    ],
)
def test_damaged_figures_are_none(plain: dict[str, Any]) -> None:
    assert Figures.from_plain(plain) is None


def test_what_another_version_counts_is_passed_over() -> None:
    found = Figures.from_plain({"rows": 3, "novelties": 9})

    assert found is not None
    assert found.rows == 3


@pytest.mark.parametrize("plain", [None, 5, {}, {"call": 1, "source": "s", "sequence": 1, "figures": {}}])
def test_what_is_no_report_is_none(plain: object) -> None:
    assert Report.from_plain(plain) is None


# ---- a process ---------------------------------------------------------------------------------------------


def test_counters_that_somebody_holds_are_not_begun_anew() -> None:
    held = counters_of("held by a test")
    held.rows = 7
    for number in range(300):
        counters_of(f"one of many {number}")

    assert counters_of("held by a test") is held


def test_reports_of_a_source_are_numbered() -> None:
    made = counters()

    first, second = made.report("c"), made.report("c")

    assert (first.source, first.sequence + 1) == (second.source, second.sequence)
    assert counters().report("c").source != first.source


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_is_a_process_of_its_own() -> None:
    counters_of("before the fork").rows = 9
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(write, f"{process_id()} {counters_of('before the fork').rows}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    told = os.read(read, 100).decode().split()
    os.close(read)
    os.close(write)

    assert told[0] != process_id()
    assert told[1] == "0"


def test_figures_can_be_read_while_they_are_written() -> None:
    made = Counters()
    stop = threading.Event()
    wrong: list[Figures] = []

    def read() -> None:
        while not stop.is_set():
            figures = made.figures()
            if figures.timeline.total > made.settled:
                wrong.append(figures)

    reader = threading.Thread(target=read)
    reader.start()
    for _ in range(20_000):
        made.settled += 1
        made.answered(REQUEST, answer(csp_billing_usage="M=1"), 0.01)
    stop.set()
    reader.join()

    assert not wrong
    assert made.figures().billed == {"M": 20_000}
    assert made.figures().timeline.total == 20_000
