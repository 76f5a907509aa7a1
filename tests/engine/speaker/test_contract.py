"""Every documented operation of both contracts against the engine; each answer is what its contract describes."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from contracts import CONTRACTS, definitions, load
from dfai_engine.app import App
from engine.speaker.clips import SOUND, clip
from engine.wire import ask

CONTRACTS_OF = {
    "verification": "speaker-verification-2021-09-05/Verification.json",
    "identification": "speaker-identification-2021-09-05/Identification.json",
}
# Needs speech recognition: its own test.
HEARD = ("TextDependent_CreateEnrollment", "TextDependent_VerifyProfile")

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def departures(contract: Any, described: Any, status: int, body: Any) -> list[str]:
    """How an answer departs from what its contract says of this operation."""
    if str(status) not in described["responses"]:
        return [f"{status} is not documented", json.dumps(body)]
    schema = described["responses"][str(status)].get("schema")
    if schema is None:
        return [] if body is None else ["there is a body"]
    whole = {**json.loads(json.dumps(schema)), "definitions": definitions(contract["definitions"])}
    checker = jsonschema.FormatChecker()
    return [
        f"{fault.json_path}: {fault.message}"
        for fault in jsonschema.Draft202012Validator(whole, format_checker=checker).iter_errors(body)
    ]


def operations_of(contract: Any) -> list[tuple[str, str, Any]]:
    """Method, path, what the contract says. What resets or deletes comes last: nothing can be verified after it."""
    found = [
        (method.upper(), path, described)
        for path, methods in contract["paths"].items()
        for method, described in methods.items()
    ]
    return sorted(found, key=lambda one: (one[0] == "DELETE", "reset" in one[1]))


@pytest.mark.parametrize("name", CONTRACTS_OF)
def test_documented_operations_are_answered_as_documented(app: App, name: str) -> None:
    contract, wrong, answered = load(CONTRACTS_OF[name]), {}, 0
    base = f"/speaker-recognition/{name}"
    query = {"api-version": "2021-09-05", "ignoreMinLength": "true"}
    kinds = {path.split("/")[1] for path in contract["paths"]}
    ids = {}
    for kind in kinds:
        made = ask(app, "POST", f"{base}/{kind}/profiles", params=query, json={"locale": "en-us"})
        ids[kind] = made.json()["profileId"]
        sound = {"headers": SOUND, "content": clip("a_2")}
        ask(app, "POST", f"{base}/{kind}/profiles/{ids[kind]}/enrollments", params=query, **sound)
    for method, path, described in operations_of(contract):
        if described["operationId"] in HEARD:
            continue
        kind = path.split("/")[1]
        brings_sound = "consumes" in described
        body: dict[str, Any] = {"headers": SOUND, "content": clip("a_1")} if brings_sound else {}
        if any(parameter.get("name") == "profileInfo" for parameter in described["parameters"]):
            body = {"json": {"locale": "en-us"}}
        filled = path.replace("{profileId}", ids[kind]).replace("{locale}", "en-US")
        asked = {**query, "profileIds": ids[kind]} if "identify" in path else query
        answer = ask(app, method, base + filled, params=asked, **body)
        found = departures(contract, described, answer.status_code, answer.json() if answer.content else None)
        answered += 1
        if found:
            wrong[described["operationId"]] = found

    assert wrong == {}
    assert answered >= 8


@pytest.mark.parametrize("name", CONTRACTS_OF)
def test_refusals_have_the_contracts_form(app: App, name: str) -> None:
    contract = load(CONTRACTS_OF[name])
    schema = {"$ref": "#/definitions/SpeakerErrorInfo", "definitions": definitions(contract["definitions"])}
    base = f"/speaker-recognition/{name}/text-independent"
    refused = [
        ask(app, "GET", f"{base}/profiles"),
        ask(app, "GET", f"{base}/profiles?api-version=2021-09-05&maxpagesize=501"),
        ask(app, "POST", f"{base}/profiles?api-version=2021-09-05", json={"locale": "english"}),
        ask(app, "POST", f"{base}/profiles?api-version=2021-09-05", content=b"{"),
        ask(app, "GET", f"{base}/phrases/xx-XX?api-version=2021-09-05"),
        ask(app, "GET", f"{base}/profiles/00000000-0000-0000-0000-000000000001?api-version=2021-09-05"),
    ]

    for answer in refused:
        assert answer.status_code in (400, 404)
        assert list(jsonschema.Draft202012Validator(schema).iter_errors(answer.json())) == []
        assert answer.headers["x-ms-error-code"] == answer.json()["error"]["code"]
