"""What the service of the tests answers for each verb on texts, and the columns that come of it: a row a verb.

``behaviour/test_verbs.py`` holds every backend to them. A verb is added to the contract by its row in `ROWS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["ANSWERS", "ROWS", "TEXTS", "Row", "sentiment_of"]

Body = dict[str, Any]

TEXTS = ["Lovely room, call Anna on 555.", None, "A bad day. It rained.", "Le chat dort."]

_POSITIVE = re.compile(r"\b(good|lovely|great)\b", re.IGNORECASE)
_NEGATIVE = re.compile(r"\b(bad|awful|never)\b", re.IGNORECASE)


def sentiment_of(text: str) -> str:
    """The label that this service gives."""
    good, bad = bool(_POSITIVE.search(text)), bool(_NEGATIVE.search(text))
    return "mixed" if good and bad else "positive" if good else "negative" if bad else "neutral"


@dataclass(frozen=True)
class Row:
    """One verb: how the service is told what is asked, what it answers, and what stands in the frame then."""

    kind: str  # in the protocol's spelling
    answer: Callable[[str, Body], Body]  # a document's part of the answer, from its text and the parameters
    columns: Mapping[str, Sequence[Any]]  # for `TEXTS`, but for the two of errors
    options: Mapping[str, Any] = field(default_factory=dict)


def _sentiment(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    scores = {
        "positive": {"positive": 0.9, "neutral": 0.08, "negative": 0.02},
        "negative": {"positive": 0.02, "neutral": 0.08, "negative": 0.9},
        "mixed": {"positive": 0.45, "neutral": 0.1, "negative": 0.45},
        "neutral": {"positive": 0.1, "neutral": 0.8, "negative": 0.1},
    }
    label = sentiment_of(text)
    sentence = {"text": text, "sentiment": label, "confidenceScores": scores[label], "offset": 0, "length": len(text)}
    judged = re.search(r"\b(\w+) (room)\b", text)
    if judged and parameters.get("opinionMining"):
        two = {"positive": 0.9, "negative": 0.1}
        common = {"sentiment": label, "confidenceScores": two}
        sentence["targets"] = [
            common
            | {
                "text": judged[2],
                "offset": judged.start(2),
                "length": len(judged[2]),
                "relations": [{"relationType": "assessment", "ref": "#/documents/0/sentences/0/assessments/0"}],
            }
        ]
        sentence["assessments"] = [
            common | {"text": judged[1], "offset": judged.start(1), "length": len(judged[1]), "isNegated": False}
        ]
    return {"sentiment": label, "confidenceScores": scores[label], "sentences": [sentence]}


def _key_phrases(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"keyPhrases": re.findall(r"\w{6,}", text)}


def _language(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    french = re.search(r"\b(le|la|une?)\b", text) is not None
    code, name = ("fr", "French") if french else ("en", "English")
    return {"detectedLanguage": {"name": name, "iso6391Name": code, "confidenceScore": 0.95}}


def _capitalized(text: str) -> Iterator[Body]:
    for word in re.finditer(r"\b[A-Z]\w+", text):
        yield {"text": word[0], "confidenceScore": 0.8, "offset": word.start(), "length": len(word[0])}


def _entities(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {"entities": [{"category": "Person", **found} for found in _capitalized(text)]}


def _linked(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    return {
        "entities": [
            {
                "name": found["text"],
                "url": f"https://example.org/wiki/{found['text']}",
                "dataSource": "Example",
                "id": found["text"],
                "language": "en",
                "matches": [found],
            }
            for found in _capitalized(text)
        ]
    }


def _pii(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    found = [
        {
            "text": digits[0],
            "category": "PhoneNumber",
            "confidenceScore": 0.8,
            "offset": digits.start(),
            "length": len(digits[0]),
        }
        for digits in re.finditer(r"\d+", text)
    ]
    return {"redactedText": re.sub(r"\d", "*", text), "entities": found}


def _summary(text: str, parameters: dict[str, Any]) -> dict[str, Any]:
    sentences = list(re.finditer(r"[^.]+\.", text))[: parameters["sentenceCount"]]
    return {
        "sentences": [
            {"text": found[0], "rankScore": 1.0 / (1 + place), "offset": found.start(), "length": len(found[0])}
            for place, found in enumerate(sentences)
        ]
    }


def _entity(text: str, offset: int, category: str = "Person") -> dict[str, Any]:
    return {
        "text": text,
        "category": category,
        "subcategory": None,
        "confidence": 0.8,
        "offset": offset,
        "length": len(text),
    }


def _linked_entity(text: str, offset: int) -> dict[str, Any]:
    return {
        "name": text,
        "url": f"https://example.org/wiki/{text}",
        "source": "Example",
        "id": text,
        "language": "en",
        "matches": [{"text": text, "confidence": 0.8, "offset": offset, "length": len(text)}],
    }


ROWS: dict[str, Row] = {
    "sentiment": Row(
        "SentimentAnalysis",
        _sentiment,
        {
            "sentiment": ["positive", None, "negative", "neutral"],
            "sentiment_positive": [0.9, None, 0.02, 0.1],
            "sentiment_neutral": [0.08, None, 0.08, 0.8],
            "sentiment_negative": [0.02, None, 0.9, 0.1],
        },
        {"language": "en"},
    ),
    "key_phrases": Row(
        "KeyPhraseExtraction",
        _key_phrases,
        {"key_phrases": [["Lovely"], None, ["rained"], []]},
        {"language": "en"},
    ),
    "detect_language": Row(
        "LanguageDetection",
        _language,
        {
            "language": ["en", None, "en", "en"],
            "language_name": ["English", None, "English", "English"],
            "language_confidence": [0.95, None, 0.95, 0.95],
        },
    ),
    "entities": Row(
        "EntityRecognition",
        _entities,
        {
            "entities": [
                [_entity("Lovely", 0), _entity("Anna", 18)],
                None,
                [_entity("It", 11)],
                [_entity("Le", 0)],
            ]
        },
        {"language": "en"},
    ),
    "linked_entities": Row(
        "EntityLinking",
        _linked,
        {
            "linked_entities": [
                [_linked_entity("Lovely", 0), _linked_entity("Anna", 18)],
                None,
                [_linked_entity("It", 11)],
                [_linked_entity("Le", 0)],
            ]
        },
        {"language": "en"},
    ),
    "redact_pii": Row(
        "PiiEntityRecognition",
        _pii,
        {
            "redacted": ["Lovely room, call Anna on ***.", None, TEXTS[2], TEXTS[3]],
            "redacted_entities": [[_entity("555", 26, "PhoneNumber")], None, [], []],
        },
        {"language": "en", "include": ["entities"]},
    ),
    "extract_summary": Row(  # long-running: it waits for its job
        "ExtractiveSummarization",
        _summary,
        {"summary": ["Lovely room, call Anna on 555.", None, "A bad day.", "Le chat dort."]},
        {"language": "en", "max_sentences": 1},
    ),
}

ANSWERS = {row.kind: row.answer for row in ROWS.values()}
"""What the service answers, by kind."""
