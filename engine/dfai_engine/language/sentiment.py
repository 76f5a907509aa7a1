"""Sentiment of documents and of their sentences, in the service's shape.

A sentence is scored by itself and then read in its document: its probabilities are multiplied by those of the whole
text. The document's label follows from its sentences' labels exactly as the service documents it. Measured on rated
texts, this beats sentences read alone and loses nothing to the whole text read alone (docs/models-language.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from dfai_engine.language import polarity, sentences
from dfai_engine.language.documents import Answered, Document, DocumentFailure, ServiceFailure

__all__ = ["MODELS", "OPTIONAL_MODELS", "analyze", "answers", "overall"]

MODELS: tuple[str, ...] = ("use-multilingual-v3",)
OPTIONAL_MODELS: tuple[str, ...] = ("e5-small-q4",)
# What is answered before the weights are here.
WITHOUT_MODELS = "English alone is read, by a lexicon."
RELEASED = "2026-11-23"

Scores = tuple[float, float, float]  # of polarity.LABELS
Spans = list[tuple[int, int]]


def analyze(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """The handler of SentimentAnalysis: the best tier that is here, or the one that ``modelVersion`` names."""
    tiers = polarity.tiers()
    versions = {"latest": tiers[0]} | {f"{RELEASED}-{tier}": tier for tier in tiers}
    asked = parameters.get("modelVersion") or "latest"
    if asked not in versions:
        raise ServiceFailure(
            f"Invalid model version. Possible values are: {', '.join(versions)}.",
            inner_code="ModelVersionIncorrect",
            target="modelVersion",
        )
    scorer = polarity.scorer(versions[str(asked)])
    results = answers(scorer, documents, opinions=parameters.get("opinionMining") is True)
    return Answered(results, f"{RELEASED}-{scorer.name}")


def answers(
    scorer: polarity.Scorer, documents: Sequence[Document], *, opinions: bool = False
) -> list[dict[str, object] | DocumentFailure]:
    """Each document's result or failure, in order.

    The sentences of all documents go to the model as one batch, with the whole texts of those that have several.
    """
    readable = [document for document in documents if _base(document.language) in scorer.languages]
    cuts = [_spans(document) for document in readable]
    texts: list[str] = []
    languages: list[str] = []
    for document, cut in zip(readable, cuts, strict=True):
        pieces = [document.text[at : at + length] for at, length in cut]
        texts += pieces if len(pieces) == 1 else [*pieces, document.text]
        languages += [_base(document.language)] * (len(texts) - len(languages))
    rows = scorer.score(texts, languages) if texts else ()
    scores = iter([(float(row[0]), float(row[1]), float(row[2])) for row in rows])
    results = []
    for document, cut in zip(readable, cuts, strict=True):
        alone = list(islice(scores, len(cut)))
        whole = alone[0] if len(cut) == 1 else next(scores)
        results.append(_result(document, cut, alone, whole, opinions=opinions))
    given = iter(results)
    return [
        next(given) if _base(document.language) in scorer.languages else _unsupported(document.language, scorer)
        for document in documents
    ]


def overall(labels: Sequence[str]) -> str:
    """A document's label, from those of its sentences: both signs are mixed, one sign is that sign, none neutral.

    >>> overall(["positive", "neutral", "neutral"])
    'positive'
    >>> overall(["positive", "neutral", "negative"])
    'mixed'
    """
    signs = {label for label in labels if label != "neutral"}
    if len(signs) == 2:
        return "mixed"
    return signs.pop() if signs else "neutral"


def _result(
    document: Document, cut: Spans, alone: Sequence[Scores], whole: Scores, *, opinions: bool
) -> dict[str, object]:
    own = [whole] if len(cut) == 1 else [_in_context(scores, whole) for scores in alone]
    labels = [_label(scores) for scores in own]
    found: list[dict[str, object]] = [
        {
            "sentiment": label,
            "confidenceScores": _confidence(scores),
            "offset": at,
            "length": length,
            "text": document.text[at : at + length],
        }
        for label, scores, (at, length) in zip(labels, own, cut, strict=True)
    ]
    if opinions:
        # Imported here: opinions need spaCy, sentiment does not.
        from dfai_engine.language import opinions as mining

        mining.attach(document.text, document.language, found)
    label = overall(labels)
    return {
        "sentiment": label,
        "confidenceScores": _confidence(_agreeing(label, labels, own, whole)),
        "sentences": found,
    }


def _in_context(scores: Scores, whole: Scores) -> Scores:
    positive, neutral, negative = (a * b for a, b in zip(scores, whole, strict=True))
    total = positive + neutral + negative
    return positive / total, neutral / total, negative / total


def _agreeing(label: str, labels: Sequence[str], own: Sequence[Scores], whole: Scores) -> Scores:
    """The whole text's scores, unless another label than the document's leads them: then the mean of the sentences
    that decided it, whose leader is that label."""
    if label in ("mixed", _label(whole)):
        return whole
    deciding = [scores for scores, name in zip(own, labels, strict=True) if name == label]
    positive, neutral, negative = (sum(column) / len(deciding) for column in zip(*deciding, strict=True))
    return positive, neutral, negative


def _spans(document: Document) -> Spans:
    return sentences.spans(document.text, document.language) or [(0, len(document.text))]


def _label(scores: Scores) -> str:
    return polarity.LABELS[max(range(3), key=lambda i: scores[i])]


def _confidence(scores: Scores) -> dict[str, float]:
    """Hundredths that sum to one: what rounding down leaves goes to the largest remainders."""
    hundredths = [int(score * 100) for score in scores]
    by_remainder = sorted(range(3), key=lambda i: hundredths[i] - scores[i] * 100)
    for i in by_remainder[: 100 - sum(hundredths)]:
        hundredths[i] += 1
    return {label: count / 100 for label, count in zip(polarity.LABELS, hundredths, strict=True)}


def _base(language: str) -> str:
    """The language without script or region: "zh-Hans" is read as "zh"."""
    return language.replace("_", "-").partition("-")[0].lower()


def _unsupported(language: str, scorer: polarity.Scorer) -> DocumentFailure:
    family = {"lexicon": "text", "use": "embed"}.get(scorer.name)
    hint = f" More languages come with: dfai models pull {family}" if family else ""
    return DocumentFailure(
        "InvalidArgument",
        "UnsupportedLanguageCode",
        f"Invalid language code {language!r}. Supported languages: {', '.join(sorted(scorer.languages))}.{hint}",
    )
