"""Values that a test gives, as the services' protocol writes them; and what of a request they are looked up by.

Sources: Azure AI Language, REST reference, Analyze Text 2023-04-01; Anomaly Detector, contract of v1.1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["SERIES", "TEXTS", "TextVerb", "Unfit", "series_body", "text_body"]

Body = dict[str, Any]

_UNSCORED = {"positive": 0.0, "neutral": 0.0, "negative": 0.0}


class Unfit(Exception):
    """A value that a test gave is none that this verb could answer; the message says which are."""


@dataclass(frozen=True, slots=True)
class TextVerb:
    """How a verb on texts writes one document's result: from the text, and the value given for it."""

    write: Callable[[str, Any], Body]
    job: bool = False  # submitted, and asked about


def _sentiment(text: str, value: Any) -> Body:
    given = value if isinstance(value, Mapping) else {"sentiment": value}
    label = given.get("sentiment")
    if label not in ("positive", "neutral", "negative", "mixed"):
        raise Unfit("'positive', 'neutral', 'negative' or 'mixed', or {'sentiment': …, 'positive': 0.9, …}")
    even = {"positive": 0.5, "neutral": 0.0, "negative": 0.5} if label == "mixed" else {**_UNSCORED, label: 1.0}
    scores = {name: float(given.get(name, even[name])) for name in _UNSCORED}
    whole = {"text": text, "offset": 0, "length": len(text), "confidenceScores": scores}
    # A sentence is never mixed: only texts are.
    sentence = {**whole, "sentiment": "neutral" if label == "mixed" else label, "targets": [], "assessments": []}
    return {"sentiment": label, "confidenceScores": scores, "sentences": [sentence]}


def _key_phrases(_: str, value: Any) -> Body:
    return {"keyPhrases": _listed(value, str, "a list of texts")}


def _language(_: str, value: Any) -> Body:
    given = value if isinstance(value, Mapping) else {"language": value}
    code = given.get("language")
    if not isinstance(code, str):
        raise Unfit("a language's code, such as 'fr', or {'language': …, 'name': …, 'confidence': …}")
    named = {"name": given.get("name", code), "iso6391Name": code}
    return {"detectedLanguage": {**named, "confidenceScore": float(given.get("confidence", 1.0))}}


def _entities(text: str, value: Any) -> Body:
    return {"entities": [_entity(text, item) for item in _listed(value, (str, Mapping), _ENTITIES)]}


_ENTITIES = "a list of entities: {'text': …, 'category': …}"


def _entity(text: str, given: Any) -> Body:
    found = {"text": given} if isinstance(given, str) else given
    if not isinstance(found.get("text"), str):
        raise Unfit(_ENTITIES)
    return {
        **_place(text, found),
        "category": found.get("category", "Other"),
        "subcategory": found.get("subcategory"),
    }


def _place(text: str, found: Mapping[str, Any]) -> Body:
    """Where in *text* it stands, unless that is said: at its first place."""
    shown = found["text"]
    return {
        "text": shown,
        "confidenceScore": float(found.get("confidence", 1.0)),
        "offset": found.get("offset", max(0, text.find(shown))),
        "length": found.get("length", len(shown)),
    }


def _linked(text: str, value: Any) -> Body:
    words = "a list of {'name': …, 'url': …}"
    return {
        "entities": [
            {
                "name": found.get("name"),
                "url": found.get("url", ""),
                "dataSource": found.get("source", "fake"),
                "id": found.get("id"),
                "language": found.get("language", "en"),
                "matches": [_place(text, match) for match in found.get("matches", [{"text": found.get("name", "")}])],
            }
            for found in _listed(value, Mapping, words)
        ]
    }


def _redacted(text: str, value: Any) -> Body:
    given = value if isinstance(value, Mapping) else {"redacted": value}
    if not isinstance(given.get("redacted"), str):
        raise Unfit("the masked text, or {'redacted': …, 'entities': […]}")
    found = _listed(given.get("entities", []), (str, Mapping), _ENTITIES)
    return {"redactedText": given["redacted"], "entities": [_entity(text, item) for item in found]}


def _summary(text: str, value: Any) -> Body:
    sentences = [value] if isinstance(value, str) else _listed(value, str, "the summary, or its sentences in a list")
    return {
        "sentences": [
            {"text": sentence, "rankScore": 1.0, "offset": max(0, text.find(sentence)), "length": len(sentence)}
            for sentence in sentences
        ]
    }


def _listed(value: Any, kind: Any, words: str) -> list[Any]:
    if isinstance(value, (str, Mapping)) or not isinstance(value, Sequence):
        raise Unfit(words)
    if not all(isinstance(item, kind) for item in value):
        raise Unfit(words)
    return list(value)


TEXTS: Mapping[str, TextVerb] = {
    "sentiment": TextVerb(_sentiment),
    "key_phrases": TextVerb(_key_phrases),
    "detect_language": TextVerb(_language),
    "entities": TextVerb(_entities),
    "linked_entities": TextVerb(_linked),
    "redact_pii": TextVerb(_redacted),
    "extract_summary": TextVerb(_summary, job=True),
}
"""The verbs on texts."""


def text_body(kind: str, documents: Sequence[Body], errors: Sequence[Body], *, job: bool) -> Body:
    """A whole answer about texts."""
    results = {"documents": list(documents), "errors": list(errors), "modelVersion": "fake"}
    if not job:
        return {"kind": f"{kind}Results", "results": results}
    item = {"kind": f"{kind}LROResults", "status": "succeeded", "results": results}
    return {"status": "succeeded", "tasks": {"items": [item], "completed": 1, "failed": 0, "inProgress": 0, "total": 1}}


def _entire(series: Sequence[float], value: Any) -> Body:
    """Every point of a series: *value* says of each whether it is an anomaly."""
    anomaly = _of_each(series, value)
    nothing = [0.0] * len(series)
    return {
        "isAnomaly": anomaly,
        "isPositiveAnomaly": anomaly,
        "isNegativeAnomaly": [False] * len(series),
        "expectedValues": list(series),
        "lowerMargins": nothing,
        "upperMargins": nothing,
        "severity": [1.0 if odd else 0.0 for odd in anomaly],
        "period": 0,
    }


def _last(series: Sequence[float], value: Any) -> Body:
    if not isinstance(value, bool):
        raise Unfit("True or False: whether the series' last point is an anomaly")
    return {
        "isAnomaly": value,
        "isPositiveAnomaly": value,
        "isNegativeAnomaly": False,
        "expectedValue": series[-1],
        "lowerMargin": 0.0,
        "upperMargin": 0.0,
        "severity": 1.0 if value else 0.0,
        "period": 0,
        "suggestedWindow": len(series),
    }


def _changes(series: Sequence[float], value: Any) -> Body:
    change = _of_each(series, value)
    return {"isChangePoint": change, "confidenceScores": [1.0 if changes else 0.0 for changes in change], "period": 0}


def _of_each(series: Sequence[float], value: Any) -> list[bool]:
    words = "a list of True and False, one for each point of the series"
    found = _listed(value, bool, words)
    if len(found) != len(series):
        raise Unfit(words)
    return found


SERIES: Mapping[str, Callable[[Sequence[float], Any], Body]] = {
    "detect_anomalies": _entire,
    "detect_last_anomaly": _last,
    "detect_change_points": _changes,
}
"""The verbs on whole series."""


def series_body(asked: Body) -> tuple[float, ...]:
    """The values of the series in a request's body."""
    return tuple(point["value"] for point in asked["series"])
