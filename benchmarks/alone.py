"""A client against a service of its own, in a process of its own: nothing learned elsewhere, no load but its own."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context

from benchmarks.clients import DOCUMENTS, Client
from benchmarks.mock_service import Behaviour, Counters, MockService, expected
from benchmarks.texts import reviews

__all__ = ["Outcome", "Trial", "attempt", "processes"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What is tried: a client, a service's behaviour, how many requests of ten documents, how many in flight."""

    kind: type[Client]
    behaviour: Behaviour
    requests: int
    in_flight: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. *lost* rows have no label; a wrong label is an error of the benchmark's run."""

    client: str
    requests: int
    seconds: float
    cpu_s: float
    lost: int
    counters: Counters
    maybe_billed: int | None  # requests that may have been paid for unread, as the client says

    @property
    def per_s(self) -> float:
        """Requests' worth of documents a second."""
        return self.requests / self.seconds


def attempt(trial: Trial) -> Outcome:
    """Runs *trial* in this process."""
    texts = reviews(DOCUMENTS * trial.requests)
    with MockService() as service:
        client = trial.kind(service.url, trial.in_flight)
        try:
            client.label(reviews(2 * DOCUMENTS * trial.in_flight, seed=1))  # connections open, code paths are warm
            service.behave(trial.behaviour)
            cpu_s, wall_s = time.process_time(), time.perf_counter()
            labels = client.label(texts)
            cpu_s, wall_s = time.process_time() - cpu_s, time.perf_counter() - wall_s
            counters, maybe_billed = service.counters(), client.maybe_billed()
        finally:
            client.close()
    wrong = sum(label is not None and label != expected(text)[0] for label, text in zip(labels, texts, strict=True))
    if wrong:
        raise RuntimeError(f"{client.name}: {wrong} wrong labels")
    return Outcome(client.name, trial.requests, wall_s, cpu_s, labels.count(None), counters, maybe_billed)


@contextmanager
def processes(count: int) -> Iterator[ProcessPoolExecutor]:
    """As many processes at a time, a fresh one for each trial."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn"), max_tasks_per_child=1) as pool:
        yield pool
