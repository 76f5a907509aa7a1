"""What the client writes and reads, held against contracts, examples and recordings that this project did not write."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import pytest

from contracts import CONTRACTS, check, load
from dfai_core.service import Exchange, Failure, Service, Wiring
from dfai_core.services import services
from dfai_core.transports.base import Answer
from dfai_core.verdict import Action, judge_answer

CONTRACT = "language-2023-04-01/analyzetext.json"
EXAMPLES = "language-2023-04-01/examples/Successful{}Request.json"
LANGUAGE = [service for service in services().values() if service.family == "language"]
# Beside each option's default: other values that users give.
VALUES: dict[str, list[Any]] = {
    "language": ["auto", "en", "zh-Hans", None],
    "country": ["", "FR"],
    "categories": [(), ("Person", "Email")],
    "domain": ["none", "phi"],
    "max_sentences": [1, 20],
    "order": ["offset", "rank"],
}

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def wired(service: Service, **changes: Any) -> Exchange:
    """The exchange of *service*; options, and fields of `Wiring`, by name."""
    options = {option.name: option.default for option in service.options}
    fixed = {name: changes.pop(name) for name in list(changes) if name in options}
    given: dict[str, Any] = {
        "varying": (),
        "include": (),
        "api_version": service.api_version,
        "model_version": None,
        "keep_logs": False,
        "target_kind": "azure",
    }
    return service.wire(Wiring(options=options | fixed, **given | changes))


def wirings(service: Service) -> Iterator[Mapping[str, Any]]:
    """Every combination of options, with each include alone and all, and every option of a document varying."""
    names = [option.name for option in service.options]
    for values in itertools.product(*(VALUES[name] for name in names)):
        yield dict(zip(names, values, strict=True))
    for include in [*((name,) for name in service.includes), tuple(service.includes)]:
        yield {"include": include}
    for option in service.options:
        if option.scope == "document":
            yield {"varying": (option.name,)}
    yield {"model_version": "2022-11-01", "keep_logs": True}
    yield {"target_kind": "container"}


@pytest.mark.parametrize("service", LANGUAGE, ids=lambda service: service.name)
def test_every_request_is_one_that_the_contract_knows(service: Service) -> None:
    definition = "AnalyzeTextJobsInput" if service.long_running else "AnalyzeTextTask"
    for changes in wirings(service):
        exchange = wired(service, **dict(changes))
        documents: list[tuple[Any, ...]] = [("Bonjour.",), ("\u0000 \U0001f600 «»",)]
        if varying := changes.get("varying"):
            tags = ["en", None] if varying == ("language",) else ["FR", ""]
            documents = [(*document, tag) for document, tag in zip(documents, tags, strict=True)]
        body = orjson.loads(exchange.write(documents))

        check(body, CONTRACT, definition)
        sent = body["analysisInput"]["documents"]
        assert [document["text"] for document in sent] == [document[0] for document in documents]
        assert exchange.path.endswith(f"?api-version={service.api_version}")
        task = body["tasks"][0] if service.long_running else body
        assert task["kind"] == service.operation
        assert task["parameters"]["loggingOptOut"] == (not changes.get("keep_logs", False))
        language = changes.get("language")
        if "language" not in changes.get("varying", ()) and service.name != "detect_language":
            expected = language if language not in (None, "auto") else None
            assert {document.get("language") for document in sent} == {expected}


@pytest.mark.parametrize("service", LANGUAGE, ids=lambda service: service.name)
def test_paths_are_the_contract_s(service: Service) -> None:
    paths = {path.split("?")[0] for path in load(CONTRACT)["paths"]}

    assert wired(service).path.split("?")[0].removeprefix("/language") in paths


def read(service: Service, body: object, count: int, **changes: Any) -> list[Any]:
    return wired(service, **changes).read(Answer(200, {}, orjson.dumps(body)), count)


def renumbered(example: Any) -> tuple[Any, int]:
    """The documented answer under our ids: the examples count from 1, the client from 0."""
    results = example["responses"]["200"]["body"]["results"]
    listed = [*results["documents"], *results["errors"]]
    for document in listed:
        document["id"] = str(int(document["id"]) - 1)
    return example["responses"]["200"]["body"], len(listed)


def documented(kind: str) -> tuple[list[Any], Any]:
    """The documented answer as we read it, with everything included, and as it is written."""
    body, count = renumbered(load(EXAMPLES.format(kind)))
    service = next(service for service in LANGUAGE if service.operation == kind)
    found = read(service, body, count, include=tuple(service.includes))
    return found, {document["id"]: document for document in body["results"]["documents"]}


def test_the_documented_sentiment_is_read_as_documented() -> None:
    found, written = documented("SentimentAnalysis")

    assert len(found) >= 1
    for place, (label, positive, neutral, negative, sentences, opinions) in enumerate(found):
        document = written[str(place)]
        assert label == document["sentiment"]
        assert {"positive": positive, "neutral": neutral, "negative": negative} == document["confidenceScores"]
        assert [s["text"] for s in sentences] == [s["text"] for s in document["sentences"]]
        assert [s["offset"] for s in sentences] == [s["offset"] for s in document["sentences"]]
        targets = [t["text"] for s in document["sentences"] for t in s.get("targets", ())]
        assert [opinion["target"] for opinion in opinions] == targets
        said = [a["text"] for opinion in opinions for a in opinion["assessments"]]
        assert set(said) <= {a["text"] for s in document["sentences"] for a in s.get("assessments", ())}
        assert bool(said) == bool(targets)


def test_the_documented_key_phrases_are_read_as_documented() -> None:
    found, written = documented("KeyPhraseExtraction")

    assert found == [(written[str(place)]["keyPhrases"],) for place in range(len(found))]


@pytest.mark.parametrize("kind", ["EntityRecognition", "PiiEntityRecognition", "EntityLinking"])
def test_the_documented_entities_are_read_as_documented(kind: str) -> None:
    found, written = documented(kind)

    for place, values in enumerate(found):
        document = written[str(place)]
        entities = values[-1]
        if kind == "EntityLinking":
            assert [e["url"] for e in entities] == [e["url"] for e in document["entities"]]
            assert [len(e["matches"]) for e in entities] == [len(e["matches"]) for e in document["entities"]]
        else:
            names = ("text", "category", "offset", "length")
            assert [[e[n] for n in names] for e in entities] == [[e[n] for n in names] for e in document["entities"]]
            assert [e["confidence"] for e in entities] == [e["confidenceScore"] for e in document["entities"]]
        if kind == "PiiEntityRecognition":
            assert values[0] == document["redactedText"]


def test_every_documented_value_fits_our_columns() -> None:
    import pyarrow as pa

    kinds = ["SentimentAnalysis", "KeyPhraseExtraction", "EntityRecognition", "PiiEntityRecognition", "EntityLinking"]
    for kind in kinds:
        service = next(service for service in LANGUAGE if service.operation == kind)
        found, _ = documented(kind)
        columns = service.answer_columns(tuple(service.includes))[:-2]
        for place, column in enumerate(columns):
            values = [values[place] for values in found if not isinstance(values, Failure)]
            assert pa.array(values, column.type).to_pylist()[0] is not None


def test_recorded_errors_of_documents_become_codes() -> None:
    recorded = load("text-analytics-v3.0/recorded/languages_some_errors.json")
    ((_, response),) = [
        (interaction["request"], interaction["response"])
        for interaction in recorded["interactions"]
        if interaction["response"]["body"].get("errors")
    ]
    results = response["body"]
    ids = {d["id"]: str(place) for place, d in enumerate([*results["documents"], *results["errors"]])}
    for item in [*results["documents"], *results["errors"]]:
        item["id"] = ids[item["id"]]
    found = read(services()["detect_language"], {"results": results}, len(ids))
    failures = [value for value in found if isinstance(value, Failure)]

    assert len(failures) == len(results["errors"])
    for failure in failures:
        assert failure.code == "refused"
        assert failure.service_code in {"InvalidCountryHint", "InvalidDocument"}
        assert not failure.retryable


def test_a_recorded_refusal_of_a_whole_request_is_split() -> None:
    recorded = load("text-analytics-v3.0/recorded/duplicate_ids_400.json")
    (response,) = [interaction["response"] for interaction in recorded["interactions"]]
    verdict = judge_answer(Answer(response["status"], {}, orjson.dumps(response["body"])))

    assert (verdict.action, verdict.code, verdict.status) == (Action.SPLIT, "refused", 400)
    assert verdict.service_code == "InvalidDocument"
    assert verdict.message


def test_a_recorded_refusal_of_a_key_is_told_from_others() -> None:
    recorded = load("text-analytics-v3.1/recorded/bad_credentials_401.json")
    for interaction in recorded["interactions"]:
        response = interaction["response"]
        verdict = judge_answer(Answer(response["status"], {}, orjson.dumps(response["body"])))

        assert (verdict.action, verdict.code, verdict.status) == (Action.UNAUTHORIZED, "unauthorized", 401)
        assert verdict.message


def captured() -> list[Any]:
    if not CONTRACTS.is_dir():
        return []
    requests: list[Any] = load("sdk-requests/requests.json")["requests"]
    return [
        request
        for request in requests
        if " 2023-04-01 " in request["call"] and request["body"].get("kind") in {s.operation for s in LANGUAGE}
    ]


@pytest.mark.parametrize("request_", captured(), ids=lambda request: request["call"].rsplit(" ", 1)[1])
def test_requests_equal_the_official_client_s(request_: Any) -> None:
    body = request_["body"]
    service = next(service for service in LANGUAGE if service.operation == body["kind"])
    document = body["analysisInput"]["documents"][0]
    changes: dict[str, Any] = {"include": ("opinions",)} if body["parameters"].get("opinionMining") else {}
    if "countryHint" in document:
        changes["country"] = document["countryHint"]
    if "language" in document:
        changes["language"] = document["language"]
    exchange = wired(service, **changes)
    ours = orjson.loads(exchange.write([(document["text"],)]))
    # Ours says more: which model, and that the service may keep nothing. It counts from 0 where the other does from 1.
    assert ours["parameters"].pop("modelVersion") == "latest"
    assert ours["parameters"].pop("loggingOptOut") is True
    ours["analysisInput"]["documents"][0]["id"] = document["id"]

    assert ours == body
    assert exchange.path == request_["path"]
    assert exchange.method == request_["method"]
    assert exchange.headers["Content-Type"] == request_["headers"]["Content-Type"]


def test_a_finished_job_is_read_as_documented() -> None:
    example = load("language-2023-04-01/examples/SuccessfulAbstractiveSummarizationTaskResult.json")
    body = example["responses"]["200"]["body"]
    # The same envelope holds every kind of job; the extractive one has sentences where this one has summaries.
    results = body["tasks"]["items"][0]["results"]
    sentences = [{"text": "Said.", "rankScore": 0.7, "offset": 0, "length": 5}]
    results["documents"] = [{"id": "0", "warnings": [], "sentences": sentences}]
    service = services()["extract_summary"]
    exchange = wired(service, include=("sentences",))
    (values,) = exchange.read(Answer(200, {}, orjson.dumps(body)), 1)

    assert isinstance(values, tuple)
    assert not isinstance(values, Failure)
    assert exchange.finish is not None
    assert exchange.finish(values) == ("Said.", [{"text": "Said.", "rank": 0.7, "offset": 0, "length": 5}])


def test_a_refusal_without_words_has_the_words_of_its_status() -> None:
    verdict = judge_answer(Answer(400, {}, b'{"error": null}'))

    assert verdict.message == "the service refuses the request"
