"""A stream into a search index, and a search index in SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dfai
from engine.server import serving
from frames import SparkFrames
from spark_stream import Job

KEY = "planted-0123456789abcdef"


@pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")
def test_a_stream_is_written_batch_by_batch_and_found_in_sql(spark: SparkFrames, tmp_path: Path) -> None:
    job = Job(spark.session, tmp_path)
    job.feed([[f"good-{file}-{row}" for row in range(150)] for file in range(2)])
    with serving(key=KEY, data=tmp_path) as url:
        settings: dict[str, Any] = {
            "target": dfai.container(url, key=dfai.secret("module:search_key:key", read="driver"))
        }
        stream = job.source()
        written = stream.ai.write_search_index("texts", key="value", columns={"value": "id"}, **settings)
        job.write(written).awaitTermination(120)
        rows = job.rows()
        dfai.register_functions(spark.session, verbs=["search_index", "search_images", "download"], **settings)
        asked = "ai_search_index('*', among => 'texts', filter => \"id ge 'good-1-97'\", key => 'id')"
        (found,) = spark.session.sql(f"select {asked} as s").collect()

    assert sorted(row.indexed for row in rows) == sorted(row.value for row in rows)
    assert [row.indexed_error for row in rows] == [None] * 300
    assert sorted(hit.key for hit in found.s.hits) == ["good-1-97", "good-1-98", "good-1-99"]
    assert found.s.error is None
