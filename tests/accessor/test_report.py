"""What a run says of itself: figures, text, page, and whether that is all."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Hashable, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai._charts import latencies, sparkline, throughput
from dfai._run import CallState, Run, State
from dfai_core import Backend, Call
from dfai_core.backend import Run as Apply
from dfai_core.report import Figures, Timeline
from dfai_core.report.latency import bin_of
from dfai_pandas.backend import PandasBackend, answered
from lookalike import Lookalike

FRAME = pd.DataFrame({"t": [f"text {n}" for n in range(25)] + ["refuse me", None, "text 1"]})

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")


# ---- figures -----------------------------------------------------------------------------------------------


def test_last_run_has_the_figures_of_the_last_call(service: Lookalike) -> None:
    FRAME.head(3).ai.sentiment("t")
    FRAME.ai.sentiment("t")

    run = dfai.last_run()

    assert (run.calls, run.rows, run.documents, run.coalesced) == (1, 28, 26, 1)
    assert run.requests == 3
    assert run.errors == {"refused": 1}
    assert run.complete
    assert run.missing == ""


def test_two_columns_are_one_run(service: Lookalike) -> None:
    frame = pd.DataFrame({"a": ["good"], "b": ["bad"]})

    frame.ai.sentiment(["a", "b"])

    assert (dfai.last_run().calls, dfai.last_run().rows) == (2, 2)


def test_a_series_is_reported_too(service: Lookalike) -> None:
    FRAME["t"].ai.sentiment()

    assert dfai.last_run().rows == 28


def test_track_counts_what_is_inside_and_nothing_else(service: Lookalike) -> None:
    FRAME.ai.sentiment("t")
    with dfai.track() as run:
        FRAME.ai.sentiment("t")
        inside = run.rows
        FRAME.ai.key_phrases("t")
    FRAME.ai.sentiment("t")

    assert (inside, run.rows, run.calls) == (28, 56, 2)


def test_tracks_may_stand_in_each_other(service: Lookalike) -> None:
    with dfai.track() as outer:
        FRAME.ai.sentiment("t")
        with dfai.track() as inner:
            FRAME.ai.sentiment("t")

    assert (outer.rows, inner.rows) == (56, 28)


def test_a_track_that_ends_by_an_exception_keeps_what_it_saw(service: Lookalike) -> None:
    seen: list[Run] = []

    def broken() -> None:
        with dfai.track() as run:
            seen.append(run)
            FRAME.ai.sentiment("t")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    assert (seen[0].rows, seen[0].complete) == (28, True)


def test_nothing_computed_is_nothing() -> None:
    with dfai.track() as run:
        pass

    assert (run.calls, run.rows, run.latency_ms[0.5], run.rows_per_s, run.complete) == (0, 0, None, None, True)
    assert repr(run) == "nothing computed"
    assert "nothing computed" in run.to_html()


def test_a_call_in_another_thread_is_counted_once_it_is_done(
    service: Lookalike, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfai._report._ASK_EVERY_S", -1.0)
    begun, go_on = threading.Event(), threading.Event()
    answer = service.transport.handler

    def slow(request: Any) -> Any:
        begun.set()
        go_on.wait(10)
        return answer(request)

    service.transport.handler = slow
    settings = {"target": dfai.container("http://localhost:5000"), "transport": service.transport}
    thread = threading.Thread(target=lambda: FRAME.head(2).ai.sentiment("t", language="en", **settings))
    with dfai.track() as run:
        thread.start()
        assert begun.wait(10)
        running = run.missing
    go_on.set()
    thread.join()

    assert "1 partition running" in running
    assert (run.rows, run.complete) == (2, True)


def test_unknown_figures_are_said_to_be_unknown() -> None:
    run = dfai.last_run()

    with pytest.raises(AttributeError, match=r"a run has no 'row'; it has rows, documents"):
        run.row  # noqa: B018
    with pytest.raises(KeyError):
        run.latency_ms[5]
    assert {"rows", "errors", "latency_ms"} <= set(dir(run))
    assert list(run.latency_ms) == [0.5, 0.9, 0.99]


class Elsewhere(PandasBackend):
    """A third party's backend: lazy, and silent about what its workers count."""

    name = "elsewhere"

    def is_lazy(self, frame: Any) -> bool:
        return True

    def apply(self, frame: Any, call: Call, run: Apply, drop: Sequence[Hashable]) -> Any:
        return lambda: answered(frame, call, run, drop)


def test_a_backend_that_reports_nothing_works_and_is_said_to_be_partial(
    service: Lookalike, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend: Backend = Elsewhere()
    monkeypatch.setattr("dfai._frame.backend_of", lambda frame: backend)
    shippable = {"target": dfai.container("http://localhost:5000"), "transport": service.transport}
    with dfai.track() as run:
        later = dfai.on(FRAME).sentiment("t", language="en", **shippable)  # type: ignore[arg-type]
        before = run.missing
        later()  # type: ignore[operator]

    assert "1 call not computed yet" in before
    assert run.rows == 28
    assert not run.complete
    assert run.missing == "elsewhere may have counted more in other processes"


# ---- how it is shown ---------------------------------------------------------------------------------------


def made(**more: Any) -> State:
    figures = Figures(
        rows=12_000,
        documents=11_900,
        coalesced=100,
        from_store=900,
        requests=1_105,
        retries=5,
        throttled=3,
        errors={"refused": 2, "rate_limited": 11},
        statuses={200: 1_100, 429: 3, 503: 2},
        broken={"MaybeSent": 1},
        billed={"Text.Records": 11_000.0},
        latency={bin_of(0.05): 1_000, bin_of(0.4): 100},
        timeline=Timeline().adding(1_000.0, 9_000).adding(1_001.0, 2_900),
        active=[(1_000.0, 1_002.0)],
        sent_bytes=1_234_567,
        received_bytes=2_345_678,
        begun=4,
        ended=4,
        cpu_s=0.5,
    )
    names = {"verb": "sentiment", "output": "sentiment", "backend": "spark", "target": "https://x.example", **more}
    return State((CallState(**names, figures=figures, lost=0, promised=True),))


def test_it_prints_as_a_few_aligned_lines() -> None:
    shown = repr(Run(made))

    assert shown.splitlines() == [
        "sentiment  on spark, answered by https://x.example",
        "  rows       12,000  6,000 rows/s",
        "  documents  11,900  100 shared, 900 from a store",
        "  requests    1,105  5 retries, 3 throttled",
        "  errors         13  rate_limited 11, refused 2",
        "  latency     49 ms  median; 90 %: 51 ms, 99 %: 406 ms",
        "  sent       1.2 MB  received 2.3 MB",
        "  billed     11,000  Text.Records",
        "  time        2.0 s  processor 0.5 s",
    ]


def test_its_values_are_plain() -> None:
    plain = json.loads(json.dumps(Run(made).to_dict()))

    assert plain["rows"] == 12_000
    assert plain["answers"] == {"200": 1_100, "429": 3, "503": 2}
    assert plain["latency_ms"]["0.5"] == pytest.approx(52, rel=0.09)
    assert plain["billed"] == {"Text.Records": 11_000}
    assert plain["cost"] is None
    assert plain["by_call"][0]["backend"] == "spark"
    assert plain["complete"] is True


class Reader(HTMLParser):
    """Checks that tags are closed in order, and remembers them."""

    VOID = frozenset({"meta", "br", "link", "img"})
    EMPTY = frozenset({"path", "rect", "line"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in self.VOID:
            self.open.append(tag)
        assert not [name for name, value in attrs if name in ("src", "href") or name.startswith("on")]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert reader.open == []
    return reader


def test_the_page_is_whole_and_needs_nothing_else(tmp_path: Path) -> None:
    html = Run(made).to_html()
    Run(made).to_html(tmp_path / "run.html")

    tags = read(html).tags
    assert (tmp_path / "run.html").read_text(encoding="utf-8") == html
    assert {"svg", "style", "table"} <= tags
    assert not tags & {"script", "link", "img", "iframe"}
    assert "prefers-color-scheme: dark" in html
    assert "http" not in re.sub(r"answered by https://x\.example", "", html)
    for words in ("12,000", "11,900", "rate_limited", "Text.Records", "answers with status 429", "Complete."):
        assert words in html


def test_the_card_brings_no_style_that_touches_the_notebook() -> None:
    html = Run(made)._repr_html_()

    assert not read(html).tags & {"script", "style", "link"}
    assert "12,000" in html


def test_whatever_a_column_is_called_it_cannot_break_the_page() -> None:
    state = made(output="</table><script>alert(1)</script>", target='https://x"><b>')
    waiting = State((*state.calls, CallState("ocr", "<i>", "dask", "&", Figures(), 0, True)))

    for html in (Run(lambda: state).to_html(), Run(lambda: waiting).to_html(), Run(lambda: waiting)._repr_html_()):
        assert not read(html).tags & {"script", "b", "i"} - {"b"}
        assert "alert(1)</script>" not in html


def test_what_is_missing_is_said_everywhere() -> None:
    state = State((*made().calls, CallState("ocr", "text", "dask", "local", Figures(begun=3, ended=1), 2, True)))
    run = Run(lambda: state)

    words = "2 partitions running, or gone without a last report; 5 reported"
    assert not run.complete
    assert repr(run).endswith(f"not complete: {words}")
    assert words in run.to_html()
    assert words in run._repr_html_()
    assert run.to_dict()["missing"] == words


@pytest.mark.parametrize("seconds", [0.05, 3, 200, 9_000])
def test_charts_stay_within_their_frames(seconds: float) -> None:
    timeline = Timeline()
    for place in range(200):
        timeline = timeline.adding(1_000 + place * seconds / 200, place % 7)
    counts = {bin_of(seconds * (1 + place) / 100): place + 1 for place in range(100)}

    for svg in (throughput(timeline, "documents"), latencies(counts), sparkline(timeline)):
        read(svg)
        width = float(re.search(r'viewBox="0 0 (\d+)', svg)[1])  # type: ignore[index]
        places = [float(x) for x in re.findall(r' x="(-?[\d.]+)"|H(-?[\d.]+)', svg) for x in x if x]
        assert all(-1 <= x <= width + 1 for x in places)
    assert throughput(Timeline(), "documents") == latencies({}) == sparkline(Timeline()) == ""
