"""What the client asks and reads of faces, held against the contract of Face v1.2 and its examples."""

from __future__ import annotations

import re
from functools import partial
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jsonschema
import orjson
import pytest

import exchanges
from contracts import CONTRACTS, definitions, example, load
from dfai_core.media import Content
from dfai_core.service import Ask, Body, Exchange, Failure
from dfai_core.services import services
from dfai_core.services.face.attributes import ATTRIBUTES
from dfai_core.services.face.managing import ADD_FACE, MANAGE
from dfai_core.transports.base import Answer

CONTRACT = "face-v1.2-preview.1/Face.json"
EXAMPLES = "face-v1.2-preview.1/examples"
PICTURE = Content(b"\xff\xd8\xff", b"digest", "image/jpeg")
FACE = "c5c24a82-6845-4031-9d5d-978df9175426"

wired = partial(exchanges.wired, version="v1.2-preview.1")

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def steps(exchange: Exchange, document: tuple[Any, ...], *answers: Any) -> Any:
    assert exchange.steps is not None
    return exchange.steps([document], [Answer(200, {}, orjson.dumps(answer)) for answer in answers])


def operation(method: str, path: str) -> Any:
    """What the contract says of the path that a request asks; of overloads the one for bytes where it is detect."""
    contract = load(CONTRACT)
    paths = {**contract["paths"], **{name.partition("?")[0]: held for name, held in contract["x-ms-paths"].items()}}
    asked = urlsplit(path).path.removeprefix("/face/v1.2-preview.1")
    for known, methods in {**paths, **contract["paths"]}.items():
        pattern = re.sub(r"\{\w+\}", "[^/]+", known)
        if re.fullmatch(pattern, asked) and method.lower() in methods:
            return methods[method.lower()]
    raise AssertionError(f"{method} {asked} is not in the contract")


def check_query(method: str, path: str) -> dict[str, list[str]]:
    """Fail unless each query parameter, and each word in it, is the contract's."""
    query = parse_qs(urlsplit(path).query)
    known = {one["name"]: one for one in operation(method, path)["parameters"] if one.get("in") == "query"}
    for name, (value,) in query.items():
        assert name in known, name
        words = known[name].get("items", known[name]).get("enum")
        if words is not None:
            assert set(value.split(",")) <= set(words), value
    return query


def check_body(name: str, body: Any) -> None:
    """Fail unless *body* is what the body of the operation called *name* may be."""
    contract = load(CONTRACT)
    every = [*contract["paths"].values(), *contract["x-ms-paths"].values()]
    found = next(one for methods in every for one in methods.values() if one["operationId"].endswith(f"_{name}"))
    schema = next(one for one in found["parameters"] if one.get("in") == "body")["schema"]
    whole = {**schema, "additionalProperties": False, "definitions": definitions(contract["definitions"])}
    assert list(jsonschema.Draft202012Validator(whole).iter_errors(body)) == []


def body_of(ask: Ask) -> Any:
    assert isinstance(ask.body, Body)
    return orjson.loads(ask.body.content)


def example_of(name: str) -> Any:
    return example(f"{EXAMPLES}/{name}.json")["responses"]["200"]["body"]


@pytest.mark.parametrize("word", ATTRIBUTES)
def test_each_attribute_is_asked_for_and_read_as_the_contract_has_it(word: str) -> None:
    exchange = wired(services()["detect_faces"], include=("landmarks",), attributes=(word,))
    query = check_query("POST", exchange.path)
    told = example_of("DetectFromUrl")
    told[0]["faceAttributes"].setdefault("mask", {"noseAndMouthCovered": True, "type": "faceMask"})
    (found,) = exchange.read(Answer(200, {}, orjson.dumps(told)), 1)

    assert query["returnFaceAttributes"] == [ATTRIBUTES[word].name]
    assert query["returnFaceId"] == ["false"]
    assert isinstance(found, tuple)
    ((face,), (points,)) = found
    assert (face["x_px"], face["y_px"], face["width_px"]) == (394, 54, 78)
    fields = {name for name, _ in ATTRIBUTES[word].fields}
    assert all(face[name] is not None for name in fields)
    assert {"name": "noseTip", "x_px": 437.7, "y_px": 92.4} in points
    assert len(points) == 27


def test_verification_is_two_detections_and_a_comparison() -> None:
    exchange = wired(services()["verify_faces"])
    pair, faces = (PICTURE, PICTURE), example_of("DetectFromUrl")
    first, second = steps(exchange, pair), steps(exchange, pair, faces)
    third = steps(exchange, pair, faces, faces)
    found = steps(exchange, pair, faces, faces, {"isIdentical": True, "confidence": 0.9})

    for ask in (first, second):
        assert check_query("POST", ask.path)["recognitionModel"] == ["recognition_04"]
        assert ask.body == Body(b"\xff\xd8\xff", "application/octet-stream")
    check_body("VerifyFaceToFace", body_of(third))
    assert found == [(True, 0.9)]


def test_similar_faces_are_searched_in_either_kind_of_list() -> None:
    faces = example_of("DetectFromUrl")
    for among, name in (("large", "FindSimilarFromLargeFaceList"), ("facelists/small", "FindSimilarFromFaceList")):
        service = services()["find_similar_faces"]
        exchange = wired(service, among=service.option("among").check("among", among), top=4)
        ask = steps(exchange, (PICTURE,), faces)
        # The example tells ids of detected faces; the contract says persistedFaceId, where a list is searched.
        (found,) = steps(exchange, (PICTURE,), faces, [{"persistedFaceId": FACE, "confidence": 0.8}])

        check_body(name, body_of(ask))
        assert found == ([{"face_id": FACE, "confidence": 0.8}],)


def test_people_are_identified_and_named() -> None:
    faces, found = example_of("DetectFromUrl"), example_of("FaceRecognitionOperations_IdentifyFromPersonGroup")
    person = found[0]["candidates"][0]["personId"]
    found[0]["faceId"] = FACE
    service = services()["identify_faces"]
    for among, name in (("large", "IdentifyFromLargePersonGroup"), ("persongroups/small", "IdentifyFromPersonGroup")):
        chosen = {"among": service.option("among").check("among", among), "threshold": 0.7, "top": 9}
        exchange = wired(service, **chosen)
        ask = steps(exchange, (PICTURE,), faces)
        named = steps(exchange, (PICTURE,), faces, found)
        ((people,),) = steps(exchange, (PICTURE,), faces, found, {"personId": person, "name": "Ada"})

        check_body(name, body_of(ask))
        assert operation(named.method, named.path)["operationId"].endswith("GroupPerson")
        assert named.path.endswith(person)
        assert (people[0]["name"], people[0]["confidence"], people[0]["width_px"]) == ("Ada", 0.8, 78)
        # The name is known now: nobody asks for it again.
        assert steps(exchange, (PICTURE,), faces, found) == [(people,)]


def test_a_set_of_faces_is_grouped_and_numbered_largest_first() -> None:
    service = services()["group_faces"]
    assert service.each is not None
    detected = steps(wired(service.each), (PICTURE,), example_of("DetectFromUrl"))
    nobody = steps(wired(service.each), (PICTURE,), [])
    ids = [f"{number:08}-0000-0000-0000-000000000000" for number in range(5)]
    answer = {"groups": [[ids[1], ids[3], ids[4]]], "messyGroup": [ids[0], ids[2]]}
    document = (6, orjson.dumps([*ids, ids[0]]).decode())
    ask = steps(wired(service), document)

    assert detected == [(FACE,)]
    assert isinstance(nobody[0], Failure)
    check_body("Group", body_of(ask))
    assert steps(wired(service), document, answer) == [([1, 0, 2, 0, 0, 1],)]


def test_collections_are_managed_by_requests_of_the_contract() -> None:
    add = wired(ADD_FACE, at="largefacelists/l/persistedfaces")
    ask = steps(add, (PICTURE, "a b&c"))
    query = check_query("POST", ask.path)

    assert query["userData"] == ["a b&c"]
    assert steps(add, (PICTURE, None), {"persistedFaceId": FACE}) == [(orjson.dumps({"persistedFaceId": FACE}),)]
    for method, path in (
        ("PUT", "largepersongroups/g"),
        ("POST", "largepersongroups/g/train"),
        ("GET", "largepersongroups/g/training"),
        ("GET", "persongroups?top=1000&start=a"),
        ("POST", "persongroups/g/persons"),
        ("DELETE", "facelists/l/persistedfaces/x"),
        ("DELETE", "persongroups/g/persons/x"),
    ):
        made = steps(wired(MANAGE), (method, path, b"{}"))

        assert made.method == method
        check_query(method, made.path)
