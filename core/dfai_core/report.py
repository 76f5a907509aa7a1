"""What happened during a call: one set of counters, the same on every backend."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from dfai_core.loop import after_fork

__all__ = ["Counters", "counters_of"]

_KEPT = 100  # calls of this process whose counters are remembered
_lock = threading.Lock()


@dataclass(slots=True)
class Counters:
    """Figures of one call in this process, read by anyone.

    What concerns rows is written by the threads that call, under a lock; the rest by the loop's thread.
    """

    rows: int = 0
    documents: int = 0  # distinct documents that were asked
    settled: int = 0  # of them, those that have their end
    coalesced: int = 0  # rows that shared another row's document
    from_store: int = 0  # documents that a store had the answer of
    requests: int = 0  # attempts included
    retries: int = 0
    throttled: int = 0  # answers with status 429
    maybe_billed: int = 0  # requests that broke after they may have been read
    errors: Counter[str] = field(default_factory=Counter)  # rows by code

    def add_rows(self, rows: int, coalesced: int, errors: Mapping[str, int]) -> None:
        """Counts rows that have their end."""
        with _lock:
            self.rows += rows
            self.coalesced += coalesced
            self.errors.update(errors)


_calls: OrderedDict[str, Counters] = OrderedDict()


def counters_of(call_id: str) -> Counters:
    """The counters of a call, made on first use."""
    with _lock:
        found = _calls.get(call_id)
        if found is None:
            found = _calls[call_id] = Counters()
            while len(_calls) > _KEPT:
                _calls.popitem(last=False)
        return found


def _forget() -> None:
    """A forked child starts with no counters, and with a lock that nobody holds."""
    global _lock
    _lock = threading.Lock()
    _calls.clear()


after_fork(_forget)
