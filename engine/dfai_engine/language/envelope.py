"""The envelope around every kind of analysis: a request's documents in, the response's documents and errors out.

Each document is checked once, in one pass; those that fail stand beside the others' answers with HTTP 200.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dfai_engine.language import graphemes, offsets
from dfai_engine.language.documents import Answered, Document, DocumentFailure, ServiceFailure
from dfai_engine.language.kinds import Kinds
from dfai_engine.protocol import error

__all__ = ["Analysis", "Batch", "analyze", "parameters_of", "read", "render", "transactions"]

# Source: Azure AI Language, "Data limits" and pricing: one text record is 1,000 characters.
RECORD_ELEMENTS = 1_000
EMPTY = DocumentFailure("InvalidArgument", "InvalidDocument", "Document text is empty.")
COUNTRY = DocumentFailure(
    "InvalidArgument",
    "InvalidCountryHint",
    "Country hint is not valid. It must be an ISO 3166-1 alpha-2 code of two letters.",
)
_TAG = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_TRADITIONAL = frozenset(("hant", "cht", "tw", "hk", "mo"))
DETECT = "auto"
# Below this the detector's say is a guess: a language that is not served is then not taken from it.
_SURE = 0.8


@dataclass(frozen=True, slots=True)
class Batch:
    """A request's documents: those to be answered, and what became of the rest."""

    ids: list[str]
    documents: list[Document]
    failures: dict[int, DocumentFailure]  # by position in ids
    elements: list[int]  # a document's length, in text elements


@dataclass(frozen=True, slots=True)
class Analysis:
    """One kind's outcome for each document of a batch, in the request's order."""

    outcomes: list[dict[str, object] | DocumentFailure]
    model_version: str


def read(holder: object, *, country: bool, max_documents: int, max_elements: int, exact: bool = False) -> Batch:
    """Check ``analysisInput`` and split its documents into sound ones and failures.

    *exact* counts every document's text elements, as statistics need them; otherwise only those of texts are
    counted that may be over a limit or more than one record.

    Raises
    ------
    ServiceFailure
        What is wrong with the request as a whole: too many documents, none, repeated or missing ids.
    """
    entries = holder.get("documents") if isinstance(holder, dict) else None
    if entries is None or entries == []:
        raise ServiceFailure("The request holds no documents.", inner_code="MissingInputDocuments", target="documents")
    if not isinstance(entries, list):
        raise ServiceFailure("documents must be an array.", inner_code="InvalidRequestBodyFormat", target="documents")
    if len(entries) > max_documents:
        raise ServiceFailure(
            f"The request holds {len(entries):,} documents; at most {max_documents:,} are allowed.",
            inner_code="InvalidDocumentBatch",
            target="documents",
        )
    ids: list[str] = []
    documents: list[Document] = []
    failures: dict[int, DocumentFailure] = {}
    elements: list[int] = []
    for position, entry in enumerate(entries):
        identity, text, hint = _fields(entry, position, "countryHint" if country else "language")
        size = len(text)
        if exact or size > max_elements or size > RECORD_ELEMENTS:
            size = graphemes.count(text)
        ids.append(identity)
        elements.append(size)
        if not text or text.isspace():
            failures[position] = EMPTY
        elif size > max_elements:
            failures[position] = _too_long(max_elements)
        elif country:
            if hint and not _is_country(hint):
                failures[position] = COUNTRY
            else:
                documents.append(Document(identity, text, "en", hint))
        elif language := _language(hint):
            documents.append(Document(identity, text, language))
        else:
            failures[position] = _unsupported(hint)
    if len(set(ids)) != len(ids):
        raise ServiceFailure("Two documents have the same id; each needs its own.", inner_code="InvalidDocument")
    return Batch(ids, documents, failures, elements)


def _fields(entry: object, position: int, hint_name: str) -> tuple[str, str, str]:
    if type(entry) is dict:
        identity, text, hint = entry.get("id"), entry.get("text"), entry.get(hint_name)
        # A null is what is not there; anything but a string is a client that counts wrong.
        text = "" if text is None else text
        hint = "" if hint is None else hint
        if type(identity) is str and identity and type(text) is str and type(hint) is str:
            return identity, text, hint
        if (type(identity) is str and not identity) or identity is None:
            raise ServiceFailure(
                f"The document at position {position} has no id.", inner_code="InvalidDocument", target="documents"
            )
    raise ServiceFailure(
        f"The document at position {position} must be an object whose id, text and {hint_name} are strings.",
        inner_code="InvalidRequestBodyFormat",
        target="documents",
    )


def _too_long(max_elements: int) -> DocumentFailure:
    message = f"The document is too long to be processed; at most {max_elements:,} text elements are allowed."
    return DocumentFailure("InvalidArgument", "InvalidDocument", message)


def _unsupported(code: str) -> DocumentFailure:
    said = f"{code!r} is not" if len(code) <= 20 else "This is not"
    message = f'{said} a language code. Give an ISO 639-1 code such as "en", or "auto".'
    return DocumentFailure("InvalidArgument", "UnsupportedLanguageCode", message)


def _is_country(code: str) -> bool:
    return (len(code) == 2 and code.isascii() and code.isalpha()) or code.lower() == "none"


@functools.lru_cache(maxsize=1_024)
def _language(tag: str) -> str:
    """What the models are told: "en" for none, the primary subtag for a region, "" for what is no language.

    >>> [_language(tag) for tag in ("", "en-US", "FR", "zh", "zh-TW", "zh_chs", "auto", "42")]
    ['en', 'en', 'fr', 'zh-Hans', 'zh-Hant', 'zh-Hans', 'auto', '']
    """
    if not tag:
        return "en"
    if tag.lower() == DETECT:
        return DETECT
    if not _TAG.fullmatch(tag):
        return ""
    primary, *rest = tag.lower().replace("_", "-").split("-")
    if primary == "zh":
        return "zh-Hant" if _TRADITIONAL.intersection(rest) else "zh-Hans"
    return primary


def parameters_of(value: object) -> Mapping[str, object]:
    """A task's parameters, with what every kind shares checked."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ServiceFailure(
            "parameters must be an object.", inner_code="InvalidRequestBodyFormat", target="parameters"
        )
    offsets.string_index_type(value)
    for name, kind, noun in (
        ("modelVersion", str, "a string"),
        ("opinionMining", bool, "true or false"),
        ("loggingOptOut", bool, "true or false"),
    ):
        if not isinstance(value.get(name), (kind, type(None))):
            raise ServiceFailure(f"{name} must be {noun}.", inner_code="InvalidParameterValue", target=name)
    return value


def analyze(
    name: str, batch: Batch, parameters: Mapping[str, object], kinds: Kinds, *, newer: bool = False
) -> Analysis:
    """Answer a batch: detect languages where asked to, run the handler, convert its offsets.

    *newer* api-versions also say which language was detected, and an entity's type and tags.
    """
    documents, detected = _detected(batch.documents, kinds)
    answered = kinds.analyze(name, documents, parameters)
    answered = _with_doubts(name, documents, detected, answered, parameters, kinds)
    _check_model_version(parameters, answered.model_version)
    unit = offsets.string_index_type(parameters)
    outcomes: list[dict[str, object] | DocumentFailure] = []
    answers = zip(documents, answered.results, strict=True)
    for position in range(len(batch.ids)):
        if position in batch.failures:
            outcomes.append(batch.failures[position])
            continue
        document, result = next(answers)
        if isinstance(result, dict):
            if unit != "UnicodeCodePoint":
                result = offsets.convert(result, document.text, unit)
            if newer:
                result = _newer(name, result, detected.get(document.id))
        outcomes.append(result)
    return Analysis(outcomes, answered.model_version)


def _detected(documents: Sequence[Document], kinds: Kinds) -> tuple[Sequence[Document], dict[str, object]]:
    """The documents with each "auto" replaced, and what the detector said of those."""
    asked = [document for document in documents if document.language == DETECT]
    if not asked:
        return documents, {}
    said: dict[str, object] = {}
    languages: dict[str, str] = {}
    answered = kinds.analyze("LanguageDetection", asked, {})
    for document, result in zip(asked, answered.results, strict=True):
        found = result.get("detectedLanguage") if isinstance(result, dict) else None
        said[document.id] = found
        code = found.get("iso6391Name") if isinstance(found, dict) else None
        # Text without letters has no language of its own.
        languages[document.id] = _language(code) or "en" if isinstance(code, str) else "en"
    resolved = [
        replace(document, language=languages[document.id]) if document.id in languages else document
        for document in documents
    ]
    return resolved, said


def _with_doubts(
    name: str,
    documents: Sequence[Document],
    detected: Mapping[str, object],
    answered: Answered,
    parameters: Mapping[str, object],
    kinds: Kinds,
) -> Answered:
    """Reads a text as English where its detected language is not served and was little more than a guess.

    Three words of slang are soon taken for a rare language; English is the protocol's own default.
    """
    doubtful = [
        position
        for position, (document, result) in enumerate(zip(documents, answered.results, strict=True))
        if isinstance(result, DocumentFailure)
        and result.inner_code == "UnsupportedLanguageCode"
        and _confidence(detected.get(document.id)) < _SURE
    ]
    if not doubtful:
        return answered
    again = kinds.analyze(name, [replace(documents[place], language="en") for place in doubtful], parameters)
    results = list(answered.results)
    for position, result in zip(doubtful, again.results, strict=True):
        results[position] = result
    return Answered(results, answered.model_version)


def _confidence(detected: object) -> float:
    """How sure the detector was; a language that was given, not detected, is beyond doubt."""
    score = detected.get("confidenceScore") if isinstance(detected, dict) else None
    return score if isinstance(score, float) else 1.0


def _check_model_version(parameters: Mapping[str, object], served: str) -> None:
    """Only "latest" and the version that answers are served: to name another date would be to promise it."""
    asked = parameters.get("modelVersion")
    if asked is not None and asked not in ("latest", served):
        raise ServiceFailure(
            f"Invalid model version. Served: latest, {served}.",
            inner_code="ModelVersionIncorrect",
            target="modelVersion",
        )


def _newer(name: str, result: dict[str, object], detected: object) -> dict[str, object]:
    entities = result.get("entities")
    if name == "EntityRecognition" and isinstance(entities, list):
        result = {**result, "entities": [_typed(entity) for entity in entities]}
    return {**result, "detectedLanguage": detected} if detected else result


def _typed(entity: dict[str, object]) -> dict[str, object]:
    category, subcategory, score = entity["category"], entity.get("subcategory"), entity["confidenceScore"]
    names = [category] if subcategory is None else [category, subcategory]
    tags = [{"name": name, "confidenceScore": score} for name in names]
    return {"type": names[-1], "tags": tags, **entity}


def render(
    batch: Batch,
    analysis: Analysis,
    *,
    statistics: bool = False,
    positions: Iterable[int] | None = None,
) -> dict[str, object]:
    """The ``results`` object of a response; of the documents at *positions* alone, for one page of a job."""
    documents: list[dict[str, object]] = []
    errors: list[dict[str, object]] = []
    outcomes = analysis.outcomes
    for position in range(len(outcomes)) if positions is None else positions:
        outcome = outcomes[position]
        if isinstance(outcome, DocumentFailure):
            said = error(outcome.code, outcome.message, inner_code=outcome.inner_code)
            errors.append({"id": batch.ids[position], "error": said})
            continue
        document: dict[str, object] = {"id": batch.ids[position], "warnings": [], **outcome}
        if "sentences" in outcome:
            document["sentences"] = _absolute(outcome["sentences"], len(documents))
        if statistics:
            elements = batch.elements[position]
            document["statistics"] = {"charactersCount": elements, "transactionsCount": _records(elements)}
        documents.append(document)
    results: dict[str, object] = {"documents": documents, "errors": errors, "modelVersion": analysis.model_version}
    if statistics:
        results["statistics"] = {
            "documentsCount": len(outcomes),
            "validDocumentsCount": sum(isinstance(outcome, dict) for outcome in outcomes),
            "erroneousDocumentsCount": sum(isinstance(outcome, DocumentFailure) for outcome in outcomes),
            "transactionsCount": transactions(batch, analysis),
        }
    return results


def transactions(batch: Batch, analysis: Analysis) -> int:
    """Text records that the service would bill: one for each thousand characters begun, none for failures."""
    pairs = zip(batch.elements, analysis.outcomes, strict=True)
    return sum(_records(elements) for elements, outcome in pairs if isinstance(outcome, dict))


def _records(elements: int) -> int:
    return -(-elements // RECORD_ELEMENTS)


def _absolute(sentences: object, index: int) -> object:
    """Sentences whose targets point into the response: handlers do not know a document's place in it."""
    if not isinstance(sentences, list) or not any("targets" in sentence for sentence in sentences):
        return sentences
    return [
        {**sentence, "targets": [_pointing(target, index) for target in sentence.get("targets", ())]}
        for sentence in sentences
    ]


def _pointing(target: dict[str, object], index: int) -> dict[str, object]:
    relations = target["relations"]
    assert isinstance(relations, list)
    placed = [{**relation, "ref": f"#/documents/{index}/{relation['ref']}"} for relation in relations]
    return {**target, "relations": placed}
