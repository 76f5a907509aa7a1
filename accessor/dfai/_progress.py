"""A progress bar for eager calls, where somebody is there to see it."""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import Any, Literal, Self

from dfai_core.report import Counters

__all__ = ["Bar", "rows_done"]

# A call that is over before this is over before anybody looks.
_DELAY_S = 0.5


class Bar:
    """Counts rows as their documents are answered; nothing at all where nobody would see it."""

    def __init__(self, label: str, rows: int, progress: Literal["auto", "bar", "off"]) -> None:
        self.shown = progress == "bar" or (progress == "auto" and _someone_looks())
        self._rows = rows
        self._label = label
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self.shown:
            with warnings.catch_warnings():
                # A notebook without widgets has a bar of text, which needs no apology.
                warnings.simplefilter("ignore")
                from tqdm.auto import tqdm

            self._bar = tqdm(total=self._rows, desc=self._label, unit="row", delay=_DELAY_S, leave=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, counters: Counters) -> None:
        """Shows what has been answered so far."""
        waiting = counters.documents - counters.settled
        self._bar.update(max(0, min(rows_done(counters), self._rows) - self._bar.n))
        notes = {"in flight": f"{waiting:,}"} if waiting else {}
        if failed := sum(counters.errors.values()):
            notes["errors"] = f"{failed:,}"
        if counters.throttled:
            notes["throttled"] = f"{counters.throttled:,}"
        self._bar.set_postfix(notes, refresh=False)


def rows_done(counters: Counters) -> int:
    """Rows of finished batches are certain; of all that were read, as many as their share of documents says."""
    if not counters.documents:
        return counters.rows
    return max(counters.rows, counters.read * counters.settled // counters.documents)


def _someone_looks() -> bool:
    """Whether this process writes to a terminal or serves a notebook."""
    shell = sys.modules.get("IPython")
    running = None if shell is None else shell.get_ipython()
    if running is not None and hasattr(running, "kernel"):
        return True
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # it was closed
        return False
