"""The same figures on every backend, and they are those that the service saw."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

import dfai
from dfai_core.host_reports import host_channel
from dfai_core.ledger import LEDGER, Entry
from dfai_core.report import Report
from frames import Frames
from service import POISON, UNSPEAKABLE, Document, Scene, Service

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

METER = "CognitiveServices.TextAnalytics.TextRecords"
KEY = "s3cr3t-planted-key"
TEXT = "a planted text"


def texts(size: int = 95) -> list[str | None]:
    return [f"good {number}" for number in range(size)]


def test_figures_are_those_that_the_service_saw(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": [*texts(), None, "", f"{UNSPEAKABLE} 1", f"bad {POISON} 2"]})

    with dfai.track() as run:
        frames.read(frame.ai.sentiment("t", language="en"))

    assert (run.calls, run.rows, run.complete) == (1, 99, True), run.missing
    assert run.errors == {"refused": 2, "empty": 1}
    assert run.documents == 97
    assert run.requests == scene.requests == sum(run.answers.values())
    assert run.answers[400] >= 1
    assert run.billed == {METER: 97 - 1}  # the poisoned document was never answered
    assert 0 < run.sent_bytes < run.received_bytes
    assert 0 < run.latency_ms[0.5] <= run.latency_ms[0.99]
    assert 0 < run.wall_s < 60
    assert run.rows_per_s == pytest.approx(99 / run.wall_s)
    assert (run.retries, run.throttled, run.maybe_billed, run.from_store, run.cost) == (0, 0, 0, 0, None)


def test_retries_are_counted_as_the_service_counts_them(frames: Frames, service: Service) -> None:
    failed: set[str] = set()
    refusals = []

    def first_time(number: int, documents: Sequence[Document]) -> int | None:
        new = {document["text"] for document in documents} - failed
        failed.update(new)
        if new:
            refusals.append(number)
        return 503 if new else None

    scene = service.scene(fault=first_time)
    with dfai.using(target=scene.target, attempts=3, progress="off"), dfai.track() as run:
        frames.read(frames.build({"t": texts(30)}).ai.sentiment("t", language="en"))

    assert run.retries == len(refusals)
    assert run.answers == {503: len(refusals), 200: scene.requests - len(refusals)}
    assert (run.requests, run.documents, run.errors) == (scene.requests, 30, {})


def test_equal_texts_are_shared_and_a_store_saves_documents(frames: Frames, scene: Scene, tmp_path: Path) -> None:
    with dfai.using(store=str(tmp_path / "store")):
        frames.read(frames.build({"t": texts(20)}).ai.sentiment("t", language="en"))
        before = len(scene.documents)
        with dfai.track() as run:
            frames.read(frames.build({"t": texts(30) * 2}).ai.sentiment("t", language="en"))

    assert run.rows == 60
    assert run.documents + run.coalesced == 60
    assert run.documents - run.from_store == len(scene.documents) - before
    assert run.from_store >= 20


def test_operations_and_their_polls_are_counted(frames: Frames, scene: Scene) -> None:
    with dfai.track() as run:
        frames.read(frames.build({"t": texts(4)}).ai.extract_summary("t", language="en"))

    assert run.operations == len(scene.jobs) > 0
    assert run.polls >= run.operations
    assert run.requests == run.operations + run.polls
    assert run.answers == {200: run.polls, 202: run.operations}


def test_several_verbs_and_computations_add_up(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": texts(20), "u": [f"bad {n}" for n in range(20)]})

    with dfai.track() as run:
        frames.read(frame.ai.sentiment(["t", "u"], language="en"))
        frames.read(frame.ai.key_phrases("t", language="en"))

    assert (run.calls, run.rows, run.documents, run.complete) == (3, 60, 60, True)
    assert run.requests == scene.requests
    by_call = run.to_dict()["by_call"]
    assert [(call["verb"], call["output"], call["rows"]) for call in by_call] == [
        ("sentiment", "t_sentiment", 20),
        ("sentiment", "u_sentiment", 20),
        ("key_phrases", "key_phrases", 20),
    ]
    assert sum(call["requests"] for call in by_call) == run.requests


def test_the_last_run_is_what_was_computed_last(frames: Frames, scene: Scene) -> None:
    one = frames.build({"t": texts(20)}).ai.sentiment("t", language="en")
    frames.read(one)
    first = dfai.last_run()
    other = frames.build({"t": texts(7), "u": texts(7)}).ai.key_phrases(["t", "u"], language="en")
    frames.read(other)
    second = dfai.last_run()

    assert (first.calls, first.rows, first.to_dict()["by_call"][0]["verb"]) == (1, 20, "sentiment")
    assert (second.calls, second.rows, second.complete) == (2, 14, True)
    assert {call["verb"] for call in second.to_dict()["by_call"]} == {"key_phrases"}
    assert (first.rows, first.documents) == (20, 20)  # what was looked at does not change any more


def test_what_is_computed_twice_is_counted_twice(frames: Frames, scene: Scene) -> None:
    if not frames.lazy:
        pytest.skip("a pandas frame is computed once")
    answered = frames.build({"t": texts(20)}).ai.sentiment("t", language="en")
    frames.read(answered)
    with dfai.track() as run:
        frames.read(answered)

    assert (run.calls, run.rows, run.complete) == (1, 20, True)
    assert dfai.last_run().rows == 40


def test_lazy_frames_count_when_they_are_computed(
    frames: Frames, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dfai._report._ASK_EVERY_S", -1.0)
    if not frames.lazy:
        pytest.skip("a pandas frame is computed at once")
    frame = frames.build({"t": texts(20)})
    made_before = frame.ai.sentiment("t", language="en")
    with dfai.track() as run:
        made_inside = frame.ai.key_phrases("t", language="en")
        waiting = (run.calls, run.complete)
        frames.read(made_before)
    left_open = (run.calls, run.rows, run.complete, run.missing)
    frames.read(made_inside)
    frames.read(made_before)

    assert waiting == (0, False)
    assert left_open[:3] == (1, 20, False)
    assert "1 call not computed yet" in left_open[3]
    # What was made inside counts though it was computed later; what was computed inside counts once.
    assert (run.calls, run.rows, run.complete) == (2, 40, True)


def test_threads_are_tracked_too(frames: Frames, scene: Scene) -> None:
    frame = frames.build({"t": texts(20)})

    def work() -> None:
        with dfai.using(target=scene.target, attempts=1, progress="off"):
            frames.read(frame.ai.sentiment("t", language="en"))

    with dfai.track() as run:
        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert (run.calls, run.rows) == (2, 40)
    assert run.requests == scene.requests


def test_a_refused_key_is_reported_too(frames: Frames, service: Service, settings_of: Any) -> None:
    scene = service.scene(fault=lambda number, documents: 401)

    with settings_of(scene, concurrency=1), dfai.track() as run, pytest.raises(Exception, match="refused"):
        frames.read(frames.build({"t": texts(3)}, partitions=1).ai.sentiment("t", language="en"))

    assert run.answers == {401: scene.requests}
    assert run.calls == 1


def test_nothing_of_a_key_or_a_text_is_in_any_report(
    frames: Frames, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = {entry.call_id for entry in LEDGER.entries()}
    arrived: list[Report] = []
    take = Entry.take

    def overheard(entry: Entry, report: Report) -> None:
        if entry.call_id not in earlier:
            arrived.append(report)
        take(entry, report)

    monkeypatch.setattr(Entry, "take", overheard)
    frame = frames.build({"t": [f"{TEXT} {n}" for n in range(20)] + [f"{UNSPEAKABLE} {TEXT}"]})
    with dfai.track() as run:
        frames.read(frame.ai.sentiment("t", language="en", target=dfai.container(scene.url, key=KEY)))

    channel = host_channel()
    assert channel is not None
    written = [path.read_text() for path in Path(channel.reporter.folder).iterdir() if path.is_file()]
    shown = [run.to_html(), run._repr_html_(), repr(run), str(run.to_dict()), *map(repr, arrived), *written]
    assert run.rows == 21
    assert bool(arrived) == (frames.lazy and frames.processes > 1)
    for word in (KEY, TEXT, "planted"):
        assert not any(word in text for text in shown)


def test_each_backend_brings_its_counters_home_by_itself(
    frames: Frames, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the files that processes of one host share: as it is where workers are elsewhere."""
    monkeypatch.setattr("dfai._frame.host_channel", lambda: None)

    with dfai.track() as run:
        frames.read(frames.build({"t": [*texts(30), UNSPEAKABLE]}).ai.sentiment("t", language="en"))

    if frames.name == "dask-processes":  # a pool has no way but files
        assert (run.calls, run.complete) == (0, False)
    else:
        assert (run.rows, run.documents, run.requests, run.errors) == (31, 31, scene.requests, {"refused": 1})
        assert run.complete, run.missing


def test_reports_can_be_switched_off(frames: Frames, scene: Scene) -> None:
    with dfai.track() as run:
        result = frames.read(frames.build({"t": texts(5)}).ai.sentiment("t", language="en", report="off"))

    assert result["sentiment"] == ["positive"] * 5
    assert run.complete == (not frames.lazy)
    if frames.lazy:
        assert "may have counted more" in run.missing
