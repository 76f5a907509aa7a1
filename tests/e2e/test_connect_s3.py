"""Tables and pictures on a store that speaks S3: the example, the page's samples, and a run that is killed there."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from e2e.conftest import ObjectStore
from killing import killing
from processes import COMMAND, process, said
from service import Scene, sentiment_of

TEXTS = [f"Good bed number {number}" if number % 3 else f"Bad bed number {number}" for number in range(400)]
CONCURRENCY = 4
# So many requests of ten documents may be under way when a process ends.
UNDER_WAY = CONCURRENCY * 10

# All in one process, since what it imports takes longer than what it does.
PROGRAM = """
sys.path.insert(0, sys.argv[1])
import dask.dataframe as dd, fsspec, pandas as pd, polars as pl, pyarrow.fs
import s3_parquet
from pages import run_python, samples
from picture_service import picture
import dfai
from dfai_core.media.files import read_file

dfai.configure(progress="off")
s3_parquet.main("s3://travel/example")

store = fsspec.filesystem("s3")
pd.DataFrame({"review": ["Good hotels.", "Awful bed."]}).to_parquet("s3://travel/reviews/0.parquet", storage_options={})
store.pipe("travel/photos/2026/a.jpg", picture(1, "JPEG"))
names = {"pd": pd, "dd": dd, "dfai": dfai}
here = dfai.route({"language": dfai.container(sys.argv[2])}, default=dfai.local())
(_, sample), *_ = samples("connect.md", "Object stores: S3 and its like")
with dfai.using(target=here):
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


def test_the_example_and_the_pages_samples_run_and_what_others_write_is_seen(
    s3: ObjectStore, examples: Path, scene: Scene
) -> None:
    # polars, alone, is to be told that plain http will do.
    environment = {**s3.environment, "AWS_ALLOW_HTTP": "true", "DFAI_TARGET": f"container:{scene.url}"}
    with process(PROGRAM, examples, scene.url, environment=environment) as started:
        *shown, told = started.communicate(timeout=200)[0].splitlines()
    scored, phrases, small, before, after = json.loads(told)

    thumbnails = [f"s3://travel/example/small/{name}.jpg" for name in ("beach", "garden", "hall")]
    assert shown == [
        "command: {'positive': 2, 'negative': 1, 'neutral': 1}",
        "pandas: {'en': 4}",
        "Dask: ['Lovely', 'breakfast']",
        f"pictures: {thumbnails} 0 errors",
    ]
    assert (scored, phrases, len(small)) == (["positive", "negative"], [["hotels"], []], 1)
    assert before == {"a.jpg": "a"}
    assert after == {"a.jpg": "longer", "b.jpg": "b"}


def test_a_killed_run_goes_on_and_nobody_sees_half_an_object(s3: ObjectStore, scene: Scene, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": TEXTS}), "travel/killed/beds.parquet", filesystem=s3.client)
    environment = {**s3.environment, "XDG_CACHE_HOME": str(tmp_path)}
    line = ["run", "sentiment", "s3://travel/killed/beds.parquet", "--column", "text", "--language", "en"]
    line += ["--out", "s3://travel/killed/scored.parquet", "--target", f"container:{scene.url}"]
    line += ["--concurrency", str(CONCURRENCY), "--progress", "off"]

    scene.latency_s = 0.05
    with process(COMMAND, *line, environment=environment) as started:
        assert said(started) == "begins"
        with killing(lambda: len(scene.documents), 100, lambda: [psutil.Process(started.pid)]) as killed:
            started.wait(120)
    asked = len(scene.texts)
    left = objects(s3, "killed")
    scene.latency_s = 0.0
    with process(COMMAND, *line, environment=environment) as again:
        assert said(again) == "begins"
        assert again.wait(120) == 0
    scored = pq.read_table("travel/killed/scored.parquet", filesystem=s3.client)

    assert killed
    assert 100 <= asked < len(TEXTS)
    assert left == ["beds.parquet"]
    assert sum(times > 1 for times in Counter(scene.texts).values()) <= UNDER_WAY
    assert objects(s3, "killed") == ["beds.parquet", "scored.parquet"]
    assert scored["sentiment"].to_pylist() == [sentiment_of(text) for text in TEXTS]


def objects(s3: ObjectStore, folder: str) -> list[str]:
    """The names of what is in a folder of the bucket."""
    return sorted(found.base_name for found in s3.client.get_file_info(fs.FileSelector(f"travel/{folder}")))
