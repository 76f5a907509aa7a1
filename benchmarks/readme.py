"""Puts the tables of the last ``make bench`` into the README: ``python -m benchmarks.readme``."""

from __future__ import annotations

import json
import platform
from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.table import OUT, Table

__all__ = ["main", "section"]

_README = Path(__file__).resolve().with_name("README.md")
_START, _END = "<!-- figures: python -m benchmarks.readme writes what follows -->", "<!-- end of the figures -->"
_LIBRARIES = ("aiohttp", "httpx", "azure-ai-textanalytics", "pandas", "dask", "pyspark", "pyarrow")


def section(found: Mapping[str, Any]) -> str:
    """All tables of one run, under the day and the machine."""
    return "\n\n".join([_machine(found["machine"]), *(table.markdown() for table in _tables(found))])


def _machine(machine: Mapping[str, Any]) -> str:
    day = datetime.fromisoformat(machine["measured"]).date()
    libraries = ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES)
    return (
        f"Measured on {day} by `make bench`, on {machine['cores']} cores ({platform.machine()}), "
        f"Python {machine['python']}, {libraries}."
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "absent"


def _tables(found: Mapping[str, Any]) -> Iterator[Table]:
    for each in (found, *found["benchmarks"].values()):
        for table in each["tables"]:
            yield Table(**table)


def main() -> None:
    """Replaces what stands between the two marks."""
    found = json.loads((OUT / "bench.json").read_text(encoding="utf-8"))
    before, _, rest = _README.read_text(encoding="utf-8").partition(_START)
    _, mark, after = rest.partition(_END)
    if not mark:
        raise SystemExit(f"{_README} has no place for figures: {_START!r} and {_END!r}")
    _README.write_text(f"{before}{_START}\n\n{section(found)}\n\n{_END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
