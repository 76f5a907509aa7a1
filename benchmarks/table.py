"""Plain tables, and the same figures as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["OUT", "save", "show"]

OUT = Path(__file__).resolve().parent.parent / "out"


def show(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """A table as text: the first column to the left, numbers to the right.

    >>> print(show("Speed", ["way", "rows/s"], [["fast", 1200000], ["slow", None]]))
    Speed
    way      rows/s
    fast  1,200,000
    slow          -
    """
    cells = [list(head), *([_cell(value) for value in row] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(head))]
    lines = [
        "  ".join(
            [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        )
        for row in cells
    ]
    return "\n".join([title, *(line.rstrip() for line in lines)])


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def save(name: str, figures: Mapping[str, Any]) -> Path:
    """Writes *figures* with what they were measured on to ``out/<name>.json``."""
    OUT.mkdir(exist_ok=True)
    path = OUT / f"{name}.json"
    machine = {
        "measured": datetime.now(UTC).isoformat(timespec="seconds"),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,  # absent on Windows
        "python": platform.python_version(),
    }
    path.write_text(json.dumps({"machine": machine, **figures}, indent=2) + "\n", encoding="utf-8")
    return path
