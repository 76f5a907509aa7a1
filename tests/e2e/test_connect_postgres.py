"""A table in PostgreSQL that is answered as it grows: the example and the page's sample, against a real server."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai.errors import RowsFailed
from pages import run_python, samples
from service import Scene


def test_the_example_asks_each_row_once(
    database: str, examples: Path, scene: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    import postgres_fill

    with dfai.using(api_version="2024-11-01"):
        postgres_fill.main(database)

    assert "at first: 3 asked\none row more: 1 asked\nnothing new: 0 asked\n" in capsys.readouterr().out
    assert scene.texts == ["Great host, great view.", "Lovely room.", "Never again!", "The breakfast was cold."]


def test_a_row_that_failed_is_asked_again_and_replaced_by_the_pages_sample(
    database: str, examples: Path, scene: Scene
) -> None:
    sa = pytest.importorskip("sqlalchemy", reason="sqlalchemy is not installed")
    import postgres_fill

    engine = sa.create_engine(database)
    names: dict[str, Any] = {"pd": pd, "put": postgres_fill.put}
    names["sqlalchemy"] = SimpleNamespace(create_engine=lambda url: engine)
    (_, sample), *_ = samples("connect.md", "PostgreSQL, and other databases")
    with engine.begin() as connection:
        connection.exec_driver_sql(postgres_fill.TABLES)
    postgres_fill.add(engine, ["Good.", "Bad.", None])
    scene.fault = lambda number, documents: 503
    with dfai.using(api_version="2024-11-01"), pytest.warns(RowsFailed):
        run_python(sample, "connect.md", names)
    failed = pd.read_sql("select sentiment_error from answers order by id", engine)["sentiment_error"].tolist()
    scene.fault = None
    postgres_fill.add(engine, ["Lovely."])
    with dfai.using(api_version="2024-11-01"):
        run_python(sample, "connect.md", names)
    now = pd.read_sql("select id, sentiment, sentiment_error from answers order by id", engine)
    engine.dispose()

    assert failed == ["unavailable", "unavailable"]
    assert now["id"].tolist() == [1, 2, 4]
    assert now["sentiment"].tolist() == ["positive", "negative", "positive"]
    assert now["sentiment_error"].isna().all()
