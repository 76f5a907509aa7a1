"""How good the engine's anomaly detection is, and how fast: every figure of docs/models-anomaly.md.

    OMP_NUM_THREADS=1 python -m benchmarks.quality_anomaly [--nab FOLDER] [--speed]

Labelled series are those of the Numenta Anomaly Benchmark, found by `--nab`, by DFAI_NAB, or beside the project;
without them that part says so and is left out. One set of parameters for all series. Two measures, over all points
and all windows together:

Point-adjusted F1 (Ren et al., KDD 2019, section 5.2, without their limit on the delay). A labelled window counts as
found, all its points as true positives, if any of its points is flagged; if none is, all are false negatives. A
flagged point outside the windows is a false positive.

Event-level F1. A run of flagged points, one after the other, is an event. Precision: events that overlap a window, of
all events. Recall: windows that an event overlaps, of all windows. With `--gap N` runs join over up to N points.

The first is kind: a window of NAB holds some 400 points, so flags thrown at random find most windows. A row of such
flags stands in the table to say how kind.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.metrics import average_precision_score

from benchmarks.table import Table, publish
from dfai_engine import ENGINE
from dfai_engine.decision.correlation import fit, judge
from dfai_engine.decision.entire import detect
from dfai_engine.decision.options import Detection
from dfai_engine.decision.series import Series

__all__ = ["Counts", "main"]

NAB = Path(os.environ.get("DFAI_NAB", Path(__file__).resolve().parents[2] / "shared" / "data" / "nab"))
# Two halves, to see whether a figure hangs on one kind of series. All of them were seen while choices were made.
SERVERS = ("realAWSCloudwatch", "artificial")

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]
Method = Callable[[Values], Flags]


@dataclass(frozen=True, slots=True)
class Labelled:
    """One series and its windows of anomalies, as half-open ranges of points."""

    name: str
    values: Values
    windows: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """What both measures need; those of several series add up."""

    found_points: int = 0
    false_points: int = 0
    missed_points: int = 0
    found_windows: int = 0
    windows: int = 0
    good_events: int = 0
    events: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, name) + getattr(other, name) for name in Counts.__slots__))

    @property
    def adjusted(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of points, adjusted."""
        precision = self.found_points / max(self.found_points + self.false_points, 1)
        recall = self.found_points / max(self.found_points + self.missed_points, 1)
        return precision, recall, _f1(precision, recall)

    @property
    def by_event(self) -> tuple[float, float, float]:
        """Precision, recall and F1 of events."""
        precision, recall = self.good_events / max(self.events, 1), self.found_windows / max(self.windows, 1)
        return precision, recall, _f1(precision, recall)


def _f1(precision: float, recall: float) -> float:
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def count(flags: Flags, windows: Sequence[tuple[int, int]], gap: int = 0) -> Counts:
    """One series' counts."""
    inside = np.zeros(len(flags), dtype=bool)
    for begin, end in windows:
        inside[begin:end] = True
    found = missed = hit = 0
    ranges = runs(inside)
    for begin, end in ranges:
        if flags[begin:end].any():
            found, hit = found + end - begin, hit + 1
        else:
            missed += end - begin
    events = runs(flags, gap)
    good = sum(bool(inside[begin:end].any()) for begin, end in events)
    return Counts(found, int((flags & ~inside).sum()), missed, hit, len(ranges), good, len(events))


def runs(flags: Flags, gap: int = 0) -> list[tuple[int, int]]:
    """The runs of true values, joined over up to *gap* false ones."""
    places = np.flatnonzero(flags)
    if not len(places):
        return []
    breaks = np.flatnonzero(np.diff(places) > gap + 1)
    begins, ends = places[np.r_[0, breaks + 1]], places[np.r_[breaks, len(places) - 1]] + 1
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def read_nab(folder: Path) -> Iterator[Labelled]:
    """The labelled series of a copy of NAB, or of a part of it."""
    windows = json.loads((folder / "combined_windows.json").read_text("utf-8"))
    for path in sorted(folder.glob("*/*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        moments = np.array([row["timestamp"] for row in rows], dtype="datetime64[us]")
        values = np.array([float(row["value"]) for row in rows])
        name = path.relative_to(folder).as_posix()
        ranges = []
        for begin, end in windows[name]:
            places = np.flatnonzero((moments >= np.datetime64(begin)) & (moments <= np.datetime64(end)))
            ranges.append((int(places[0]), int(places[-1]) + 1))
        yield Labelled(name, values, tuple(ranges))


def ours(values: Values, options: Detection) -> Flags:
    """The engine."""
    found = detect(Series(values, np.arange(len(values)), len(values)), options)
    return found.above | found.below


def spectral_residual(values: Values) -> Flags:
    """Spectral residual alone, in windows of 1,440 points, with the parameters of the paper (q 3, z 21, tau 3)."""
    flags = np.zeros(len(values), dtype=bool)
    for begin in range(0, len(values), 1_440):
        part = values[begin : begin + 1_440]
        if len(part) < 12:
            continue
        # Five points more, estimated by the mean slope of the last five, so that the last ones stand in a middle.
        slope = np.mean([(part[-1] - part[-1 - step]) / step for step in range(1, 6)])
        spectrum = np.fft.fft(np.append(part, np.full(5, part[-5] + 5 * slope)))
        size = np.maximum(np.abs(spectrum), 1e-8)
        log = np.log(size)
        residual = log - np.convolve(log, np.ones(3) / 3, "same")
        saliency = np.abs(np.fft.ifft(spectrum / size * np.exp(residual)))[: len(part)]
        sums = np.append(0, np.cumsum(saliency))
        ends = np.arange(1, len(part) + 1)
        local = (sums[ends] - sums[np.maximum(ends - 21, 0)]) / np.minimum(ends, 21)
        flags[begin : begin + len(part)] |= (saliency - local) / np.maximum(local, 1e-8) > 3
    return flags


def far_from_mean(values: Values) -> Flags:
    """More than three standard deviations off the mean."""
    return np.abs(values - values.mean()) > 3 * values.std()


def isolation_forest(values: Values, contamination: float | str) -> Flags:
    """scikit-learn's isolation forest on the values."""
    found = IsolationForest(random_state=0, contamination=contamination).fit_predict(values[:, None])
    return np.asarray(found < 0)


def at_random(values: Values) -> Flags:
    """One point in a hundred, whatever it holds."""
    return np.random.default_rng(len(values)).random(len(values)) < 0.01


METHODS: Mapping[str, Method] = {
    "dfai, default": partial(ours, options=Detection()),
    "dfai, sensitivity 99": partial(ours, options=Detection(sensitivity=99)),
    "dfai, sensitivity 85": partial(ours, options=Detection(sensitivity=85)),
    "dfai, max ratio 0.01": partial(ours, options=Detection(max_anomaly_ratio=0.01)),
    "spectral residual alone": spectral_residual,
    "z > 3": far_from_mean,
    "isolation forest, 0.01": partial(isolation_forest, contamination=0.01),
    "isolation forest, auto": partial(isolation_forest, contamination="auto"),
    "at random, 1 in 100": at_random,
}


def on_nab(folder: Path, gap: int) -> Table:
    """Each method over all labelled series, and over two halves of them."""
    series = list(read_nab(folder))
    points, windows = sum(len(each.values) for each in series), sum(len(each.windows) for each in series)
    rows = []
    for name, method in METHODS.items():
        totals = {"servers": Counts(), "others": Counts()}
        for each in series:
            part = "servers" if each.name.startswith(SERVERS) else "others"
            totals[part] += count(method(each.values), each.windows, gap)
        whole = totals["servers"] + totals["others"]
        rows.append(
            [name, *whole.adjusted, *whole.by_event, totals["servers"].adjusted[2], totals["others"].adjusted[2]]
        )
        rows[-1] += [totals["servers"].by_event[2], totals["others"].by_event[2]]
    head = ["method", "PA prec", "PA rec", "PA F1", "ev prec", "ev rec", "ev F1"]
    head += ["PA F1 servers", "others", "ev F1 servers", "others"]
    return Table(f"NAB, {len(series)} series, {points:,} points, {windows} windows", head, _rounded(rows))


def made(kind: str, length: int, rng: np.random.Generator, share: float) -> tuple[Values, Flags]:
    """A series of noise 1 with spikes of 5 to 10, up and down, and where they are."""
    time_ = np.arange(length)
    day = np.sin(2 * np.pi * time_ / 24)
    shapes: dict[str, Any] = {
        "flat": 0.0,
        "seasonal": 10 * day + 4 * np.sin(4 * np.pi * time_ / 24 + 1),
        "day and week": 10 * day - 8.0 * (time_ // 24 % 7 >= 5),
        "drift": 0.02 * time_ + 6 * day,
        "growing season": 0.02 * time_ + (5 + 10 * time_ / length) * day,
        "random walk": np.cumsum(rng.normal(0, 0.08, length)),
        "level shifts": 12.0 * (time_ > length // 3) - 18.0 * (time_ > 2 * length // 3),
        "heavy tails": 0.0,
        "missing": 10 * day,
    }
    noise = rng.standard_t(3, length) / np.sqrt(3) if kind == "heavy tails" else rng.normal(0, 1, length)
    values = 100 + shapes[kind] + noise
    flags = np.zeros(length, dtype=bool)
    flags[rng.choice(np.arange(3, length), max(1, round(share * length)), replace=False)] = True
    values[flags] += rng.uniform(5, 10, flags.sum()) * rng.choice([-1, 1], flags.sum())
    if kind == "level shifts":  # the first points of a new level are anomalies too
        for shift in (length // 3 + 1, 2 * length // 3 + 1):
            flags[shift : shift + 3] = True
    return values, flags


def on_synthetic(repeats: int = 20) -> Table:
    """Point by point, nothing adjusted: one point in a hundred and one in twenty-five is a spike."""
    rows = []
    kinds = ("flat", "seasonal", "day and week", "drift", "growing season", "random walk", "level shifts")
    for kind in (*kinds, "heavy tails", "missing"):
        row: list[Any] = [kind]
        for length, share in ((500, 0.01), (1_000, 0.01), (2_000, 0.01), (2_000, 0.04)):
            right = wrong = missed = 0
            for seed in range(repeats):
                rng = np.random.default_rng(seed)
                values, labels = made(kind, length, rng, share)
                keep = np.flatnonzero(rng.random(length) > 0.15) if kind == "missing" else np.arange(length)
                found = detect(Series(values[keep], keep - keep[0], int(keep[-1] - keep[0]) + 1), Detection())
                flags, labels = found.above | found.below, labels[keep]
                right, wrong = right + int((flags & labels).sum()), wrong + int((flags & ~labels).sum())
                missed += int((labels & ~flags).sum())
            row.append(2 * right / max(2 * right + wrong + missed, 1))
        rows.append(row)
    head = ["series", "500, 1 %", "1,000, 1 %", "2,000, 1 %", "2,000, 4 %"]
    return Table("Synthetic series, F1 point by point, default parameters", head, _rounded(rows))


def on_several(repeats: int = 10) -> Table:
    """Variables that move together, in one of which single values leave the others: trained on a half, asked of both.

    Area under the precision-recall curve over the second half, and what the engine flags.
    """
    rows = []
    for moments, variables in ((1_000, 5), (5_000, 10), (5_000, 40)):
        ours_, forest, right, flagged, named, there = [], [], 0, 0, 0, 0
        for seed in range(repeats):
            rng = np.random.default_rng(seed)
            common = np.stack((np.sin(np.arange(moments) / 45), rng.normal(0, 1, moments)), axis=1)
            values = common @ rng.normal(0, 2, (2, variables)) + rng.normal(0, 0.3, (moments, variables))
            half = moments // 2
            at, who = (
                rng.choice(np.arange(half, moments), half // 50, replace=False),
                rng.integers(0, variables, half // 50),
            )
            values[at, who] += rng.choice([-1, 1], len(at)) * rng.uniform(2, 5, len(at))
            model, _ = fit(values[:half])
            judged = judge(values[half:], model)
            labels = np.isin(np.arange(half, moments), at)
            ours_.append(average_precision_score(labels, judged.score))
            trees = IsolationForest(random_state=0).fit(values[:half])
            forest.append(average_precision_score(labels, -trees.score_samples(values[half:])))
            wrong = judged.severity > 0
            right, flagged, there = right + int((wrong & labels).sum()), flagged + int(wrong.sum()), there + len(at)
            named += int((np.argmax(judged.shares[at - half], axis=1) == who)[wrong[at - half]].sum())
        row = [f"{moments:,} x {variables}", np.mean(ours_), np.mean(forest), right / max(flagged, 1), right / there]
        rows.append([*(float(cell) if index else cell for index, cell in enumerate(row)), named / max(right, 1)])
    head = ["moments x variables", "AP", "AP, isolation forest", "precision", "recall", "right variable first"]
    return Table("Several variables, one value off in one moment of fifty", head, _rounded(rows))


def _rounded(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[f"{value:.3f}" if isinstance(value, float) else value for value in row] for row in rows]


async def _ask(app: Any, path: str, body: bytes) -> bytes:
    """One request by the ASGI protocol itself."""
    answers: list[Any] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def collect(message: Any) -> None:
        answers.append(message)

    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http"}
    scope |= {"path": path, "raw_path": path.encode(), "root_path": "", "query_string": b"", "server": ("engine", 80)}
    await app(scope | {"headers": [(b"host", b"engine")]}, receive, collect)
    if answers[0]["status"] != 200:
        raise SystemExit(f"the engine answered {answers[0]['status']}: {answers[1]['body'][:500]!r}")
    found: bytes = answers[1]["body"]
    return found


def _body(length: int, seed: int) -> bytes:
    values, _ = made("seasonal", length, np.random.default_rng(seed), 0.01)
    moments = np.datetime64("2021-01-01T00:00:00") + np.arange(length).astype("timedelta64[m]")
    points = [{"timestamp": f"{moment}Z", "value": value} for moment, value in zip(moments, values, strict=True)]
    return orjson.dumps({"series": points, "granularity": "minutely"}, option=orjson.OPT_SERIALIZE_NUMPY)


def speed() -> Table:
    """Series a second through the protocol, JSON in and out, one thread, one request after the other."""
    app = ENGINE.create_app(workers=1)
    rows = []
    for operation in ("entire", "last", "changepoint"):
        for length, repeats in ((100, 200), (500, 200), (2_000, 50), (8_640, 20)):
            bodies = [_body(length, seed) for seed in range(5)]
            path = f"/anomalydetector/v1.1/timeseries/{operation}/detect"
            rounds = []
            for _ in range(3):
                began, cpu = time.perf_counter(), time.process_time()
                asyncio.run(_many(app, path, bodies, repeats))
                rounds.append((time.perf_counter() - began, time.process_time() - cpu))
            wall, cpu = min(rounds)[0] / repeats, min(used for _, used in rounds) / repeats
            rows.append([operation, length, 1 / wall, wall * 1e3, cpu * 1e3, cpu * 1e6 / length])
    app.close()
    head = ["operation", "points", "series/s", "ms", "CPU ms", "CPU us/point"]
    return Table(f"Speed, best of three, Python {platform.python_version()}", head, rows)


async def _many(app: Any, path: str, bodies: Sequence[bytes], repeats: int) -> None:
    for turn in range(repeats):
        await _ask(app, path, bodies[turn % len(bodies)])


def main() -> None:
    """Parse the command line and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nab", type=Path, default=NAB, help="a copy of NAB's data with combined_windows.json")
    parser.add_argument("--gap", type=int, default=0, help="points over which flagged runs join to one event")
    parser.add_argument("--speed", action="store_true", help="measure speed too")
    options = parser.parse_args()
    tables = []
    if (options.nab / "combined_windows.json").is_file():
        tables.append(on_nab(options.nab, options.gap))
    else:
        print(f"NAB is not in {options.nab} (--nab, DFAI_NAB): that part is left out.\n")
    tables += [on_synthetic(), on_several(), *([speed()] if options.speed else [])]
    publish("quality_anomaly", tables, {})


if __name__ == "__main__":
    main()
