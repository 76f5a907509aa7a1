"""Python, processors and memory."""

from __future__ import annotations

import math
import os
import platform
import sys
from collections.abc import Iterator
from pathlib import Path

from dfai._run_text import bytes_of
from dfai.cli.checks.check import Check

__all__ = ["cores", "machine", "memory_bytes"]

_CGROUP = Path("/sys/fs/cgroup")
# The models of one family take up to a gigabyte; Spark alone as much again.
_LITTLE_BYTES = 2_000_000_000


def machine() -> Iterator[Check]:
    """What this runs on."""
    version = platform.python_version()
    yield Check(
        "Python",
        "ok",
        f"{platform.python_implementation()} {version} at {_shown(sys.executable)}, {platform.platform(terse=True)}",
    )
    memory = memory_bytes()
    found = f"{cores()} cores" + ("" if memory is None else f", {bytes_of(memory)} of memory")
    if memory is not None and memory < _LITTLE_BYTES:
        yield Check(
            "machine",
            "warning",
            found,
            "Models of several families may not fit at once: dfai serve on another machine can answer in their place.",
        )
    else:
        yield Check("machine", "ok", found)


def _shown(path: str) -> str:
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


def cores(root: Path = _CGROUP) -> int:
    """Processors that this process may use: the machine's, a mask's, or a container's quota."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _text(root / "cpu.max").split()
    if len(quota) == 2 and quota[0] != "max":
        usable = max(1, min(usable, math.ceil(int(quota[0]) / int(quota[1]))))
    return usable


def memory_bytes(root: Path = _CGROUP) -> int | None:
    """Memory that this process may use, where the system tells."""
    try:
        total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None
    limit = _text(root / "memory.max") or _text(root / "memory" / "memory.limit_in_bytes")
    return min(total, int(limit)) if limit.isdigit() else total


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
