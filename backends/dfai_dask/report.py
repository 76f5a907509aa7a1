"""Counters from Dask's workers: events of a distributed cluster, kept by its scheduler until we ask.

Process pools, and clusters of this host besides, report through files: that is the core's.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from dfai_core.report import Report

__all__ = ["CHANNEL", "EventChannel", "EventReporter", "topic_of"]


def topic_of(call_id: str) -> str:
    """Under which topic a call's events stand."""
    return f"dfai-run-{call_id}"


@dataclass(frozen=True, slots=True)
class EventReporter:
    """Logs an event where a distributed worker runs the partition; elsewhere there is nobody to tell."""

    def send(self, report: Report) -> None:
        if "distributed.worker" not in sys.modules:
            return
        from distributed import get_worker

        try:
            worker = get_worker()
        except ValueError:  # imported, but this is none of its tasks
            return
        worker.log_event(topic_of(report.call_id), report.plain())

    def repeated(self) -> int:
        return 0  # Dask does not tell; a worker that died in between is missed by what it began


class EventChannel:
    """Asks the schedulers of all clients of this process."""

    reporter: EventReporter = EventReporter()

    def collect(self, call_ids: Collection[str]) -> Iterator[Report]:
        for client in _clients():
            for call_id in call_ids:
                try:
                    events = client.get_events(topic_of(call_id))
                except (OSError, TimeoutError, RuntimeError):  # it is being closed, or its scheduler is gone
                    break
                for _, event in events:
                    report = Report.from_plain(event)
                    if report is not None:
                        yield report

    def forget(self, call_id: str) -> None:
        return None  # the scheduler keeps a bounded number of events, and all end with it

    def listening(self) -> AbstractContextManager[None]:
        return nullcontext()


def _clients() -> list[Any]:
    """Clients that can be asked from here: those of another loop cannot be waited for."""
    if "distributed.client" not in sys.modules:
        return []
    from distributed import Client

    return [c for c in [*Client._instances] if c.status == "running" and not c.asynchronous]


CHANNEL = EventChannel()
