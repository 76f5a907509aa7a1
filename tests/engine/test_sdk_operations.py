"""Each operation that Azure's own clients for faces, pictures and search offer: it works, or it says who has it."""

from __future__ import annotations

import base64
import inspect
import io
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from engine.face.portraits import image
from engine.server import serving
from engine.vision.made import CAT, PRINTED, needs_models
from served import served

pytest.importorskip("dlib", reason="the extra face is not installed")
face = pytest.importorskip("azure.ai.vision.face")
older_face = pytest.importorskip("azure.cognitiveservices.vision.face")
older_vision = pytest.importorskip("azure.cognitiveservices.vision.computervision")
images = pytest.importorskip("azure.cognitiveservices.search.imagesearch")
search = pytest.importorskip("azure.search.documents")
indexes = pytest.importorskip("azure.search.documents.indexes")
exceptions = pytest.importorskip("azure.core.exceptions")
credentials = pytest.importorskip("azure.core.credentials")
authentication = pytest.importorskip("msrest.authentication")

# The older clients are no longer kept up: their base library warns of Python's own changes.
pytestmark = [needs_models, pytest.mark.filterwarnings("ignore::DeprecationWarning")]

KEY = "open sesame"
SOMEBODY = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
AT = "data:image/jpeg;base64," + base64.b64encode(image("face_a1")).decode()
HERE = {"detection_model": "detection_03"}


class Used:
    """Passes calls on to a client, and notes which of its operations were called."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.names: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.names.add(name)
        return getattr(self._client, name)

    @property
    def unused(self) -> set[str]:
        """Operations of the client that nobody called; those of its plumbing are none."""
        found = inspect.getmembers(type(self._client), callable)
        own = {name for name, _ in found if not name.startswith("_")}
        return own - self.names - {"close", "send_request", "get_search_client"}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        pytest.MonkeyPatch.context() as patch,
        serving(key=KEY, workers=1, data=Path(tmp_path_factory.mktemp("data"))) as address,
    ):
        patch.setenv("DFAI_FETCH", "private")
        yield address


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    """Where a cat and a printed page stand, for the engine to fetch."""

    async def answer(request: Any) -> Response:
        return Response({"cat": CAT, "page": PRINTED}[request.path_params["name"]])

    with served(Starlette(routes=[Route("/{name}", answer)])) as address:
        yield address


@pytest.fixture
def header() -> Any:
    return authentication.CognitiveServicesCredentials(KEY)


def refused(words: str, *calls: Callable[[], Any]) -> None:
    """Fails unless each call is refused by a sentence that holds *words*."""
    for call in calls:
        with pytest.raises(Exception, match=words):
            _finished(call)


def _finished(call: Callable[[], Any]) -> None:
    """Calls, and reads what comes in pages to its end."""
    found = call()
    if hasattr(found, "__next__"):
        list(found)


def test_every_operation_of_the_newest_clients_large_lists(url: str) -> None:
    with (
        face.FaceClient(url, credentials.AzureKeyCredential(KEY)) as client,
        face.FaceAdministrationClient(url, credentials.AzureKeyCredential(KEY)) as administration,
    ):
        lists, people = Used(administration.large_face_list), Used(administration.large_person_group)
        lists.create("friends", name="Friends", recognition_model="recognition_04")
        kept = lists.add_face("friends", image("face_a1"), **HERE).persisted_face_id
        second = lists.add_face_from_url("friends", url=AT, user_data="again", **HERE).persisted_face_id
        lists.update("friends", name="Good friends")
        lists.update_face("friends", second, user_data="twice")
        lists.begin_train("friends", polling_interval=0).wait()
        newest = {**HERE, "recognition_model": "recognition_04", "return_face_id": True}
        (mine,) = client.detect_from_url(url=AT, **newest)
        similar = client.find_similar_from_large_face_list(face_id=mine.face_id, large_face_list_id="friends")

        assert {one.persisted_face_id for one in similar} == {kept, second}
        assert lists.get_face("friends", second).user_data == "twice"
        assert lists.get("friends").name == "Good friends"
        assert [one.large_face_list_id for one in lists.get_large_face_lists()] == ["friends"]
        assert lists.get_training_status("friends").status == "succeeded"
        lists.delete_face("friends", second)
        assert [one.persisted_face_id for one in lists.get_faces("friends")] == [kept]
        lists.delete("friends")
        assert lists.unused == set()

        people.create("crew", name="Crew", recognition_model="recognition_04")
        person = people.create_person("crew", name="E.").person_id
        kept = people.add_face("crew", person, image("face_a1"), **HERE).persisted_face_id
        second = people.add_face_from_url("crew", person, url=AT, **HERE).persisted_face_id
        people.update("crew", name="The crew")
        people.update_person("crew", person, name="Eileen")
        people.update_face("crew", person, kept, user_data="1999")
        people.begin_train("crew", polling_interval=0).wait()

        assert client.verify_from_large_person_group(
            face_id=mine.face_id, large_person_group_id="crew", person_id=person
        ).is_identical
        assert people.get("crew").name == "The crew"
        assert people.get_person("crew", person).name == "Eileen"
        assert people.get_face("crew", person, kept).user_data == "1999"
        assert people.get_training_status("crew").status == "succeeded"
        people.delete_face("crew", person, second)
        assert [one.persisted_face_ids for one in people.get_persons("crew")] == [[kept]]
        people.delete_person("crew", person)
        assert people.get_persons("crew") == []
        assert [one.large_person_group_id for one in people.get_large_person_groups()] == ["crew"]
        people.delete("crew")
        assert people.unused == set()


def test_liveness_is_refused_with_the_reason(url: str) -> None:
    models = pytest.importorskip("azure.ai.vision.face.models")
    with face.FaceSessionClient(url, credentials.AzureKeyCredential(KEY)) as made:
        client = Used(made)
        kinds = ("liveness", "liveness_with_verify")
        wanted = {"liveness_operation_mode": "Passive", "device_correlation_id": "x"}
        refused(
            "not served here",
            lambda: client.create_liveness_session(models.CreateLivenessSessionContent(**wanted)),
            lambda: client.create_liveness_with_verify_session(
                models.CreateLivenessWithVerifySessionContent(**wanted), verify_image=None
            ),
            *(lambda kind=kind: getattr(client, f"get_{kind}_sessions")() for kind in kinds),
            *(lambda kind=kind: getattr(client, f"get_{kind}_session_result")("x") for kind in kinds),
            *(lambda kind=kind: getattr(client, f"get_{kind}_session_audit_entries")("x") for kind in kinds),
            *(lambda kind=kind: getattr(client, f"delete_{kind}_session")("x") for kind in kinds),
            lambda: client.get_session_image("x"),
            lambda: client.detect_from_session_image(
                session_image_id="x", **HERE, recognition_model="recognition_04", return_face_id=False
            ),
        )

        assert client.unused == set()


def test_every_operation_of_the_older_clients_collections(url: str, header: Any) -> None:
    client = older_face.FaceClient(url, header)
    single, several = Used(client.face_list), Used(client.large_face_list)
    for lists in (single, several):
        lists.create("l", name="L")
        kept = lists.add_face_from_stream("l", io.BytesIO(image("face_a1"))).persisted_face_id
        other = lists.add_face_from_url("l", AT).persisted_face_id
        lists.update("l", name="M")

        assert lists.get("l").name == "M"
        assert len(lists.list()) == 1
        lists.delete_face("l", other)
    several.update_face("l", kept, user_data="d")
    several.train("l")

    assert several.get_face("l", kept).user_data == "d"
    assert [one.persisted_face_id for one in several.list_faces("l")] == [kept]
    assert several.get_training_status("l").status == "succeeded"
    single.delete("l")
    several.delete("l")
    assert single.unused | several.unused == set()

    for groups, people in (
        (Used(client.person_group), Used(client.person_group_person)),
        (Used(client.large_person_group), Used(client.large_person_group_person)),
    ):
        groups.create("g", name="G")
        person = people.create("g", name="P").person_id
        kept = people.add_face_from_stream("g", person, io.BytesIO(image("face_a1"))).persisted_face_id
        other = people.add_face_from_url("g", person, AT).persisted_face_id
        people.update("g", person, name="Q")
        people.update_face("g", person, kept, user_data="d")
        groups.update("g", name="H")
        groups.train("g")

        assert (groups.get("g").name, len(groups.list())) == ("H", 1)
        assert people.get("g", person).name == "Q"
        assert people.get_face("g", person, kept).user_data == "d"
        assert groups.get_training_status("g").status == "succeeded"
        people.delete_face("g", person, other)
        assert [one.persisted_face_ids for one in people.list("g")] == [[kept]]
        people.delete("g", person)
        groups.delete("g")
        assert groups.unused | people.unused == set()


def test_every_operation_of_the_older_client_on_faces(url: str, header: Any) -> None:
    client = older_face.FaceClient(url, header)
    faces, snapshots = Used(client.face), Used(client.snapshot)
    (one,) = faces.detect_with_url(AT)
    (other,) = faces.detect_with_stream(io.BytesIO(image("face_a2")))
    client.person_group.create("who", name="Who")
    person = client.person_group_person.create("who", name="E.").person_id
    client.person_group_person.add_face_from_url("who", person, AT)
    client.person_group.train("who")

    assert faces.group([one.face_id, other.face_id]).groups == [[one.face_id, other.face_id]]
    assert faces.find_similar(one.face_id, face_ids=[other.face_id])[0].face_id == other.face_id
    assert faces.identify([other.face_id], person_group_id="who")[0].candidates[0].person_id == person
    assert faces.verify_face_to_face(one.face_id, other.face_id).is_identical
    assert faces.verify_face_to_person(other.face_id, person, person_group_id="who").is_identical
    client.person_group.delete("who")
    refused(
        "not served here",
        lambda: snapshots.take("FaceList", "l", [SOMEBODY]),
        lambda: snapshots.apply(SOMEBODY, "l"),
        *(lambda name=name: getattr(snapshots, name)(SOMEBODY) for name in ("get", "update", "delete")),
        lambda: snapshots.get_operation_status(SOMEBODY),
        snapshots.list,
    )
    assert faces.unused | snapshots.unused == set()


def test_every_operation_of_the_older_vision_client_that_names_a_url(url: str, header: Any, pictures: str) -> None:
    cat, page = f"{pictures}/cat", f"{pictures}/page"
    with older_vision.ComputerVisionClient(url, header) as made:
        client = Used(made)
        begun = client.read(page, raw=True).headers["Operation-Location"].rpartition("/")[2]

        assert client.analyze_image(cat, ["Categories"]).categories[0].name == "animal_cat"
        assert client.tag_image(cat).tags[0].name in ("cat", "mammal", "animal")
        assert client.describe_image(cat).captions[0].text == "a cat"
        assert client.detect_objects(cat).objects[0].object_property == "cat"
        assert client.get_area_of_interest(cat).area_of_interest.w > 100
        assert b"".join(client.generate_thumbnail(60, 40, cat))[:2] == b"\xff\xd8"
        assert client.recognize_printed_text(page).regions[0].lines[0].words[0].text == "Invoice"
        assert client.list_models().models_property == []
        refused(
            "No open model here knows",
            lambda: client.analyze_image_by_domain("landmarks", cat),
            lambda: client.analyze_image_by_domain_in_stream("celebrities", io.BytesIO(CAT)),
        )
        patience = time.monotonic() + 120
        while (state := client.get_read_result(begun)).status not in ("succeeded", "failed"):
            assert time.monotonic() < patience
            time.sleep(0.05)
        assert state.analyze_result.read_results[0].lines[0].text.startswith("Invoice")
        # The others are the same with bytes: test_vision_sdk.
        assert {name for name in client.unused if not name.endswith("_in_stream")} == set()


def test_nobody_here_knows_what_is_trending(url: str, header: Any) -> None:
    client = images.ImageSearchClient(url, header)

    with pytest.raises(images.models.ErrorResponseException) as caught:
        client.images.trending()

    assert caught.value.response.status_code == 501
    assert "trending is the web's to say" in caught.value.response.text


def test_what_azure_search_alone_has_is_refused_and_never_taken_for_empty(url: str) -> None:
    models = pytest.importorskip("azure.search.documents.indexes.models")
    key = credentials.AzureKeyCredential(KEY)
    fields = [models.SimpleField(name="id", type="Edm.String", key=True)]
    batch = search.IndexDocumentsBatch()
    batch.add_upload_actions([{"id": "1"}])
    with (
        indexes.SearchIndexClient(url, key) as manager,
        search.SearchClient(url, "rooms", key) as client,
        indexes.SearchIndexerClient(url, key) as indexer,
    ):
        manager.create_index(models.SearchIndex(name="rooms", fields=fields))
        (written,) = client.index_documents(batch)
        alias = models.SearchAlias(name="a", indexes=["rooms"])
        synonyms = models.SynonymMap(name="s", synonyms=["a,b"])
        asked = models.AnalyzeTextOptions(text="red rooms", analyzer_name="standard.lucene")
        nameless = [(manager, name) for name in ("list_aliases", "list_alias_names", "get_synonym_maps")]
        nameless += [(manager, name) for name in ("list_knowledge_bases", "list_knowledge_sources")]
        nameless += [(manager, "get_service_statistics"), (manager, "get_synonym_map_names")]
        nameless += [(indexer, name) for name in ("get_indexers", "get_skillsets", "get_data_source_connections")]
        named = [(manager, f"{what}_{kind}") for what in ("get", "delete") for kind in ("alias", "synonym_map")]
        named += [(manager, f"{what}_knowledge_{kind}") for what in ("get", "delete") for kind in ("base", "source")]
        named += [(indexer, f"{what}_{kind}") for what in ("get", "delete") for kind in ("indexer", "skillset")]
        named += [(indexer, f"{what}_data_source_connection") for what in ("get", "delete")]
        named += [(indexer, name) for name in ("run_indexer", "reset_indexer", "get_indexer_status")]
        refused(
            "Azure AI Search serves them",
            lambda: client.autocomplete("re", "suggester"),
            lambda: client.suggest("re", "suggester"),
            lambda: manager.analyze_text("rooms", asked),
            *(lambda of=of, name=name: getattr(of, name)() for of, name in nameless),
            *(lambda of=of, name=name: getattr(of, name)("x") for of, name in named),
            lambda: manager.create_alias(alias),
            lambda: manager.create_or_update_alias(alias),
            lambda: manager.create_synonym_map(synonyms),
            lambda: manager.create_or_update_synonym_map(synonyms),
        )

    assert written.succeeded
