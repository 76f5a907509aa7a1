"""What happened during a call: one set of counters, the same on every backend."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

__all__ = ["Counters", "counters_of", "forget"]

_KEPT = 100  # calls of this process whose counters are remembered


@dataclass(slots=True)
class Counters:
    """Figures of one call in this process; written by the loop's thread, read by anyone."""

    rows: int = 0
    documents: int = 0  # distinct documents that were asked
    settled: int = 0  # of them, those that have their end
    coalesced: int = 0  # rows that shared another row's document
    requests: int = 0  # attempts included
    retries: int = 0
    throttled: int = 0  # answers with status 429
    maybe_billed: int = 0  # requests that broke after they may have been read
    errors: Counter[str] = field(default_factory=Counter)  # rows by code


_calls: OrderedDict[str, Counters] = OrderedDict()


def counters_of(call_id: str) -> Counters:
    """The counters of a call, made on first use."""
    found = _calls.get(call_id)
    if found is None:
        found = _calls[call_id] = Counters()
        while len(_calls) > _KEPT:
            _calls.popitem(last=False)
    return found


def forget() -> None:
    """Drops all counters: a forked child starts with none."""
    _calls.clear()
