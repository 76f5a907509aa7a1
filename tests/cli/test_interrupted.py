"""An interrupted run: nothing half-written, nothing paid for twice, and memory that does not grow with the file."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv, feather
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from cli.conftest import Dfai
from killing import killing
from processes import COMMAND, process, said
from served import served
from service import Scene, sentiment_of

TEXTS = [f"Good bed number {number}" if number % 3 else f"Bad bed number {number}" for number in range(400)]
# Four requests of ten documents may be under way when a process ends.
UNDER_WAY = 40


@pytest.fixture
def line(scene: Scene, tmp_path: Path) -> list[str]:
    """A run of forty requests, a few at a time."""
    scene.latency_s = 0.05
    path = tmp_path / "beds.parquet"
    pq.write_table(pa.table({"text": TEXTS}), path)
    target = ["--target", f"container:{scene.url}", "--concurrency", "4", "--progress", "off", "--language", "en"]
    return ["run", "sentiment", str(path), "--column", "text", "--out", str(tmp_path / "scored.parquet"), *target]


def test_a_killed_run_goes_on_where_it_was_and_asks_nothing_twice(
    dfai: Dfai, line: list[str], scene: Scene, tmp_path: Path
) -> None:
    with process(COMMAND, *line) as started:
        assert said(started) == "begins"
        with killing(lambda: len(scene.documents), 100, lambda: [psutil.Process(started.pid)]) as killed:
            started.wait(120)
    asked = len(scene.texts)
    left = sorted(path.name for path in tmp_path.iterdir())
    done = dfai(*line, "--json")
    again = [text for text, times in Counter(scene.texts).items() if times > 1]

    assert killed
    assert 100 <= asked < len(TEXTS)
    assert left == ["beds.parquet", "scored.parquet.unfinished"]
    assert done.code == 0, done.err
    assert done.told["run"]["from_store"] >= asked - UNDER_WAY
    assert len(again) <= UNDER_WAY
    assert pq.read_table("scored.parquet")["sentiment"].to_pylist() == [sentiment_of(text) for text in TEXTS]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["beds.parquet", "scored.parquet"]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_in_order_and_says_how_to_go_on(
    dfai: Dfai, line: list[str], scene: Scene, number: signal.Signals, code: int
) -> None:
    signals = [number]
    scene.fault = lambda request, documents: os.kill(os.getpid(), signals.pop()) if request > 8 and signals else None
    stopped = dfai(*line)
    left = {path.name for path in Path("scored.parquet.unfinished").iterdir()}
    asked = len(scene.texts)
    scene.fault = None
    done = dfai(*line)

    assert stopped.code == code
    assert "The same line again goes on from there." in stopped.err
    assert "Traceback" not in stopped.err
    assert "scored.parquet" not in left
    assert done.code == 0, done.err
    assert asked < len(TEXTS)
    assert len(scene.texts) <= len(TEXTS) + UNDER_WAY


def _written(text: list[str], path: Path) -> None:
    """A table of *text* in a file of the kind that its name says."""
    table = pa.table({"text": text})
    path.parent.mkdir(exist_ok=True)
    match path.suffix:
        case ".csv":
            csv.write_csv(table, path)
        case ".jsonl":
            path.write_text("".join(json.dumps(row) + "\n" for row in table.to_pylist()), encoding="utf-8")
        case ".arrow":
            feather.write_feather(table, path)
        case _:
            pq.write_table(table, path)


@pytest.mark.parametrize(
    ("files", "given", "out"),
    [
        (["parts/a.csv", "parts/b.csv"], "parts/*.csv", "scored.jsonl"),
        (["beds.jsonl"], "beds.jsonl", "scored.csv.gz"),
        (["beds.arrow"], "beds.arrow", "scored.arrow"),
        (["parts/a.parquet", "parts/b.parquet"], "parts", "scored.csv"),
    ],
    ids=["CSV by wildcard to JSON lines", "JSON lines to packed CSV", "Arrow to Arrow", "a folder of Parquet to CSV"],
)
def test_every_kind_of_file_goes_on_after_ctrl_c(
    dfai: Dfai, scene: Scene, tmp_path: Path, files: list[str], given: str, out: str
) -> None:
    for number, name in enumerate(files):
        _written(TEXTS[number :: len(files)], tmp_path / name)
    whole = [text for number in range(len(files)) for text in TEXTS[number :: len(files)]]
    target = ["--target", f"container:{scene.url}", "--concurrency", "4", "--progress", "off", "--language", "en"]
    line = ["run", "sentiment", given, "--column", "text", "--out", out, *target, "--json"]
    signals = [signal.SIGINT]
    scene.latency_s = 0.02
    scene.fault = lambda request, documents: os.kill(os.getpid(), signals.pop()) if request > 12 and signals else None
    stopped = dfai(*line)
    half, asked = Path(out).exists(), len(scene.texts)
    scene.fault = None
    done = dfai(*line)
    again = [text for text, times in Counter(scene.texts).items() if times > 1]

    assert (stopped.code, stopped.told["exit_code"], half) == (130, 130, False)
    assert 100 <= asked < len(TEXTS)
    assert done.code == 0, done.err
    assert len(again) <= UNDER_WAY
    kinds: dict[str, Any] = {"scored.jsonl": partial(pd.read_json, lines=True), "scored.arrow": pd.read_feather}
    rows = kinds.get(out, pd.read_csv)(out)
    assert rows["text"].tolist() == whole
    assert rows["sentiment"].tolist() == [sentiment_of(text) for text in whole]


def test_two_runs_do_not_write_one_file(dfai: Dfai, line: list[str], tmp_path: Path) -> None:
    import fcntl

    folder = tmp_path / "scored.parquet.unfinished"
    folder.mkdir()
    with (folder / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        refused = dfai(*line)

    assert refused.code == 2
    assert "another run is writing scored.parquet just now" in refused.err


def test_a_named_store_stays_and_none_keeps_nothing(dfai: Dfai, line: list[str], scene: Scene, tmp_path: Path) -> None:
    dfai(*line, "--store", tmp_path / "kept", "--max-rows", 20)
    dfai(*line, "--store", tmp_path / "kept", "--max-rows", 20, "--overwrite")
    kept = len(scene.texts)
    dfai(*line, "--store", "none", "--max-rows", 20, "--overwrite")

    assert kept == 20
    assert len(scene.texts) == 40
    assert dfai("store", "info", "kept", "--json").told["entries"] == 20


# getrusage would tell the largest that the parent was when this process began.
MEMORY = """
from dfai.cli.main import called
def peak(*more):
    assert called([*sys.argv[1:], "--overwrite", *more]) == 0
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) // 1_000 for line in status if line.startswith("VmHWM"))
part = peak("--max-rows", "8000")
whole = peak()
print(part, whole, flush=True)
"""


def test_memory_does_not_grow_with_the_file(scene: Scene, tmp_path: Path) -> None:
    rows, payload = 24_000, "x" * 12_000
    numbers = [
        pa.array([f"{number:06}{payload}" for number in range(start, start + 1_000)]) for start in range(0, rows, 1_000)
    ]
    with pq.ParquetWriter(
        tmp_path / "wide.parquet", pa.schema([("payload", pa.string()), ("text", pa.string())])
    ) as writer:
        for array in numbers:
            writer.write_batch(pa.record_batch([array, pa.array(["Good"] * len(array))], names=["payload", "text"]))
    del numbers
    size_mb = rows * len(payload) // 1_000_000
    out = tmp_path / "scored.parquet"
    target = ["--target", f"container:{scene.url}", "--progress", "off"]
    with process(MEMORY, "run", "sentiment", tmp_path / "wide.parquet", "-c", "text", "-o", out, *target) as started:
        lines = started.communicate()[0].splitlines()
    part_mb, whole_mb = map(int, lines[-1].split())

    assert size_mb == 288
    assert pq.read_metadata(out).num_rows == rows
    assert whole_mb - part_mb < 60  # of 192 MB more


def test_what_no_store_keeps_is_written_down_as_it_comes(dfai: Dfai, tmp_path: Path) -> None:
    fetched: list[str] = []
    signals: list[signal.Signals] = []

    async def content(request: Request) -> Response:
        fetched.append(request.path_params["number"])
        if len(fetched) > 600 and signals:
            os.kill(os.getpid(), signals.pop())
        return Response(request.path_params["number"])

    with served(Starlette(routes=[Route("/{number}", content)])) as url:
        pq.write_table(pa.table({"link": [f"{url}/{number}" for number in range(1_500)]}), "links.parquet")
        line = ["run", "download", "links.parquet", "-c", "link", "-o", "s.parquet", "--private-urls", "allow"]
        line += ["--progress", "off"]
        signals.append(signal.SIGINT)
        stopped = dfai(*line)
        written = sum(1 for _ in Path("s.parquet.unfinished").glob("parts/*/0/*.arrow"))
        before = len(fetched)
        done = dfai(*line, "--json")

    assert stopped.code == 130
    assert "s.parquet.unfinished/parts. The same line again goes on" in stopped.err
    assert written
    assert done.code == 0, done.err
    assert len(fetched) < before + 1_500
    assert pq.read_table("s.parquet")["content"].to_pylist() == [str(number).encode() for number in range(1_500)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["links.parquet", "s.parquet"]
