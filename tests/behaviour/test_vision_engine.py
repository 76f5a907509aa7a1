"""Pictures in a folder, through the embedded engine: every verb, with no key and no network."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dfai

MEDIA = Path(__file__).parents[1] / "engine" / "vision" / "media"

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "dask-distributed", "spark"),
]


@pytest.fixture(scope="module")
def photos() -> Iterator[pd.DataFrame]:
    """A cat, a cup of coffee, printed lines; and what is no picture."""
    with dfai.using(target="local", progress="off"):
        yield dfai.files([f"{MEDIA}/*.jpg", f"{MEDIA}/*.png", f"{MEDIA}/*.txt"])


def named(photos: pd.DataFrame, column: str) -> dict[str, object]:
    """An answer by the file's name."""
    return dict(zip(photos["path"].map(lambda path: Path(path).stem), photos[column], strict=True))


def test_tags_and_objects_name_what_is_there(photos: pd.DataFrame) -> None:
    result = photos.ai.analyze_image("path", features=["tags", "objects"])

    names = {Path(path).name: row for path, row in zip(result["path"], result["image_tags"], strict=True)}
    assert "cat" in names["object_cat.jpg"]
    assert "cup" in names["object_coffee.jpg"]
    (cat,) = named(result, "image_objects")["object_cat"]  # type: ignore[misc]
    assert cat["name"] == "cat"
    assert result["image_error"].tolist().count("unreadable") == 1


def test_text_is_read_by_the_operation_and_at_once(photos: pd.DataFrame) -> None:
    printed = photos[photos["path"].str.endswith("printed_text.png")]
    lines = (MEDIA / "printed_text.txt").read_text(encoding="utf-8").splitlines()
    written = [" ".join(line.split()) for line in lines]

    by_operation = printed.ai.read_text("path", include=["words"])
    at_once = printed.ai.read_text("path", api_version="2024-02-01")

    assert [" ".join(line.split()) for line in by_operation["text"].iloc[0].splitlines()] == written
    older = printed.ai.read_text("path", model="ocr", include=["pages"])

    assert " ".join(older["text"].iloc[0].split()) == " ".join(written)
    assert abs(older["text_pages"].iloc[0][0]["angle_degrees"]) < 1
    assert at_once["text"].iloc[0] == by_operation["text"].iloc[0]
    assert by_operation["text_words"].iloc[0][0]["text"] == written[0].split()[0]


def test_thumbnails_have_their_size_and_scores_their_nulls(photos: pd.DataFrame) -> None:
    pictures = photos[~photos["path"].str.endswith(".txt")]

    small = pictures.ai.thumbnail("path", width_px=64, height_px=48)
    judged = pictures.ai.moderate_image("path")
    areas = pictures.ai.area_of_interest("path")["area"]

    assert {Image.open(io.BytesIO(data)).size for data in small["thumbnail"]} == {(64, 48)}
    assert areas.str["width_px"].min() > 50
    assert judged["flagged"].tolist() == [False] * 3
    assert judged["flagged_adult"].between(0, 0.5).all()
    assert judged[["flagged_racy", "flagged_gory"]].isna().all(axis=None)


def test_pixels_are_seen_as_the_file_is(photos: pd.DataFrame) -> None:
    path = MEDIA / "object_cat.jpg"
    with Image.open(path) as opened:
        frame = pd.DataFrame({"p": pd.Series([np.asarray(opened.convert("RGB")), path], dtype=object)})

    pixels, file = frame.ai.detect_objects("p")["objects"]

    assert [one["name"] for one in pixels] == [one["name"] for one in file] == ["cat"]
    assert abs(pixels[0]["x_px"] - file[0]["x_px"]) <= 2


def test_no_broken_file_costs_more_than_its_own_row(photos: pd.DataFrame) -> None:
    whole, dice = (MEDIA / "object_cat.jpg").read_bytes(), random.Random(1)
    broken: list[bytes] = [whole[:size] for size in range(1, len(whole), 1_024)]
    for _ in range(20):
        flipped = bytearray(whole)
        for _ in range(dice.randrange(1, 30)):
            flipped[dice.randrange(len(flipped))] ^= 1 << dice.randrange(8)
        broken.append(bytes(flipped))
    frame = pd.DataFrame({"p": pd.Series([whole, *broken, whole], dtype=object)})

    result = frame.ai.thumbnail("p", width_px=32, height_px=32)

    assert result["thumbnail_error"].iloc[[0, -1]].isna().all()
    assert (result["thumbnail"].isna() == result["thumbnail_error"].notna()).all()
    assert set(result["thumbnail_error"].dropna()) <= {"unreadable", "unsupported", "too_large"}
    assert result["thumbnail_error"].notna().sum() > 0
