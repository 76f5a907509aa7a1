"""OpenTelemetry's view of a call, where somebody has set it up: spans, and the counters as metrics.

The library is never imported by us: who wants its spans has imported it to say where they go. So without it, or with
it installed and unused, a call costs one look into `sys.modules`.

Attributes follow its conventions for HTTP clients. One is left out on purpose, ``url.full``: the address of some
services holds what a row asked.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from dfai_core.call import Call
from dfai_core.loop import after_fork
from dfai_core.report import Counters, Received, Sent

__all__ = ["Telemetry", "telemetry_of", "traceparent"]

_SCOPE = "dfai"
_COUNTED = {
    "rows": "{row}",
    "documents": "{document}",
    "requests": "{request}",
    "retries": "{retry}",
    "throttled": "{answer}",
    "maybe_billed": "{request}",
    "from_store": "{document}",
}
_lock = threading.Lock()


class _Instruments(NamedTuple):
    duration: Any
    counts: Mapping[str, Any]


class Telemetry:
    """One call in this process, told of its attempts and partitions."""

    def __init__(self, call: Call, backend: str, counters: Counters) -> None:
        target = call.config.target.resolve(call.service)
        self._name = call.service.name
        self._each = call.config.spans == "requests"
        self._counters = counters
        self._attributes = {
            "dfai.service": call.service.name,
            "dfai.backend": backend,
            "dfai.target": target.kind,
        }
        self._server = _server(target.url(call.service))
        self._trace = call.trace
        self._call_id = call.id
        self._reported = dict.fromkeys(_COUNTED, 0)
        self._parent: Any = None

    @contextmanager
    def span(self) -> Iterator[None]:
        """The span of a partition's rows, or of the whole frame where it is answered at once."""
        from opentelemetry import trace

        before = {name: getattr(self._counters, name) for name in ("rows", "documents", "requests")}
        span = trace.get_tracer(_SCOPE).start_span(
            self._name,
            context=_context_of(self._trace),
            attributes={**self._attributes, **self._server, "dfai.call": self._call_id},
        )
        # Requests of a process are no one partition's: they stand under the latest.
        self._parent = trace.set_span_in_context(span)
        try:
            # Not made current: rows leave in between, to code that is none of ours.
            with _failing(span):
                yield
        finally:
            for name, count in before.items():
                span.set_attribute(f"dfai.{name}", getattr(self._counters, name) - count)
            span.end()
            self._count()

    def answered(self, request: Sent, answer: Received, latency_s: float) -> None:
        """An attempt that was answered."""
        ended = {"http.response.status_code": answer.status}
        if answer.status >= 400:
            self._attempt(request, latency_s, {**ended, "error.type": str(answer.status)}, failed=True)
        else:
            self._attempt(request, latency_s, ended)

    def unanswered(self, request: Sent, kind: str, latency_s: float) -> None:
        """An attempt that broke."""
        self._attempt(request, latency_s, {"error.type": kind}, failed=True)

    def _attempt(self, request: Sent, latency_s: float, ended: Mapping[str, Any], *, failed: bool = False) -> None:
        from opentelemetry import metrics, trace

        attributes = {"http.request.method": request.method, **_server(request.url), **ended}
        _instruments(metrics.get_meter_provider()).duration.record(latency_s, attributes)
        if self._each:
            now_ns = time.time_ns()
            span = trace.get_tracer(_SCOPE).start_span(
                request.method,
                context=self._parent,
                kind=trace.SpanKind.CLIENT,
                attributes=attributes,
                start_time=now_ns - int(latency_s * 1e9),
            )
            if failed:
                span.set_status(trace.Status(trace.StatusCode.ERROR))
            span.end(now_ns)

    def _count(self) -> None:
        """Adds to the metrics what was counted since the last time."""
        from opentelemetry import metrics

        instruments = _instruments(metrics.get_meter_provider())
        with _lock:
            for name, counter in instruments.counts.items():
                count = getattr(self._counters, name)
                if count > self._reported[name]:
                    counter.add(count - self._reported[name], self._attributes)
                    self._reported[name] = count


def telemetry_of(call: Call, backend: str, counters: Counters) -> Telemetry | None:
    """The call's telemetry in this process; None where nobody has set up OpenTelemetry."""
    if "opentelemetry.trace" not in sys.modules:
        return None
    with _lock:
        if not isinstance(counters.observer, Telemetry):
            counters.observer = Telemetry(call, backend, counters)
        return counters.observer


def traceparent() -> str | None:
    """Where we are in a trace, as W3C writes it; None outside of any."""
    if "opentelemetry.trace" not in sys.modules:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")


def _context_of(parent: str | None) -> Any:
    """The context of a span: what surrounds it here, or else the trace in which its call was made."""
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    if parent is None or trace.get_current_span().get_span_context().is_valid:
        return None
    return TraceContextTextMapPropagator().extract({"traceparent": parent})


@contextmanager
def _failing(span: Any) -> Iterator[None]:
    """Marks *span* where an exception ends it: by its class alone, since a message may quote a row."""
    from opentelemetry import trace

    try:
        yield
    except Exception as error:
        span.set_status(trace.Status(trace.StatusCode.ERROR))
        span.set_attribute("error.type", type(error).__name__)
        raise


@lru_cache(maxsize=1_000)
def _server(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return {"server.address": parts.hostname or "", **({} if port is None else {"server.port": port})}


@lru_cache(maxsize=8)
def _instruments(provider: Any) -> _Instruments:
    meter = provider.get_meter(_SCOPE)
    duration = meter.create_histogram("http.client.request.duration", "s", "Duration of HTTP client requests.")
    counts = {name: meter.create_counter(f"dfai.{name}", unit) for name, unit in _COUNTED.items()}
    return _Instruments(duration, counts)


def _forget() -> None:
    global _lock
    _lock = threading.Lock()


after_fork(_forget)
