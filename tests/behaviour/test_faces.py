"""Faces on every backend: real pictures, the engine as a server, each row with its own answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dfai
from dfai.errors import ConfigError
from engine.server import serving
from frames import Frames

pytest.importorskip("dlib", reason="the extra face is not installed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "dask-distributed", "spark"),
]

MEDIA = Path(__file__).resolve().parents[1] / "media"
A1, A2, B1, TWO = (str(MEDIA / f"{name}.jpg") for name in ("face_a1", "face_a2", "face_b1", "faces_two"))
NOBODY = str(MEDIA.parent / "engine" / "vision" / "media" / "object_coffee.jpg")


@pytest.fixture(scope="module")
def target() -> Iterator[dfai.Target]:
    """A served engine with a group of persons and a list of faces."""
    with serving(limits="wide", workers=2) as url:
        made = dfai.container(url)
        pioneers = dfai.faces.create_group("pioneers", target=made)
        pioneers.add("Eileen", [A1])
        pioneers.add("Grace", [B1])
        pioneers.train()
        visitors = dfai.faces.create_list("visitors", target=made)
        visitors.add([A1, B1], ["first", "second"])
        visitors.train()
        yield made


@pytest.fixture(autouse=True)
def settings(target: dfai.Target) -> Iterator[None]:
    with dfai.using(target=target, progress="off", attempts=2):
        yield


def answers(frames: Frames, columns: dict[str, list[Any]], verb: str, *inputs: str, **options: Any) -> Any:
    """The answer's columns."""
    result = frames.read(getattr(frames.build(columns).ai, verb)(*inputs, **options))
    return {name: values for name, values in result.items() if name not in columns}


def test_faces_are_found_with_what_is_asked_about_them(frames: Frames) -> None:
    found = answers(frames, {"p": [A1, None, TWO, NOBODY]}, "detect_faces", "p", attributes=["quality", "head_pose"])

    assert [None if faces is None else len(faces) for faces in found["faces"]] == [1, None, 2, 0]
    assert found["faces_error"] == [None] * 4
    (face,) = found["faces"][0]
    assert (face["quality"], face["blur"]) == ("medium", None)
    assert abs(face["roll_degrees"]) < 10
    assert abs(face["x_px"] - 160) < 12
    assert found["faces"][2][0]["width_px"] > found["faces"][2][1]["width_px"]


def test_pairs_are_verified_by_their_largest_faces(frames: Frames) -> None:
    columns = {"p": [A1, A1, TWO, None, NOBODY, A1], "q": [A2, B1, B1, A1, A1, NOBODY]}
    found = answers(frames, columns, "verify_faces", "p", "q")
    strict = answers(frames, {"p": [A1], "q": [A2]}, "verify_faces", "p", "q", threshold=0.9999)

    assert found["same_person"] == [True, False, True, None, None, None]
    assert found["same_person_error"] == [None, None, None, None, "nothing_found", "nothing_found"]
    assert "the second picture" in found["same_person_error_message"][5]
    assert found["same_person_confidence"][0] > 0.9 > 0.4 > found["same_person_confidence"][1]
    assert strict["same_person"] == [False]


def test_people_are_identified_by_name_and_similar_faces_by_id(frames: Frames) -> None:
    columns = {"p": [A2, TWO, NOBODY, None]}
    people = answers(frames, columns, "identify_faces", "p", among="pioneers")
    similar = answers(frames, columns, "find_similar_faces", "p", among="visitors")

    assert [rows and [one["name"] for one in rows] for rows in people["people"]] == [
        *(["Eileen"], ["Grace", "Eileen"], None, None)
    ]
    assert people["people_error"] == [None, None, "nothing_found", None]
    kept = {face.id: face.user_data for face in dfai.faces.list("visitors").faces()}
    assert [rows and [kept[one["face_id"]] for one in rows] for rows in similar["similar_faces"]] == [
        *(["first"], ["second"], None, None)
    ]


def test_people_are_numbered_in_each_set(frames: Frames) -> None:
    columns = {
        "p": [A1, B1, A2, None, NOBODY, A1, B1, "nowhere.jpg"],
        "album": [*["x"] * 5, *["y"] * 3],
    }
    found = answers(frames, columns, "group_faces", "p", by="album")

    assert found["face_group"][:3] == [0, 1, 0]
    assert found["face_group"][3:5] == [None, None]
    assert sorted(found["face_group"][5:7]) == [0, 1]
    assert found["face_group_error"] == [None, None, None, None, "nothing_found", None, None, "unreadable"]


def test_a_set_is_asked_again_as_a_whole_where_one_of_its_rows_has_no_answer(frames: Frames) -> None:
    columns = {"p": [A1, A2, A1, B1], "album": [*"xxyy"], "face_group": [7, 7, None, 7], "face_group_error": [None] * 4}
    frame = frames.build({**columns, "face_group_error_message": [None] * 4})
    found = frames.read(frame.ai.group_faces("p", by="album", if_exists="fill"))

    # The answers that are there stay; of the other set the row without one gets its number.
    assert found["face_group"][:2] == [7, 7]
    assert found["face_group"][2] in (0, 1)
    assert found["face_group"][3] == 7


def test_what_nobody_should_ask_is_refused_before_any_request(frames: Frames) -> None:
    accessor = frames.build({"p": [A1]}).ai

    with pytest.raises(ConfigError, match="Microsoft withdrew it"):
        accessor.detect_faces("p", attributes=["blur", "age"])
    with pytest.raises(ConfigError, match="say among whom to search"):
        accessor.identify_faces("p")
    with pytest.raises(ConfigError, match="names no collection"):
        accessor.find_similar_faces("p", among="No such/list")
    with pytest.raises(ConfigError, match="two calls"):
        accessor.detect_faces("p", attributes=["mask", "noise"])
