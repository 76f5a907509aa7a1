"""Images for the texts of any frame; the engine behind a socket stands for the service."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import dfai
from engine.imagesearch_pictures import album
from engine.server import serving
from frames import Frames

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark"),
]


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dfai.Target]:
    folder = album(tmp_path_factory.mktemp("photos"))
    with serving(data=tmp_path_factory.mktemp("data"), images=[folder]) as url:
        yield dfai.container(url)


def test_each_text_has_its_images_or_its_own_error(frames: Frames, target: dfai.Target) -> None:
    frame = frames.build({"q": ["pantheon", None, "mill", "zeppelin", " "], "n": [1, 1, 2, 3, 4]})

    with dfai.using(target=target, progress="off"):
        result = frames.read(frame.ai.search_images("q", top=dfai.col("n")))

    assert [None if one is None else len(one) for one in result["images"]] == [1, None, 2, 0, None]
    assert result["images_count"] == [1, None, 3, 0, None]
    assert result["images_error"] == [None, None, None, None, "empty"]
    (image,) = result["images"][0]
    assert (image["name"], image["width"], image["height"]) == ("A car before the Pantheon", 600, 300)
    assert image["date_published"] == "2024-02-29T12:30:00Z"


def test_images_that_were_found_can_be_fetched(frames: Frames, target: dfai.Target) -> None:
    with dfai.using(target=target, progress="off"):
        found = frames.read(frames.build({"q": ["pantheon"]}).ai.search_images("q"))
    frame = frames.build({"link": [found["images"][0][0]["content_url"]]})

    result = frames.read(frame.ai.download("link", private_urls="allow", progress="off"))

    assert result["content_type"] == ["image/jpeg"]
    assert result["content_size_bytes"] == [found["images"][0][0]["size_bytes"]]


def test_azure_offers_it_no_more(frames: Frames) -> None:
    frame = frames.build({"q": ["a"]})

    with pytest.raises(dfai.errors.NotOffered, match="2025-08-11"):
        frame.ai.search_images("q", target=dfai.azure("westeurope", key="planted-key"))


@pytest.mark.parametrize("options", [{"top": 0}, {"top": 1_001}, {"offset": -1}, {"market": "English"}])
def test_bad_options_raise_at_once(frames: Frames, options: dict[str, Any]) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=next(iter(options))):
        frames.build({"q": ["a"]}).ai.search_images("q", **options)


def test_pictures_are_found_in_this_process(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    pd = pytest.importorskip("pandas")
    folder = album(tmp_path_factory.mktemp("photos"))
    monkeypatch.setenv("DFAI_IMAGES", str(folder))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))

    with dfai.using(target="local", progress="off"):
        result = pd.DataFrame({"q": ["pantheon"]}).ai.search_images("q")

    assert result["images"][0][0]["content_url"] == (folder / "Rome_2024" / "redCar12.jpg").as_uri()
