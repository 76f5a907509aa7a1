"""Tables of several variables, and requests about them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray

from dfai_engine.app import App
from dfai_engine.jobs import Task
from engine.wire import ask

__all__ = [
    "BEGIN",
    "END",
    "MODELS",
    "NAMES",
    "csv_of",
    "inline",
    "moments",
    "ready",
    "together",
    "train",
    "variables",
    "wait",
]

Values = NDArray[np.float64]
MODELS = "/anomalydetector/v1.1/multivariate/models"
NAMES = ["v0", "v1", "v2", "v3"]
BEGIN, END = "2021-01-01T00:00:00Z", "2022-01-01T00:00:00Z"


def together(length: int, seed: int = 0, variables: int = 4) -> Values:
    """Variables that move together: a day's cycle and a second common part, noise of their own, each in its unit."""
    rng, axes = np.random.default_rng(seed), np.random.default_rng(99)
    common = np.stack((np.sin(2 * np.pi * np.arange(length) / 288), rng.normal(0, 1, length)), axis=1)
    values = common @ axes.normal(0, 1, (2, variables)) * 2 + rng.normal(0, 0.2, (length, variables))
    return values * axes.uniform(1, 50, variables) + axes.normal(0, 500, variables)


def moments(length: int, first: int = 0) -> list[str]:
    """Timestamps, a minute apart."""
    begin = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=first)
    return [(begin + timedelta(minutes=place)).strftime("%Y-%m-%dT%H:%M:%SZ") for place in range(length)]


def csv_of(values: Values, names: list[str] | None = None, first: int = 0) -> str:
    """A CSV file of a timestamp column and one for each variable; NaN is left blank."""
    names = names or [f"v{column}" for column in range(values.shape[1])]
    lines = [",".join(["timestamp", *names])]
    for moment, row in zip(moments(len(values), first), values, strict=True):
        lines.append(",".join([moment, *("" if np.isnan(value) else repr(float(value)) for value in row)]))
    return "\n".join(lines) + "\n"


def inline(text: str) -> str:
    """A file as a data: URL."""
    return f"data:text/csv;base64,{base64.b64encode(text.encode()).decode()}"


def train(app: App, source: str, **fields: Any) -> httpx.Response:
    """One request to train a model."""
    body = {"dataSource": source, "startTime": BEGIN, "endTime": END, **fields}
    return ask(app, "POST", MODELS, json=body)


def ready(app: App, answer: httpx.Response) -> dict[str, Any]:
    """A model at the end of its training; the work itself is waited for, not the clock."""
    assert answer.status_code == 201, answer.text
    wait(app)
    shown = ask(app, "GET", f"{MODELS}/{answer.json()['modelId']}")
    assert shown.status_code == 200
    found: dict[str, Any] = shown.json()
    return found


def wait(app: App) -> None:
    """Until the jobs of an app with one worker are done: they run one after the other, and this is the last."""
    future = app.jobs.submit(None, [Task("Any", "", lambda: None)]).future
    assert future is not None
    future.result(timeout=60)


def variables(values: Any, names: list[str] = NAMES, first: int = 0) -> list[dict[str, Any]]:
    times = moments(len(values), first)
    return [
        {"variable": name, "timestamps": times, "values": values[:, column].tolist()}
        for column, name in enumerate(names)
    ]
