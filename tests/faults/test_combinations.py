"""Faults one after the other, and each fault in each kind of call: no row is lost, doubled or another's."""

from __future__ import annotations

import itertools
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from dfai_core.errors import CallError
from dfai_core.store import StoreSpec
from dfai_core.targets import container
from faults.calls import call_of, counted, hurry, rows_of, slices, stream
from faults.server import Server, Step, Turn, healthy, on_text
from faults.test_matrix import FAULTS, ON_TEXT, RETRIED, timeout_s

TEXTS = [f"text {place}" for place in range(30)]
RIGHT = [([text], None, None) for text in TEXTS]
# Those that are found out by waiting are tried alone: a hundred of them would take a minute.
QUICK = {name: fault for name, fault in RETRIED.items() if fault.code != "timeout"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch, 0.001)


@pytest.mark.parametrize("first", QUICK)
def test_any_fault_after_any_other_costs_no_row(first: str) -> None:
    steps: list[Step] = []
    with Server(script=iter(lambda: steps.pop() if steps else healthy, None)) as server:
        for second, fault in QUICK.items():
            steps[:] = [fault.step, QUICK[first].step]  # taken from the end
            call = call_of(target=container(server.url), concurrency=2)
            rows = rows_of(call, TEXTS)

            assert rows == RIGHT, second
            counters = counted(call)
            assert counters.retries == 2, second
            assert counters.maybe_billed == QUICK[first].maybe_billed + fault.maybe_billed, second


@pytest.mark.parametrize("name", ON_TEXT)
def test_a_long_text_fails_whole_where_one_of_its_pieces_does(name: str) -> None:
    fault = FAULTS[name]
    long = "One sentence. " * 600 + "Here is the word. " + "One sentence. " * 600
    with Server(then=on_text("the word", fault.step)) as server:
        call = call_of(target=container(server.url), attempts=2, timeout_s=timeout_s(name))
        rows = rows_of(call, ["before", long, "after"])

    codes = [code for _, code, _ in rows]
    assert codes[1] == fault.code
    if fault.code in ("refused", "too_large") and name in ("400", "413"):  # split until the bad piece stands alone
        assert codes == [None, fault.code, None]
    counters = counted(call)
    assert counters.settled == counters.documents == 3


@pytest.mark.parametrize("name", ON_TEXT)
def test_with_a_store_what_failed_for_now_is_asked_again_and_nothing_else_is(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    store = StoreSpec("folder", str(tmp_path / "store"))
    settings = {"attempts": 2, "timeout_s": timeout_s(name), "store": store}
    with Server(then=on_text("text 13", fault.step)) as server:
        target = container(server.url)
        first = rows_of(call_of(target=target, **settings), TEXTS)
        asked = len(server.received)
        server.then = healthy
        again = rows_of(call_of(target=target, **settings), TEXTS)
        texts = [text for received in server.received[asked:] for text in received.texts]

    failed = {text for text, (_, code, _) in zip(TEXTS, first, strict=True) if code is not None}
    lasting = fault.code in ("refused", "too_large", "unsupported")
    assert "text 13" in failed
    assert set(texts) == (set() if lasting else failed)
    assert again == (first if lasting else RIGHT)


@pytest.mark.parametrize("name", ON_TEXT)
def test_on_error_raise_says_what_and_how_to_go_on(name: str, tmp_path: Path) -> None:
    fault = FAULTS[name]
    store = StoreSpec("folder", str(tmp_path / "store"))
    settings = {"attempts": 2, "timeout_s": timeout_s(name), "store": store, "concurrency": 1}
    with Server(then=on_text("text 13", fault.step)) as server:
        target = container(server.url)
        rows = stream(call_of(target=target, on_error="raise", **settings), slices(TEXTS, 10))
        before = list(itertools.islice(rows, 10))
        with pytest.raises(CallError, match=rf"a row has no answer: {fault.code}: .*is kept in .*only for the rest"):
            next(rows)
        server.then = healthy
        rows_of(call_of(target=target, **settings), TEXTS[:10])

        assert before == RIGHT[:10]
        assert server.asked.count("text 0") == 1  # it was kept


def test_without_a_store_on_error_raise_says_that_one_would_help() -> None:
    with Server(then=on_text("text 13", FAULTS["404"].step)) as server:
        rows = stream(call_of(target=container(server.url), on_error="raise"), slices(TEXTS, 10))
        with pytest.raises(CallError, match='with store="a folder" it would be kept'):
            list(rows)


def jobs(step: Step, on: str) -> Callable[[Turn], Awaitable[None]]:
    """A service of long-running jobs in which the first request with the method *on* meets *step*."""
    kept: list[list[dict[str, str]]] = []
    first = iter([True])

    async def act(turn: Turn) -> None:
        if turn.received.method == on and next(first, False):
            await step.act(turn)
        elif turn.received.method == "POST":
            kept.append(turn.received.documents)
            where = f"{turn.server.url}/language/analyze-text/jobs/{len(kept) - 1}"
            await turn.answer(202, b"", {"Operation-Location": where, "retry-after-ms": "1"})
        else:
            documents = [
                {
                    "id": document["id"],
                    "warnings": [],
                    "sentences": [{"text": document["text"], "rankScore": 1.0, "offset": 0, "length": 6}],
                }
                for document in kept[int(turn.received.path.rpartition("/")[2])]
            ]
            task = {"status": "succeeded", "results": {"documents": documents, "errors": []}}
            await turn.answer(200, {"status": "succeeded", "tasks": {"items": [task]}})

    return act


# What only makes sense as the answer to a request with documents in it.
_OF_DOCUMENTS = {"wrong ids", "headline of null", "cut body", "cut without a length"}


def _jobs_faults() -> Iterator[tuple[str, str]]:
    for name, fault in RETRIED.items():
        if fault.step.early:
            continue
        yield name, "POST"
        if name not in _OF_DOCUMENTS:
            yield name, "GET"


@pytest.mark.parametrize(("name", "on"), list(_jobs_faults()))
def test_a_fault_that_passes_costs_no_operation(name: str, on: str) -> None:
    with Server(then=Step(jobs(RETRIED[name].step, on))) as server:
        call = call_of("extract_summary", target=container(server.url), timeout_s=timeout_s(name))
        rows = rows_of(call, TEXTS)

    assert rows == [(text, None, None) for text in TEXTS]
    if on == "GET":  # a question about an operation costs nothing, whatever becomes of it
        assert counted(call).maybe_billed == 0
