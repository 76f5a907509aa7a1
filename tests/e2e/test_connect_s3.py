"""Tables and pictures on a store that speaks S3: the example, the page's samples, and a run that is killed there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import pytest

from dfai_engine import weights
from killing import killing
from processes import COMMAND, process, said
from service import Scene, sentiment_of

TEXTS = [f"Good bed number {number}" if number % 3 else f"Bad bed number {number}" for number in range(400)]
CONCURRENCY = 4
# So many requests of ten documents may be under way when a process ends.
UNDER_WAY = CONCURRENCY * 10

SAMPLES = """
import dask.dataframe as dd, fsspec, pandas as pd, polars as pl, pyarrow.fs
from pages import run_python, samples
from picture_service import picture
import dfai
from dfai_core.media.files import read_file

dfai.configure(target=dfai.route({"language": dfai.container(sys.argv[1])}, default=dfai.local()), progress="off")
store = fsspec.filesystem("s3")
pd.DataFrame({"review": ["Good hotels.", "Awful bed."]}).to_parquet("s3://travel/reviews/0.parquet", storage_options={})
store.pipe("travel/photos/2026/a.jpg", picture(1, "JPEG"))
names = {"pd": pd, "dd": dd, "dfai": dfai}
(_, sample), *_ = samples("connect.md", "Object stores: S3 and its like")
run_python(sample, "connect.md", names)
phrases = pl.read_parquet("s3://travel/phrases/*.parquet")["key_phrases"].to_list()
small = [entry.rpartition("/")[2] for entry in store.ls("travel/small")]

# fsspec's client has listed folders by now; another writes.
def seen():
    return {path.rpartition("/")[2]: read_file(path, 9).decode() for path in dfai.files("s3://travel/fresh/*")["path"]}
store.pipe("travel/fresh/a.jpg", b"a")
before = seen()
other, folder = pyarrow.fs.FileSystem.from_uri("s3://travel/fresh")
for name, content in (("a.jpg", b"longer"), ("b.jpg", b"b")):
    with other.open_output_stream(f"{folder}/{name}") as file:
        file.write(content)
scored = pd.read_parquet("s3://travel/scored.parquet")["sentiment"].tolist()
print(json.dumps([scored, phrases, small, before, seen()]))
"""
LOOK = """
import fsspec, pandas as pd
objects = fsspec.filesystem("s3").find("travel/killed")
print(json.dumps([sorted(objects), pd.read_parquet(sys.argv[1])["sentiment"].tolist()]))
"""
SEED = """
import pandas as pd
pd.DataFrame({"text": json.loads(sys.argv[2])}).to_parquet(sys.argv[1])
print("true")
"""


def told(code: str, *arguments: object, environment: dict[str, str]) -> Any:
    """What *code* prints in a process of its own: clients remember what they have listed."""
    with process(code, *arguments, environment=environment) as started:
        return json.loads(said(started))


@pytest.mark.skipif(not weights.present("use-multilingual-v3"), reason="the models of texts are not on this disk")
def test_the_example_reads_and_writes_a_store(s3: dict[str, str], examples: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(examples / "s3_parquet.py"), "s3://travel/example"],
        capture_output=True,
        text=True,
        timeout=200,
        env=s3,
    )

    assert done.returncode == 0, done.stderr
    assert "command: {'positive': 2, 'negative': 1, 'neutral': 1}" in done.stdout
    assert "pandas: {'en': 4}" in done.stdout
    assert "Dask: ['Great host', 'Lovely room', 'breakfast', 'great view']" in done.stdout
    small = [f"s3://travel/example/small/{name}.jpg" for name in ("beach", "garden", "hall")]
    assert f"pictures: {small} 0 errors" in done.stdout


def test_the_pages_samples_run_and_what_others_write_is_seen(s3: dict[str, str], scene: Scene) -> None:
    # polars, alone, is to be told that plain http will do.
    environment = {**s3, "AWS_ALLOW_HTTP": "true"}
    sentiment, phrases, small, before, after = told(SAMPLES, scene.url, environment=environment)

    assert sentiment == ["positive", "negative"]
    assert phrases == [["hotels"], []]
    assert len(small) == 1
    assert before == {"a.jpg": "a"}
    assert after == {"a.jpg": "longer", "b.jpg": "b"}


def test_a_killed_run_goes_on_and_nobody_sees_half_an_object(s3: dict[str, str], scene: Scene, tmp_path: Path) -> None:
    out = "s3://travel/killed/scored.parquet"
    environment = {**s3, "XDG_CACHE_HOME": str(tmp_path)}
    told(SEED, "s3://travel/killed/beds.parquet", json.dumps(TEXTS), environment=environment)
    line = ["run", "sentiment", "s3://travel/killed/beds.parquet", "--column", "text", "--out", out, "--language", "en"]
    line += ["--target", f"container:{scene.url}", "--concurrency", str(CONCURRENCY), "--progress", "off"]

    scene.latency_s = 0.05
    with process(COMMAND, *line, environment=environment) as started:
        assert said(started) == "begins"
        with killing(lambda: len(scene.documents), 100, lambda: [psutil.Process(started.pid)]) as killed:
            started.wait(120)
    asked = len(scene.texts)
    scene.latency_s = 0.0
    with process(COMMAND, *line, environment=environment) as again:
        assert said(again) == "begins"
        assert again.wait(120) == 0
    objects, sentiments = told(LOOK, out, environment=environment)

    assert killed
    assert 100 <= asked < len(TEXTS)
    assert sum(times > 1 for times in Counter(scene.texts).values()) <= UNDER_WAY
    assert objects == ["travel/killed/beds.parquet", "travel/killed/scored.parquet"]
    assert sentiments == [sentiment_of(text) for text in TEXTS]
