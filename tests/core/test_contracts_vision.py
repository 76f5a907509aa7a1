"""What the client asks about pictures, held against both generations' contracts and the official clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import orjson
import pytest

from contracts import CONTRACTS, load
from dfai_core.media import Content
from dfai_core.service import Body, Exchange, Service
from dfai_core.services import services
from dfai_core.services.vision.features import FEATURES
from exchanges import wired

V4, V3, READ = (
    "image-analysis-2024-02-01/UnifiedVision.json",
    "computer-vision-v3.2/ComputerVision.json",
    "computer-vision-v3.2/Ocr.json",
)
VISION = [service for service in services().values() if service.family == "vision"]
V4_FEATURES = tuple(name for name, feature in FEATURES.items() if feature.v4)
V3_FEATURES = tuple(name for name, feature in FEATURES.items() if feature.v3)
PNG = Content(b"\x89PNG", b"a hash", "image/png")

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def exchanges(service: Service) -> Iterator[Exchange]:
    """Requests in both generations, as far as the verb knows them, with every option."""
    assert service.versions is not None
    if service.name == "analyze_image":
        yield wired(service, features=V4_FEATURES)
        yield wired(service, features=V3_FEATURES)
        return
    for version in ("2024-02-01", "v3.2"):
        if service.versions(version) is not None:
            continue
        yield wired(service, version)
        if version == "v3.2" and service.name == "read_text":
            yield wired(service, version, language="fr", pages="1-3,5,7-")
            yield wired(service, version, ("lines", "words", "pages"), model="ocr", language="zh-Hans")
            yield wired(service, version, model="ocr")
        if service.name == "thumbnail":
            yield wired(service, version, width_px=1, height_px=1_024, crop="center")
        for word in service.includes:
            if (service.name, version) != ("describe_image", "v3.2"):
                yield wired(service, version, (word,))


def parameters_of(path: str) -> dict[str, dict[str, Any]]:
    """The query parameters that the contract knows for *path*."""
    for contract, prefix in ((V4, "/computervision"), (V3, "/vision/v3.2"), (READ, "/vision/v3.2")):
        swagger = load(contract)
        found = swagger["paths"].get(path.removeprefix(prefix))
        if found is None:
            continue
        listed = [
            swagger["parameters"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
            for one in found["post"]["parameters"]
        ]
        return {one["name"]: one for one in listed if one["in"] == "query"}
    raise AssertionError(path)


@pytest.mark.parametrize("service", VISION, ids=lambda service: service.name)
def test_every_request_is_one_that_the_contract_knows(service: Service) -> None:
    for exchange in exchanges(service):
        path, _, query = exchange.path.partition("?")
        known = parameters_of(path)
        sent = dict(parse_qsl(query, strict_parsing=bool(query)))

        assert sent.keys() <= known.keys()
        assert {name for name, one in known.items() if one.get("required")} <= sent.keys()
        for name, value in sent.items():
            rule = known[name].get("items", known[name])
            parts = value.split(",") if known[name]["type"] == "array" else [value]
            for part in parts:
                assert part in rule.get("enum", [part])
            if rule["type"] == "integer":
                assert rule["minimum"] <= int(value) <= rule["maximum"]
            if rule["type"] == "boolean":
                assert value in ("true", "false")


@pytest.mark.parametrize("service", VISION, ids=lambda service: service.name)
def test_a_request_holds_bytes_or_a_url(service: Service) -> None:
    exchange = wired(service)

    assert exchange.write([(PNG,)]) == Body(b"\x89PNG", "application/octet-stream")
    remote = exchange.write([("https://example.com/a.png",)])
    assert isinstance(remote, Body)
    assert (orjson.loads(remote.content), remote.type) == ({"url": "https://example.com/a.png"}, "application/json")


# Operations that no verb asks: domain models, and vectors, which no frame has a use for by themselves.
UNASKED = ("/models", "/models/{model}/analyze", "/retrieval:vectorizeImage", "/retrieval:vectorizeText")


def test_every_operation_of_the_contracts_is_asked_by_a_verb() -> None:
    asked = {exchange.path.partition("?")[0] for service in VISION for exchange in exchanges(service)}
    known = {
        prefix + path.partition("?")[0]
        for contract, prefix in ((V4, "/computervision"), (V3, "/vision/v3.2"), (READ, "/vision/v3.2"))
        for paths in (load(contract)["paths"], load(contract).get("x-ms-paths", {}))
        for path, methods in paths.items()
        if "post" in methods and not path.startswith(UNASKED)
    }

    assert asked == known


def captured(words: str) -> Any:
    (found,) = [one for one in load("sdk-requests/requests.json")["requests"] if words in one["call"]]
    return found


def test_requests_ask_what_the_official_clients_ask() -> None:
    def same(exchange: Exchange, words: str) -> None:
        theirs = captured(words)
        path, _, query = theirs["path"].partition("?")
        asked = dict(parse_qsl(query))
        ours = dict(parse_qsl(exchange.path.partition("?")[2]))
        # Said by default, and left out by us.
        for name, value in {"model-version": "latest", "readingOrder": "basic", "language": "en"}.items():
            if asked.get(name) == value:
                asked.pop(name)
            if ours.get(name) == value:
                ours.pop(name)
        assert (exchange.path.partition("?")[0], ours) == (path, asked)

    analyze = wired(services()["tag_image"], "2023-10-01")
    same(analyze, "azure-ai-vision-imageanalysis 1.0.0 analyze(bytes)")
    same(wired(services()["tag_image"], "v3.2"), "0.9.1 tag_image")
    same(wired(services()["detect_objects"], "v3.2"), "0.9.1 detect_objects")
    same(wired(services()["read_text"], pages="1"), "vision-computervision 0.9.1 read")
    same(wired(services()["read_text"], model="ocr"), "0.9.1 recognize_printed_text")
    written = analyze.write([(PNG,)])
    assert isinstance(written, Body)
    assert written.type == captured("imageanalysis 1.0.0 analyze(bytes)")["headers"]["content-type"]


def test_every_service_says_why_a_version_is_none_of_its_own() -> None:
    for service in VISION:
        assert service.versions is not None
        assert service.versions(service.api_version) is None
        assert service.versions("v9")


def test_pictures_may_stand_in_structs() -> None:
    assert all(service.takes("structs: struct<path:string>") for service in VISION)
