"""Counters from Spark's workers: accumulators on classic Spark, worker logs on Connect, which has none.

Both bring home what ended. A worker that is killed, as Spark does with those whose rows a ``limit`` does not need,
takes its last counters along; that a task had been tried before is how the loss is noticed. Where workers run on this
host the core's files tell all the same.
"""

from __future__ import annotations

import json
import logging
import threading
import weakref
from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from weakref import WeakKeyDictionary

from dfai_core.loop import after_fork
from dfai_core.report import Report

__all__ = ["AccumulatorChannel", "LogChannel", "channel_of"]

_LOGGING = "spark.sql.pyspark.worker.logging.enabled"
_LOGGER = "dfai.run"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Adds to an accumulator where there is one, and logs a line otherwise."""

    accumulator: Any = None

    def send(self, report: Report) -> None:
        plain = report.plain()
        if self.accumulator is not None:
            self.accumulator.add({(report.call_id, report.source): plain})
        else:
            logger = logging.getLogger(_LOGGER)
            if logger.level != logging.INFO:
                logger.setLevel(logging.INFO)  # or the line would go nowhere
            logger.info("%s", json.dumps(plain, separators=(",", ":")))

    def repeated(self) -> int:
        from pyspark import TaskContext

        context = TaskContext.get()
        return 0 if context is None else int(context.attemptNumber())


class AccumulatorChannel:
    """One accumulator for all calls of a Spark context: it holds the latest report of each source."""

    def __init__(self, context: Any) -> None:
        from dfai_spark.latest import LATEST  # it imports pyspark

        self._accumulator = context.accumulator({}, LATEST)
        self.reporter: Reporter = Reporter(self._accumulator)

    def collect(self, call_ids: Collection[str]) -> Iterator[Report]:
        for (call_id, _), plain in [*self._accumulator.value.items()]:
            report = Report.from_plain(plain) if call_id in call_ids else None
            if report is not None:
                yield report

    def forget(self, call_id: str) -> None:
        for key in [key for key in [*self._accumulator.value] if key[0] == call_id]:
            self._accumulator.value.pop(key, None)

    def listening(self) -> AbstractContextManager[None]:
        return nullcontext()


class LogChannel:
    """Reads what the session's workers logged. Spark keeps such lines, so they are written only while asked for."""

    reporter: Reporter = Reporter()

    def __init__(self, session: Any) -> None:
        self._session = weakref.ref(session)
        self._lock = threading.Lock()
        self._listeners = 0
        self._before: str | None = None
        self._heard = False

    def collect(self, call_ids: Collection[str]) -> Iterator[Report]:
        from pyspark.errors import PySparkException

        session = self._session()
        # ValueError is what a closed channel to the server raises.
        with suppress(PySparkException, ValueError):
            if session is None or not (self._heard or _on(session)):
                return
            with self.listening():  # or Spark would not let us read, either
                for line in _latest_lines(session, call_ids):
                    with suppress(json.JSONDecodeError):
                        report = Report.from_plain(json.loads(line))
                        if report is not None:
                            yield report

    def forget(self, call_id: str) -> None:
        return None  # the lines end with their session

    @contextmanager
    def listening(self) -> Iterator[None]:
        self._listen(1)
        try:
            yield
        finally:
            self._listen(-1)

    def _listen(self, more: int) -> None:
        """Switches logging on for the first listener, and back to what it was after the last."""
        from pyspark.errors import PySparkException

        with self._lock, suppress(PySparkException, ValueError):
            self._listeners += more
            session = self._session()
            if session is None:
                return
            if more > 0 and self._listeners == 1:
                self._before = session.conf.get(_LOGGING, None)
                session.conf.set(_LOGGING, "true")
                self._heard = True
            elif self._listeners == 0 and self._before is None:
                session.conf.unset(_LOGGING)
            elif self._listeners == 0:
                session.conf.set(_LOGGING, self._before)


def _on(session: Any) -> bool:
    return str(session.conf.get(_LOGGING, "false")).lower() == "true"


def _latest_lines(session: Any, call_ids: Collection[str]) -> list[str]:
    """The latest line of each source."""
    # By the session, not by pyspark itself, which takes a stopped Connect session for a classic one.
    connect = type(session).__module__.startswith("pyspark.sql.connect")
    f = import_module("pyspark.sql.connect.functions" if connect else "pyspark.sql.functions")

    def field(name: str) -> Any:
        return f.get_json_object("msg", f"$.{name}")

    ours = session.tvf.python_worker_logs().where(f.col("logger") == _LOGGER).where(field("call").isin(*call_ids))
    latest = f.max_by("msg", field("sequence").cast("bigint")).alias("line")
    return [row["line"] for row in ours.groupBy(field("source")).agg(latest).collect()]


_lock = threading.Lock()
_channels: WeakKeyDictionary[Any, AccumulatorChannel | LogChannel] = WeakKeyDictionary()


def channel_of(frame: Any) -> AccumulatorChannel | LogChannel:
    """The channel of the Spark that *frame* will be computed by, or of a session: one a context or Connect session."""
    session = getattr(frame, "sparkSession", frame)
    context = getattr(session, "_sc", None)
    with _lock:
        place = session if context is None else context
        channel = _channels.get(place)
        if channel is None:
            channel = _channels[place] = _channel_for(session, context)
        return channel


def _channel_for(session: Any, context: Any) -> AccumulatorChannel | LogChannel:
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    if context is not None:
        # Platforms that share a cluster among users may forbid accumulators.
        with suppress(Py4JError, PySparkException):
            return AccumulatorChannel(context)
    return LogChannel(session)


def _forget() -> None:
    global _lock
    _lock = threading.Lock()


after_fork(_forget)
