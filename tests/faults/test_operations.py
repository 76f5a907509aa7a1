"""Long-running operations: submitted, asked about as the service wishes, read page by page."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dfai_core.loop import loop_thread
from dfai_core.store import Keyer, Pending, StoreSpec, encode_pending, open_store, store_from
from dfai_core.targets import container
from faults.calls import call_of, counted, hurry, rows_of
from faults.server import Server, Step, Turn

TEXTS = [f"text {place}" for place in range(60)]
RIGHT = [(f"sum of {text}", None, None) for text in TEXTS]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSpec:
    return StoreSpec(request.param, str(tmp_path / "store"))


class Jobs:
    """Accepts jobs and answers polls: *running* times "running", then what *end* says."""

    def __init__(self, running: int = 2, end: str = "succeeded", page: int = 100, wait_ms: int = 5) -> None:
        self.polled: list[float] = []
        self.cancelled: list[str] = []
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.step = Step(self._act)
        self.location: str | None = "{path}"
        self._left: dict[str, Iterator[int]] = {}
        self.running, self._end, self._page, self._wait_ms = running, end, page, wait_ms

    async def _act(self, turn: Turn) -> None:
        if ":cancel" in turn.received.path:
            self.cancelled.append(turn.received.path.rpartition("/")[2].partition(":")[0])
            await turn.answer(202)
        elif turn.received.method == "POST":
            await self._accept(turn)
        else:
            self.polled.append(time.monotonic())
            await self._say(turn)

    def finish(self, id: str) -> None:
        """From now on *id* has ended."""
        self._left[id] = iter(())

    def forget(self, id: str) -> None:
        """From now on nobody knows of *id*."""
        del self._left[id]

    async def _accept(self, turn: Turn) -> None:
        id = str(len(self.kept))
        self.kept[id] = turn.received.documents
        self._left[id] = iter(range(self.running))
        path = f"{turn.server.url}/language/analyze-text/jobs/{id}?api-version=2023-04-01"
        location = {} if self.location is None else {"Operation-Location": self.location.format(path=path)}
        await turn.answer(202, b"", {**location, "retry-after-ms": str(self._wait_ms)})

    async def _say(self, turn: Turn) -> None:
        id, _, query = turn.received.path.rpartition("/")[2].partition("?")
        if id not in self._left:
            await turn.answer(404, {"error": {"code": "NotFound", "message": "no such job"}})
            return
        if next(self._left[id], None) is not None:
            await turn.answer(200, {"jobId": id, "status": "running"}, {"retry-after-ms": str(self._wait_ms)})
            return
        if self._end != "succeeded":
            await turn.answer(200, {"status": self._end, "errors": [{"code": "Broken", "message": "no model"}]})
            return
        start = int(query.partition("$skip=")[2] or 0)
        shown = self.kept[id][start : start + self._page]
        documents = [{"id": document["id"], "warnings": [], "sentences": [sentence(document)]} for document in shown]
        results = {"documents": documents, "errors": [], "modelVersion": "latest"}
        body = {"status": "succeeded", "tasks": {"items": [{"status": "succeeded", "results": results}]}}
        if start + self._page < len(self.kept[id]):
            body["nextLink"] = f"/language/analyze-text/jobs/{id}?api-version=2023-04-01&$skip={start + self._page}"
        await turn.answer(200, body)


def sentence(document: dict[str, Any]) -> dict[str, Any]:
    return {"text": f"sum of {document['text']}", "rankScore": 1.0, "offset": 0, "length": 5}


def test_an_operation_is_asked_about_until_it_is_done() -> None:
    jobs = Jobs()
    with Server(then=jobs.step) as server:
        call = call_of("extract_summary", target=container(server.url))
        rows = rows_of(call, TEXTS)

        assert rows == RIGHT
        assert [len(documents) for documents in jobs.kept.values()] == [25, 25, 10]
        assert len(jobs.polled) == 9
    assert counted(call).requests == 12
    assert counted(call).retries == 0


def test_a_poll_comes_when_the_service_wants_it() -> None:
    jobs = Jobs(running=2, wait_ms=120)
    with Server(then=jobs.step) as server:
        started = time.monotonic()
        rows = rows_of(call_of("extract_summary", target=container(server.url)), TEXTS[:1])

    assert rows == RIGHT[:1]
    gaps = [later - earlier for earlier, later in itertools.pairwise([started, *jobs.polled])]
    assert len(gaps) == 3
    assert min(gaps) >= 0.115


def test_pages_are_read_to_the_last() -> None:
    jobs = Jobs(page=10)
    with Server(then=jobs.step) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url)), TEXTS)

    assert rows == RIGHT
    assert len(jobs.polled) == 6 + 3 + 3 + 1


@pytest.mark.parametrize("end", ["failed", "cancelled", "rejected"])
def test_a_failed_operation_fails_its_own_rows(end: str) -> None:
    jobs = Jobs(end=end)
    with Server(then=jobs.step) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url)), TEXTS[:3])

    assert [(code, message) for _, code, message in rows] == [("refused", "no model")] * 3


@pytest.mark.parametrize("location", ["https://elsewhere.example/jobs/0", "http://127.0.0.1:1/jobs/0", None])
def test_a_link_to_another_host_is_not_followed(location: str | None) -> None:
    jobs = Jobs()
    jobs.location = location
    with Server(then=jobs.step) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url, key="planted")), TEXTS[:1])

        assert len(server.received) == 1
    assert rows[0][1] == "bad_answer"
    assert "link leads" in str(rows[0][2])


def test_a_link_may_leave_out_the_host() -> None:
    jobs = Jobs()
    jobs.location = "/language/analyze-text/jobs/0?api-version=2023-04-01"
    with Server(then=jobs.step) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url)), TEXTS[:1])

    assert rows == RIGHT[:1]


def failing_polls(jobs: Jobs, code: int, times: int) -> Step:
    failures = iter(range(times))

    async def act(turn: Turn) -> None:
        fails = turn.received.method == "GET" and next(failures, None) is not None
        await (turn.answer(code, b"") if fails else jobs.step.act(turn))

    return Step(act)


def test_a_poll_that_fails_is_repeated_and_the_job_is_not_paid_twice() -> None:
    jobs = Jobs()
    with Server(then=failing_polls(jobs, 503, 3)) as server:
        call = call_of("extract_summary", target=container(server.url))
        rows = rows_of(call, TEXTS[:1])

    assert rows == RIGHT[:1]
    assert len(jobs.kept) == 1
    assert counted(call).retries == 3


def test_polls_that_only_fail_come_to_an_end() -> None:
    jobs = Jobs()
    with Server(then=failing_polls(jobs, 503, 1_000)) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url), attempts=4), TEXTS[:1])

        assert len(server.received) == 1 + 4
    assert [code for _, code, _ in rows] == ["unavailable"]


def test_pages_in_a_circle_come_to_an_end() -> None:
    async def act(turn: Turn) -> None:
        if turn.received.method == "POST":
            await turn.answer(202, b"", {"Operation-Location": f"{turn.server.url}/jobs/0", "retry-after-ms": "1"})
            return
        results = {
            "documents": [{"id": "0", "warnings": [], "sentences": [sentence({"text": "text 0"})]}],
            "errors": [],
        }
        body = {"status": "succeeded", "nextLink": "/jobs/0", "tasks": {"items": [{"results": results}]}}
        await turn.answer(200, body)

    with Server(then=Step(act)) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url), attempts=3), TEXTS[:2])

        assert len(server.received) < 20
    assert rows[1][1] == "bad_answer"


def test_a_service_that_never_ends_is_left_at_the_deadline() -> None:
    jobs = Jobs(running=1_000_000, wait_ms=60_000)
    with Server(then=jobs.step) as server:
        started = time.monotonic()
        call = call_of("extract_summary", target=container(server.url), operation_deadline_s=0.3)
        rows = rows_of(call, TEXTS[:1])

    assert time.monotonic() - started < 3
    assert rows[0][1:] == ("timeout", "the operation did not end within 0.3 s")


def test_an_operation_may_take_longer_than_a_row_that_is_asked_at_once() -> None:
    jobs = Jobs(running=5, wait_ms=60)
    with Server(then=jobs.step) as server:
        call = call_of("extract_summary", target=container(server.url), deadline_s=0.2)
        rows = rows_of(call, TEXTS[:1])

    assert rows == RIGHT[:1]


def test_waiting_operations_hold_no_place_in_flight() -> None:
    jobs = Jobs(running=1, wait_ms=300)
    texts = [f"text {place}" for place in range(25_000)]
    with Server(then=jobs.step) as server:
        started = time.monotonic()
        rows = rows_of(call_of("extract_summary", target=container(server.url), concurrency=4), texts)
        took_s = time.monotonic() - started

        assert server.most_in_flight <= 4
    assert rows == [(f"sum of {text}", None, None) for text in texts]
    assert len(jobs.kept) == 1_000
    # One after the other in four places, a thousand operations would wait 150 s.
    assert took_s < 30


SCRIPT = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background has it ignored
import pyarrow as pa
from dfai_core import run
from dfai_core.store import store_from
from faults.calls import call_of

store = store_from(sys.argv[2]) if sys.argv[2:] else None
call = call_of("extract_summary", target="container:" + sys.argv[1], store=store)
batch = pa.record_batch({"text": [f"text {n}" for n in range(60)]})
print(sum(answer.num_rows - answer.column(0).null_count for answer in run(call, [batch])))
"""


def begin(server: Server, *arguments: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    command = [sys.executable, "-c", SCRIPT, server.url, *arguments]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(condition: Callable[[], object]) -> None:
    ends = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        threading.Event().wait(0.01)


def test_control_c_calls_off_what_the_service_still_works_on() -> None:
    jobs = Jobs(running=1_000_000, wait_ms=20)
    with Server(then=jobs.step) as server:
        process = begin(server)
        until(lambda: len(jobs.polled) > 6)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

        assert "KeyboardInterrupt" in said
        assert sorted(jobs.cancelled) == ["0", "1", "2"]


def test_a_killed_runs_operations_are_fetched_by_the_next(tmp_path: Path) -> None:
    jobs = Jobs(running=1_000_000, wait_ms=20)
    with Server(then=jobs.step) as server:
        process = begin(server, str(tmp_path / "store"))
        until(lambda: len(jobs.polled) > 6)
        process.kill()
        process.communicate()
        for id in jobs.kept:
            jobs.finish(id)
        rows = rows_of(
            call_of("extract_summary", target=container(server.url), store=store_from(tmp_path / "store")), TEXTS
        )

    assert rows == RIGHT
    assert len(jobs.kept) == 3  # nothing was submitted again
    assert jobs.cancelled == []


def test_of_an_earlier_runs_operation_only_what_is_wanted_is_taken(store: StoreSpec) -> None:
    jobs = Jobs(running=1_000_000, wait_ms=20)
    with Server(then=jobs.step) as server:
        target = container(server.url)
        first = rows_of(call_of("extract_summary", target=target, store=store, operation_deadline_s=0.2), TEXTS[:25])
        jobs.finish("0")
        jobs.running = 1
        call = call_of("extract_summary", target=target, store=store)
        second = rows_of(call, [TEXTS[20], "another text", TEXTS[3], TEXTS[7]])

    assert {code for _, code, _ in first} == {"timeout"}
    assert [headline for headline, _, _ in second] == [
        f"sum of {text}" for text in (TEXTS[20], "another text", TEXTS[3], TEXTS[7])
    ]
    assert [len(documents) for documents in jobs.kept.values()] == [25, 1]


def test_an_operation_that_the_service_has_forgotten_is_begun_again(store: StoreSpec) -> None:
    jobs = Jobs(running=1_000_000, wait_ms=20)
    with Server(then=jobs.step) as server:
        target = container(server.url)
        rows_of(call_of("extract_summary", target=target, store=store, operation_deadline_s=0.2), TEXTS[:5])
        jobs.forget("0")
        jobs.running = 1
        rows = rows_of(call_of("extract_summary", target=target, store=store), TEXTS[:5])
        again = rows_of(call_of("extract_summary", target=target, store=store), TEXTS[:5])

    assert rows == again == RIGHT[:5]
    assert len(jobs.kept) == 2


def test_an_operation_that_is_gone_while_it_is_waited_for_is_an_error_of_its_rows() -> None:
    jobs = Jobs(running=1_000_000, wait_ms=5)
    with Server(then=failing_polls(jobs, 404, 1)) as server:
        rows = rows_of(call_of("extract_summary", target=container(server.url)), TEXTS[:1])

    assert rows[0][1] == "bad_answer"
    assert "the operation is gone" in str(rows[0][2])


def test_a_link_from_a_store_is_not_followed_to_another_host(tmp_path: Path) -> None:
    jobs = Jobs(running=1_000_000, wait_ms=20)
    spec = StoreSpec("folder", str(tmp_path / "store"))
    with Server(then=jobs.step) as server, Server(then=jobs.step) as elsewhere:
        target = container(server.url, key="planted")
        jobs.location = elsewhere.url + "/language/analyze-text/jobs/0"
        call = call_of("extract_summary", target=target, store=spec)
        keyer = Keyer(call.service, call.wiring(), target.identity(call.service))
        planted = encode_pending(Pending(jobs.location, 0, 1))
        loop_thread().run(open_store(spec).put([(keyer.key((TEXTS[0],)), planted)]))
        jobs.location, jobs.running = "{path}", 1
        rows = rows_of(call, TEXTS[:1])

        assert elsewhere.connections == 0
    assert rows == RIGHT[:1]
