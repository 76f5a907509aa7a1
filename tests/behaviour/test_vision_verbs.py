"""Every vision verb gives the same columns and values on every backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dfai
from frames import Frames
from picture_service import PictureScene, name_of, picture

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect"),
]
BOX = {"x_px": 1, "y_px": 2, "width_px": 30, "height_px": 40}
CORNERS = [1.0, 2.0, 31.0, 2.0, 31.0, 42.0, 1.0, 42.0]
NAME = name_of(picture(1))


def asked(frames: Frames, folder: Path) -> Any:
    """A frame of one picture and a null."""
    path = folder / "1.png"
    path.write_bytes(picture(1))
    return frames.build({"id": [1, 2], "p": [str(path), None]})


def answers(frames: Frames, frame: Any) -> dict[str, list[Any]]:
    return {name: values for name, values in frames.read(frame).items() if name not in ("id", "p")}


def rows(*nouns: str, **expected: Any) -> dict[str, list[Any]]:
    """The columns of answers that begin with *nouns*: of the picture, then of the null."""
    errors = {f"{noun}_error{more}": [None, None] for noun in nouns for more in ("", "_message")}
    return {name: [value, None] for name, value in expected.items()} | errors


def test_every_verb_gives_the_same_columns_and_values(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    frame = asked(frames, tmp_path)
    for verb, options in {
        "tag_image": {"include": ["confidence"]},
        "describe_image": {"include": ["dense"]},
        "detect_objects": {"api_version": "v3.2"},
        "read_text": {"include": ["lines", "words", "pages"]},
        "analyze_image": {"features": ["color", "tags", "adult"]},
        "moderate_image": {},
        "area_of_interest": {},
    }.items():
        frame = getattr(dfai.on(frame), verb)("p", **options)
    color = {"dominant": ["Brown"], "foreground": "Brown", "background": "Black", "accent": "873B59"}
    size = {"width": 60.0, "height": 50.0, "unit": "pixel", "angle_degrees": 0.5, "language": "en"}

    assert answers(frames, frame) == rows(
        *("tags", "caption", "objects", "text", "image", "flagged", "area"),
        tags=[NAME, "outdoor"],
        tags_confidence=[0.9, 0.8],
        caption=f"a picture of {NAME}",
        caption_confidence=0.6,
        caption_dense=[{"text": "a corner", "confidence": 0.5, **BOX}],
        objects=[{"name": NAME, "confidence": 0.9, **BOX, "parents": ["furniture", "thing"]}],
        text=f"page 1\n{NAME}",
        text_lines=[{"text": text, "page": 1, "polygon": CORNERS} for text in ("page 1", NAME)],
        text_words=[
            {"text": word, "confidence": 0.7, "page": 1, "line": 1, "polygon": CORNERS} for word in ("page", "1")
        ],
        text_pages=[{"page": 1, "text": f"page 1\n{NAME}", **size}],
        image_color={**color, "black_and_white": False},
        image_tags=[NAME, "outdoor"],
        image_adult={"flagged": True, "adult": 0.1, "racy": 0.8, "gory": 0.01},
        flagged=True,
        flagged_adult=0.1,
        flagged_racy=0.8,
        flagged_gory=0.01,
        area=BOX,
    )


def test_the_older_operation_reads_print_at_once(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    frame = asked(frames, tmp_path).ai.read_text("p", model="ocr", include=["words", "pages"])
    words = [{"text": word, "confidence": None, "page": 1, "line": 1, "polygon": CORNERS} for word in ("see", NAME)]
    page = {"page": 1, "text": f"see {NAME}", "width": None, "height": None, "unit": "pixel"}

    assert answers(frames, frame) == rows(
        "text",
        text=f"see {NAME}",
        text_words=words,
        text_pages=[{**page, "angle_degrees": 90.0, "language": "en"}],
    )
    assert pictures.sent[0].query == {"language": "unk", "detectOrientation": "true"}


def test_thumbnails_are_files_and_are_paid_for_once(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    store = str(tmp_path / "store")
    for _ in range(2):
        frame = asked(frames, tmp_path).ai.thumbnail("p", width_px=64, height_px=48, store=store)

        assert answers(frames, frame) == rows("thumbnail", thumbnail=picture(3, "JPEG", (64, 48)))

    assert len(pictures.sent) == 1
    assert pictures.sent[0].query == {"width": "64", "height": "48", "smartCropping": "true"}


def test_options_may_come_from_columns(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    paths = []
    for number in range(4):
        paths.append(str(tmp_path / f"{number}.png"))
        Path(paths[-1]).write_bytes(picture(number))
    frame = frames.build({"p": paths, "lang": ["en", "fr", None, "not a code"]})

    result = frames.read(frame.ai.tag_image("p", language=dfai.col("lang")))

    assert result["tags_error"] == [None, None, None, "refused"]
    assert sorted(sent.query["language"] for sent in pictures.sent) == ["en", "en", "fr"]


def test_files_are_listed_as_a_frame(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    for number, name in enumerate(["b.png", "deep/a.png", "deep/er/c.png"]):
        (tmp_path / name).write_bytes(picture(number))
    (tmp_path / "notes.txt").write_text("no picture", encoding="utf-8")
    backend = getattr(frames, "session", None) or frames.name.partition("-")[0]

    listed = dfai.files(f"{tmp_path}/**/*.png", backend=backend)
    listed = listed.lazy() if frames.name == "polars-lazy" else listed
    result = frames.read(listed.ai.tag_image("path"))

    assert sorted(result["path"]) == [f"{tmp_path}/{name}" for name in ("b.png", "deep/a.png", "deep/er/c.png")]
    found = dict(zip(result["path"], result["tags"], strict=True))
    assert found[f"{tmp_path}/deep/a.png"][0] == NAME
    assert sorted(result["size_bytes"]) == sorted(len(picture(number)) for number in range(3))
    assert None not in result["modified"]
