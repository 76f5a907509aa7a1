"""Every verb on pictures, on the embedded engine's own models: from a file to columns, without a network."""

from __future__ import annotations

import io

import pandas as pd
import pytest

import dfai
from engine.vision.made import MEDIA, PRINTED_LINES, Image, needs_models

pytestmark = [needs_models, pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")]


@pytest.fixture
def frame() -> pd.DataFrame:
    names = ["object_cat.jpg", "printed_text.png", "README.md"]
    return pd.DataFrame({"picture": [*(str(MEDIA / name) for name in names), None]})


def test_verbs_on_pictures_are_answered_by_open_models(frame: pd.DataFrame) -> None:
    with dfai.using(target=dfai.local(), progress="off"):
        found = dfai.on(frame).tag_image("picture")
        found = dfai.on(found).describe_image("picture")
        found = dfai.on(found).detect_objects("picture")
        found = dfai.on(found).moderate_image("picture")
        found = dfai.on(found).thumbnail("picture", width_px=40, height_px=30)
    cat = found.iloc[0]

    assert set(cat["tags"][:3]) == {"cat", "mammal", "animal"}
    assert cat["caption"] == "a cat"
    assert [each["name"] for each in cat["objects"]] == ["cat"]
    assert not cat["flagged"]
    assert pd.isna(cat["flagged_racy"])
    assert Image.open(io.BytesIO(cat["thumbnail"])).size == (40, 30)
    errors = found[[name for name in found.columns if name.endswith("_error")]]
    assert errors.iloc[[0, 1, 3]].isna().all(axis=None)
    assert set(errors.iloc[2]) == {"unreadable"}


def test_text_is_read_from_a_file(frame: pd.DataFrame) -> None:
    with dfai.using(target=dfai.local(), progress="off"):
        found = dfai.on(frame).read_text("picture", include=["words"])

    assert [" ".join(line.split()) for line in found["text"][1].split("\n")] == [
        " ".join(line.split()) for line in PRINTED_LINES
    ]
    assert [word["text"] for word in found["text_words"][1]][:3] == ["Invoice", "No.", "2026-1147"]
    assert found["text"][0] == ""
    assert found["text_error"][2] == "unreadable"
