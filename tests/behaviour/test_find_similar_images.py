"""Images like those of any frame; the engine behind a socket stands for the service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

import dfai
from dfai_engine.imagesearch.indexing import index
from engine.server import serving
from frames import Frames

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "dask-distributed", "spark"),
]


def striped(folder: Path, name: str, turned: bool) -> None:
    picture = Image.new("RGB", (240, 240), "white")
    draw = ImageDraw.Draw(picture)
    for start in range(0, 240, 40):
        draw.rectangle((start, 0, start + 20, 240) if turned else (0, start, 240, start + 20), fill="navy")
    picture.save(folder / name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("stripes")
    for name, turned in (("across.png", False), ("across.jpg", False), ("down.png", True)):
        striped(folder, name, turned)
    return folder


@pytest.fixture(scope="module")
def target(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dfai.Target]:
    data = tmp_path_factory.mktemp("data")
    index([folder], data, sight=True, announce=lambda _: None)
    with serving(data=data, images=[folder]) as url:
        yield dfai.container(url)


def test_each_picture_has_those_like_it_or_its_own_error(frames: Frames, target: dfai.Target, folder: Path) -> None:
    paths = [str(folder / "across.png"), None, str(folder / "gone.png"), str(folder / "down.png")]
    with dfai.using(target=target, progress="off"):
        result = frames.read(frames.build({"p": paths}).ai.find_similar_images("p", top=2))
    names = [None if found is None else [one["name"] for one in found] for found in result["similar_images"]]

    assert names[0] == ["across", "across"]  # itself, and the same as JPEG
    assert names[1:3] == [None, None]
    assert names[3] is not None
    assert names[3][0] == "down"
    assert result["similar_images_error"] == [None, None, "unreadable", None]


@pytest.mark.parametrize("options", [{"top": 0}, {"top": 151}, {"top": True}])
def test_bad_options_raise_at_once(frames: Frames, options: dict[str, Any]) -> None:
    with pytest.raises(dfai.errors.ConfigError, match="top="):
        frames.build({"p": ["a.png"]}).ai.find_similar_images("p", **options)
