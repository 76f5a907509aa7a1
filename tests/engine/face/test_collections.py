"""Lists of faces and groups of persons: made, changed, listed, kept, shared by processes, and gone when deleted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfai_engine.app import App, create_app
from dfai_engine.face.database import FILE, FOLDER, Database
from dfai_engine.face.directory import Directory
from dfai_engine.face.kinds import FACE_LISTS, KINDS, LARGE_FACE_LISTS, PERSON_GROUPS, Kind
from dfai_engine.failures import ServiceFailure
from engine.face.portraits import FACE, detect, image, send
from engine.wire import ask

MODEL = "recognition_04"


def face(number: int) -> Any:
    """A descriptor like no other."""
    return np.random.default_rng(number).normal(0, 0.1, 128).astype(np.float32)


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.path)
def test_a_collection_is_made_changed_listed_and_deleted(app: App, kind: Kind) -> None:
    place = f"{FACE}/{kind.path}"
    made = ask(app, "PUT", f"{place}/b", json={"name": "B", "userData": "of b", "recognitionModel": MODEL})
    ask(app, "PUT", f"{place}/a", json={"name": "A"})
    again = ask(app, "PUT", f"{place}/a", json={"name": "A"})
    ask(app, "PATCH", f"{place}/a", json={"name": "A2", "userData": ""})
    listed = ask(app, "GET", f"{place}?returnRecognitionModel=true").json()
    second = ask(app, "GET", f"{place}?start=a&top=1").json()
    one = ask(app, "GET", f"{place}/a").json()
    gone = ask(app, "DELETE", f"{place}/a")
    missing = ask(app, "GET", f"{place}/a")
    ask(app, "DELETE", f"{place}/b")

    assert (made.status_code, made.content) == (200, b"")
    assert code_of(again) == (409, f"{kind.code}Exists")
    assert [(shown["name"], shown["recognitionModel"]) for shown in listed] == [("A2", "recognition_01"), ("B", MODEL)]
    assert second == [{kind.id_name: "b", "name": "B", "userData": "of b"}]
    assert one[kind.id_name] == "a"
    assert "recognitionModel" not in one
    assert gone.status_code == 200
    assert code_of(missing) == (404, f"{kind.code}NotFound")


def test_faces_of_a_list_are_added_read_changed_and_deleted(app: App) -> None:
    place = f"{FACE}/facelists/some"
    ask(app, "PUT", place, json={"name": "Some"})
    added = send(app, f"{place}/persistedfaces?userData=hello", image("face_a1")).json()["persistedFaceId"]
    shown = ask(app, "GET", f"{place}/persistedfaces/{added}").json()
    ask(app, "PATCH", f"{place}/persistedfaces/{added}", json={"userData": "other"})
    held = ask(app, "GET", place).json()["persistedFaces"]
    ask(app, "DELETE", f"{place}/persistedfaces/{added}")
    missing = ask(app, "DELETE", f"{place}/persistedfaces/{added}")

    assert shown == {"persistedFaceId": added, "userData": "hello"}
    assert held == [{"persistedFaceId": added, "userData": "other"}]
    assert code_of(missing) == (404, "PersistedFaceNotFound")


def test_of_several_faces_one_must_be_meant(app: App) -> None:
    place = f"{FACE}/facelists/meant"
    ask(app, "PUT", place, json={"name": "Meant", "recognitionModel": MODEL})
    boxes = [face["faceRectangle"] for face in detect(app, image("faces_two"), "returnFaceId=false")]
    unclear = send(app, f"{place}/persistedfaces", image("faces_two"))
    for box in boxes:
        target = ",".join(str(box[edge]) for edge in ("left", "top", "width", "height"))
        assert send(app, f"{place}/persistedfaces?targetFace={target}", image("faces_two")).status_code == 200
    nowhere = send(app, f"{place}/persistedfaces?targetFace=0,0,1,1", image("faces_two"))
    wrong = send(app, f"{place}/persistedfaces?targetFace=a,b", image("faces_two"))
    ids = [face["faceId"] for face in detect(app, image("faces_two"), f"recognitionModel={MODEL}")]
    found = [
        ask(app, "POST", f"{FACE}/findsimilars", json={"faceId": one, "faceListId": "meant"}).json() for one in ids
    ]

    assert unclear.json()["error"]["message"] == "There is more than 1 face in the image."
    assert code_of(nowhere) == (400, "InvalidImage")
    assert code_of(wrong) == (400, "BadArgument")
    assert len({similar["persistedFaceId"] for (similar,) in found}) == 2


def test_persons_have_names_and_faces_and_go_with_their_group(lasting: App) -> None:
    place = f"{FACE}/persongroups/team"
    ask(lasting, "PUT", place, json={"name": "Team"})
    person = ask(lasting, "POST", f"{place}/persons", json={"name": "Grace", "userData": "admiral"}).json()["personId"]
    at = f"{place}/persons/{person}"
    kept = send(lasting, f"{at}/persistedfaces", image("face_b1")).json()["persistedFaceId"]
    ask(lasting, "PATCH", at, json={"name": "Grace Hopper"})
    shown = ask(lasting, "GET", at).json()
    one = ask(lasting, "GET", f"{at}/persistedfaces/{kept}").json()
    before = ask(lasting, "GET", f"{place}/training")
    ask(lasting, "POST", f"{place}/train")
    after = ask(lasting, "GET", f"{place}/training").json()
    ask(lasting, "DELETE", place)
    missing = ask(lasting, "GET", at)

    assert shown == {"personId": person, "name": "Grace Hopper", "userData": "admiral", "persistedFaceIds": [kept]}
    assert one == {"persistedFaceId": kept}
    assert code_of(before) == (404, "PersonGroupNotTrained")
    assert after["status"] == "succeeded"
    assert code_of(missing) == (404, "PersonGroupNotFound")


def test_training_without_a_face_fails_and_says_why(app: App) -> None:
    place = f"{FACE}/largepersongroups/nobody"
    ask(app, "PUT", place, json={"name": "Nobody"})
    ask(app, "POST", f"{place}/train")
    status = ask(app, "GET", f"{place}/training").json()

    assert (status["status"], status["message"]) == ("failed", "There is no person with a face.")


def test_faces_added_after_training_are_searched_after_the_next(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    directory.create(LARGE_FACE_LISTS, "l", "L", None, MODEL)
    first = directory.add_face(LARGE_FACE_LISTS, "l", None, None, face(1), 10)
    directory.train(LARGE_FACE_LISTS, "l")
    second = directory.add_face(LARGE_FACE_LISTS, "l", None, None, face(2), 10)

    assert directory.members(LARGE_FACE_LISTS, "l").faces == (first,)
    directory.train(LARGE_FACE_LISTS, "l")
    assert set(directory.members(LARGE_FACE_LISTS, "l").faces) == {first, second}


@pytest.mark.parametrize("folder", [True, False])
def test_limits_are_kept(tmp_path: Path, folder: bool) -> None:
    directory = Directory(tmp_path if folder else None)
    directory.create(FACE_LISTS, "l", "L", None, MODEL)
    directory.create(PERSON_GROUPS, "g", "G", None, MODEL)
    for number in range(3):
        directory.add_face(FACE_LISTS, "l", None, None, face(number), 3)

    with pytest.raises(ServiceFailure, match="limit of 3"):
        directory.add_face(FACE_LISTS, "l", None, None, face(9), 3)
    with pytest.raises(ServiceFailure, match="Person is not found"):
        directory.add_face(PERSON_GROUPS, "g", "00000000-0000-0000-0000-000000000001", None, face(1), 3)


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": "x" * 129}, {"name": 5}, {"name": "x", "userData": "y" * 16_385}, []]
)
def test_what_is_no_collection_is_refused(app: App, body: Any) -> None:
    assert code_of(ask(app, "PUT", f"{FACE}/facelists/bad", json=body)) == (400, "BadArgument")
    assert code_of(ask(app, "PUT", f"{FACE}/facelists/Bad!", json={"name": "x"})) == (400, "BadArgument")


def test_collections_outlive_the_engine_and_are_the_users_alone(tmp_path: Path) -> None:
    first = create_app(workers=1, data=tmp_path)
    ask(first, "PUT", f"{FACE}/facelists/kept", json={"name": "Kept"})
    first.close()
    second = create_app(workers=1, data=tmp_path)
    shown = ask(second, "GET", f"{FACE}/facelists/kept").json()
    second.close()

    assert shown["name"] == "Kept"
    assert (tmp_path / FOLDER).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / FOLDER / FILE).stat().st_mode & 0o077 == 0


def test_a_deleted_face_is_nowhere_in_the_file_and_no_picture_ever_was(lasting: App, tmp_path: Path) -> None:
    place = f"{FACE}/facelists/gone"
    ask(lasting, "PUT", place, json={"name": "Gone"})
    send(lasting, f"{place}/persistedfaces?userData=find-me-if-you-can", image("face_a1"))
    files = [path for path in (tmp_path / FOLDER).iterdir() if path.is_file()]
    held = b"".join(path.read_bytes() for path in files)
    ask(lasting, "DELETE", place)
    left = b"".join(path.read_bytes() for path in (tmp_path / FOLDER).iterdir())

    assert b"find-me-if-you-can" in held
    assert image("face_a1")[500:600] not in held
    assert b"find-me-if-you-can" not in left


def test_a_file_of_another_release_is_refused_and_left_alone(tmp_path: Path) -> None:
    database = Database(tmp_path)
    with database.transaction(write=True) as db:
        db.execute("PRAGMA user_version = 99")

    with pytest.raises(ServiceFailure, match="form 99"), Database(tmp_path).transaction():
        pass


# As the first form had it, without what this test does not touch.
EARLIER = """
CREATE TABLE collection (
    kind TEXT, id TEXT, name TEXT NOT NULL, user_data TEXT, model TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 0,
    made TEXT NOT NULL, trained TEXT, trained_last TEXT, failed TEXT,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE face (
    kind TEXT, collection TEXT, id TEXT, person TEXT, user_data TEXT, trained INTEGER NOT NULL DEFAULT 0,
    embedding BLOB NOT NULL,
    PRIMARY KEY (kind, collection, id)
);
INSERT INTO collection (kind, id, name, model, made) VALUES ('facelists', 'kept', 'Kept', 'recognition_04', 'then');
INSERT INTO face (kind, collection, id, embedding) VALUES ('facelists', 'kept', 'old', zeroblob(512));
PRAGMA user_version = 1;
"""


def test_faces_that_an_earlier_network_described_are_kept_and_never_compared(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    with closing(sqlite3.connect(tmp_path / FOLDER / FILE)) as db:
        db.executescript(EARLIER)
    directory = Directory(tmp_path)
    shown = directory.collection(FACE_LISTS, "kept")["persistedFaces"]
    with pytest.raises(ServiceFailure, match="described by an earlier release"):
        directory.members(FACE_LISTS, "kept")
    with pytest.raises(ServiceFailure, match="delete the faces and add them again"):
        directory.add_face(FACE_LISTS, "kept", None, None, face(1), 10)
    directory.delete_face(FACE_LISTS, "kept", None, "old")
    directory.add_face(FACE_LISTS, "kept", None, None, face(1), 10)

    assert [one["persistedFaceId"] for one in shown] == ["old"]
    assert directory.members(FACE_LISTS, "kept").embeddings == pytest.approx(face(1)[None], abs=1e-3)


ADDING = """
import sys, numpy as np
from pathlib import Path
from dfai_engine.face.directory import Directory
from dfai_engine.face.kinds import FACE_LISTS
directory = Directory(Path(sys.argv[1]))
for number in range(40):
    directory.add_face(FACE_LISTS, "shared", None, sys.argv[2], np.zeros(128, np.float32), 1_000)
print(len(directory.members(FACE_LISTS, "shared").faces))
"""


def test_processes_of_a_host_share_one_folder_and_lose_nothing(tmp_path: Path) -> None:
    directory = Directory(tmp_path)
    directory.create(FACE_LISTS, "shared", "Shared", None, MODEL)
    before = directory.members(FACE_LISTS, "shared").faces
    running = [
        subprocess.Popen([sys.executable, "-c", ADDING, str(tmp_path), name], stdout=subprocess.PIPE)
        for name in ("one", "other")
    ]
    counts = [int(process.communicate(timeout=60)[0]) for process in running]

    assert before == ()
    assert max(counts) == 80
    assert len(directory.members(FACE_LISTS, "shared").faces) == 80
