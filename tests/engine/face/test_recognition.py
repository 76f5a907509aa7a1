"""Verify, find similar, group, identify: the same person is found again, another is not."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from dfai_engine import weights
from dfai_engine.app import App
from dfai_engine.face import network
from dfai_engine.face.finding import describe, find
from dfai_engine.face.remembered import Remembered
from dfai_engine.face.similarity import confidences, distances
from dfai_engine.failures import ServiceFailure
from dfai_engine.lite.running import Runner
from engine.face.portraits import FACE, SHARED, face_ids, image, pixels, send
from engine.wire import ask

UNKNOWN = "00000000-0000-0000-0000-000000000001"


def asked(app: App, what: str, **body: Any) -> Any:
    """The answer about detected faces."""
    answer = ask(app, "POST", f"{FACE}/{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refused(app: App, what: str, **body: Any) -> tuple[int, str]:
    """Status and code of a refusal."""
    answer = ask(app, "POST", f"{FACE}/{what}", json=body)
    return answer.status_code, answer.json()["error"]["code"]


@pytest.fixture(scope="module")
def ids(app: App) -> list[str]:
    return face_ids(app, "face_a1", "face_a2", "face_b1")


@pytest.fixture(scope="module")
def group(app: App) -> dict[str, str]:
    """A large person group with two persons, trained; their ids by name."""
    place = f"{FACE}/largepersongroups/pioneers"
    ask(app, "PUT", place, json={"name": "Pioneers", "recognitionModel": "recognition_04"})
    persons = {}
    for name, portrait in (("Eileen", "face_a1"), ("Grace", "face_b1")):
        made = ask(app, "POST", f"{place}/persons", json={"name": name}).json()
        persons[name] = made["personId"]
        added = send(app, f"{place}/persons/{made['personId']}/persistedfaces", image(portrait))
        assert added.status_code == 200, added.text
    assert ask(app, "POST", f"{place}/train").status_code == 202
    return persons


def test_one_person_is_verified_and_another_is_not(app: App, ids: list[str]) -> None:
    same = asked(app, "verify", faceId1=ids[0], faceId2=ids[1])
    other = asked(app, "verify", faceId1=ids[0], faceId2=ids[2])

    assert same["isIdentical"] is True
    assert same["confidence"] > 0.9
    assert other["isIdentical"] is False
    assert other["confidence"] < 0.4


def test_a_face_is_verified_against_a_person(app: App, ids: list[str], group: dict[str, str]) -> None:
    found = [
        asked(app, "verify", faceId=ids[1], personId=group[name], largePersonGroupId="pioneers")["isIdentical"]
        for name in ("Eileen", "Grace")
    ]

    assert found == [True, False]


def test_similar_faces_are_those_of_the_person_or_all_in_order(app: App, ids: list[str]) -> None:
    person = asked(app, "findsimilars", faceId=ids[0], faceIds=ids[1:])
    every = asked(app, "findsimilars", faceId=ids[0], faceIds=ids[:0:-1], mode="matchFace")
    first = asked(app, "findsimilars", faceId=ids[0], faceIds=ids[1:], mode="matchFace", maxNumOfCandidatesReturned=1)

    assert [face["faceId"] for face in person] == [ids[1]]
    assert [face["faceId"] for face in every] == [ids[1], ids[2]]
    assert first == every[:1]


@pytest.mark.parametrize("kind", ["facelists", "largefacelists"])
def test_similar_faces_are_found_in_a_list(app: App, ids: list[str], kind: str) -> None:
    place = f"{FACE}/{kind}/similar"
    ask(app, "PUT", place, json={"name": "List", "recognitionModel": "recognition_04"})
    kept = [
        send(app, f"{place}/persistedfaces", image(name)).json()["persistedFaceId"] for name in ("face_b1", "face_a1")
    ]
    name = "faceListId" if kind == "facelists" else "largeFaceListId"
    if kind == "largefacelists":
        assert refused(app, "findsimilars", faceId=ids[1], largeFaceListId="similar")[1] == "LargeFaceListNotTrained"
        ask(app, "POST", f"{place}/train")
    (found,) = asked(app, "findsimilars", faceId=ids[1], **{name: "similar"})

    assert found["persistedFaceId"] == kept[1]


def test_faces_part_into_persons_and_those_alone(app: App, ids: list[str]) -> None:
    found = asked(app, "group", faceIds=ids)

    assert [sorted(one) for one in found["groups"]] == [sorted(ids[:2])]
    assert found["messyGroup"] == [ids[2]]


def test_persons_of_a_group_are_identified(app: App, ids: list[str], group: dict[str, str]) -> None:
    found = asked(app, "identify", faceIds=[ids[1], ids[2]], largePersonGroupId="pioneers")
    unsure = asked(app, "identify", faceIds=ids[1:2], largePersonGroupId="pioneers", confidenceThreshold=0.001)

    assert [[one["personId"] for one in face["candidates"]] for face in found] == [[group["Eileen"]], [group["Grace"]]]
    assert [one["personId"] for one in unsure[0]["candidates"]] == [group["Eileen"], group["Grace"]]


def test_faces_under_different_models_are_not_compared(app: App, ids: list[str], group: dict[str, str]) -> None:
    (older,) = face_ids(app, "face_a1", query="recognitionModel=recognition_03")

    assert refused(app, "verify", faceId1=ids[0], faceId2=older) == (400, "BadArgument")
    assert refused(app, "group", faceIds=[ids[0], older]) == (400, "BadArgument")
    assert refused(app, "identify", faceIds=[older], largePersonGroupId="pioneers") == (400, "BadArgument")


@pytest.mark.parametrize(
    ("what", "body", "expected"),
    [
        ("verify", {"faceId1": UNKNOWN, "faceId2": UNKNOWN}, (404, "FaceNotFound")),
        ("verify", {"faceId1": "me"}, (400, "BadArgument")),
        ("verify", {"faceId": UNKNOWN, "personId": UNKNOWN, "personGroupId": "g"}, (404, "FaceNotFound")),
        ("group", {"faceIds": [UNKNOWN]}, (400, "BadArgument")),
        ("group", {"faceIds": [UNKNOWN] * 1_001}, (400, "BadArgument")),
        ("identify", {"faceIds": [UNKNOWN]}, (400, "BadArgument")),
        ("identify", {"faceIds": [UNKNOWN] * 11, "personGroupId": "g"}, (400, "BadArgument")),
        ("identify", {"faceIds": [UNKNOWN], "personGroupId": "none"}, (404, "PersonGroupNotFound")),
        ("identify", {"faceIds": [UNKNOWN], "personGroupId": "A B"}, (400, "BadArgument")),
        ("identify", {"faceIds": [UNKNOWN], "personGroupId": "g", "confidenceThreshold": 2}, (400, "BadArgument")),
        ("findsimilars", {"faceId": UNKNOWN, "faceIds": [UNKNOWN], "faceListId": "x"}, (404, "FaceNotFound")),
    ],
)
def test_what_cannot_be_asked_is_refused(app: App, what: str, body: Any, expected: tuple[int, str]) -> None:
    assert refused(app, what, **body) == expected


def test_detected_faces_are_forgotten_after_their_time_and_the_oldest_when_there_are_many() -> None:
    now = [0.0]
    faces = Remembered(2, clock=lambda: now[0])
    nothing = np.zeros(128, np.float32)
    first, second = faces.add(nothing, "recognition_04", 60), faces.add(nothing, "recognition_04", 90)
    now[0] = 60
    third = faces.add(nothing, "recognition_04", 60)

    assert faces.get(second).model == faces.get(third).model
    with pytest.raises(ServiceFailure, match="not found"):
        faces.get(first)
    now[0] = 90
    with pytest.raises(ServiceFailure, match="not found"):
        faces.get(second)


def test_the_network_gives_what_its_file_says() -> None:
    runtime = pytest.importorskip("onnxruntime", reason="the extra vision is not installed")
    path = weights.folder("mobilefacenet") / "fr_feature.onnx"
    seen = np.random.default_rng(3).integers(0, 256, (2, network.SIDE_PX, network.SIDE_PX, 3), np.uint8)
    (found,) = Runner(network.network(path, 2))(network.levels(seen))
    theirs = runtime.InferenceSession(str(path))
    wanted = [
        theirs.run(None, {"input": np.ascontiguousarray(each.transpose(2, 0, 1)[None])})[0][0]
        for each in network.levels(seen)
    ]

    assert found.values.reshape(2, -1) == pytest.approx(np.stack(wanted), abs=1e-4)


def test_a_face_in_the_dark_is_described_as_in_the_light() -> None:
    seen = pixels(image("face_b1"))
    dark = (seen // 3).astype(np.uint8)
    (face,), (other,) = find(seen), find(dark)

    assert distances(describe(seen, face), describe(dark, other)[None])[0] < 0.3


# Persons are told by the files' names.


def test_on_public_portraits_no_pair_is_judged_wrongly() -> None:
    if not SHARED.is_dir():
        pytest.skip("the sample pictures are not beside the project")
    known = {}
    for path in sorted(SHARED.glob("*.jpg")):
        if path.stem.startswith("Family") or path.stem == "faces":
            seen = pixels(path.read_bytes())
            known |= {(path.stem, place): describe(seen, face) for place, face in enumerate(find(seen))}

    wrong = set()
    for (one, first), (other, second) in itertools.combinations(known.items(), 2):
        same = one[0] != other[0] and one[0].rstrip("0123456789") == other[0].rstrip("0123456789")
        if (confidences(distances(first, second[None]))[0] >= 0.5) != same:
            wrong.add(frozenset((one, other)))

    assert len(known) == 12
    assert not wrong
