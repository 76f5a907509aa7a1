"""Long-running operations: submitted, asked about as the service wishes, read page by page."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

import pytest

from dfai_core.targets import container
from faults.calls import call_of, counted, hurry, rows_of
from faults.server import Server, Step, Turn

TEXTS = [f"text {place}" for place in range(60)]
RIGHT = [(f"sum of {text}", None, None) for text in TEXTS]


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


class Jobs:
    """Accepts jobs and answers polls: *running* times "running", then what *end* says."""

    def __init__(self, running: int = 2, end: str = "succeeded", page: int = 100, wait_ms: int = 5) -> None:
        self.polled: list[float] = []
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.step = Step(self._act)
        self.location: str | None = "{path}"
        self._left: dict[str, Iterator[int]] = {}
        self._running, self._end, self._page, self._wait_ms = running, end, page, wait_ms

    async def _act(self, turn: Turn) -> None:
        if turn.received.method == "POST":
            await self._accept(turn)
        else:
            self.polled.append(time.monotonic())
            await self._say(turn)

    async def _accept(self, turn: Turn) -> None:
        id = str(len(self.kept))
        self.kept[id] = turn.received.documents
        self._left[id] = iter(range(self._running))
        path = f"{turn.server.url}/language/analyze-text/jobs/{id}?api-version=2023-04-01"
        location = {} if self.location is None else {"Operation-Location": self.location.format(path=path)}
        await turn.answer(202, b"", {**location, "retry-after-ms": str(self._wait_ms)})

    async def _say(self, turn: Turn) -> None:
        id, _, query = turn.received.path.rpartition("/")[2].partition("?")
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
        call = call_of("extract_summary", target=container(server.url), deadline_s=0.3)
        rows = rows_of(call, TEXTS[:1])

    assert time.monotonic() - started < 3
    assert rows[0][1] == "timeout"


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
