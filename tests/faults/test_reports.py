"""Workers that die: their counters are missed, and nobody's are counted twice."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dask.dataframe as dd
import pandas as pd
import pytest

import dfai
from faults.deadly import Deadly
from service import Service

TEXTS = [f"good {number}" for number in range(80)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A cluster of this test's own: its workers die."""
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.parametrize("by_files", [True, False], ids=["events and files", "events alone"])
def test_a_killed_dask_worker_is_missed_and_nothing_is_counted_twice(
    cluster: Any, service: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_files: bool
) -> None:
    if not by_files:
        monkeypatch.setattr("dfai._frame.host_channel", lambda: None)
    scene = service.scene()
    marker = tmp_path / "somebody has died"
    frame = dd.from_pandas(pd.DataFrame({"t": TEXTS}), npartitions=2, sort=False)
    deadly = functools.partial(Deadly, str(marker), 2)
    with dfai.using(target=scene.target, transport=deadly, concurrency=1, progress="off"), dfai.track() as run:
        result = frame.ai.sentiment("t", language="en").compute(scheduler=cluster)

    assert result["sentiment"].tolist() == ["positive"] * 80
    assert marker.exists()
    assert not run.complete
    assert "1 partition running, or gone without a last report" in run.missing
    assert (run.rows, run.errors) == (80, {})
    assert 80 <= run.documents <= 120  # with those that the dead one had asked, if it came to say so
    assert run.requests <= scene.requests
