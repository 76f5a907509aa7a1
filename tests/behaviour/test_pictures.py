"""Pictures as inputs, on every backend: whatever a column holds of them, each row gets its own answer."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import dfai
from dfai.errors import ConfigError
from frames import Frames
from picture_service import PictureScene, name_of, picture

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect"),
]


def files(folder: Path, count: int, *, form: str = "PNG") -> list[str]:
    """Paths of so many different pictures."""
    paths = [folder / f"{number}.{form.lower()}" for number in range(count)]
    for number, path in enumerate(paths):
        path.write_bytes(picture(number, form))
    return list(map(str, paths))


def tagged(frames: Frames, column: list[Any], *, objects: bool = False, **options: Any) -> dict[str, list[Any]]:
    """The answers to a column, without the column itself."""
    result = frames.read(frames.build({"p": column}, objects=objects).ai.tag_image("p", **options))
    return {name: values for name, values in result.items() if name != "p"}


def first_tags(numbers: list[int | None]) -> list[str | None]:
    return [None if number is None else name_of(picture(number)) for number in numbers]


def test_paths_are_read_where_the_work_is_done(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    paths = files(tmp_path, 20)

    result = tagged(frames, [*paths, None])

    assert [tags and tags[0] for tags in result["tags"]] == first_tags([*range(20), None])
    assert result["tags_error"] == [None] * 21
    assert {sent.type for sent in pictures.sent} == {"application/octet-stream"}
    assert {sent.path for sent in pictures.sent} == {"/computervision/imageanalysis:analyze"}
    assert pictures.sent[0].query == {"api-version": "2024-02-01", "features": "tags", "language": "en"}


def test_bytes_are_sent_as_they_are(frames: Frames, pictures: PictureScene) -> None:
    # Dask makes texts of objects unless it is told not to.
    result = tagged(frames, [picture(1), None, picture(2), b""], objects=True)

    assert [tags and tags[0] for tags in result["tags"]] == first_tags([1, None, 2, None])
    assert result["tags_error"] == [None, None, None, "empty"]
    assert pictures.names == sorted(first_tags([1, 2]))


def test_equal_contents_are_asked_once_whatever_they_are_called(
    frames: Frames, pictures: PictureScene, tmp_path: Path
) -> None:
    (tmp_path / "one.png").write_bytes(picture(1))
    (tmp_path / "other.png").write_bytes(picture(1))

    result = tagged(frames, [str(tmp_path / "one.png"), str(tmp_path / "other.png")] * 6)

    assert [tags[0] for tags in result["tags"]] == first_tags([1] * 12)
    assert len(pictures.sent) <= frames.processes


def test_errors_cost_their_own_row_alone(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    (good,) = files(tmp_path, 1)
    (tmp_path / "words.txt").write_text("no picture", encoding="utf-8")
    (tmp_path / "large.png").write_bytes(picture(1) + bytes(20 * 2**20))
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "page.pdf").write_bytes(b"%PDF-1.7 and so on")
    wrong = {
        str(tmp_path / "nowhere.png"): "unreadable",
        str(tmp_path): "unreadable",
        str(tmp_path / "words.txt"): "unreadable",
        str(tmp_path / "large.png"): "too_large",
        str(tmp_path / "empty.png"): "empty",
        str(tmp_path / "page.pdf"): "unsupported",
        " ": "empty",
        "ftp://example.com/a.png": "unreadable",
        "http://169.254.169.254/latest/meta-data": "unreadable",
        "https://user:word@example.com/a.png": "unreadable",
    }

    result = tagged(frames, [good, *wrong, good])

    assert result["tags_error"] == [None, *wrong.values(), None]
    assert [tags and tags[0] for tags in result["tags"]] == first_tags([0, *[None] * len(wrong), 0])
    for path, message in zip(wrong, result["tags_error_message"][1:-1], strict=True):
        assert path not in message or path == " "
    assert "20,971,520 bytes" in result["tags_error_message"][4]


def test_urls_are_read_by_the_worker_from_public_places_alone(frames: Frames, pictures: PictureScene) -> None:
    url = pictures.at("a b.png", picture(5))

    refused = tagged(frames, [url])
    allowed = tagged(frames, [url], private_urls="allow")

    assert refused["tags_error"] == ["unreadable"]
    assert "private_urls" in refused["tags_error_message"][0]
    assert pictures.fetched == ["a b.png"]
    assert allowed["tags"][0][0] == name_of(picture(5))


def test_no_key_goes_where_a_row_s_url_leads(frames: Frames, pictures: PictureScene) -> None:
    key = "planted-0123456789abcdef"
    target = dfai.container(pictures.url, key=key)
    urls = [pictures.at("a.png", picture(5)), pictures.at("gone.png", b"") + "?sig=planted"]

    result = tagged(frames, urls, private_urls="allow", target=target)

    assert result["tags_error"] == [None, "empty"]
    assert len(pictures.fetched_with) == 2
    assert not any(key in value for headers in pictures.fetched_with for value in headers.values())
    assert "planted" not in str(result)


def test_a_url_may_be_left_to_the_service(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    url = pictures.at("a.png", picture(5))
    (path,) = files(tmp_path, 1)

    result = tagged(frames, [url, path], fetch="service")

    assert [tags[0] for tags in result["tags"]] == [f"at {url}", name_of(picture(0))]
    assert pictures.fetched == []
    assert sorted(sent.type for sent in pictures.sent) == ["application/json", "application/octet-stream"]


def test_objects_of_any_kind_stand_beside_each_other(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    if not frames.holds_objects:
        pytest.skip("columns of this library hold one type")
    (path,) = files(tmp_path, 1)
    shape = (50, 60, 3)
    pixels = np.random.default_rng(1).integers(0, 255, shape).astype(np.uint8)
    column = [
        picture(1),
        path,
        Path(path),
        pixels,
        Image.fromarray(pixels),
        bytearray(picture(1)),
        {"path": "unused", "content": picture(1)},
        None,
        float("nan"),
        7,
        pixels / 255.0,
        np.zeros((0, 4), np.uint8),
    ]

    result = tagged(frames, column, objects=True)

    names = [None if tags is None else tags[0] for tags in result["tags"]]
    assert names[:3] == first_tags([1, 0, 0])
    assert names[3] == names[4]
    assert names[5:7] == first_tags([1, 1])
    assert names[7:] == [None] * 5
    assert result["tags_error"] == [*[None] * 9, "unsupported", "unsupported", "empty"]
    assert "value of type int" in result["tags_error_message"][9]
    assert "float64 with the shape 50 × 60 × 3" in result["tags_error_message"][10]
    sent = {sent.name: sent.picture for sent in pictures.sent}[names[3]]
    assert isinstance(sent, bytes)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(sent))), pixels)


def test_structs_of_path_and_content_are_read(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    (path,) = files(tmp_path, 1)
    rows = [{"path": "file:/gone", "content": picture(3)}, {"path": path, "content": None}, None]

    result = tagged(frames, rows, objects=True)

    assert [tags and tags[0] for tags in result["tags"]] == first_tags([3, 0, None])


def test_a_column_that_can_hold_no_picture_is_refused_at_once(frames: Frames, pictures: PictureScene) -> None:
    frame = frames.build({"n": [1, 2]})

    with pytest.raises(ConfigError, match=r"tag_image reads an image in each row .*column 'n' holds"):
        frame.ai.tag_image("n")


def test_a_changed_file_is_asked_again(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    path, store = tmp_path / "a.png", str(tmp_path / "store")
    answers = []
    for number in (1, 1, 2):
        path.write_bytes(picture(number))
        answers += tagged(frames, [str(path)], store=store)["tags"]

    assert [tags[0] for tags in answers] == first_tags([1, 1, 2])
    assert pictures.names == sorted(first_tags([1, 2]))


def test_fill_reads_only_what_has_no_answer(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    paths = files(tmp_path, 2)
    late = str(tmp_path / "late.png")
    first = frames.read(frames.build({"p": [*paths, late]}).ai.tag_image("p"))
    Path(late).write_bytes(picture(9))
    for path in paths:
        Path(path).unlink()

    second = frames.read(frames.build(first, objects=True).ai.tag_image("p", if_exists="fill"))

    assert first["tags_error"] == [None, None, "unreadable"]
    assert [tags[0] for tags in second["tags"]] == first_tags([0, 1, 9])
    assert second["tags_error"] == [None] * 3


def test_sparks_image_structs_are_pictures(pictures: PictureScene) -> None:
    pixels = np.random.default_rng(1).integers(0, 255, (50, 60, 3)).astype(np.uint8)
    image = {
        "origin": "file:/a.png",
        "height": 50,
        "width": 60,
        "nChannels": 3,
        "mode": 16,
        "data": pixels[:, :, ::-1].tobytes(),
    }
    numbers = [(name, pa.int32()) for name in ("height", "width", "nChannels", "mode")]
    kind = pa.struct([("origin", pa.string()), *numbers, ("data", pa.binary())])
    frame = pd.DataFrame({"p": pd.array([image, None, image | {"mode": 21}], dtype=pd.ArrowDtype(kind))})

    from_arrow = dfai.on(frame).tag_image("p")
    from_objects = dfai.on(pd.DataFrame({"p": [image, pixels]})).tag_image("p")

    assert from_arrow["tags_error"].tolist()[2] == "unsupported"
    names = {tags[0] for tags in [from_arrow["tags"][0], *from_objects["tags"]]}
    assert len(names) == 1
