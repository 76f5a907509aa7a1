"""A progress bar for eager calls, where somebody is there to see it."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import Any, Self

from dfai_core import Call
from dfai_core.report import Counters

__all__ = ["Bar"]

# A call that is over before this is over before anybody looks.
_DELAY_S = 0.5


class Bar:
    """Counts rows as their documents are answered; nothing at all where nobody would see it."""

    def __init__(self, call: Call, rows: int) -> None:
        self.shown = call.config.progress == "bar" or (call.config.progress == "auto" and _someone_looks())
        self._rows = rows
        self._label = call.service.name
        self._bar: Any = None

    def __enter__(self) -> Self:
        if self.shown:
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
        share = counters.settled / counters.documents if counters.documents else 1.0
        # Rows of finished batches are certain; of the rest, as many as their share of documents says.
        rows = counters.rows + int((self._rows - counters.rows) * share) if waiting else counters.rows
        self._bar.update(max(0, min(rows, self._rows) - self._bar.n))
        notes = {"in flight": f"{waiting:,}"} if waiting else {}
        if failed := sum(counters.errors.values()):
            notes["errors"] = f"{failed:,}"
        if counters.throttled:
            notes["throttled"] = f"{counters.throttled:,}"
        self._bar.set_postfix(notes, refresh=False)


def _someone_looks() -> bool:
    return sys.stderr.isatty() or "ipykernel" in sys.modules
