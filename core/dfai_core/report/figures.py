"""Figures of a call: plain sums that can be added over processes, taken apart by time, and sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from dfai_core.report.active import Interval, bounded
from dfai_core.report.latency import BINS
from dfai_core.report.timeline import Timeline

__all__ = ["COUNTS", "Figures"]

COUNTS = (
    "rows",
    "documents",
    "coalesced",
    "from_store",
    "requests",
    "retries",
    "throttled",
    "maybe_billed",
    "operations",
    "polls",
    "cancelled",
    "sent_bytes",
    "received_bytes",
    "begun",
    "ended",
    "failed",
    "repeated",
)
"""The whole numbers of `Figures`, which `Counters` has by the same names."""

# Codes and meters are few; a number of them is a mistake, or somebody's attempt at filling our memory.
_MOST_NAMES = 64


@dataclass(slots=True)
class Figures:
    """What happened, in numbers. Each field says of what."""

    rows: int = 0  # that were evaluated: a plan that is evaluated twice counts its rows twice
    documents: int = 0  # distinct ones that were asked for
    coalesced: int = 0  # rows that shared another row's document
    from_store: int = 0  # documents that a store had the answer of
    requests: int = 0  # attempts included
    retries: int = 0
    throttled: int = 0  # answers with status 429
    maybe_billed: int = 0  # requests that broke after they may have been read
    operations: int = 0  # long-running operations that the service accepted
    polls: int = 0  # requests that asked how one stands
    cancelled: int = 0  # operations given up
    sent_bytes: int = 0  # bodies alone
    received_bytes: int = 0
    begun: int = 0  # partitions
    ended: int = 0
    failed: int = 0  # of those that ended, by an exception
    repeated: int = 0  # earlier tries of partitions that ended well
    cpu_s: float = 0.0  # of the threads that send and receive
    errors: dict[str, int] = field(default_factory=dict)  # rows by code
    statuses: dict[int, int] = field(default_factory=dict)  # answers by HTTP status
    broken: dict[str, int] = field(default_factory=dict)  # requests without an answer, by what broke
    billed: dict[str, float] = field(default_factory=dict)  # units by the service's meter
    units: dict[str, float] = field(default_factory=dict)  # of what was sent, by our own count
    latency: dict[int, int] = field(default_factory=dict)  # answers by bin
    timeline: Timeline = field(default_factory=Timeline)  # documents that ended
    active: list[Interval] = field(default_factory=list)

    @classmethod
    def total(cls, parts: Iterable[Figures]) -> Figures:
        """All *parts* together."""
        result = cls()
        for part in parts:
            result = result.plus(part)
        return result

    def plus(self, other: Figures, sign: int = 1) -> Figures:
        """Both together, or with *sign* -1 what happened here since *other*, an earlier state of the same.

        Times of activity are not taken apart: whoever looks at a stretch of time clips them.
        """
        return Figures(
            **{name: getattr(self, name) + sign * getattr(other, name) for name in COUNTS},
            cpu_s=max(0.0, self.cpu_s + sign * other.cpu_s),
            errors=_added(self.errors, other.errors, sign),
            statuses=_added(self.statuses, other.statuses, sign),
            broken=_added(self.broken, other.broken, sign),
            billed=_added(self.billed, other.billed, sign),
            units=_added(self.units, other.units, sign),
            latency=_added(self.latency, other.latency, sign),
            timeline=self.timeline.plus(other.timeline, sign),
            active=bounded([*self.active, *other.active]) if sign > 0 else list(self.active),
        )

    def plain(self) -> dict[str, Any]:
        """As they travel: zeros stay at home."""
        named: dict[str, Mapping[str, Any]] = {
            "errors": self.errors,
            "broken": self.broken,
            "billed": self.billed,
            "units": self.units,
            "statuses": _by_text(self.statuses),
            "latency": _by_text(self.latency),
        }
        return {
            **{name: value for name in COUNTS if (value := getattr(self, name))},
            **{name: dict(values) for name, values in named.items() if values},
            "cpu_s": self.cpu_s,
            "timeline": self.timeline.plain(),
            "active": [list(interval) for interval in self.active],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self | None:
        """As they arrived; None where they are damaged. What another version counts besides is passed over."""
        try:
            return cls(
                **{name: int(plain.get(name, 0)) for name in COUNTS},
                cpu_s=float(plain.get("cpu_s", 0.0)),
                errors=_named(plain.get("errors", {})),
                broken=_named(plain.get("broken", {})),
                billed=_named(plain.get("billed", {}), float),
                units=_named(plain.get("units", {}), float),
                statuses={int(status): int(n) for status, n in plain.get("statuses", {}).items()},
                latency={int(p): int(n) for p, n in plain.get("latency", {}).items() if 0 <= int(p) < BINS},
                timeline=Timeline.from_plain(plain["timeline"]) if "timeline" in plain else Timeline(),
                active=[(float(start), float(end)) for start, end in plain.get("active", ())],
            )
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError):
            return None


def _added(ours: Mapping[Any, Any], theirs: Mapping[Any, Any], sign: int) -> dict[Any, Any]:
    result = dict(ours)
    for name, count in theirs.items():
        result[name] = result.get(name, 0) + sign * count
    return {name: count for name, count in result.items() if count}


def _by_text(counts: Mapping[int, int]) -> dict[str, int]:
    return {str(name): count for name, count in counts.items()}


def _named(values: Mapping[str, Any], kind: type[Any] = int) -> dict[str, Any]:
    if len(values) > _MOST_NAMES:
        raise ValueError("too many names")
    return {str(name): kind(value) for name, value in values.items()}
