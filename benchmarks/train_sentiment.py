"""Train the linear heads of the sentiment tiers on rated texts, and write them beside the engine's code.

    python benchmarks/train_sentiment.py --texts ../shared/data/social-sentiment/rated_texts.csv

For each encoder whose weights are here: one head for English, which sees the encoder's vector and the lexicon's
reading, and one for other languages, which sees the vector alone. Both learn from the same English ratings (that the
encoder puts translations in one place is what carries them over). The same numbers come out each time.
"""

from __future__ import annotations

import argparse
import csv
import functools
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from dfai_engine.language import encoders, lexicon, polarity

__all__ = ["RATED", "Rated", "fit", "main", "read_rated", "split", "vectors_of"]

ROOT = Path(__file__).resolve().parents[1]
HEADS = ROOT / "engine" / "dfai_engine" / "language" / "heads"
PLAIN = Path(__file__).with_name("data") / "sentiment_plain.tsv"
RATED = ROOT.parent / "shared" / "data" / "social-sentiment" / "rated_texts.csv"

SIGNED = 0.5  # a mean rating of at least this much, of 4, is positive or negative
# Plain words carry over to other languages best: that head learns from texts of which the raters were sure (chosen on
# the development sentences).
SURELY_NEUTRAL, SURELY_SIGNED = 0.3, 1.5
# A (domain, label) group of n texts weighs n ** (1 - BALANCE): between each text alike (0) and each group alike (1).
BALANCE = 0.75
LEXICON_SCALE = 10.0  # the lexicon's five numbers are not to be regularised away beside hundreds of others
# Of the values tried, those with the best worst case over folds, left-out domains and the development sentences.
INVERSE_PENALTY = {"use": 3e-4, "e5": 1e-3}
SHARPNESS = np.linspace(1, 4, 61)
SEED = 20261123

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rated:
    """Texts with their mean rating, from -4 to 4, and where they come from."""

    texts: list[str]
    ratings: Floats
    domains: NDArray[np.str_]

    def __getitem__(self, chosen: Rows) -> Rated:
        return Rated([self.texts[i] for i in chosen], self.ratings[chosen], self.domains[chosen])

    @property
    def labels(self) -> Rows:
        """Positive from SIGNED up, negative from -SIGNED down, neutral between."""
        return np.where(self.ratings >= SIGNED, 0, np.where(self.ratings <= -SIGNED, 2, 1))

    @property
    def sure(self) -> Rows:
        """Rows that the raters found clearly neutral or clearly signed."""
        return np.flatnonzero((np.abs(self.ratings) <= SURELY_NEUTRAL) | (np.abs(self.ratings) >= SURELY_SIGNED))

    @property
    def groups(self) -> list[str]:
        """Domain and label of each text."""
        return [f"{domain} {label}" for domain, label in zip(self.domains, self.labels, strict=True)]


def read_rated(path: Path) -> Rated:
    """The rated texts of a CSV file with the columns domain, mean_rating and text."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ratings = np.array([float(row["mean_rating"]) for row in rows])
    return Rated([row["text"] for row in rows], ratings, np.array([row["domain"] for row in rows]))


def vectors_of(tier: str, texts: Sequence[str], cache: Path | None) -> Floats:
    """The encoder's vectors, kept in *cache* under a hash of the texts."""
    digest = hashlib.sha256("\0".join(texts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    path = cache / f"{tier}-{digest}.npy" if cache else None
    if path and path.exists():
        return np.asarray(np.load(path), dtype=np.float64)
    vectors = encoders.load(tier).embed(texts)
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, vectors)
    return vectors.astype(np.float64)


def split(rated: Rated, parts: int) -> list[tuple[Rows, Rows]]:
    """For each part, all other rows and its own; each domain and label has its share in each part."""
    folds = StratifiedKFold(parts, shuffle=True, random_state=SEED).split(rated.labels, rated.groups)
    return [(np.asarray(rest), np.asarray(part)) for rest, part in folds]


def fit(tier: str, reads: str, rated: Rated, vectors: Floats) -> polarity.Head:
    """A head for "english" (vector and lexicon) or for "others" (vector alone).

    The sentences of sentiment_plain.tsv are added to *rated*: among tweets and reviews there are few statements such
    as "The ferry crosses the bay four times a day". The penalty that keeps a head simple also keeps it unsure, so its
    logits are multiplied by what fits a fifth of the texts best when it learns from the rest. That moves no label.
    """
    plain, plain_vectors = _plain(tier)
    rated = Rated(
        [*rated.texts, *plain.texts],
        np.append(rated.ratings, plain.ratings),
        np.append(rated.domains, plain.domains),
    )
    vectors = np.vstack([vectors, plain_vectors])
    scales = np.full(vectors.shape[1], 1 / vectors.std())
    if reads == "english":
        vectors = np.hstack([vectors, [lexicon.features(text) for text in rated.texts]])
        scales = np.append(scales, [LEXICON_SCALE] * len(lexicon.FEATURES))
    else:
        rated, vectors = rated[rated.sure], vectors[rated.sure]
    kept, held = split(rated, 5)[0]
    trial = _fit(tier, rated[kept], vectors[kept], scales)
    losses = [_loss(_sharper(trial, sharpness), rated[held], vectors[held]) for sharpness in SHARPNESS]
    return _sharper(_fit(tier, rated, vectors, scales), float(SHARPNESS[np.argmin(losses)]))


@functools.cache
def _plain(tier: str) -> tuple[Rated, Floats]:
    """Everyday English sentences of our own, as a domain of its own."""
    lines = [line.split("\t") for line in PLAIN.read_text("utf-8").splitlines()[1:]]
    texts = [text for _, text in lines]
    ratings = np.array([{"positive": 3.0, "neutral": 0.0, "negative": -3.0}[label] for label, _ in lines])
    return Rated(texts, ratings, np.array(["plain"] * len(texts))), vectors_of(tier, texts, None)


def _fit(tier: str, rated: Rated, features: Floats, scales: Floats) -> polarity.Head:
    centre = features.mean(axis=0)
    model = LogisticRegression(C=INVERSE_PENALTY[tier], max_iter=1000, tol=1e-6)
    model.fit((features - centre) * scales, rated.labels, sample_weight=_sample_weights(rated))
    # Centre and scale are folded in, so that the head reads plain vectors.
    weights = model.coef_.T * scales[:, None]
    return polarity.Head(weights, model.intercept_ - centre @ weights)


def _sample_weights(rated: Rated) -> Floats:
    _, group, sizes = np.unique(rated.groups, return_inverse=True, return_counts=True)
    weights = sizes[group] ** -BALANCE
    return np.asarray(weights / weights.mean())


def _sharper(head: polarity.Head, sharpness: float) -> polarity.Head:
    return polarity.Head(head.weights * sharpness, head.bias * sharpness)


def _loss(head: polarity.Head, rated: Rated, features: Floats) -> float:
    likely = head.probabilities(features)[np.arange(len(features)), rated.labels]
    return float(np.average(-np.log(likely), weights=_sample_weights(rated)))


def _write(path: Path, head: polarity.Head, inputs: str, count: int) -> None:
    """One label's weights a line, four significant digits: a few kilobytes that a diff can show."""
    lines = [", ".join(f"{weight:.4g}" for weight in column) for column in head.weights.T]
    path.write_text(
        "{\n"
        f'  "inputs": {json.dumps(inputs)},\n'
        f'  "trained": "2026-11-23, {count} rated texts, benchmarks/train_sentiment.py",\n'
        f'  "labels": {json.dumps(polarity.LABELS)},\n'
        f'  "bias": [{", ".join(f"{bias:.4g}" for bias in head.bias)}],\n'
        '  "weights": [\n    [' + "],\n    [".join(lines) + "]\n  ]\n}\n",
        encoding="utf-8",
    )
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def main() -> None:
    """Train and write every head that can be trained here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=RATED)
    parser.add_argument("--cache", type=Path, help="folder for the vectors, which take minutes to compute")
    parser.add_argument("--heads", type=Path, default=HEADS, help="folder to write to")
    options = parser.parse_args()
    rated = read_rated(options.texts)
    for tier in encoders.available():
        vectors = vectors_of(tier, rated.texts, options.cache)
        for reads, rest in (("english", f", then {', '.join(lexicon.FEATURES)}"), ("others", "")):
            head = fit(tier, reads, rated, vectors)
            _write(options.heads / f"{tier}-{reads}.json", head, f"vector of {tier}{rest}", len(rated.texts))


if __name__ == "__main__":
    main()
