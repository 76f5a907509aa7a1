"""How counters come from workers to the process that made the call: the two ends of a channel.

A report holds all that one process has counted for one call so far, not what is new. So it may arrive twice, late,
or not at all: the latest of each source is what counts, and a later one makes up for a lost one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple, Protocol

__all__ = ["Channel", "Report", "Reporter"]


class Report(NamedTuple):
    """What one process has counted for one call so far: numbers and codes, never a text, a key or a URL."""

    call_id: str
    source: str
    """One process's counters of the call."""
    sequence: int
    """Grows with each report of a source."""
    figures: Mapping[str, Any]
    """As `Figures.plain` gives them: text and numbers in dicts and lists."""

    def plain(self) -> dict[str, Any]:
        """As it travels: JSON and msgpack take it."""
        return {"call": self.call_id, "source": self.source, "sequence": self.sequence, "figures": dict(self.figures)}

    @classmethod
    def from_plain(cls, plain: object) -> Report | None:
        """As it arrived; None for what is no report."""
        match plain:
            case {"call": str(call), "source": str(source), "sequence": int(sequence), "figures": Mapping() as figures}:
                return cls(call, source, sequence, figures)
        return None


class Reporter(Protocol):
    """The worker's end. It travels to the workers, so it pickles."""

    def send(self, report: Report) -> None:
        """Hands *report* over without waiting for anybody; called in the thread that runs the partition.

        It must not fail where it cannot deliver: a report is never worth a row.
        """
        ...

    def repeated(self) -> int:
        """How often this partition was tried before, where its scheduler tells; called once it has ended."""
        ...


class Channel(Protocol):
    """The end of the process that made the call."""

    @property
    def reporter(self) -> Reporter:
        """The other end."""
        ...

    def collect(self, call_ids: Collection[str]) -> Iterable[Report]:
        """What has arrived for these calls, the latest of each source at least; never fails."""
        ...

    def forget(self, call_id: str) -> None:
        """Nobody asks for this call any more."""
        ...

    def listening(self) -> AbstractContextManager[None]:
        """Held open while somebody tracks what is computed: where reporting has its price, it is paid only then."""
        ...
