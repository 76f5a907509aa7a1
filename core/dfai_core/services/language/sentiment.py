"""Sentiment of a text, its sentences, and the opinions in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dfai_core.service import Column, Exchange, Part, Service, Values, Wiring
from dfai_core.services.language.wire import API_VERSION, LANGUAGE, RECORDS, analyze_text, limits

__all__ = ["SENTIMENT"]

_SENTENCE = pa.struct(
    [
        ("text", pa.string()),
        ("sentiment", pa.string()),
        ("positive", pa.float64()),
        ("neutral", pa.float64()),
        ("negative", pa.float64()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
    ]
)
_ASSESSMENT = pa.struct(
    [
        ("text", pa.string()),
        ("sentiment", pa.string()),
        ("positive", pa.float64()),
        ("negative", pa.float64()),
        ("negated", pa.bool_()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
    ]
)
_OPINION = pa.struct(
    [
        ("target", pa.string()),
        ("sentiment", pa.string()),
        ("positive", pa.float64()),
        ("negative", pa.float64()),
        ("offset", pa.int64()),
        ("length", pa.int64()),
        ("assessments", pa.list_(_ASSESSMENT)),
    ]
)


def _wire(wiring: Wiring) -> Exchange:
    sentences = "sentences" in wiring.include
    opinions = "opinions" in wiring.include

    def row(document: dict[str, Any]) -> Values:
        scores = document["confidenceScores"]
        values: Values = (document["sentiment"], scores["positive"], scores["neutral"], scores["negative"])
        if sentences:
            values += ([_sentence(sentence) for sentence in document["sentences"]],)
        if opinions:
            values += (_opinions(document["sentences"]),)
        return values

    return analyze_text(
        wiring, "SentimentAnalysis", row, _merge, parameters={"opinionMining": True} if opinions else {}
    )


def _sentence(sentence: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": sentence["text"],
        "sentiment": sentence["sentiment"],
        **sentence["confidenceScores"],
        "offset": sentence["offset"],
        "length": sentence["length"],
    }


def _opinions(sentences: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Targets with the assessments that their relations point to ("#/documents/0/sentences/1/assessments/2")."""
    opinions = []
    for sentence in sentences:
        for target in sentence.get("targets") or ():
            assessments = []
            for relation in target.get("relations") or ():
                place = str(relation["ref"]).rsplit("/", 4)
                if relation["relationType"] == "assessment":
                    assessments.append(_assessment(sentences[int(place[2])]["assessments"][int(place[4])]))
            opinions.append(
                {
                    "target": target["text"],
                    "sentiment": target["sentiment"],
                    **target["confidenceScores"],
                    "offset": target["offset"],
                    "length": target["length"],
                    "assessments": assessments,
                }
            )
    return opinions


def _assessment(assessment: dict[str, Any]) -> dict[str, Any]:
    return {
        "text": assessment["text"],
        "sentiment": assessment["sentiment"],
        **assessment["confidenceScores"],
        "negated": assessment["isNegated"],
        "offset": assessment["offset"],
        "length": assessment["length"],
    }


def _merge(parts: Sequence[Part]) -> Values:
    """The service's own rule for sentences, applied to parts; scores weighted by length, lists joined."""
    sent = [(len(part.text), part.values) for part in parts if part.values is not None]
    labels = {values[0] for _, values in sent} - {"neutral"}
    label = "neutral" if not labels else labels.pop() if len(labels) == 1 else "mixed"
    total = sum(weight for weight, _ in sent)
    scores = (round(sum(weight * values[place] for weight, values in sent) / total, 2) for place in (1, 2, 3))
    lists = []
    for place in range(4, len(sent[0][1])):
        moved: list[dict[str, Any]] = []
        for part in parts:
            if part.values is not None:
                moved.extend(_moved(item, part.offset) for item in part.values[place])
        lists.append(moved)
    return (label, *scores, *lists)


def _moved(item: dict[str, Any], offset: int) -> dict[str, Any]:
    item = {**item, "offset": item["offset"] + offset}
    if "assessments" in item:
        item["assessments"] = [_moved(assessment, offset) for assessment in item["assessments"]]
    return item


SENTIMENT = Service(
    name="sentiment",
    family="language",
    noun="sentiment",
    inputs=("text",),
    columns=(
        Column("", pa.string(), '"positive", "neutral", "negative" or "mixed".'),
        Column("_positive", pa.float64(), "Confidence, from 0 to 1; the three sum to 1."),
        Column("_neutral", pa.float64(), "Confidence, from 0 to 1."),
        Column("_negative", pa.float64(), "Confidence, from 0 to 1."),
    ),
    includes={
        "sentences": Column("_sentences", pa.list_(_SENTENCE), "Each sentence with its label and scores."),
        "opinions": Column("_opinions", pa.list_(_OPINION), "What is judged (target), and how (assessments)."),
    },
    options=(LANGUAGE,),
    limits=limits(10, 100),
    operation="SentimentAnalysis",
    wire=_wire,
    api_version=API_VERSION,
    billing=RECORDS,
    known_as=("analyze_sentiment", "TextSentiment"),
)
