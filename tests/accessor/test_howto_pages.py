"""The how-to pages: each sample runs as it stands, and prints what its page says. Those on Spark: tests/backends."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import dask.dataframe as dd
import httpx
import pandas as pd
import pytest
from PIL import Image

import dfai
from azure_here import azure_here
from engine.server import serving
from pages import Block, blocks, run
from picture_service import picture
from sounds import wav
from speech_service import speech_running, tones

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed", "ignore::dfai.errors.LanguageAssumed")

MEDIA = Path(__file__).parents[1] / "media"
REVIEWS = pd.DataFrame({"id": [1, 2, 3], "review": ["good breakfast", "bad service", None]})
SAYS = {
    "sentiment": lambda text: "negative" if "bad" in text else "positive",
    "detect_language": "en",
    "entities": lambda text: [text.split()[-1]],
    "tag_image": ["small"],
    "thumbnail": picture(2, "JPEG"),
    "analyze_image": {"tags": ["glass"], "caption": "a bowl", "read": "museum"},
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder to work in, and targets that need no models: Azure is played by the engine."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"DFAI_DATA": "data", "DFAI_IMAGES": "museum", "GEO_TOKEN": "token"}.items():
        monkeypatch.setenv(name, str(tmp_path / value) if name.startswith("DFAI") else value)
    REVIEWS.to_csv("reviews.csv", index=False)
    (tmp_path / "reviews").mkdir()
    REVIEWS.to_parquet("reviews/0.parquet")
    with ExitStack() as stack:
        stack.enter_context(azure_here())
        fake = dfai.testing.fake(SAYS)
        asked = dfai.route(dict.fromkeys(SAYS, fake), default=dfai.local())
        stack.enter_context(dfai.using(target=asked, progress="off"))
        yield tmp_path


def read(page: str, names: dict[str, Any], *, leave_out: Callable[[Block], bool] = lambda _: False) -> dict[str, Any]:
    """Runs the samples of *page* in order; gives the names as they are then."""
    names.setdefault("dfai", dfai)
    for block in blocks(page):
        if not leave_out(block):
            run(block, names)
    return names


def on_spark(block: Block) -> bool:
    return "spark" in block.text


def test_failed_rows(place: Path) -> None:
    late = dfai.testing.fake({"sentiment": SAYS["sentiment"]}, fail={"bad service": "timeout"})
    names = read("failed-rows.md", {"df": REVIEWS.ai.sentiment("review", target=late)})

    assert names["failed"]["review"].tolist() == ["bad service"]
    assert names["df"]["sentiment"].tolist()[:2] == ["positive", "negative"]


def test_stores(place: Path) -> None:
    texts = pd.DataFrame({"review": [f"good {number:02}" for number in range(40)]})
    read("store.md", {"df": texts})

    assert dfai.store.statistics("answers/").stored == 80  # the last sample asks what was cleared before


def test_targets(place: Path) -> None:
    names = {"dfai": dfai, "df": pd.DataFrame({"t": ["good"]})}
    REVIEWS.rename(columns={"review": "text"}).to_csv("reviews.csv")
    ran = [run(block, names) for block in blocks("targets.md")]

    assert [one.values for one in ran[1:] if one] == [[0]]


def test_secrets(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = ModuleType("databricks.sdk.runtime")
    vars(runtime)["dbutils"] = SimpleNamespace(secrets=SimpleNamespace(get=lambda scope, key: f"{scope}-{key}"))
    for name in ("databricks", "databricks.sdk"):
        monkeypatch.setitem(sys.modules, name, ModuleType(name))
    monkeypatch.setitem(sys.modules, "databricks.sdk.runtime", runtime)
    names = read("secrets.md", {})

    assert callable(names["credential"])


def test_reports(place: Path) -> None:
    names = read("report.md", {"df": REVIEWS}, leave_out=on_spark)

    assert (place / "run.html").stat().st_size > 1_000
    assert names["run"].complete
    assert names["run"].rows == 3


def test_dask(place: Path) -> None:
    section = [block for block in blocks("dask-and-spark.md", "Dask") if block.language == "python"]
    for block in section:
        run(block, {})

    assert sorted(dd.read_parquet("scored/")["sentiment"].dropna().compute()) == ["negative", "positive"]


def test_services_of_ones_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def geocoded(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer token"
        return httpx.Response(200, json={"results": [{"name": "Ulm", "lat": 48.4, "lon": 10.0}, None]})

    module, calls = blocks("own-services.md")
    (place / "geocoding.py").write_text(module.text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(place))
    monkeypatch.delitem(sys.modules, "geocoding", raising=False)
    frame = pd.DataFrame({"address": ["Ulm", "Nowhere"], "country": "de"})
    lazy = dd.from_pandas(frame, npartitions=1)
    names = {"dfai": dfai, "df": frame, "ddf": lazy, "sdf": frame}
    with dfai.using(transport=httpx.MockTransport(geocoded)):
        ran = run(calls, names)

    assert ran is not None
    assert ran.values[-1]["place"].tolist()[0] == "Ulm"
    assert ran.values[-1]["place_error"].tolist()[1] == "nothing_found"


def test_pictures(place: Path) -> None:
    (place / "photos").mkdir()
    (place / "photos" / "a.jpg").write_bytes(picture(1, "JPEG"))
    names = {"df": pd.DataFrame({"id": [7], "path": ["photos/a.jpg"]})}
    read("images.md", names, leave_out=on_spark)

    assert (place / "small" / "7.jpg").read_bytes() == SAYS["thumbnail"]


def test_sounds(place: Path) -> None:
    (place / "calls").mkdir()
    (place / "calls" / "a.mp3").write_bytes(wav(tones(300)))
    frame = pd.DataFrame({"samples": [tones(400)]})
    heard = pd.DataFrame({"audio": [{"array": tones(500), "sampling_rate": 16_000}]})
    names = {"df": frame, "dataset": SimpleNamespace(to_pandas=lambda: heard), "dfai": dfai}
    (block,) = blocks("sounds.md")
    here = "\n".join(line for line in block.text.splitlines() if not line.startswith("spark"))
    with speech_running() as speech, dfai.using(target=speech.scene().target):
        ran = run(Block(block.page, block.line, block.language, here), names)

    assert ran is not None
    assert [frame["transcript"].tolist() for frame in ran.values] == [["p300."], ["p400."], ["p500."]]


def test_speech(place: Path) -> None:
    frame = pd.DataFrame({"id": [1, 2], "text": ["Good day.", "Guten Tag."], "language": ["en-US", "de-DE"]})
    (place / "call.wav").write_bytes(wav(tones(300)))
    names = {"announcements": frame, "files": pd.DataFrame({"path": ["call.wav"]})}
    with speech_running() as speech, ExitStack() as stack:
        # It speaks no WAV files; the engine's own voices need no model.
        asked = dfai.route({"synthesize_speech": dfai.local()}, default=speech.scene().target)
        stack.enter_context(dfai.using(target=asked))
        read("speech.md", names)

    assert (place / "announcements" / "2.wav").stat().st_size > 100
    assert names["english"]["translation_error"].isna().all(), names["english"]["translation_error_message"][0]


@pytest.fixture
def index(place: Path) -> Iterator[None]:
    """Somebody who keeps search indexes in this test's own folder."""
    with serving(data=str(place / "data")) as url:
        fake = dfai.testing.fake(SAYS)
        with dfai.using(target=dfai.route(dict.fromkeys(SAYS, fake), default=dfai.container(url))):
            yield


def test_search(place: Path, index: None) -> None:
    works = {"ObjectID": ["1", "2"], "Title": ["Bowl of glass", "Mill on a river"], "Culture": "Dutch", "Url": ""}
    pd.DataFrame(works).to_csv("works.csv", index=False)
    names = read("search.md", {})

    assert names["works"]["things"].tolist() == [["glass"], ["river"]]
    assert [len(hits) for hits in names["wishes"]["hits"]] == [1, 0]


def test_the_art_explorer(place: Path, index: None) -> None:
    (place / "museum").mkdir()
    (place / "museum" / "bowl.png").write_bytes(picture(1))
    museum = pd.DataFrame({"ObjectID": ["7"], "path": ["museum/bowl.png"], "Title": "Bowl", "Medium": "glass"})
    here = [block for block in blocks("art-explorer.md") if not on_spark(block)]
    names = {"museum": museum, "pd": pd, "dfai": dfai}
    first, second = here
    asked = run(first, names)
    with dfai.using(target="local"):
        compared = run(second, names)

    assert names["seen"]["seen_tags"].tolist() == [["glass"]]
    assert asked is not None
    assert asked.values[-1]["hits"].str["key"].tolist()[0] == "7"
    assert compared is not None


def test_predictive_maintenance(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib").use("agg")
    readings = pd.DataFrame({"dateTime": pd.date_range("2026-01-01", periods=200, freq="30min"), "unitSymbol": "RPM"})
    readings["deviceId"] = "turbine-1"
    readings["measureValue"] = [3_000.0 + step % 48 for step in range(199)] + [4_000.0]
    names = read("predictive-maintenance.md", {"readings": readings}, leave_out=on_spark_or_stream)

    assert names["found"]["anomaly"].tolist()[-1]


def on_spark_or_stream(block: Block) -> bool:
    return on_spark(block) or "stream" in block.text


def test_faces(place: Path) -> None:
    for name, source in {"grace1": "face_a1", "grace2": "face_a2", "grace3": "face_a1", "visitor": "face_b1"}.items():
        whole = Image.open(MEDIA / f"{source}.jpg")
        whole.resize((whole.width // 2, whole.height // 2)).save(f"{name}.jpg")
    visitors = pd.DataFrame({"path": ["visitor.jpg"], "day": ["Monday"]})
    for other in (*dfai.faces.groups(), *dfai.faces.lists()):  # another page's
        other.delete()
    names = read("faces.md", {"df": visitors})

    assert len(names["faces"]) == 1
    assert names["staff"].persons() == []


def test_speakers(place: Path) -> None:
    for name, source in {"ada1.wav": "1", "ada2.mp3": "2", "ada3.flac": "3"}.items():
        shutil.copy(MEDIA / f"speaker_a_{source}.wav", name)
    names = read("speakers.md", {})

    assert names["ada"].ready
    assert not dfai.speakers.list()


def test_the_command_line(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2] / "examples"))
    from rated_texts import rated_texts

    texts = rated_texts(2_000)
    texts.assign(lang="en").to_parquet("reviews.parquet")
    pd.DataFrame({"title": ["One."], "body": ["Two."]}).to_csv("reviews.csv", index=False)
    at = pd.date_range("2026-01-01", periods=40, freq="D")
    pd.DataFrame({"at": at, "device": "a", "value": [1.0] * 39 + [9.0]}).to_csv("iot.csv", index=False)
    (place / "photos").mkdir()
    (place / "photos" / "a.jpg").write_bytes(picture(1, "JPEG"))
    ended = [(block, run(block, {})) for block in blocks("command-line.md")]

    assert [str(block) for block, ran in ended if ran and any(ran.values)] == []
    assert pd.read_parquet("scored.parquet")["sentiment"].notna().all()
    assert len(pd.read_csv("first.csv")) == 100
