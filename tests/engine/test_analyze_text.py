"""POST /language/:analyze-text: the envelope, its limits and its errors, whatever model answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import check
from dfai_engine.app import App, create_app
from dfai_engine.language.documents import Answered, Document, ServiceFailure
from dfai_engine.weights import ModelMissing
from engine.wire import CONTRACT, ask, documents, post, words

ENTITIES = "EntityRecognition"


def guessed(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """A language detector that reads the language off the first word."""
    said = [{"name": "", "iso6391Name": document.text.split()[0], "confidenceScore": 0.5} for document in documents]
    return Answered([{"detectedLanguage": language} for language in said], "guess")


@pytest.fixture
def app() -> App:
    return create_app(kinds={ENTITIES: words, "LanguageDetection": guessed})


def results(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return dict(body["results"])


def inner(answer: Any) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["innererror"]["code"]


def test_an_answer_has_azures_shape(app: App) -> None:
    answer = post(app, ENTITIES, documents("one two", "refuse", ""))

    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult")
    assert answer.json()["kind"] == "EntityRecognitionResults"
    assert [document["id"] for document in results(answer)["documents"]] == ["0"]
    assert [error["id"] for error in results(answer)["errors"]] == ["1", "2"]
    assert results(answer)["modelVersion"] == "2026-11-23-words"


def test_headers_are_those_of_the_service(app: App) -> None:
    headers = post(app, ENTITIES, documents("one", "")).headers

    assert headers["csp-billing-usage"] == "CognitiveServices.TextAnalytics.TextRecords=1"
    assert headers["x-envoy-upstream-service-time"].isdecimal()
    assert len(headers["apim-request-id"]) == 36
    assert headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize("text", ["", "   ", "\n\t", None])
def test_a_blank_document_is_its_own_error(app: App, text: str | None) -> None:
    answer = results(post(app, ENTITIES, [{"id": "a", "text": text}, {"id": "b", "text": "fine"}]))

    assert [document["id"] for document in answer["documents"]] == ["b"]
    assert answer["errors"] == [
        {
            "id": "a",
            "error": {
                "code": "InvalidArgument",
                "message": "Invalid document in request.",
                "innererror": {"code": "InvalidDocument", "message": "Document text is empty."},
            },
        }
    ]


def test_a_long_document_is_its_own_error_and_length_counts_text_elements(app: App) -> None:
    answer = results(post(app, ENTITIES, documents("a" * 5_120, "a" * 5_121, "e\u0301" * 5_120, "e\u0301" * 5_121)))

    assert [document["id"] for document in answer["documents"]] == ["0", "2"]
    assert {error["error"]["innererror"]["code"] for error in answer["errors"]} == {"InvalidDocument"}


@pytest.mark.parametrize(
    ("language", "told"),
    [(None, "en"), ("", "en"), ("fr", "fr"), ("PT-br", "pt"), ("zh", "zh-Hans"), ("zh-TW", "zh-Hant"), ("fil", "fil")],
)
def test_a_language_tag_is_brought_to_what_models_know(app: App, language: str | None, told: str) -> None:
    answer = results(post(app, ENTITIES, [{"id": "1", "text": "word", "language": language}]))

    assert answer["documents"][0]["entities"][0]["category"] == told


@pytest.mark.parametrize("language", ["english", "e", "12", "en us", "x" * 100])
def test_what_is_no_language_code_is_the_documents_error(app: App, language: str) -> None:
    answer = results(post(app, ENTITIES, [{"id": "1", "text": "word", "language": language}]))

    assert answer["errors"][0]["error"]["innererror"]["code"] == "UnsupportedLanguageCode"


@pytest.mark.parametrize(("found", "told"), [("fr", "fr"), ("(Unknown)", "en"), ("zh_cht", "zh-Hant")])
def test_auto_asks_the_detector(app: App, found: str, told: str) -> None:
    entries = [{"id": "1", "text": f"{found} mot", "language": "auto"}, {"id": "2", "text": "mot", "language": "de"}]
    answer = post(app, ENTITIES, entries)

    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult")
    assert [document["entities"][0]["category"] for document in results(answer)["documents"]] == [told, "de"]


@pytest.mark.parametrize("version", ["2023-11-15-preview", "2024-11-01"])
def test_newer_versions_tell_the_detected_language_and_an_entitys_type(app: App, version: str) -> None:
    answer = post(app, ENTITIES, documents("fr mot", language="auto"), query=f"api-version={version}")

    check(answer.json(), "language-2023-11-15-preview/analyzetext.json", "AnalyzeTextTaskResult")
    document = results(answer)["documents"][0]
    assert document["detectedLanguage"]["iso6391Name"] == "fr"
    assert document["entities"][0]["type"] == "fr"
    assert document["entities"][0]["tags"] == [{"name": "fr", "confidenceScore": 1.0}]


def test_a_country_hint_of_more_than_two_letters_is_the_documents_error(app: App) -> None:
    entries = [
        {"id": "1", "text": "en words", "countryHint": "United States"},
        {"id": "2", "text": "es palabras", "countryHint": "US"},
        {"id": "3", "text": "de Wort", "countryHint": ""},
        {"id": "4", "text": "de Wort", "countryHint": "none"},
    ]
    answer = post(app, "LanguageDetection", entries)

    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult")
    assert [document["id"] for document in results(answer)["documents"]] == ["2", "3", "4"]
    assert results(answer)["errors"][0]["error"]["innererror"]["code"] == "InvalidCountryHint"


@pytest.mark.parametrize(
    ("unit", "spans"),
    [
        ("UnicodeCodePoint", [(0, 8), (9, 3)]),
        ("Utf16CodeUnit", [(0, 11), (12, 3)]),
        ("TextElements_v8", [(0, 2), (3, 2)]),
        (None, [(0, 2), (3, 2)]),
    ],
)
def test_offsets_are_in_the_unit_that_was_asked_for(app: App, unit: str | None, spans: list[tuple[int, int]]) -> None:
    text = "\U0001f469\u200d\U0001f469\u200d\U0001f467\ufe0fa\u0301 bo\u0308"
    parameters = {} if unit is None else {"stringIndexType": unit}
    answer = results(post(app, ENTITIES, documents(text), parameters=parameters))

    found = answer["documents"][0]["entities"]
    assert [(entity["offset"], entity["length"]) for entity in found] == spans


def test_statistics_come_when_asked_for(app: App) -> None:
    entries = documents("a" * 1_001, "e\u0301 te\u0301", "")
    answer = post(app, ENTITIES, entries, query="api-version=2023-04-01&showStats=true")

    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult")
    assert results(answer)["statistics"] == {
        "documentsCount": 3,
        "validDocumentsCount": 2,
        "erroneousDocumentsCount": 1,
        "transactionsCount": 3,
    }
    assert [document["statistics"] for document in results(answer)["documents"]] == [
        {"charactersCount": 1_001, "transactionsCount": 2},
        {"charactersCount": 4, "transactionsCount": 1},
    ]


@pytest.mark.parametrize(
    ("entries", "code"),
    [
        ([], "MissingInputDocuments"),
        (None, "MissingInputDocuments"),
        ("text", "InvalidRequestBodyFormat"),
        (["text"], "InvalidRequestBodyFormat"),
        ([{"text": "a"}], "InvalidDocument"),
        ([{"id": "", "text": "a"}], "InvalidDocument"),
        ([{"id": 1, "text": "a"}], "InvalidRequestBodyFormat"),
        ([{"id": "1", "text": 5}], "InvalidRequestBodyFormat"),
        ([{"id": "1", "text": "a", "language": 5}], "InvalidRequestBodyFormat"),
        ([{"id": "1", "text": "a"}, {"id": "1", "text": "b"}], "InvalidDocument"),
        ([{"id": str(number), "text": "a"} for number in range(6)], "InvalidDocumentBatch"),
    ],
)
def test_a_request_that_is_wrong_as_a_whole_is_refused(app: App, entries: object, code: str) -> None:
    answer = post(app, ENTITIES, entries)

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert inner(answer) == (400, "InvalidRequest", code)
    assert answer.headers["x-ms-error-code"] == "InvalidRequest"


@pytest.mark.parametrize(
    "parameters",
    [
        "fast",
        {"stringIndexType": "Bytes"},
        {"stringIndexType": ["UnicodeCodePoint"]},
        {"modelVersion": 5},
        {"opinionMining": "yes"},
        {"modelVersion": "2020-01-01"},
    ],
)
def test_parameters_of_the_wrong_form_are_refused(app: App, parameters: object) -> None:
    answer = post(app, ENTITIES, documents("a"), parameters=parameters)

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert answer.status_code == 400


@pytest.mark.parametrize("model_version", ["latest", "2026-11-23-words", None])
def test_latest_and_the_answering_model_version_are_served(app: App, model_version: str | None) -> None:
    answer = post(app, ENTITIES, documents("a"), parameters={"modelVersion": model_version})

    assert results(answer)["modelVersion"] == "2026-11-23-words"


@pytest.mark.parametrize("query", ["", "api-version=", "api-version=v3.1", "api-version=2023-04-01&showStats=2"])
def test_query_parameters_are_checked(app: App, query: str) -> None:
    answer = post(app, ENTITIES, documents("a"), query=query)

    assert inner(answer) == (400, "InvalidRequest", "InvalidParameterValue")


@pytest.mark.parametrize("kind", ["Sentiment", "ExtractiveSummarization", None, 5])
def test_a_kind_that_is_not_served_is_refused_by_name(app: App, kind: Any) -> None:
    answer = post(app, kind, documents("a"))

    assert inner(answer) == (400, "InvalidRequest", "InvalidParameterValue")
    assert answer.json()["error"]["target"] == "kind"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b'{"kind": "\\ud800"}', b"1"])
def test_a_body_that_is_no_json_object_is_refused(app: App, body: bytes) -> None:
    answer = ask(app, "POST", "/language/:analyze-text?api-version=2023-04-01", content=body)

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert answer.status_code == 400


def test_a_body_over_the_limit_is_refused_with_413(app: App) -> None:
    def chunks() -> Any:
        async def send() -> Any:
            for _ in range(3):
                yield b" " * 400_000

        return send()

    declared = ask(app, "POST", "/language/:analyze-text?api-version=2023-04-01", content=b" " * 1_000_001)
    streamed = ask(app, "POST", "/language/:analyze-text?api-version=2023-04-01", content=chunks())

    assert (declared.status_code, streamed.status_code) == (413, 413)


def test_wide_limits_take_a_thousand_documents_of_the_same_length() -> None:
    app = create_app(limits="wide", kinds={ENTITIES: words})
    entries = documents(*["word"] * 999, "a" * 5_121)
    answer = results(post(app, ENTITIES, entries))

    assert len(answer["documents"]) == 999
    assert [error["id"] for error in answer["errors"]] == ["999"]
    assert post(app, ENTITIES, documents(*["a"] * 1_001)).status_code == 400


def test_pointers_into_the_response_count_its_documents() -> None:
    def opinions(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        scores = {"positive": 1.0, "negative": 0.0}
        place = {"sentiment": "positive", "confidenceScores": scores, "offset": 0, "length": 1, "text": "a"}
        target = {**place, "relations": [{"ref": "sentences/0/assessments/0", "relationType": "assessment"}]}
        sentence = {
            "text": "a",
            "sentiment": "positive",
            "confidenceScores": {**scores, "neutral": 0.0},
            "offset": 0,
            "length": 1,
            "targets": [target],
            "assessments": [{**place, "isNegated": False}],
        }
        result = {"sentiment": "positive", "confidenceScores": sentence["confidenceScores"], "sentences": [sentence]}
        return Answered([dict(result) for _ in documents], "opinions")

    app = create_app(kinds={"SentimentAnalysis": opinions})
    answer = post(app, "SentimentAnalysis", documents("a", "", "a"), parameters={"opinionMining": True})

    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult")
    refs = [document["sentences"][0]["targets"][0]["relations"][0]["ref"] for document in results(answer)["documents"]]
    assert refs == ["#/documents/0/sentences/0/assessments/0", "#/documents/1/sentences/0/assessments/0"]


def test_missing_packages_and_weights_are_sentences() -> None:
    def packages(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        raise ModuleNotFoundError("No module named 'spacy'", name="spacy")

    def weights(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        raise ModelMissing("get it: dfai models pull text")

    app = create_app(kinds={ENTITIES: packages, "KeyPhraseExtraction": weights})
    without_packages = post(app, ENTITIES, documents("a"))
    without_weights = post(app, "KeyPhraseExtraction", documents("a"))

    check(without_packages.json(), CONTRACT, "ErrorResponse")
    assert inner(without_packages) == (400, "InvalidRequest", "FeatureNotAvailable")
    assert 'pip install "dfai[nlp]"' in without_packages.json()["error"]["message"]
    assert inner(without_weights) == (400, "InvalidRequest", "FeatureNotAvailable")
    assert "dfai models pull text" in without_weights.json()["error"]["message"]


def test_a_handlers_own_refusal_reaches_the_client() -> None:
    def refuse(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        raise ServiceFailure("No.", status=403, code="Forbidden")

    answer = post(create_app(kinds={ENTITIES: refuse}), ENTITIES, documents("a"))

    assert answer.status_code == 403
    assert answer.json() == {"error": {"code": "Forbidden", "message": "No."}}


def test_a_fault_of_the_engine_is_a_500_that_quotes_no_text(caplog: pytest.LogCaptureFixture) -> None:
    def fail(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        raise LookupError(documents[0].text)

    answer = post(create_app(kinds={ENTITIES: fail}), ENTITIES, documents("a secret text"))

    check(answer.json(), CONTRACT, "ErrorResponse")
    assert answer.status_code == 500
    assert answer.json()["error"]["code"] == "InternalServerError"
    assert "LookupError" in caplog.text
    assert "secret" not in caplog.text + answer.text


def test_a_handler_that_loses_a_document_is_a_fault() -> None:
    def lose(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
        return Answered([], "lost")

    assert post(create_app(kinds={ENTITIES: lose}), ENTITIES, documents("a")).status_code == 500


def test_handlers_for_unknown_kinds_are_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no kind Entities"):
        create_app(kinds={"Entities": words})


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=8)
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
)
ENTRY = st.fixed_dictionaries(
    {}, optional={"id": JSON, "text": JSON, "language": JSON | st.sampled_from(["en", "auto", "zh-TW"])}
)
BODY = st.fixed_dictionaries(
    {},
    optional={
        "kind": JSON | st.just(ENTITIES),
        "analysisInput": JSON | st.fixed_dictionaries({"documents": JSON | st.lists(ENTRY, max_size=6)}),
        "parameters": JSON | st.fixed_dictionaries({}, optional={"stringIndexType": JSON, "modelVersion": JSON}),
    },
)


@settings(deadline=None)  # a busy machine is not a fault
@given(BODY)
def test_no_body_breaks_the_engine(body: object) -> None:
    app = create_app(kinds={ENTITIES: words, "LanguageDetection": spoken})
    try:
        answer = ask(app, "POST", "/language/:analyze-text?api-version=2023-04-01", json=body)
    finally:
        app.close()

    assert answer.status_code in (200, 400)
    check(answer.json(), CONTRACT, "AnalyzeTextTaskResult" if answer.status_code == 200 else "ErrorResponse")


@settings(deadline=None)  # a busy machine is not a fault
@given(st.lists(st.sampled_from(["fine", "", "refuse", "e\u0301", "x" * 5_121]), min_size=1, max_size=5))
def test_every_document_ends_as_a_result_or_an_error(texts: list[str]) -> None:
    app = create_app(kinds={ENTITIES: words})
    try:
        answer = results(post(app, ENTITIES, documents(*texts)))
    finally:
        app.close()

    answered = [document["id"] for document in answer["documents"]]
    failed = [error["id"] for error in answer["errors"]]
    assert sorted(answered + failed) == [str(number) for number in range(len(texts))]
    assert answered == [str(number) for number, text in enumerate(texts) if text in ("fine", "e\u0301")]


def spoken(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """A language detector that always hears English."""
    english = {"name": "English", "iso6391Name": "en", "confidenceScore": 1.0}
    return Answered([{"detectedLanguage": english} for _ in documents], "spoken")
