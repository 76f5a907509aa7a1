"""Long-running operations: their states, their bounds, and the routes before them."""

from __future__ import annotations

import calendar
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from contracts import check
from dfai_engine.app import App, create_app
from dfai_engine.jobs import Job, Jobs, Task
from dfai_engine.language.documents import Answered, Document, ServiceFailure
from dfai_engine.threads import Threads
from engine.wire import CONTRACT, JOBS, ask, documents, finished, words

ENTITIES = {"kind": "EntityRecognition", "taskName": "names", "parameters": {"stringIndexType": "UnicodeCodePoint"}}


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def threads() -> Iterator[Threads]:
    made = Threads(1, waiting=10)
    yield made
    made.close()


def done(job: Job[Any, Any]) -> Job[Any, Any]:
    assert job.future is not None
    job.future.result(timeout=60)
    return job


def refuse() -> str:
    raise ServiceFailure("No.")


def fail() -> str:
    text = "a secret text"
    raise LookupError(text)


@pytest.mark.parametrize(
    ("works", "status"),
    [
        ([lambda: "a", lambda: "b"], "succeeded"),
        ([refuse, fail], "failed"),
        ([lambda: "a", refuse], "partiallyCompleted"),
    ],
)
def test_a_jobs_state_is_its_tasks_states(threads: Threads, works: list[Callable[[], str]], status: str) -> None:
    jobs: Jobs[None, str] = Jobs(threads)
    job = done(jobs.submit(None, [Task("Any", "", work) for work in works]))

    assert job.status == status
    assert all((task.answer is None) != (task.failure is None) for task in job.tasks)


def test_a_fault_in_a_task_quotes_no_text(threads: Threads, caplog: pytest.LogCaptureFixture) -> None:
    jobs: Jobs[None, str] = Jobs(threads)
    (task,) = done(jobs.submit(None, [Task("Any", "", fail)])).tasks

    assert task.failure is not None
    assert "a secret" not in caplog.text + task.failure.message
    assert "LookupError" in caplog.text


def test_a_job_is_forgotten_after_a_day(threads: Threads) -> None:
    clock = Clock()
    jobs: Jobs[None, str] = Jobs(threads, clock=clock)
    job = done(jobs.submit(None, [Task("Any", "", lambda: "a")]))
    clock.now += 86_399
    assert jobs.get(job.id) is job
    clock.now += 1

    with pytest.raises(ServiceFailure) as gone:
        jobs.get(job.id)
    assert gone.value.status == 404


def test_a_job_with_a_time_of_its_own_is_kept_from_its_end_on(threads: Threads) -> None:
    clock, end = Clock(), threading.Event()
    jobs: Jobs[None, bool] = Jobs(threads, clock=clock)
    job = jobs.submit(None, [Task("Any", "", lambda: end.wait(30))], kept_s=3_600)
    clock.now += 90_000
    running = jobs.get(job.id).finished
    end.set()
    done(job)
    clock.now += 3_599

    assert not running
    assert jobs.get(job.id) is job
    clock.now += 1
    with pytest.raises(ServiceFailure, match="no longer"):
        jobs.get(job.id)


def test_finished_jobs_make_room_those_that_were_seen_first(threads: Threads) -> None:
    jobs: Jobs[None, str] = Jobs(threads, most=2)
    unseen = done(jobs.submit(None, [Task("Any", "", lambda: "a")]))
    seen = done(jobs.submit(None, [Task("Any", "", lambda: "b")]))
    jobs.get(seen.id)
    done(jobs.submit(None, [Task("Any", "", lambda: "c")]))

    assert jobs.get(unseen.id) is unseen
    with pytest.raises(ServiceFailure, match="no job"):
        jobs.get(seen.id)


@pytest.mark.parametrize("bound", [{"most": 1}, {"max_weight": 10}])
def test_unfinished_jobs_are_never_forgotten_a_new_one_is_refused(threads: Threads, bound: dict[str, int]) -> None:
    end = threading.Event()
    jobs: Jobs[None, bool] = Jobs(threads, **bound)  # type: ignore[arg-type]
    running = jobs.submit(None, [Task("Any", "", lambda: end.wait(30))], weight=8)

    with pytest.raises(ServiceFailure) as refused:
        jobs.submit(None, [Task("Any", "", lambda: True)], weight=8)
    end.set()
    done(running)
    assert refused.value.status == 429
    assert done(jobs.submit(None, [Task("Any", "", lambda: True)], weight=8)).status == "succeeded"


def test_a_cancelled_job_begins_nothing_more_and_throws_away_what_runs(threads: Threads) -> None:
    begun, end = threading.Event(), threading.Event()
    ran: list[str] = []

    def slow() -> str:
        begun.set()
        end.wait(30)
        return "late"

    jobs: Jobs[None, Any] = Jobs(threads)
    job = jobs.submit(None, [Task("Any", "", slow), Task("Any", "", lambda: ran.append("second"))])
    begun.wait(30)
    jobs.cancel(job.id)
    stopping = job.status
    end.set()
    done(job)

    assert (stopping, job.status) == ("cancelling", "cancelled")
    assert [task.status for task in job.tasks] == ["cancelled", "cancelled"]
    assert job.tasks[0].answer is None
    assert ran == []


def test_a_job_that_waits_for_a_thread_is_cancelled_at_once(threads: Threads) -> None:
    end = threading.Event()
    jobs: Jobs[None, Any] = Jobs(threads)
    first = jobs.submit(None, [Task("Any", "", lambda: end.wait(30))])
    waiting = jobs.submit(None, [Task("Any", "", lambda: "never")])
    jobs.cancel(waiting.id)

    assert waiting.status == "cancelled"
    end.set()
    done(first)
    with pytest.raises(ServiceFailure, match="nothing to cancel"):
        jobs.cancel(first.id)


# The routes.


def refused(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    raise ServiceFailure("No offline model links.", inner_code="FeatureNotAvailable")


@pytest.fixture
def app() -> App:
    return create_app(kinds={"EntityRecognition": words, "EntityLinking": refused})


def submit(app: App, entries: object, *tasks: object, **more: object) -> httpx.Response:
    body = {"analysisInput": {"documents": entries}, "tasks": list(tasks), **more}
    return ask(app, "POST", f"{JOBS}?api-version=2023-04-01", json=body)


def location(answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    return answer.headers["operation-location"]


def test_a_job_is_submitted_and_polled(app: App) -> None:
    answer = submit(app, documents("one two", ""), ENTITIES, displayName="mine")
    state = finished(app, location(answer))

    check(state, CONTRACT, "AnalyzeTextJobState")
    assert answer.content == b""
    assert location(answer).startswith("http://engine.test:5000/language/analyze-text/jobs/")
    assert location(answer).endswith("?api-version=2023-04-01")
    assert (state["status"], state["displayName"]) == ("succeeded", "mine")
    assert {key: state["tasks"][key] for key in ("completed", "failed", "inProgress", "total")} == {
        "completed": 1,
        "failed": 0,
        "inProgress": 0,
        "total": 1,
    }
    (item,) = state["tasks"]["items"]
    assert (item["kind"], item["taskName"]) == ("EntityRecognitionLROResults", "names")
    assert [document["id"] for document in item["results"]["documents"]] == ["0"]
    assert [error["id"] for error in item["results"]["errors"]] == ["1"]


def test_a_task_that_fails_leaves_the_others_their_answers(app: App) -> None:
    state = finished(app, location(submit(app, documents("a", "b"), ENTITIES, {"kind": "EntityLinking"})))

    check(state, CONTRACT, "AnalyzeTextJobState")
    assert state["status"] == "partiallyCompleted"
    assert state["errors"][0]["target"] == "#/tasks/items/1"
    assert [item["status"] for item in state["tasks"]["items"]] == ["succeeded", "failed"]
    assert [error["id"] for error in state["tasks"]["items"][1]["results"]["errors"]] == ["0", "1"]


def test_results_come_in_pages(app: App) -> None:
    address = location(submit(app, documents(*[f"text{number}" for number in range(25)]), ENTITIES))
    first = finished(app, address, "&showStats=true")
    second = ask(app, "GET", first["nextLink"]).json()
    middle = finished(app, address, "&$skip=3&top=2")

    def ids(state: dict[str, Any]) -> list[str]:
        return [document["id"] for document in state["tasks"]["items"][0]["results"]["documents"]]

    check(first, CONTRACT, "AnalyzeTextJobState")
    assert ids(first) + ids(second) == [str(number) for number in range(25)]
    assert len(ids(first)) == 20
    assert "nextLink" not in second
    assert ids(middle) == ["3", "4"]
    statistics = second["tasks"]["items"][0]["results"]["statistics"]
    assert statistics["documentsCount"] == 25


def test_a_running_job_says_when_to_ask_again() -> None:
    begun, end = threading.Event(), threading.Event()

    def slow(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        begun.set()
        end.wait(30)
        return words(documents, parameters)

    app = create_app(kinds={"EntityRecognition": slow})
    address = location(submit(app, documents("a"), ENTITIES))
    begun.wait(30)
    running = ask(app, "GET", address)
    cancelled = ask(app, "POST", address.replace("?", ":cancel?"))
    end.set()
    state = finished(app, address)

    check(running.json(), CONTRACT, "AnalyzeTextJobState")
    assert running.json()["status"] == "running"
    assert running.json()["tasks"]["inProgress"] == 1
    assert running.headers["retry-after"] == "1"
    assert 20 <= int(running.headers["retry-after-ms"]) <= 1_000
    assert cancelled.status_code == 202
    check(state, CONTRACT, "AnalyzeTextJobState")
    assert state["status"] == "cancelled"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_unknown_job_is_404(app: App, method: str) -> None:
    suffix = ":cancel" if method == "POST" else ""
    answer = ask(app, method, f"{JOBS}/8d2c3b4a-0000-4000-8000-000000000000{suffix}?api-version=2023-04-01")

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("entries", "tasks"),
    [
        (documents("a"), []),
        (documents("a"), ["EntityRecognition"]),
        (documents("a"), [{"kind": "LanguageDetection"}]),
        (documents("a"), [{"kind": "AbstractiveSummarization"}]),
        (documents("a"), [{"kind": "EntityRecognition", "taskName": 5}]),
        (documents("a"), [{"kind": "EntityRecognition", "parameters": {"stringIndexType": "bytes"}}]),
        (documents(*"a" * 26), [ENTITIES]),
        (documents("a" * 70_000, "b" * 70_000), [ENTITIES]),
        ([], [ENTITIES]),
    ],
)
def test_a_job_that_is_wrong_as_a_whole_is_refused(app: App, entries: object, tasks: list[object]) -> None:
    answer = submit(app, entries, *tasks)

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert answer.status_code == 400


@pytest.mark.parametrize("query", ["top=0", "top=x", "skip=-1", "$top=26"])
def test_pages_of_impossible_sizes_are_refused(app: App, query: str) -> None:
    address = location(submit(app, documents("a"), ENTITIES))

    assert ask(app, "GET", f"{address}&{query}").status_code == 400


def test_times_are_those_of_the_job(app: App) -> None:
    state = finished(app, location(submit(app, documents("a"), ENTITIES)))
    created = time.strptime(state["createdDateTime"], "%Y-%m-%dT%H:%M:%SZ")
    expires = time.strptime(state["expirationDateTime"], "%Y-%m-%dT%H:%M:%SZ")

    assert calendar.timegm(expires) - calendar.timegm(created) == 86_400
