"""A run: rows out of files, through a verb, into a file that is there only when it is whole."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from dfai._progress import rows_done
from dfai._report import track
from dfai._run import Run
from dfai.cli.asked import Asked, Question, source_of
from dfai.cli.display import State, shown
from dfai.cli.exits import Exit, Interrupted, Terminated
from dfai.cli.outcome import Outcome
from dfai.cli.parts import digest_of
from dfai.cli.stream import Answered, StreamVerbs, kept_by_stores
from dfai.cli.workplace import Workplace, workplace
from dfai.cli.writing import writer_for, written_as
from dfai_core.report import Counters, counters_of
from dfai_core.store import StoreSpec

__all__ = ["note", "run", "state_of"]


def note(message: str) -> None:
    """Says something by the way."""
    print(f"note: {message}", file=sys.stderr, flush=True)


def run(job: Asked) -> tuple[Outcome, Run]:
    """Does it.

    Raises
    ------
    DfaiError, OSError
        Nothing is written then.
    Interrupted
        By Ctrl-C or SIGTERM, with how to go on.
    """
    # What libraries print is for people; stdout may be for a program.
    question = job.question
    with redirect_stdout(sys.stderr), _told_to_stop(), workplace(job.out) as place:
        store = place.store(note) if job.own_store else None
        if store is not None and job.backend == "pandas":
            question = replace(question, settings={**question.settings, "store": store})
        try:
            with track() as figures:
                if job.backend == "pandas":
                    outcome = _here(job, question, place)
                else:
                    _elsewhere(job, place, store, figures)
        except KeyboardInterrupt as stop:
            code = Exit.TERMINATED if isinstance(stop, Terminated) else Exit.INTERRUPTED
            raise Interrupted(_how_to_go_on(job, place), code) from None
        place.finish()
    if job.backend != "pandas":
        outcome = Outcome.of(str(job.out), job.backend, figures)
    return outcome, figures


def _how_to_go_on(job: Asked, place: Workplace) -> str:
    named = job.question.settings.get("store")
    where = place.parts if place.parts.exists() else place.answers if place.holds_answers() else named
    if where is None:
        return "interrupted; nothing was written, and nothing is kept."
    if isinstance(where, Path) and where.is_relative_to(Path.cwd()):
        where = where.relative_to(Path.cwd())
    there = f"{where}" if job.out.local else f"{where}, on this machine"
    return f"interrupted; what was answered is kept in {there}. The same line again goes on from there."


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Makes SIGTERM an orderly end, as Ctrl-C is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_number: int, _frame: FrameType | None) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _here(job: Asked, question: Question, place: Workplace) -> Outcome:
    """In this process, batch by batch."""
    asked_of, source = source_of(question)
    verbs = StreamVerbs(source, note)
    arguments: dict[str, Any] = {**asked_of.options, **asked_of.settings}
    answered: Answered = getattr(verbs, asked_of.service.name)(*asked_of.inputs, **arguments)
    as_text = written_as(job.out.name) == "csv"
    keep = None if all(map(kept_by_stores, answered.calls)) else place.parts / digest_of(asked_of)
    schema = answered.schema(as_text=as_text)
    outcome = Outcome(str(job.out), job.backend)
    counters = [counters_of(call.id) for call in answered.calls]

    def look() -> State:
        return state_of(counters, source.rows)

    with (
        shown(question.service.name, look, job.progress),
        place.part.open("wb") as file,
        closing(writer_for(job.out.name, file, schema)) as writer,
        closing(answered.batches(as_text=as_text, keep=keep)) as batches,
    ):
        for rows, answers in batches:
            writer.write(rows)
            outcome.see(answers)
    return outcome


def state_of(counters: Sequence[Counters], rows: int) -> State:
    """Where calls stand, each of which answers so many *rows*."""
    return State(
        done=sum(min(rows_done(one), rows) for one in counters),
        rows=rows * len(counters),
        in_flight=sum(max(0, one.documents - one.settled) for one in counters),
        throttled=sum(one.throttled for one in counters),
        errors=sum(sum(one.errors.values()) for one in counters),
    )


def _elsewhere(job: Asked, place: Workplace, store: StoreSpec | None, figures: Run) -> None:
    """In polars' threads, or where Dask or Spark has its workers; nobody knows how many rows there are before."""
    from dfai.cli.clusters import written
    from dfai.cli.scans import sunk

    def look() -> State:
        errors = sum(figures.errors.values())
        return State(done=figures.rows, throttled=figures.throttled, errors=errors)

    with shown(job.question.service.name, look, job.progress):
        if job.backend == "polars":
            sunk(job.question, place.part, store)
        else:
            written(job.question, job.backend, place.part, store, note)
