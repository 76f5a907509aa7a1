"""The example of a stream into a Delta table: killed in the middle, or before Spark knew of what the table had."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

import dfai
from frames import SparkFrames
from killing import killing
from pages import run_python, samples
from service import Scene, sentiment_of

deltalake = pytest.importorskip("deltalake", reason="deltalake is not installed")

EXAMPLES = Path(__file__).parents[2] / "examples"
FILES = [[(1_000 * file + row, f"good {file} {row}") for row in range(100)] for file in range(2)]
API_VERSION = "2024-11-01"  # it detects the language
CONCURRENCY = 2
# So many documents may be on their way when a driver ends.
UNDER_WAY = CONCURRENCY * 10
# The first micro-batch is in the table; some of the second is answered.
MIDDLE = len(FILES[0]) + 40


@pytest.fixture
def session(spark: SparkFrames) -> Any:
    """A classic session: on Connect what is done with a micro-batch would run at the server."""
    if spark.name != "spark":
        pytest.skip("shown on classic Spark")
    return spark.session


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    import stream_of_files

    return stream_of_files


def rows(folder: Path) -> list[tuple[int, str]]:
    table = deltalake.DeltaTable(str(folder / "table")).to_pyarrow_table().sort_by("id")
    return list(zip(table["id"].to_pylist(), table["sentiment"].to_pylist(), strict=True))


def test_a_stream_whose_driver_was_killed_in_the_middle_goes_on_in_another(
    session: Any, example: Any, scene: Scene, tmp_path: Path
) -> None:
    for number, file in enumerate(FILES):
        example.put(tmp_path, f"{number}.jsonl", file)
    answered = [[(id, sentiment_of(text)) for id, text in file] for file in FILES]
    scene.latency_s = 0.1
    settings = {"api_version": API_VERSION, "concurrency": CONCURRENCY}
    environment = {f"DFAI_{name.upper()}": str(value) for name, value in settings.items()}
    environment = {**os.environ, **environment, "DFAI_TARGET": f"container:{scene.url}"}
    command = [sys.executable, str(EXAMPLES / "stream_of_files.py"), str(tmp_path)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as driver:
        family = psutil.Process(driver.pid)
        victims = lambda: [family, *family.children(recursive=True)]  # noqa: E731
        with killing(lambda: len(scene.documents), MIDDLE, victims) as killed:
            driver.wait(120)
        psutil.wait_procs(killed, timeout=30)
    before = rows(tmp_path)  # one file, of which Spark chose the first
    scene.latency_s = 0.0
    with dfai.using(**settings):
        assert example.start(session, tmp_path).awaitTermination(120)

    assert killed
    assert before in answered
    assert rows(tmp_path) == [row for file in answered for row in file]
    assert sum(times > 1 for times in Counter(scene.texts).values()) <= UNDER_WAY


def test_the_pages_sample_adds_a_micro_batch_once_though_spark_asks_again(
    session: Any, example: Any, scene: Scene, tmp_path: Path
) -> None:
    table = str(tmp_path / "table")
    names = {"spark": session, "table": table, **{name: getattr(deltalake, name) for name in deltalake.__all__}}
    (_, sample), *_ = samples("connect.md", "Streams")
    for place in ("in/", "checkpoint/", "answers/"):
        sample = sample.replace(f'"{place}"', f'"{tmp_path / place}"')
    example.put(tmp_path, "0.jsonl", FILES[0][:3])
    example.put(tmp_path, "1.jsonl", FILES[1][:3])
    with dfai.using(api_version=API_VERSION):
        run_python(sample, "connect.md", names)
        assert names["query"].awaitTermination(120)
        # As if the driver had died when the table had the micro-batch and Spark had not noted it yet.
        for noted in (tmp_path / "checkpoint" / "commits").glob("*1*"):
            noted.unlink()
        asked = len(scene.texts)
        run_python(sample, "connect.md", names)
        assert names["query"].awaitTermination(120)

    assert asked == 6
    assert len(scene.texts) == 6
    assert [id for id, _ in rows(tmp_path)] == [id for file in FILES for id, _ in file[:3]]
    assert deltalake.DeltaTable(table).version() == 1
