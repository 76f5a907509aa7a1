"""How fast series are answered through the verbs, from frame to frame.

OMP_NUM_THREADS=1 taskset -c 0 python -m benchmarks.series_speed     # a million points on one core
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import pandas as pd

import dfai
from benchmarks.table import Table, publish

__all__ = ["main", "telemetry"]

_VERBS = ("detect_anomalies", "detect_last_anomaly", "detect_change_points")


def telemetry(series: int, points: int) -> pd.DataFrame:
    """So many devices with a daily swing and noise, a reading an hour, rows in no order."""
    dice = np.random.default_rng(0)
    at = pd.date_range("2020-01-01", periods=points, freq="h")
    values = 10 * np.sin(np.arange(points) * 2 * np.pi / 24) + dice.normal(0, 1, (series, points))
    frame = pd.DataFrame(
        {"device": np.repeat(np.arange(series), points), "at": np.tile(at, series), "value": values.ravel()}
    )
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def _seconds(frame: pd.DataFrame, verb: str) -> tuple[float, float]:
    """What a verb takes on *frame*: by the clock, and of the processor."""
    with dfai.using(target="local", store=None, progress="off"):
        start, used = time.perf_counter(), time.process_time()
        found = getattr(frame.ai, verb)("value", timestamp="at", by="device")
        took = time.perf_counter() - start, time.process_time() - used
    errors = next(name for name in found.columns if name.endswith("_error"))
    assert found[errors].isna().all()
    return took


def main(rows: int = 1_000_000) -> list[Table]:
    """Measures and prints."""
    lines = []
    for points in (500, 1_000, 8_640):
        frame = telemetry(max(1, rows // points), points)
        for verb in _VERBS if points == 1_000 else _VERBS[:1]:
            _seconds(frame[frame["device"] == 0], verb)  # loads what is loaded once
            took_s, used_s = _seconds(frame, verb)
            series = frame["device"].nunique()
            lines.append([verb, series, points, round(took_s, 2), round(used_s, 2), round(series / took_s)])
    head = ("verb", "series", "points each", "seconds", "of the processor", "series/s")
    found = [Table("Series through the verbs, pandas", head, lines)]
    publish("series", found, {})
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Series through the verbs.")
    parser.add_argument("--rows", type=int, default=1_000_000, help="points in all")
    main(parser.parse_args().rows)
