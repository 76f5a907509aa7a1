"""Every kind with its own models, held against the public contract."""

from __future__ import annotations

from typing import Any

import pytest

from contracts import check, example
from dfai_engine import weights
from dfai_engine.app import App, create_app
from engine.wire import CONTRACT, JOBS, ask, documents, finished, post

NEWER = "language-2023-11-15-preview/analyzetext.json"
TEXTS = (
    "Great atmosphere. Close to plenty of restaurants, hotels, and transit! Staff are friendly and helpful.",
    "Microsoft was founded by Bill Gates and Paul Allen on April 4, 1975.",
    (
        "\U0001f469\u200d\U0001f373 Zoe\u0308's cafe\u0301 was awful \U0001f1eb\U0001f1f7! "
        "Call 312-555-1234 or zoe@example.com."
    ),
)
SPACY = frozenset(("EntityRecognition", "PiiEntityRecognition"))
KINDS = ("SentimentAnalysis", "LanguageDetection", "KeyPhraseExtraction", "EntityRecognition", "PiiEntityRecognition")
UNITS = ("TextElements_v8", "UnicodeCodePoint", "Utf16CodeUnit")


@pytest.fixture(scope="module")
def app() -> App:
    return create_app()


def needs(kind: str) -> None:
    if kind in SPACY and not weights.present("spacy-en-sm"):
        pytest.skip("needs the model: dfai models pull nlp")


def spans(value: Any) -> list[dict[str, Any]]:
    """Every object with a text at an offset, however deep."""
    found = []
    if isinstance(value, dict):
        found += [value] if {"text", "offset", "length"} <= value.keys() else []
        found += [span for held in value.values() for span in spans(held)]
    elif isinstance(value, list):
        found += [span for held in value for span in spans(held)]
    return found


@pytest.mark.parametrize("version", ["2022-05-01", "2023-04-01", "2023-11-15-preview", "2024-11-01"])
@pytest.mark.parametrize("kind", KINDS)
def test_answers_have_the_contracts_shape(app: App, kind: str, version: str) -> None:
    needs(kind)
    more: dict[str, object] = {} if kind == "LanguageDetection" else {"language": "auto"}
    parameters = {"opinionMining": True} if kind == "SentimentAnalysis" else {}
    entries = documents(*TEXTS, "", **more)
    answer = post(app, kind, entries, query=f"api-version={version}&showStats=true", parameters=parameters)

    check(answer.json(), NEWER if version > "2023-06" else CONTRACT, "AnalyzeTextTaskResult")
    assert [document["id"] for document in answer.json()["results"]["documents"]] == ["0", "1", "2"]
    assert [error["id"] for error in answer.json()["results"]["errors"]] == ["3"]


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", ["SentimentAnalysis", "EntityRecognition", "PiiEntityRecognition"])
def test_offsets_point_at_the_text_in_every_unit(app: App, kind: str, unit: str) -> None:
    needs(kind)
    parameters: dict[str, object] = {"stringIndexType": unit}
    if kind == "SentimentAnalysis":
        parameters["opinionMining"] = True
    answer = post(app, kind, documents(*TEXTS), parameters=parameters).json()

    found = 0
    for text, document in zip(TEXTS, answer["results"]["documents"], strict=True):
        for span in spans(document):
            first, last = span["offset"], span["offset"] + span["length"]
            if unit == "UnicodeCodePoint":
                assert text[first:last].casefold() == span["text"].casefold()
            elif unit == "Utf16CodeUnit":
                cut = text.encode("utf-16-le")[2 * first : 2 * last].decode("utf-16-le")
                assert cut.casefold() == span["text"].casefold()
            found += 1
    assert found


@pytest.mark.parametrize("kind", KINDS)
def test_upstream_requests_are_answered(app: App, kind: str) -> None:
    needs(kind)
    if kind == "LanguageDetection":
        body: Any = {
            "kind": kind,
            "analysisInput": {"documents": [{"id": "1", "text": "Bonjour", "countryHint": "fr"}]},
        }
    else:
        body = example(f"language-2023-04-01/examples/Successful{kind}Request.json")["parameters"]["body"]
    answer = ask(app, "POST", "/language/:analyze-text?api-version=2023-04-01", json=body)

    assert answer.status_code == 200, answer.text
    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult")
    assert len(answer.json()["results"]["documents"]) == len(body["analysisInput"]["documents"])


def test_linking_names_who_can(app: App) -> None:
    answer = post(app, "EntityLinking", documents(*TEXTS))

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert answer.status_code == 400
    assert "Azure" in answer.json()["error"]["message"]


def test_jobs_have_the_contracts_shape(app: App) -> None:
    kinds = ["SentimentAnalysis", "KeyPhraseExtraction", "ExtractiveSummarization", "EntityLinking"]
    tasks = [{"kind": kind, "taskName": kind, "parameters": {}} for kind in kinds]
    body = {"analysisInput": {"documents": documents(*TEXTS, "")}, "tasks": tasks}
    location = ask(app, "POST", f"{JOBS}?api-version=2023-04-01", json=body).headers["operation-location"]
    state = finished(app, location, "&showStats=true")

    check(state, CONTRACT, "AnalyzeTextJobState")
    assert [item["status"] for item in state["tasks"]["items"]] == ["succeeded", "succeeded", "succeeded", "failed"]
    assert state["status"] == "partiallyCompleted"
