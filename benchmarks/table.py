"""Tables as text and as Markdown, and the same figures as JSON with what they were measured on."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["OUT", "Table", "publish"]

OUT = Path(__file__).resolve().parent.parent / "out"


@dataclass(frozen=True, slots=True)
class Table:
    """Words to the left, numbers to the right, and a note under them.

    >>> print(Table("Speed", ["way", "rows/s"], [["fast", 1200000], ["slow", None]]))
    Speed
    way      rows/s
    fast  1,200,000
    slow          -
    """

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[Any]]
    note: str = ""

    def __str__(self) -> str:
        cells = [list(self.head), *([_cell(value) for value in row] for row in self.rows)]
        widths = [max(len(row[place]) for row in cells) for place in range(len(self.head))]
        words = self._words()
        lines = [
            "  ".join(
                cell.ljust(width) if word else cell.rjust(width)
                for cell, width, word in zip(row, widths, words, strict=True)
            ).rstrip()
            for row in cells
        ]
        return "\n".join([self.title, *lines, *([self.note] if self.note else [])])

    def markdown(self) -> str:
        """The table as the README has it.

        >>> print(Table("Speed", ["way", "rows/s"], [["fast", 1200000]]).markdown())
        **Speed**
        <BLANKLINE>
        | way | rows/s |
        | --- | ---: |
        | fast | 1,200,000 |
        """
        ruler = ["---" if word else "---:" for word in self._words()]
        cells = [list(self.head), ruler, *([_cell(value) for value in row] for row in self.rows)]
        lines = ["| " + " | ".join(row) + " |" for row in cells]
        return "\n".join([f"**{self.title}**", "", *lines, *(["", self.note] if self.note else [])])

    def _words(self) -> list[bool]:
        """Which columns hold words: the first, and those without a number."""
        columns = zip(*self.rows, strict=True)
        return [place == 0 or not any(map(_is_number, column)) for place, column in enumerate(columns)]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) or value is None


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def publish(name: str, tables: Sequence[Table], figures: Mapping[str, Any]) -> dict[str, Any]:
    """Prints *tables*, writes all to ``out/<name>.json`` and gives it back."""
    print(*tables, sep="\n\n", end="\n\n", flush=True)
    machine = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,  # absent on Windows
        "python": platform.python_version(),
    }
    found = {"machine": machine, "tables": [asdict(table) for table in tables], **figures}
    OUT.mkdir(exist_ok=True)
    (OUT / f"{name}.json").write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return found
