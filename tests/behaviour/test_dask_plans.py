"""Dask's own verbs after one of ours, in threads and on a cluster: the right rows, each asked once, with no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import dask
import dask.dataframe as dd
import pandas as pd
import pytest

from frames import DaskFrames, Frames, frames_for
from service import Scene, sentiment_of

TEXTS = [f"{('good', 'bad', 'plain')[number % 3]} {number}" for number in range(60)]

Plan = Callable[[Any, Path], pd.DataFrame]


@pytest.fixture(params=["dask-threads", "dask-distributed"])
def workers(request: pytest.FixtureRequest, started: dict[str, Frames]) -> Iterator[DaskFrames]:
    name: str = request.param
    if name not in request.config.getoption("--on").split(","):
        pytest.skip(f"this run is not --on {name}")
    frames = started.setdefault(name, frames_for(name))
    assert isinstance(frames, DaskFrames)
    with frames.scheduling():
        yield frames


def _persisted(frame: Any, folder: Path) -> pd.DataFrame:
    kept = frame.persist()
    assert len(kept[kept["sentiment"] == "positive"].compute()) == 20
    assert kept["sentiment_error"].isna().all().compute()
    return kept.compute()


def _written(frame: Any, folder: Path) -> pd.DataFrame:
    frame.to_parquet(folder / "scored")
    return dd.read_parquet(folder / "scored").compute()


def _together(frame: Any, folder: Path) -> pd.DataFrame:
    whole, counts = dask.compute(frame, frame["sentiment"].value_counts())
    assert counts.to_dict() == {"positive": 20, "negative": 20, "neutral": 20}
    return whole


PLANS: dict[str, Plan] = {
    "compute": lambda f, _: f.compute(),
    "compute of two together": _together,
    "persist, then three computes": _persisted,
    "to_parquet": _written,
    "repartition into fewer": lambda f, _: f.repartition(npartitions=2).compute(),
    "repartition into more": lambda f, _: f.repartition(npartitions=9).compute(),
    "repartition by divisions": lambda f, _: f.repartition(divisions=[0, 10, 20, 59]).compute(),
    "optimize": lambda f, _: f.optimize().compute(),
    "optimize without fusing": lambda f, _: f.optimize(fuse=False).compute(),
    "another verb's input": lambda f, _: f.ai.key_phrases("sentiment", language="en", output="words").compute(),
    "delayed partitions": lambda f, _: pd.concat(dask.compute(*f.to_delayed())),
}


@pytest.mark.parametrize("name", PLANS)
def test_rows_are_right_and_each_is_asked_once(workers: DaskFrames, scene: Scene, tmp_path: Path, name: str) -> None:
    frame = dd.from_pandas(pd.DataFrame({"t": TEXTS}), npartitions=4)
    found = PLANS[name](frame.ai.sentiment("t", language="en", store=None), tmp_path)
    asked = [text for text in scene.texts if text in TEXTS]

    assert found["t"].tolist() == TEXTS
    assert found["sentiment"].tolist() == [sentiment_of(text) for text in TEXTS]
    assert found["sentiment_error"].isna().all()
    assert asked == sorted(TEXTS)
