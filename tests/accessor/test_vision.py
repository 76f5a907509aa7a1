"""Verbs over pictures as people call them: columns, stages, and what is refused before anything is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pandas as pd
import pytest

import dfai
from dfai.errors import BackendNotFound, ConfigError
from dfai_core.transports.base import Answer, Request

PNG = b"\x89PNG\r\n\x1a\n"


class Seeing:
    """Answers every request with the same tags."""

    def __init__(self) -> None:
        self.sent: list[Request] = []

    async def send(self, request: Request) -> Answer:
        self.sent.append(request)
        if "generateThumbnail" in request.url:
            return Answer(200, {}, PNG)
        tags = {"values": [{"name": "cat", "confidence": 0.5}]}
        return Answer(200, {}, orjson.dumps({"tagsResult": tags, "peopleResult": {"values": []}}))

    async def aclose(self) -> None:
        return


@pytest.fixture
def seeing() -> Iterator[Seeing]:
    transport = Seeing()
    with dfai.using(target=dfai.container("http://127.0.0.1:9"), transport=transport, progress="off"):
        yield transport


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"p": pd.Series([PNG + b"1", None, PNG + b"2"], dtype=object)})


def test_a_column_gives_the_headline(frame: pd.DataFrame, seeing: Seeing) -> None:
    tags = frame["p"].ai.tag_image()
    small = frame["p"].ai.thumbnail(width_px=10)
    people = frame["p"].ai.analyze_image(features=["people", "tags"])

    assert (tags.name, tags.tolist()) == ("tags", [["cat"], None, ["cat"]])
    assert (small.name, small.tolist()) == ("thumbnail", [PNG, None, PNG])
    assert (people.name, people.tolist()) == ("image_people", [[], None, []])


def test_several_columns_are_each_answered(frame: pd.DataFrame, seeing: Seeing) -> None:
    result = frame.assign(q=frame["p"]).ai.analyze_image(["p", "q"], features="tags")

    assert result["p_image_tags"].tolist() == result["q_image_tags"].tolist() == [["cat"], None, ["cat"]]
    assert list(result.columns[-3:]) == ["q_image_tags", "q_image_error", "q_image_error_message"]


def test_an_analysis_is_filled_by_its_first_feature(frame: pd.DataFrame, seeing: Seeing) -> None:
    first = frame.ai.analyze_image("p", features=["tags", "people"])
    first.loc[2, ["image_tags", "image_error"]] = [None, "timeout"]
    asked = len(seeing.sent)

    second = first.ai.analyze_image("p", features=["tags", "people"], if_exists="fill", store=None)

    assert second["image_tags"].tolist() == [["cat"], None, ["cat"]]
    assert second["image_error"].isna().all()
    assert len(seeing.sent) == asked + 1


def test_a_verb_is_a_step_of_scikit_learn(frame: pd.DataFrame, seeing: Seeing, tmp_path: Path) -> None:
    from dfai.sklearn import AITransformer

    (tmp_path / "a.png").write_bytes(PNG)
    step = AITransformer("analyze_image", features=["people", "tags"], fields=["tags"])

    found = step.fit_transform([str(tmp_path / "a.png")])

    assert found.tolist() == [[["cat"]]]


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "a version without the verb": (lambda ai: ai.thumbnail("p", api_version="2024-02-01"), "does not know this verb"),
    "a version of nobody": (lambda ai: ai.tag_image("p", api_version="4.0"), 'choose "v3.2"'),
    "a feature of another version": (lambda ai: ai.analyze_image("p", features="people", api_version="v3.2"), "4.0"),
    "features of two versions": (lambda ai: ai.analyze_image("p", features=["people", "color"]), "in two calls"),
    "no feature": (lambda ai: ai.analyze_image("p", features=[]), "each feature once"),
    "a feature twice": (lambda ai: ai.analyze_image("p", features=["tags", "tags"]), "each feature once"),
    "no such feature": (lambda ai: ai.analyze_image("p", features=["faces"]), "'faces' is no feature"),
    "dense captions of old": (lambda ai: ai.describe_image("p", include="dense", api_version="v3.2"), "4.0"),
    "pages of a picture": (lambda ai: ai.read_text("p", pages="2", api_version="2024-02-01"), "takes Read"),
    "no pages": (lambda ai: ai.read_text("p", pages="two"), "expected 'all'"),
    "no model": (lambda ai: ai.read_text("p", model="best"), "choose 'read', or 'ocr'"),
    "pages of print": (lambda ai: ai.read_text("p", model="ocr", pages=2), "reads single pictures"),
    "print of 4.0": (lambda ai: ai.read_text("p", model="ocr", api_version="2024-02-01"), "takes Computer Vision"),
    "no size": (lambda ai: ai.thumbnail("p", width_px=2_000), "from 1 to 1,024"),
    "no reader": (lambda ai: ai.tag_image("p", fetch="driver"), "choose 'worker'"),
    "no setting": (lambda ai: ai.tag_image("p", private_urls="yes"), "choose 'refuse' or 'allow'"),
    "no language": (lambda ai: ai.tag_image("p", language="English please"), "is not a language code"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_setting_is_told_at_once(name: str, frame: pd.DataFrame, seeing: Seeing) -> None:
    call, words = REFUSED[name]

    with pytest.raises(ConfigError) as caught:
        call(frame.ai)

    assert words in str(caught.value)
    assert not seeing.sent


def test_files_that_are_not_there_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    (tmp_path / "deeper").mkdir()

    assert dfai.files(tmp_path)["path"].tolist() == [str(tmp_path / "a.png")]
    with pytest.raises(ConfigError, match="nothing matches"):
        dfai.files(f"{tmp_path}/*.jpg")
    with pytest.raises(ConfigError, match="http: cannot be listed"):
        dfai.files("http://example.com/*.png")
    with pytest.raises(BackendNotFound, match="choose 'dask', 'pandas', 'polars', 'spark', or"):
        dfai.files(f"{tmp_path}/*.png", backend="arrow")


def test_stores_are_listed_with_their_urls() -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe("/listed/a.png", PNG)
    store.pipe("/listed/b/c.png", PNG + b"1")

    listed = dfai.files(["memory://listed/**/*.png"])

    assert listed["path"].tolist() == ["memory:///listed/a.png", "memory:///listed/b/c.png"]
    assert listed["size_bytes"].tolist() == [8, 9]
    assert str(listed["modified"].dtype) == "datetime64[us, UTC]"
