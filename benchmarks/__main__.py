"""All benchmarks of speed, one after the other, and one table of their ratios: ``python -m benchmarks [--quick]``."""

from __future__ import annotations

import argparse
import time

from benchmarks import (
    accessor_speed,
    core_speed,
    fault_tolerance,
    frame_tools,
    limiter_simulation,
    memory_use,
    quota_use,
    slow_answers,
)
from benchmarks.summary import SIMULATED, lines
from benchmarks.table import Table, publish

_HEAD = ("what", "measured", "goal", "met")


def main(quick: bool) -> None:
    """Measures, prints and saves."""
    began = time.perf_counter()
    results = {
        "core_speed": core_speed.main(quick),
        "frame_tools": frame_tools.main(*[1] if quick else []),
        "accessor_speed": accessor_speed.main(rows=100_000 if quick else 1_000_000),
        "slow_answers": slow_answers.main(*[2_000, 300] if quick else []),
        "quota_use": quota_use.main(*[5.0] if quick else []),
        "limiter_simulation": limiter_simulation.main(only=f"{SIMULATED},"),
        "fault_tolerance": fault_tolerance.main(*[2_000, 300] if quick else []),
        "memory_use": memory_use.main(quick),
    }
    found = lines(results)
    took = f"All of it took {(time.perf_counter() - began) / 60:.0f} minutes."
    ratios = Table("One run", _HEAD, [[line.what, line.value, line.goal, line.met] for line in found], took)
    publish("bench", [ratios], {"benchmarks": results})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="All benchmarks of speed.")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and rows: whether all works, not how fast")
    main(parser.parse_args().quick)
