"""``dfai.faces``: lists and groups through the embedded engine, kept in a folder, asked by verbs."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dfai
from dfai.errors import ConfigError, Rejected
from dfai_core.transports.asgi import AsgiTransport
from dfai_engine import ENGINE
from engine.server import serving

pytest.importorskip("dlib", reason="the extra face is not installed")

MEDIA = Path(__file__).resolve().parents[1] / "media"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(limits="wide", workers=1) as address:
        yield address


@pytest.fixture(autouse=True)
def settings(url: str) -> Iterator[None]:
    with dfai.using(target=dfai.container(url), progress="off"):
        yield


def test_a_group_is_made_filled_trained_listed_and_deleted() -> None:
    group = dfai.faces.create_group("crew", name="The crew", user_data="of 1999")
    before = group.trained()
    eileen = group.add("Eileen", MEDIA / "face_a1.jpg", user_data="commander")
    grace = group.add("Grace").add([(MEDIA / "face_b1.jpg").read_bytes()])
    group.train()
    persons = {person.name: person for person in group.persons()}
    listed = dfai.faces.groups()
    grace.delete()
    left = [person.name for person in group.persons()]
    group.delete()

    assert before == "not started"
    assert persons["Eileen"] == eileen
    assert (persons["Eileen"].faces, persons["Eileen"].user_data) == (1, "commander")
    assert (persons["Grace"].faces, grace.faces) == (1, 1)
    assert listed == (group,)
    assert str(group) == "largepersongroups/crew"
    assert left == ["Eileen"]
    assert dfai.faces.groups() == ()


@pytest.mark.parametrize("size", ["large", "small"])
def test_a_list_takes_pictures_of_any_kind_and_texts_beside_them(size: str) -> None:
    made = dfai.faces.create_list("any", size=size)
    pixels = np.asarray(Image.open(MEDIA / "face_a1.jpg").convert("RGB"))
    column = pd.Series([str(MEDIA / "face_b1.jpg"), pixels], dtype=object)
    (one,) = made.add(MEDIA / "face_a2.jpg", "a2")
    more = made.add(column, ["b1", None])
    made.train()
    made.remove(more[1])
    held = {face.user_data for face in made.faces()}
    state = made.trained()
    found = dfai.faces.list("any", size=size)
    made.delete()

    assert one.user_data == "a2"
    assert held == {"a2", "b1"}
    assert state == "succeeded"
    assert found == made


def test_pictures_that_cannot_be_added_are_told_and_the_others_are_kept() -> None:
    made = dfai.faces.create_list("some")
    with pytest.raises(
        Rejected, match=r"2 of 3 faces were not added, the others were\. The first, picture 0: There is"
    ):
        made.add([MEDIA / "faces_two.jpg", MEDIA / "face_a1.jpg", "nowhere.jpg"])
    kept = made.faces()
    made.delete()

    assert len(kept) == 1


def test_what_cannot_be_is_refused_in_words() -> None:
    group = dfai.faces.create_group("empty", size="small")
    with pytest.raises(Rejected, match=r"PUT persongroups/empty: Person group already exists"):
        dfai.faces.create_group("empty", size="small")
    with pytest.raises(Rejected, match="There is no person with a face"):
        group.train()
    with pytest.raises(Rejected, match="GET largefacelists/none: Large face list is not found"):
        dfai.faces.list("none")
    with pytest.raises(ConfigError, match="choose 'large' or 'small'"):
        dfai.faces.list("none", size="huge")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="2 texts for 1 pictures"):
        dfai.faces.create_list("two").add(MEDIA / "face_a1.jpg", ["a", "b"])
    group.delete()


def test_a_collection_can_be_named_in_a_verb_and_can_travel() -> None:
    made = dfai.faces.create_list("travelling", size="small")
    made.add(MEDIA / "face_a1.jpg")
    frame = pd.DataFrame({"p": [str(MEDIA / "face_a2.jpg")]})
    by_value = dfai.on(frame).find_similar_faces("p", among=made)["similar_faces"][0]
    by_name = dfai.on(frame).find_similar_faces("p", among="facelists/travelling")["similar_faces"][0]

    assert pickle.loads(pickle.dumps(made)) == made
    assert by_value == by_name
    assert len(by_value) == 1


def test_the_embedded_engine_keeps_groups_for_the_processes_of_this_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DFAI_DATA", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    # Two engines, as in two processes.
    one, other = (AsgiTransport(ENGINE.create_app(limits="wide", workers=1)) for _ in range(2))
    group = dfai.faces.create_group("here", target="local", transport=one)
    group.add("Eileen", MEDIA / "face_a1.jpg")
    group.train()
    frame = pd.DataFrame({"p": [str(MEDIA / "face_a2.jpg")]})
    (people,) = dfai.on(frame).identify_faces("p", among=group, target="local", transport=other)["people"]

    assert [person["name"] for person in people] == ["Eileen"]
    assert (tmp_path / "dfai" / "faces" / "faces.sqlite").exists()
