"""Spans and metrics for who has set up OpenTelemetry, and nothing at all for everybody else."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from typing import Any, NamedTuple

import pytest

from dfai_core import Call
from dfai_core.report import process_id
from dfai_core.reported import Reported
from dfai_core.telemetry import traceparent
from dfai_core.transports import Answer, MaybeSent, Request
from faults.calls import call_of, hurry, slices
from faults.server import answered

trace = pytest.importorskip("opentelemetry.trace", reason='pip install "dfai[otel]" opentelemetry-sdk')
metrics = pytest.importorskip("opentelemetry.metrics")

SECRET = "hush-hush"


class Scripted:
    """A transport that answers each request as its script says, in turn, and well afterwards."""

    def __init__(self, *script: int | Exception) -> None:
        self._script = list(script)

    async def send(self, request: Request) -> Answer:
        turn = self._script.pop(0) if self._script else 200
        if isinstance(turn, Exception):
            raise turn
        assert request.body is not None
        body = answered(json.loads(request.body)["analysisInput"]["documents"]) if turn == 200 else {}
        return Answer(turn, {"retry-after-ms": "1"}, json.dumps(body).encode())

    async def aclose(self) -> None:
        return None


class Watched(NamedTuple):
    """What was exported since the test began."""

    spans: Any
    reader: Any

    def named(self, name: str) -> list[Any]:
        return [span for span in self.spans.get_finished_spans() if span.name == name]

    def metric(self, name: str) -> list[Any]:
        data = self.reader.get_metrics_data()
        return [
            point
            for resource in (data.resource_metrics if data else ())
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


@pytest.fixture(scope="module")
def exporters() -> Watched:
    """Exporters in memory; OpenTelemetry lets a process choose where its data go only once."""
    sdk = pytest.importorskip("opentelemetry.sdk.trace")
    from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
    from opentelemetry.sdk.metrics.export import AggregationTemporality, InMemoryMetricReader
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = sdk.TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    since_last = dict.fromkeys((Counter, Histogram), AggregationTemporality.DELTA)
    reader = InMemoryMetricReader(preferred_temporality=since_last)
    metrics.set_meter_provider(MeterProvider([reader]))
    return Watched(spans, reader)


@pytest.fixture
def watched(exporters: Watched) -> Watched:
    exporters.spans.clear()
    exporters.reader.get_metrics_data()
    return exporters


def answer_all(call: Call, texts: list[str], home: str | None = None) -> None:
    list(Reported(home or process_id(), "pandas")(call, slices(texts)))


def test_a_call_is_a_span_that_says_what_and_how_much(watched: Watched) -> None:
    call = call_of(transport=Scripted())

    answer_all(call, [f"text {n}" for n in range(25)] + ["text 1"])

    (span,) = watched.spans.get_finished_spans()
    assert span.name == "key_phrases"
    assert dict(span.attributes) == {
        "dfai.service": "key_phrases",
        "dfai.backend": "pandas",
        "dfai.target": "container",
        "dfai.call": call.id,
        "dfai.rows": 26,
        "dfai.documents": 25,
        "dfai.requests": 3,
        "server.address": "127.0.0.1",
        "server.port": 9,
    }
    assert span.status.is_unset or span.status.is_ok


def test_requests_are_spans_only_where_that_was_asked_for(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    call = call_of(transport=Scripted(503, MaybeSent("broke")), spans="requests", concurrency=1)

    answer_all(call, ["one", "two"])

    (whole,) = watched.named("key_phrases")
    failed, broken, good = watched.named("POST")
    assert failed.attributes["http.response.status_code"] == 503
    assert failed.attributes["error.type"] == "503"
    assert broken.attributes["error.type"] == "MaybeSent"
    assert "error.type" not in good.attributes
    assert good.attributes["http.response.status_code"] == 200
    assert good.attributes["server.port"] == 9
    assert {span.parent.span_id for span in (failed, broken, good)} == {whole.context.span_id}
    assert all(span.kind is trace.SpanKind.CLIENT for span in (failed, broken, good))
    assert not failed.status.is_ok


def test_counters_become_metrics_once(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)
    call = call_of(transport=Scripted(429), concurrency=1)

    answer_all(call, ["one", "two"])
    answer_all(call, ["three"])

    data = watched.reader.get_metrics_data()
    found = {
        metric.name: sum(point.value for point in metric.data.data_points)
        for scope in data.resource_metrics[0].scope_metrics
        for metric in scope.metrics
        if metric.name.startswith("dfai.")
    }
    assert found == {
        "dfai.rows": 3,
        "dfai.documents": 3,
        "dfai.requests": 3,
        "dfai.retries": 1,
        "dfai.throttled": 1,
    }


def test_every_attempt_is_in_the_duration_histogram(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)

    answer_all(call_of(transport=Scripted(503), concurrency=1), ["one"])

    points = watched.metric("http.client.request.duration")
    statuses = {point.attributes["http.response.status_code"]: point.count for point in points}
    assert statuses == {503: 1, 200: 1}
    assert {(p.attributes["http.request.method"], p.attributes["server.address"]) for p in points} == {
        ("POST", "127.0.0.1")
    }


def test_a_worker_stands_in_the_trace_in_which_its_call_was_made(watched: Watched) -> None:
    tracer = trace.get_tracer("a test")
    with tracer.start_as_current_span("the user's own") as outer:
        call = call_of(transport=Scripted(), trace=traceparent())

    answer_all(call, ["one"], home="another process")

    (span,) = watched.named("key_phrases")
    assert span.parent.span_id == outer.get_span_context().span_id
    assert span.context.trace_id == outer.get_span_context().trace_id


def test_here_a_call_stands_under_what_surrounds_it(watched: Watched) -> None:
    tracer = trace.get_tracer("a test")
    with tracer.start_as_current_span("the user's own") as outer:
        answer_all(call_of(transport=Scripted()), ["one"])

    (span,) = watched.named("key_phrases")
    assert span.parent.span_id == outer.get_span_context().span_id
    assert traceparent() is None


def test_a_failed_call_says_its_class_and_no_more(watched: Watched) -> None:
    call = call_of(transport=Scripted(401))

    with pytest.raises(Exception, match="refused"):
        answer_all(call, [f"a text that holds {SECRET}"])

    (span,) = watched.named("key_phrases")
    assert span.attributes["error.type"] == "Unauthorized"
    assert not span.status.is_ok
    assert SECRET not in span.to_json()


def test_without_opentelemetry_nothing_is_imported_nor_done() -> None:
    script = """
        import sys
        import dfai_core.telemetry as telemetry
        from dfai_core.report import Counters
        from faults.calls import call_of
        counters = Counters()
        print(telemetry.telemetry_of(call_of(), "pandas", counters), telemetry.traceparent(), counters.observer)
        print("opentelemetry" in sys.modules)
    """
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path[:0] = {sys.path!r}\n" + textwrap.dedent(script)],
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert done.stdout.split() == ["None", "None", "None", "False"], done.stderr
