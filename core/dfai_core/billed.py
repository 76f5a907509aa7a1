"""What a service counts when it bills: its unit, and how many of them a document is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = [
    "CHARACTER",
    "DOCUMENT",
    "PAGE",
    "RECORD_CHARACTERS",
    "SECOND",
    "TEXT_RECORD",
    "TRANSACTION",
    "UNMEASURED",
    "Billing",
    "Each",
    "Unit",
    "text_records",
]

UNMEASURED = "not measured"
"""Under this name documents are counted whose units nobody knew when they were sent."""
RECORD_CHARACTERS = 1_000


@dataclass(frozen=True, slots=True)
class Unit:
    """What is counted, and how many of them a price is quoted for."""

    name: str
    plural: str
    quoted: int
    quoted_as: str


TEXT_RECORD = Unit("text record", "text records", 1_000, "1,000 text records")
TRANSACTION = Unit("transaction", "transactions", 1_000, "1,000 transactions")
DOCUMENT = Unit("document", "documents", 1_000, "1,000 documents")
PAGE = Unit("page", "pages", 1_000, "1,000 pages")
SECOND = Unit("second of audio", "seconds of audio", 3_600, "hour of audio")
CHARACTER = Unit("character", "characters", 1_000_000, "1,000,000 characters")


@dataclass(frozen=True, slots=True)
class Billing:
    """What a service bills for each document that it is sent.

    *count* is given a document as it is sent (a long text: one of its parts) and the options that all documents of the
    call have in common; None where only the content tells, and that has not been read. *source* says where the rule
    comes from. *beside* says what may be billed besides, which only the answers tell. Texts of at most *even*
    characters are one unit each, so that they need not be looked at one by one.
    """

    unit: Unit
    count: Callable[[tuple[Any, ...], Mapping[str, Any]], float | None]
    source: str
    beside: str = ""
    even: int = 0


@dataclass(frozen=True, slots=True)
class Each:
    """A document is so many units, whatever it holds."""

    units: float = 1.0

    def __call__(self, document: tuple[Any, ...], options: Mapping[str, Any]) -> float:
        return self.units


def text_records(document: tuple[Any, ...], _: Mapping[str, Any]) -> float:
    """Begun thousands of characters, counted as Unicode code points: never fewer than there are text elements.

    >>> [text_records((text,), {}) for text in ("a", "a" * 1_000, "a" * 1_001)]
    [1.0, 1.0, 2.0]
    """
    return float(max(1, -(-len(document[0]) // RECORD_CHARACTERS)))
