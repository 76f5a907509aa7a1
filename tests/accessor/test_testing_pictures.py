"""`dfai.testing.fake` for pictures: every verb's answers, in both protocols, by content wherever it comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai_core.services import services

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

PNG = b"\x89PNG\r\n\x1a\n"
CAT, DOG, WALL = PNG + b"cat", PNG + b"dog", PNG + b"wall"
BOX = {"x_px": 1, "y_px": 2, "width_px": 30, "height_px": 40}
COLOR = {"dominant": ["Red"], "foreground": "Red", "background": "Blue", "accent": "FF0000", "black_and_white": False}
ANALYSIS: dict[str, Any] = {
    "tags": ["cat"],
    "caption": "a cat",
    "dense_captions": [{"text": "a tail", "confidence": 0.5, **BOX}],
    "objects": [{"name": "cat", "confidence": 0.9, **BOX, "parents": []}],
    "read": "meow",
    "people": [{"confidence": 0.4, **BOX}],
    "smart_crops": [{"aspect_ratio": 1.5, **BOX}],
}
OLDER: dict[str, Any] = {
    "categories": [{"name": "animal_cat", "confidence": 0.8}],
    "color": COLOR,
    "image_type": {"clip_art": 3, "line_drawing": True},
    "adult": {"flagged": True, "adult": 0.9, "racy": None, "gory": None},
    "brands": [{"name": "Contoso", "confidence": 0.7, **BOX}],
}
CASES: list[tuple[str, Any, Any, dict[str, Any]]] = [
    ("tag_image", ["cat", "sofa"], ["cat", "sofa"], {}),
    ("tag_image", [{"name": "cat", "confidence": 0.5}], ["cat"], {"api_version": "v3.2"}),
    ("describe_image", {"caption": "a cat", "dense": ["a tail"]}, "a cat", {"include": ["dense"]}),
    ("describe_image", "a cat", "a cat", {"api_version": "v3.2"}),
    ("detect_objects", ANALYSIS["objects"], ANALYSIS["objects"], {}),
    ("read_text", ["page one", "page two"], "page one\n\npage two", {}),
    ("read_text", "two\nlines", "two\nlines", {"api_version": "2024-02-01", "include": ["words"]}),
    ("read_text", "two\nlines", "two\nlines", {"model": "ocr"}),
    ("thumbnail", DOG, DOG, {"width_px": 9}),
    ("area_of_interest", BOX, BOX, {}),
    ("moderate_image", True, True, {}),
    ("detect_faces", [{**BOX, "quality": "low"}], "low", {}),
    ("identify_faces", ["Ada", {"name": "Bob", "confidence": 0.6}], ["Ada", "Bob"], {"among": "staff"}),
    ("find_similar_faces", ["3fa8"], "3fa8", {"among": "friends"}),
]


@pytest.mark.parametrize(("verb", "given", "expected", "options"), CASES, ids=lambda value: str(value)[:24])
def test_verbs_on_pictures_give_what_they_were_told(
    verb: str, given: Any, expected: Any, options: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "cat.png"
    path.write_bytes(CAT)
    for answers in ({CAT: given}, {str(path): given}, lambda picture: given if picture == CAT else None):
        frame = pd.DataFrame({"p": pd.Series([CAT, str(path), None], dtype=object)})
        with dfai.using(target=dfai.testing.fake({verb: answers}), progress="off", store=None):
            frame = getattr(frame.ai, verb)("p", **options)
        found = frame[services()[verb].noun]
        simple = {
            "detect_faces": lambda faces: faces[0]["quality"],
            "identify_faces": lambda people: [person["name"] for person in people],
            "find_similar_faces": lambda faces: faces[0]["face_id"],
        }.get(verb, lambda value: value)

        assert frame[f"{services()[verb].noun}_error"].isna().all(), frame.iloc[0, -1]
        assert [simple(value) for value in found[:2]] == [expected] * 2
        assert found.isna()[2]


@pytest.mark.parametrize("told", [ANALYSIS, OLDER], ids=["4.0", "v3.2"])
def test_every_feature_of_an_analysis_is_given_back(told: dict[str, Any]) -> None:
    with dfai.using(target=dfai.testing.fake({"analyze_image": {CAT: told}}), progress="off"):
        frame = pd.DataFrame({"p": [CAT]}).ai.analyze_image("p", features=list(told))

    assert frame["image_error"].isna().all(), frame["image_error_message"][0]
    assert {name: frame[f"image_{name}"][0] for name in told} == told


def test_faces_are_compared_and_grouped_as_was_told() -> None:
    fake = dfai.testing.fake(
        {
            "verify_faces": {(CAT, DOG): False, (CAT, CAT): {"same_person": True, "confidence": 0.8}},
            "group_faces": {CAT: "ada", DOG: "ada", WALL: None},
        }
    )
    frame = pd.DataFrame({"p": [CAT, CAT, CAT], "q": [DOG, CAT, WALL]})
    with dfai.using(target=fake, progress="off"):
        pairs = frame.ai.verify_faces("p", "q")
        sets = pd.DataFrame({"p": [CAT, DOG, WALL]}).ai.group_faces("p")

    assert pairs["same_person"].tolist()[:2] == [False, True]
    assert pairs["same_person_confidence"].tolist()[:2] == [0.0, 0.8]
    assert sets["face_group"].tolist()[:2] == [0, 0]
    assert pairs["same_person_error"][2] == "nothing_found"
    assert sets["face_group_error"][2] == "nothing_found"


def test_a_picture_fails_alone_and_an_unknown_one_says_how_to_tell_it() -> None:
    fake = dfai.testing.fake({"tag_image": {CAT: ["cat"]}}, fail={DOG: "rate_limited"})
    frame = pd.DataFrame({"p": [CAT, DOG, WALL]})
    with dfai.using(target=fake, attempts=1, progress="off"):
        frame = frame.ai.tag_image("p")

    assert frame["tags_error"].fillna("-").tolist() == ["-", "rate_limited", "refused"]
    assert 'dfai.testing.fake({"tag_image": {picture: answer}})' in frame["tags_error_message"][2]
    assert sorted(asked.status for asked in fake.requests) == [200, 400, 429]


def test_an_answer_that_a_verb_could_not_give_is_that_pictures_error() -> None:
    told = {"thumbnail": "small", "tag_image": "cat", "analyze_image": {CAT: {"tags": []}}, "moderate_image": 1}
    with dfai.using(target=dfai.testing.fake(told), progress="off"):
        frame = pd.DataFrame({"p": [CAT]}).ai.thumbnail("p").ai.tag_image("p").ai.moderate_image("p")
        frame = frame.ai.analyze_image("p", features=["people", "tags"])

    for noun, words in (
        ("thumbnail", "the bytes of a picture's file"),
        ("tags", "a list of words"),
        ("flagged", "True, False"),
        ("image", "a mapping with 'people'"),
    ):
        assert frame[f"{noun}_error"][0] == "refused"
        assert words in frame[f"{noun}_error_message"][0]
