"""Documented requests of both contracts against the engine; each answer is what its contract describes."""

from __future__ import annotations

import base64
import functools
import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from contracts import CONTRACTS, definitions, load
from dfai_engine.app import App, create_app
from engine.face.portraits import BYTES, face_ids, image, send
from engine.wire import ask

CONTRACTS_OF = {"v1.0": "face-v1.0/Face.json", "v1.2-preview.1": "face-v1.2-preview.1/Face.json"}
SERVED = re.compile(
    r"/(detect|verify|findsimilars|group|identify|facelists|largefacelists|persongroups|largepersongroups)\b"
)
# Not here: dynamic groups and the person directory, and pictures of liveness sessions.
ABSENT = re.compile("PersonDirectory|DynamicPersonGroup|SessionImage", re.IGNORECASE)
SEEN = "headPose,blur,exposure,noise"


@functools.cache
def operations(version: str) -> tuple[tuple[str, str, str, str], ...]:
    """Method, path, name and example of each documented operation that is served; none without the contracts."""
    if not CONTRACTS.is_dir():
        return ()
    contract = load(CONTRACTS_OF[version])
    found = []
    for path, methods in {**contract["paths"], **contract.get("x-ms-paths", {})}.items():
        for method, operation in methods.items():
            names = [example["$ref"].rsplit("/", 1)[-1] for example in operation.get("x-ms-examples", {}).values()]
            here = [
                name for name in names if (CONTRACTS / CONTRACTS_OF[version]).parent.joinpath("examples", name).exists()
            ]
            if here and SERVED.match(path) and not ABSENT.search(operation["operationId"]):
                found.append((method.upper(), path.partition("?")[0], operation["operationId"], here[0]))
    return tuple(found)


class Scene:
    """Collections with a face in each, and the ids that stand for those of the examples."""

    def __init__(self, app: App, version: str) -> None:
        base = f"/face/{version}"
        self.ids = face_ids(app, "face_a1", "face_a2", "face_b1", query="recognitionModel=recognition_01")
        self.kept: dict[str, str] = {}
        self.person: dict[str, str] = {}
        for kind in ("facelists", "largefacelists", "persongroups", "largepersongroups"):
            place = f"{base}/{kind}/c"
            ask(app, "DELETE", f"{base}/{kind}/new")
            ask(app, "PUT", place, json={"name": "C"})
            if "person" in kind:
                self.person[kind] = ask(app, "POST", f"{place}/persons", json={"name": "P"}).json()["personId"]
                place += f"/persons/{self.person[kind]}"
            self.kept[kind] = send(app, f"{place}/persistedfaces", image("face_a1")).json()["persistedFaceId"]
            if kind != "facelists":
                ask(app, "POST", f"{base}/{kind}/c/train")

    def request(self, version: str, method: str, path: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """The example's request, with ids of ours in it."""
        kind = path.split("/")[1]
        own = "new" if method == "PUT" else "c"
        filled = {"personId": self.person.get(kind), "persistedFaceId": self.kept.get(kind)}
        path = re.sub(r"\{(\w+)\}", lambda match: filled.get(match[1]) or own, path)
        body, query = parameters.get("body"), {}
        for name, value in parameters.items():
            if isinstance(value, dict) and "url" in value:
                body = {"url": "data:image/jpeg;base64," + base64.b64encode(image("face_a1")).decode()}
            elif name in QUERY:
                query[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value).lower()
        query.pop("targetFace", None)
        query.pop("start", None)
        if "returnFaceAttributes" in query:
            query["returnFaceAttributes"] = SEEN
        made: dict[str, Any] = {"path": path, "params": query}
        if isinstance(body, dict):
            made["json"] = self.with_ids(body)
        elif method == "POST" and path.endswith(("detect", "persistedfaces")):
            made |= {"content": image("face_a1"), "headers": BYTES}
        return made

    def with_ids(self, body: dict[str, Any]) -> dict[str, Any]:
        ours = dict(body)
        for name in body:
            if name == "faceIds":
                ours[name] = self.ids[1:]
            elif name in ("faceId", "faceId1", "faceId2"):
                ours[name] = self.ids[0]
            elif name.endswith(("GroupId", "ListId")):
                ours[name] = "c"
            elif name == "personId":
                ours[name] = self.person["persongroups" if "personGroupId" in body else "largepersongroups"]
        # The examples name both; the service takes one.
        if "personGroupId" in ours and "largePersonGroupId" in ours:
            del ours["largePersonGroupId"]
        for name in ("faceListId", "largeFaceListId"):
            if name in ours and "faceIds" in ours:
                del ours[name]
        return ours


QUERY = frozenset(
    (
        *("returnFaceId", "returnFaceAttributes", "returnFaceLandmarks", "recognitionModel", "returnRecognitionModel"),
        *("detectionModel", "faceIdTimeToLive", "userData", "targetFace", "start", "top"),
    )
)


def departures(version: str, path: str, method: str, status: int, body: Any) -> list[str]:
    """How an answer departs from what its contract says of this operation."""
    contract = load(CONTRACTS_OF[version])
    every = {**contract.get("x-ms-paths", {}), **contract["paths"]}
    described = every[path][method.lower()]["responses"]
    assert str(status) in described, f"{status} is not documented"
    schema = described[str(status)].get("schema")
    if schema is None:
        return [] if body is None else ["there is a body"]
    whole = {**json.loads(json.dumps(schema)), "definitions": definitions(contract["definitions"])}
    return [f"{fault.json_path}: {fault.message}" for fault in jsonschema.Draft202012Validator(whole).iter_errors(body)]


@pytest.fixture(scope="module")
def engine() -> Iterator[App]:
    made = create_app(workers=1)
    yield made
    made.close()


def last_what_deletes(operation: tuple[str, str, str, str]) -> tuple[bool, int]:
    """All share a scene: what is deleted comes last, and a part before its whole."""
    method, path, _, _ = operation
    return method == "DELETE", -path.count("/")


@pytest.mark.parametrize("version", CONTRACTS_OF)
def test_documented_requests_are_answered_as_documented(engine: App, version: str) -> None:
    scene, wrong = None, {}
    for method, path, name, example in sorted(operations(version), key=last_what_deletes):
        scene = scene or Scene(engine, version)
        parameters = load(f"{CONTRACTS_OF[version].rsplit('/', 1)[0]}/examples/{example}")["parameters"]
        asked = scene.request(version, method, path, parameters)
        answer = ask(engine, method, f"/face/{version}{asked.pop('path')}", **asked)
        body = answer.json() if answer.content else None
        if found := departures(version, path, method, answer.status_code, body):
            wrong[name] = (*found, answer.text)

    assert wrong == {}


def test_the_contracts_documented_requests_are_found() -> None:
    if not CONTRACTS.is_dir():
        pytest.skip("the public contracts are not beside the project")

    assert {version: len(operations(version)) >= 30 for version in CONTRACTS_OF} == dict.fromkeys(CONTRACTS_OF, True)


@pytest.mark.parametrize("version", CONTRACTS_OF)
def test_refusals_have_the_contracts_form(engine: App, version: str) -> None:
    name = {"v1.0": "APIError", "v1.2-preview.1": "FaceErrorResponse"}[version]
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions(load(CONTRACTS_OF[version])["definitions"])}
    for path in ("detect?returnFaceAttributes=age", "verify", "identify"):
        answer = ask(engine, "POST", f"/face/{version}/{path}", json={"url": "https://example.com/a.jpg"})

        assert 400 <= answer.status_code < 404
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(answer.json())) == []
