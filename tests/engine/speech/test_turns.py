"""Work of many askers, done together."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from dfai_engine.speech.turns import Turns


class Slow:
    """Answers with the squares; the first batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.begun = threading.Event()
        self.go = threading.Event()

    def __call__(self, items: Sequence[float]) -> list[float]:
        self.batches.append(list(items))
        self.begun.set()
        assert self.go.wait(30)
        if -1 in items:
            raise ValueError("no root")
        return [item * item for item in items]


@pytest.fixture
def slow() -> Slow:
    return Slow()


def turns(slow: Slow, most: int = 3) -> Turns[float, float]:
    return Turns(slow, alike=lambda item: item >= 100, size=float, most=most)


def test_what_waits_goes_together_the_longest_waiting_first_and_the_like_with_it(slow: Slow) -> None:
    queue = turns(slow)
    first = queue.submit([50])
    assert slow.begun.wait(30)
    others = queue.submit([1, 30, 100, 2, 3, 101])
    slow.go.set()
    answers = [future.result(30) for future in (*first, *others)]

    assert answers == [2_500, 1, 900, 10_000, 4, 9, 10_201]
    assert slow.batches == [[50], [1, 2, 3], [30], [100, 101]]


def test_a_failure_reaches_those_who_were_in_the_batch_and_nobody_else(slow: Slow) -> None:
    queue = turns(slow, most=1)
    slow.go.set()
    bad, good = queue.submit([-1, 3])

    assert good.result(30) == 9
    with pytest.raises(ValueError, match="no root"):
        bad.result(30)


def test_the_cancelled_are_left_out(slow: Slow) -> None:
    queue = turns(slow)
    (first,) = queue.submit([5])
    assert slow.begun.wait(30)
    gone, kept = queue.submit([6, 7])
    assert gone.cancel()
    slow.go.set()

    assert (first.result(30), kept.result(30)) == (25, 49)
    assert slow.batches == [[5], [7]]


def test_threads_share_what_waits(slow: Slow) -> None:
    queue = Turns(slow, alike=lambda item: 0, size=float, most=3, threads=2)
    futures = queue.submit([1, 2, 3, 4])
    slow.go.set()

    assert [future.result(30) for future in futures] == [1, 4, 9, 16]
    assert max(map(len, slow.batches)) <= 2


def test_the_thread_ends_with_the_work(slow: Slow) -> None:
    queue = turns(slow)
    slow.go.set()
    assert queue.submit([2])[0].result(30) == 4
    for thread in threading.enumerate():
        if thread.name == "dfai-engine-batches":
            thread.join(30)

    assert all(thread.name != "dfai-engine-batches" for thread in threading.enumerate())
    assert queue.submit([3])[0].result(30) == 9
