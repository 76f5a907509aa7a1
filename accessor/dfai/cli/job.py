"""A run: rows out of files, through a verb, into a file that is there only when it is whole."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stdout
from dataclasses import replace
from types import FrameType
from typing import Any

from dfai._progress import rows_done
from dfai._report import track
from dfai._run import Run
from dfai.cli.asked import Asked, source_of
from dfai.cli.display import State, shown
from dfai.cli.exits import Exit, Interrupted
from dfai.cli.outcome import Outcome
from dfai.cli.stream import Answered, StreamVerbs
from dfai.cli.workplace import Workplace, workplace
from dfai.cli.writing import writer_for, written_as
from dfai_core.report import Counters, counters_of
from dfai_core.store import StoreSpec

__all__ = ["note", "run", "state_of"]


def note(message: str) -> None:
    """Says something by the way."""
    print(f"note: {message}", file=sys.stderr, flush=True)


def run(question: Asked) -> tuple[Outcome, Run]:
    """Does it.

    Raises
    ------
    DfaiError, OSError
        Nothing is written then.
    Interrupted
        By Ctrl-C or SIGTERM, with how to go on.
    """
    # What libraries print is for people; stdout may be for a program.
    with redirect_stdout(sys.stderr), _told_to_stop(), workplace(question.out) as place:
        store = place.store(note) if question.own_store and _asks(question) else None
        if store is not None:
            question = replace(question, settings={**question.settings, "store": store})
        try:
            with track() as figures:
                if question.backend == "pandas":
                    outcome = _here(question, place)
                else:
                    _elsewhere(question, place, figures)
        except KeyboardInterrupt as stop:
            code = stop.code if isinstance(stop, Interrupted) else Exit.INTERRUPTED
            raise Interrupted(code, _how_to_go_on(question)) from None
        place.finish()
    if question.backend != "pandas":
        outcome = Outcome.of(str(question.out), question.backend, figures)
    return outcome, figures


def _asks(question: Asked) -> bool:
    return question.service.keeps and question.service.shareable


def _how_to_go_on(question: Asked) -> str:
    if not _asks(question):
        return "interrupted; nothing was written, and no store keeps what this verb answers: the same line starts anew."
    store = question.settings.get("store")
    if store is None:
        return "interrupted; nothing was written."
    place = str(store) if isinstance(store, (StoreSpec, str)) else "its store"
    return f"interrupted; what was answered is kept in {place}. The same line again goes on from there."


@contextmanager
def _told_to_stop() -> Iterator[None]:
    """Makes SIGTERM an orderly end, as Ctrl-C is."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise Interrupted(Exit.TERMINATED)

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _here(question: Asked, place: Workplace) -> Outcome:
    """In this process, batch by batch."""
    question, source = source_of(question)
    verbs = StreamVerbs(source, note)
    arguments: dict[str, Any] = {**question.options, **question.settings}
    answered: Answered = getattr(verbs, question.service.name)(*question.inputs, **arguments)
    as_text = written_as(question.out.name) == "csv"
    schema = answered.schema(as_text=as_text)
    outcome = Outcome(str(question.out), question.backend)
    counters = [counters_of(call.id) for call in answered.calls]

    def look() -> State:
        return state_of(counters, source.rows)

    with (
        shown(question.service.name, look, question.progress),
        place.part.open("wb") as file,
        closing(writer_for(question.out.name, file, schema)) as writer,
        closing(answered.batches(as_text=as_text)) as batches,
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


def _elsewhere(question: Asked, place: Workplace, figures: Run) -> None:
    """Where Dask or Spark has its workers; how many rows there are nobody knows before they are read."""
    from dfai.cli.clusters import written

    def look() -> State:
        errors = sum(figures.errors.values())
        return State(done=figures.rows, throttled=figures.throttled, errors=errors)

    with shown(question.service.name, look, question.progress):
        written(question, place.part)
