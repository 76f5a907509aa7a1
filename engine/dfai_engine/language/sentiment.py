"""Sentiment of documents and of their sentences, in the service's shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from dfai_engine.language import polarity, sentences
from dfai_engine.language.documents import Answered, Document, DocumentFailure

__all__ = ["MODELS", "OPTIONAL_MODELS", "analyze", "overall"]

MODELS: tuple[str, ...] = ("use-multilingual-v3",)
OPTIONAL_MODELS: tuple[str, ...] = ("e5-small-q4",)
RELEASED = "2026-11-23"

Scores = tuple[float, float, float]  # of polarity.LABELS
Spans = list[tuple[int, int]]


def analyze(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """The handler of SentimentAnalysis.

    The sentences of all documents go to the model as one batch, and so do documents of several sentences.
    """
    scorer = polarity.best()
    readable = [document for document in documents if _base(document.language) in scorer.languages]
    cuts = [_spans(document) for document in readable]
    texts: list[str] = []
    languages: list[str] = []
    for document, cut in zip(readable, cuts, strict=True):
        pieces = [document.text[at : at + length] for at, length in cut]
        texts += pieces if len(pieces) == 1 else [*pieces, document.text]
        languages += [_base(document.language)] * (len(texts) - len(languages))
    scores = iter([(float(row[0]), float(row[1]), float(row[2])) for row in scorer.score(texts, languages)])
    results = []
    for document, cut in zip(readable, cuts, strict=True):
        own = list(islice(scores, len(cut)))
        whole = own[0] if len(cut) == 1 else next(scores)
        results.append(_result(document, cut, own, whole, opinions=parameters.get("opinionMining") is True))
    given = iter(results)
    return Answered(
        [
            next(given) if _base(document.language) in scorer.languages else _unsupported(document.language, scorer)
            for document in documents
        ],
        f"{RELEASED}-{scorer.name}",
    )


def overall(whole: Scores, labels: Sequence[str]) -> str:
    """A document's label, from the labels of its sentences as the service documents it.

    Sentences of both signs make it mixed, of one sign that sign, none neutral.

    >>> overall((0.2, 0.7, 0.1), ["positive", "neutral", "neutral"])
    'positive'
    >>> overall((0.4, 0.2, 0.4), ["positive", "neutral", "negative"])
    'mixed'
    """
    signs = {label for label in labels if label != "neutral"}
    if len(signs) == 2:
        return "mixed"
    return signs.pop() if signs else "neutral"


def _result(
    document: Document, cut: Spans, own: Sequence[Scores], whole: Scores, *, opinions: bool
) -> dict[str, object]:
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
    return {"sentiment": overall(whole, labels), "confidenceScores": _confidence(whole), "sentences": found}


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
    hint = {
        "lexicon": " More languages come with: dfai models pull text",
        "use": " More languages come with: dfai models pull embed",
    }.get(scorer.name, "")
    return DocumentFailure(
        "InvalidArgument",
        "UnsupportedLanguageCode",
        f"Invalid language code {language!r}. Supported languages: {','.join(sorted(scorer.languages))}.{hint}",
    )
