"""Long-running operations: submitted, polled, cancelled, forgotten after a day. No HTTP and no family here."""

from __future__ import annotations

import math
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import broken
from dfai_engine.threads import Threads

__all__ = ["Job", "Jobs", "State", "Task"]

S = TypeVar("S")
T = TypeVar("T")
State = Literal["notStarted", "running", "succeeded", "failed", "partiallyCompleted", "cancelling", "cancelled"]
OPEN: tuple[State, ...] = ("notStarted", "running")


@dataclass(slots=True)
class Task(Generic[T]):
    """One part of a job, computed in a thread."""

    kind: str
    name: str
    work: Callable[[], T] | None  # None once it has run: what it holds on to may be large
    status: State = "notStarted"
    updated: float = 0.0
    answer: T | None = None
    failure: ServiceFailure | None = None


@dataclass(slots=True)
class Job(Generic[S, T]):
    """A submitted operation on some subject. Times are seconds since the epoch."""

    id: str
    name: str
    subject: S
    created: float
    expires: float  # without end while one that is kept for a time after its end still runs
    updated: float
    weight: int
    tasks: list[Task[T]]
    kept_s: float | None = None  # after its end
    cancelled: bool = False
    fetched: bool = False  # its end was told to a client
    future: Future[None] | None = field(default=None, repr=False)

    @property
    def status(self) -> State:
        """The job's state, as its tasks' states have it."""
        states = {task.status for task in self.tasks}
        if self.cancelled:
            return "cancelling" if states.intersection(OPEN) else "cancelled"
        if states == {"notStarted"}:
            return "notStarted"
        if states.intersection(OPEN):
            return "running"
        if len(states) > 1:
            return "partiallyCompleted"
        return states.pop()

    @property
    def finished(self) -> bool:
        """Whether the state is the last one."""
        return not any(task.status in OPEN for task in self.tasks)


class Jobs(Generic[S, T]):
    """The operations that this process knows.

    Parameters
    ----------
    threads
        Where the tasks run; jobs have a pool of their own, so that they never fill the queue of requests.
    most, max_weight
        Jobs, and the sum of what they weigh (characters), to remember. Past either, finished ones are
        forgotten before their time, those that a client has seen first; when all are unfinished, a new one
        is refused with 429.
    lifetime_s
        How long a job is remembered, from its beginning on, where it is not said how long after its end.
    clock
        Seconds since the epoch.
    """

    def __init__(
        self,
        threads: Threads,
        *,
        most: int = 1_000,
        max_weight: int = 256_000_000,
        lifetime_s: float = 86_400.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._threads = threads
        self._most = most
        self._max_weight = max_weight
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._jobs: dict[str, Job[S, T]] = {}
        self._lock = threading.Lock()

    def submit(
        self,
        subject: S,
        tasks: list[Task[T]],
        *,
        name: str = "",
        weight: int = 0,
        kept_s: float | None = None,
    ) -> Job[S, T]:
        """Begin a job; *kept_s*, where it is given, is how long this one is remembered after its end.

        Raises
        ------
        ServiceFailure
            429: as many jobs are under way as are remembered.
        """
        now = self._clock()
        expires = now + self._lifetime_s if kept_s is None else math.inf
        job = Job(str(uuid.uuid4()), name, subject, now, expires, now, weight, tasks, kept_s)
        for task in tasks:
            task.updated = now
        with self._lock:
            self._make_room(weight, now)
            job.future = self._threads.submit(self._run, job)
            self._jobs[job.id] = job
        return job

    def get(self, identity: str, of: type[S] | None = None) -> Job[S, T]:
        """A job by its id, whose subject is *of* this class: families share ids, not jobs.

        Raises
        ------
        ServiceFailure
            404: there is none, or no longer.
        """
        with self._lock:
            job = self._jobs.get(identity)
            if job is not None and job.expires <= self._clock():
                del self._jobs[identity]
                job = None
            if job is None or (of is not None and not isinstance(job.subject, of)):
                raise ServiceFailure("There is no job with this id, or no longer.", status=404, code="NotFound")
            job.fetched = job.fetched or job.finished
            return job

    def all(self, of: type[S]) -> list[Job[S, T]]:
        """Those whose subject is *of* this class, the newest first."""
        now = self._clock()
        with self._lock:
            found = [job for job in self._jobs.values() if isinstance(job.subject, of) and job.expires > now]
        return sorted(found, key=lambda job: -job.created)

    def forget(self, identity: str, of: type[S]) -> None:
        """Remember a job no longer, whether it has ended or not; one that is not there is forgotten already."""
        with self._lock:
            job = self._jobs.get(identity)
            if job is None or not isinstance(job.subject, of):
                return
            del self._jobs[identity]
            job.cancelled = True
            if job.future is not None:
                job.future.cancel()

    def cancel(self, identity: str, of: type[S] | None = None) -> Job[S, T]:
        """Stop a job: tasks that have not begun never will; what a running one finds is thrown away.

        Raises
        ------
        ServiceFailure
            404: no such job. 400: it is at its end already.
        """
        job = self.get(identity, of)
        with self._lock:
            if job.finished:
                raise ServiceFailure(f"The job has ended ({job.status}); there is nothing to cancel.", target="jobId")
            job.cancelled = True
            if job.future is not None:
                job.future.cancel()
            for task in job.tasks:
                if task.status == "notStarted":
                    self._settle(job, task, "cancelled")
        return job

    def _make_room(self, weight: int, now: float) -> None:
        held = sum(job.weight for job in self._jobs.values())
        past = [job for job in self._jobs.values() if job.finished]
        # First the expired, then those whose end was told, each from the oldest on.
        for job in sorted(past, key=lambda job: (job.expires > now, not job.fetched, job.created)):
            if job.expires > now and len(self._jobs) < self._most and held + weight <= self._max_weight:
                return
            del self._jobs[job.id]
            held -= job.weight
        if len(self._jobs) >= self._most or (self._jobs and held + weight > self._max_weight):
            raise ServiceFailure("As many jobs are under way as this server holds.", status=429, code="TooManyRequests")

    def _run(self, job: Job[S, T]) -> None:
        """All tasks of a job, one after the other, in a thread."""
        for task in job.tasks:
            with self._lock:
                if job.cancelled:
                    return
                self._settle(job, task, "running")
            answer, failure = self._outcome(task)
            with self._lock:
                if job.cancelled:
                    self._settle(job, task, "cancelled")
                    return
                task.answer, task.failure = answer, failure
                self._settle(job, task, "failed" if failure else "succeeded")

    @staticmethod
    def _outcome(task: Task[T]) -> tuple[T | None, ServiceFailure | None]:
        assert task.work is not None
        try:
            return task.work(), None
        except ServiceFailure as failure:
            return None, failure
        except Exception as fault:  # noqa: BLE001 - a thread's rim: the job must end, and say how
            broken(fault)
            message = f"The engine failed on this task ({type(fault).__qualname__})."
            return None, ServiceFailure(message, status=500, code="InternalServerError")

    def _settle(self, job: Job[S, T], task: Task[T], state: State) -> None:
        task.status = state
        task.updated = job.updated = self._clock()
        if state not in OPEN:
            task.work = None
        if job.kept_s is not None and job.finished:
            job.expires = job.updated + job.kept_s
