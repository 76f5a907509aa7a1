"""How many processors this process may use: the machine's, a mask's, or a container's quota."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["quota_cores", "usable_cores"]

CGROUP = Path("/sys/fs/cgroup")


def usable_cores() -> int:
    """The processors that this process may use: fewer than the machine's under ``taskset`` or a container's limit.

    Threads past a container's quota do not compute, they wait: the kernel stops the whole container for the rest of
    each period.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = quota_cores()
    return cores if quota is None else max(1, min(cores, math.ceil(quota)))


def quota_cores(root: Path = CGROUP) -> float | None:
    """The processor time that the container of this process may use each second, in seconds; None without a limit.

    A container sees its own control group at the root of that file system.
    Source: the kernel's documentation, "Control Group v2" (``cpu.max``) and "CFS Bandwidth Control".
    """
    match _words(root / "cpu.max"):
        case [quota, period] if quota != "max":
            return int(quota) / int(period)
        case [_, _]:
            return None
    match _words(root / "cpu" / "cpu.cfs_quota_us"), _words(root / "cpu" / "cpu.cfs_period_us"):
        case [quota], [period] if int(quota) > 0:
            return int(quota) / int(period)
    return None


def _words(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii").split()
    except OSError:
        return []
