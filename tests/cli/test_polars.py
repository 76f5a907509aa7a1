"""``dfai run --backend polars``: a lazy scan of files of every kind, sunk into one; interrupted, it goes on."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli.conftest import TEXTS, Dfai
from killing import killing
from processes import COMMAND, process, said
from service import Scene, sentiment_of

pl = pytest.importorskip("polars", reason="polars is not installed")

LABELS = [None if text is None else sentiment_of(text) for text in TEXTS]
MANY = [f"Good bed number {number}" if number % 3 else f"Bad bed number {number}" for number in range(400)]
CONCURRENCY = 4
# So many requests of ten documents may be under way when a process ends.
UNDER_WAY = CONCURRENCY * 10


def test_a_scan_is_sunk_into_a_file_of_any_kind(dfai: Dfai, reviews: Path, target: list[str]) -> None:
    lazily = ["--column", "text", "--backend", "polars", *target]
    first = dfai("run", "sentiment", reviews, *lazily, "--out", "scored.csv.gz", "--json")
    second = dfai("run", "key_phrases", "scored.csv.gz", *lazily, "--out", "phrases.arrow")
    third = dfai("run", "detect_language", "phrases.arrow", *lazily[:-2], "--out", "languages.jsonl")
    packed = pl.read_csv("scored.csv.gz")
    phrases = pl.read_ipc("phrases.arrow")
    rows = [json.loads(line) for line in Path("languages.jsonl").read_text().splitlines()]

    assert (first.code, second.code, third.code) == (0, 0, 0), first.err + second.err + third.err
    assert first.told["rows"] == len(TEXTS)
    assert packed["sentiment"].to_list() == LABELS
    assert phrases["price"].to_list()[0] == "1.00"  # a cell of CSV stays as it is written
    assert phrases["key_phrases"].to_list()[0] == ["Lovely"]
    assert rows[0]["key_phrases"] == ["Lovely"]
    assert rows[0]["language"] == "en"
    assert not list(Path().glob("*.unfinished"))


def test_lists_are_json_in_csv_and_what_is_not_read_is_said(dfai: Dfai, reviews: Path, target: list[str]) -> None:
    lazily = ["--column", "text", "--backend", "polars", *target]
    done = dfai("run", "key_phrases", reviews, *lazily, "--out", "phrases.csv", "--max-rows", 2)
    Path("latin.csv").write_bytes("text\nschön\n".encode("latin-1"))
    refused = dfai("run", "sentiment", "latin.csv", *lazily, "--encoding", "latin-1", "--out", "latin.parquet")
    unnamed = dfai("run", "sentiment", reviews, *lazily, "--out", "scored")

    assert done.code == 0, done.err
    assert [json.loads(cell) for cell in pl.read_csv("phrases.csv")["key_phrases"]] == [["Lovely"], []]
    assert refused.code == unnamed.code == 2
    assert "polars reads UTF-8" in refused.err
    assert "the end of the name says what is written" in unnamed.err


def test_a_killed_run_goes_on_where_it_was(dfai: Dfai, scene: Scene, tmp_path: Path) -> None:
    scene.latency_s = 0.05
    pq.write_table(pa.table({"text": MANY}), tmp_path / "beds.parquet")
    line = ["run", "sentiment", str(tmp_path / "beds.parquet"), "--column", "text", "--backend", "polars"]
    line += ["--out", str(tmp_path / "scored.parquet"), "--target", f"container:{scene.url}"]
    line += ["--concurrency", str(CONCURRENCY), "--progress", "off", "--language", "en"]
    with process(COMMAND, *line) as started:
        assert said(started) == "begins"
        with killing(lambda: len(scene.documents), 100, lambda: [psutil.Process(started.pid)]) as killed:
            started.wait(120)
    asked = len(scene.texts)
    scene.latency_s = 0.0
    done = dfai(*line, "--json")

    assert killed
    assert 100 <= asked < len(MANY)
    assert done.code == 0, done.err
    assert sum(times > 1 for times in Counter(scene.texts).values()) <= UNDER_WAY
    assert pq.read_table("scored.parquet")["sentiment"].to_pylist() == [sentiment_of(text) for text in MANY]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beds.parquet", "scored.parquet"]
