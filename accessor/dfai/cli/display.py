"""What a run shows while it lasts: a live line in a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal

from dfai._run_text import seconds

__all__ = ["Pace", "State", "line", "shown"]

_WINDOW_S = 20.0
# Where nobody looks all the time a line that repeats itself is noise.
_PLAIN_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class State:
    """Where a run stands. *rows* is None where nobody knows how many there are."""

    done: int = 0
    rows: int | None = None
    in_flight: int = 0
    throttled: int = 0
    errors: int = 0


@dataclass(slots=True)
class Pace:
    """Rows a second over the last moments."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def see(self, now_s: float, done: int) -> None:
        """At *now_s* so many rows were done."""
        self._seen.append((now_s, done))
        while len(self._seen) > 2 and self._seen[1][0] <= now_s - _WINDOW_S:
            self._seen.popleft()

    @property
    def rows_per_s(self) -> float | None:
        """None while nothing can be said."""
        if len(self._seen) < 2:
            return None
        (start_s, before), (end_s, after) = self._seen[0], self._seen[-1]
        return (after - before) / (end_s - start_s) if end_s > start_s and after > before else None


def line(state: State, rows_per_s: float | None) -> str:
    """The state in words.

    >>> line(State(done=1500, rows=6000, in_flight=48, throttled=3, errors=1), 250.0)
    '1,500 of 6,000 rows · 250 rows/s · 48 in flight · 3 throttled · 1 error · 18 s left'
    >>> line(State(), None)
    '0 rows'
    """
    of = "" if state.rows is None else f" of {state.rows:,}"
    parts = [f"{state.done:,}{of} rows"]
    if rows_per_s:
        parts.append(f"{rows_per_s:,.0f} rows/s" if rows_per_s >= 10 else f"{rows_per_s:.2g} rows/s")
    if state.in_flight:
        parts.append(f"{state.in_flight:,} in flight")
    if state.throttled:
        parts.append(f"{state.throttled:,} throttled")
    if state.errors:
        parts.append(f"{state.errors:,} error{'' if state.errors == 1 else 's'}")
    if rows_per_s and state.rows is not None and state.rows > state.done:
        left_s = (state.rows - state.done) / rows_per_s
        parts.append(f"{seconds(left_s) if left_s >= 60 else f'{max(1, round(left_s))} s'} left")
    return " · ".join(parts)


@contextmanager
def shown(label: str, look: Callable[[], State], progress: Literal["auto", "bar", "off"]) -> Iterator[None]:
    """Shows on stderr what *look* sees, until the block ends."""
    if progress == "off":
        yield
    elif progress == "bar" or _is_terminal():
        with _live(label, look, asked_for=progress == "bar"):
            yield
    else:
        with _plain(label, look):
            yield


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except (AttributeError, ValueError):  # there is none, or it was closed
        return False


@contextmanager
def _live(label: str, look: Callable[[], State], *, asked_for: bool) -> Iterator[None]:
    from rich.console import Console, ConsoleRenderable
    from rich.live import Live
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    pace = Pace()

    def render() -> ConsoleRenderable:
        state = look()
        pace.see(time.monotonic(), state.done)
        grid = Table.grid(padding=(0, 1))
        cells: list[ConsoleRenderable] = [Text(label, style="bold")]
        if state.rows:
            cells.append(ProgressBar(total=state.rows, completed=state.done, width=24))
        cells.append(Text(line(state, pace.rows_per_s), overflow="ellipsis", no_wrap=True))
        grid.add_row(*cells)
        return grid

    console = Console(stderr=True, force_terminal=True if asked_for else None)
    with Live(console=console, get_renderable=render, refresh_per_second=4, redirect_stdout=False, transient=True):
        yield


@contextmanager
def _plain(label: str, look: Callable[[], State]) -> Iterator[None]:
    over, pace = threading.Event(), Pace()

    def tell() -> None:
        pace.see(time.monotonic(), look().done)
        while not over.wait(_PLAIN_EVERY_S):
            state = look()
            pace.see(time.monotonic(), state.done)
            print(f"{label}: {line(state, pace.rows_per_s)}", file=sys.stderr, flush=True)

    teller = threading.Thread(target=tell, name="dfai-progress", daemon=True)
    teller.start()
    try:
        yield
    finally:
        over.set()
        teller.join()
