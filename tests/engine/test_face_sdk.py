"""Azure's own clients for Face, unchanged, against the engine over a socket."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import pytest

from engine.face.portraits import image
from engine.server import serving

pytest.importorskip("dlib", reason="the extra face is not installed")
face = pytest.importorskip("azure.ai.vision.face")
models = pytest.importorskip("azure.ai.vision.face.models")
exceptions = pytest.importorskip("azure.core.exceptions")
credentials = pytest.importorskip("azure.core.credentials")

KEY = "open sesame"
NEWEST = {"detection_model": "detection_03", "recognition_model": "recognition_04"}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(key=KEY, workers=1) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with face.FaceClient(url, credentials.AzureKeyCredential(KEY)) as made:
        yield made


@pytest.fixture
def administration(url: str) -> Iterator[Any]:
    with face.FaceAdministrationClient(url, credentials.AzureKeyCredential(KEY)) as made:
        yield made


def detected(client: Any, name: str) -> str:
    (found,) = client.detect(image(name), return_face_id=True, **NEWEST)
    identity: str = found.face_id
    return identity


def test_the_newest_client_detects_verifies_groups_and_finds_similar(client: Any) -> None:
    (found,) = client.detect(
        image("face_b1"),
        return_face_id=True,
        return_face_landmarks=True,
        return_face_attributes=["headPose", "blur", "qualityForRecognition"],
        return_recognition_model=True,
        face_id_time_to_live=60,
        **NEWEST,
    )
    ids = [detected(client, name) for name in ("face_a1", "face_a2", "face_b1")]
    same = client.verify_face_to_face(face_id1=ids[0], face_id2=ids[1])
    parted = client.group(face_ids=ids)
    (similar,) = client.find_similar(face_id=ids[0], face_ids=ids[1:])

    assert found.face_rectangle.width > 200
    assert found.face_attributes.quality_for_recognition == models.QualityForRecognition.HIGH
    assert found.face_attributes.blur.blur_level == models.BlurLevel.LOW
    assert found.face_landmarks.pupil_left.x < found.face_landmarks.pupil_right.x
    assert same.is_identical
    assert parted.groups == [ids[:2]]
    assert parted.messy_group == ids[2:]
    assert similar.face_id == ids[1]


def test_the_newest_client_builds_trains_and_asks_a_group(client: Any, administration: Any) -> None:
    groups = administration.large_person_group
    groups.create("team", name="Team", recognition_model="recognition_04")
    person = groups.create_person("team", name="Eileen").person_id
    groups.add_face("team", person, image("face_a1"), detection_model="detection_03", user_data="of 1999")
    groups.begin_train("team", polling_interval=0).wait()
    mine, other = detected(client, "face_a2"), detected(client, "face_b1")
    found = client.identify_from_large_person_group(face_ids=[mine, other], large_person_group_id="team")
    verified = client.verify_from_large_person_group(face_id=mine, large_person_group_id="team", person_id=person)

    assert [[one.person_id for one in result.candidates] for result in found] == [[person], []]
    assert verified.is_identical
    assert groups.get_training_status("team").status == "succeeded"
    assert [one.name for one in groups.get_persons("team")] == ["Eileen"]


def test_the_newest_client_is_told_why_an_attribute_is_refused(client: Any) -> None:
    with pytest.raises(exceptions.HttpResponseError) as refused:
        client.detect(image("face_a1"), return_face_id=False, return_face_attributes=["smile"], **NEWEST)

    assert refused.value.error.code == "UnsupportedFeature"
    assert "withdrawn" in str(refused.value)


def test_the_older_client_works_against_the_older_version(url: str) -> None:
    older = pytest.importorskip("azure.cognitiveservices.vision.face")
    msrest = pytest.importorskip("msrest.authentication")
    client = older.FaceClient(url, msrest.CognitiveServicesCredentials(KEY))

    def detected(name: str) -> Any:
        (found,) = client.face.detect_with_stream(
            io.BytesIO(image(name)), return_face_attributes=["headPose", "blur"], return_face_landmarks=True
        )
        return found

    one, other = detected("face_a1"), detected("face_a2")
    client.face_list.create("friends", name="Friends")
    kept = client.face_list.add_face_from_stream("friends", io.BytesIO(image("face_a1")), user_data="hello")
    similar = client.face.find_similar(other.face_id, face_list_id="friends")
    client.person_group.create("crew", name="Crew")
    person = client.person_group_person.create("crew", name="Eileen")
    client.person_group_person.add_face_from_stream("crew", person.person_id, io.BytesIO(image("face_a1")))
    client.person_group.train("crew")
    (found,) = client.face.identify([other.face_id], person_group_id="crew")

    assert one.face_attributes.blur.blur_level == "Medium"
    assert client.face.verify_face_to_face(one.face_id, other.face_id).is_identical
    assert [match.persisted_face_id for match in similar] == [kept.persisted_face_id]
    assert client.person_group.get_training_status("crew").status == "succeeded"
    assert [candidate.person_id for candidate in found.candidates] == [person.person_id]
