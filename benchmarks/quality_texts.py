"""How often the engine's key phrases, opinions, personal information and entities are right.

    python -m benchmarks.quality_texts [--split dev|test|all] [--errors]

The labelled sets in ``data/`` were written for this. Every second row is the test half, whose figures are
published; rules are tuned on the other half only, and `--errors` shows that half alone. An answer counts when it
equals the label exactly, case aside: text and category for an entity, target, word and sign for an opinion.
"""

from __future__ import annotations

import argparse
import csv
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from dfai_engine.language import entities, key_phrases, opinions, pii
from dfai_engine.language.documents import Document, DocumentFailure

__all__ = ["Score", "measure"]

DATA = Path(__file__).parent / "data"
Labels = frozenset[str]


@dataclass(frozen=True, slots=True)
class Score:
    """Right, wrong and missed answers, and rows without a label that got an answer."""

    right: int
    wrong: int
    missed: int
    empty_rows: int
    empty_rows_answered: int

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong or 1)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed or 1)

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1)


def measure(answers: Sequence[Labels], labels: Sequence[Labels]) -> Score:
    """Compare answers with labels, row by row."""
    pairs = list(zip(answers, labels, strict=True))
    return Score(
        right=sum(len(answer & label) for answer, label in pairs),
        wrong=sum(len(answer - label) for answer, label in pairs),
        missed=sum(len(label - answer) for answer, label in pairs),
        empty_rows=sum(not label for _, label in pairs),
        empty_rows_answered=sum(bool(answer) and not label for answer, label in pairs),
    )


def read(name: str, split: str) -> tuple[list[Document], list[Labels]]:
    """The documents and labels of one set and half."""
    with (DATA / f"{name}.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    halves = {"dev": rows[::2], "test": rows[1::2], "all": rows}
    documents = [
        Document(str(place), row["text"], row.get("language") or "en") for place, row in enumerate(halves[split])
    ]
    return documents, [frozenset(filter(None, row["expected"].lower().split("|"))) for row in halves[split]]


def _of_key_phrases(documents: Sequence[Document]) -> list[Labels]:
    return [
        frozenset(str(phrase).lower() for phrase in _list(result, "keyPhrases"))
        for result in key_phrases.analyze(documents, {}).results
    ]


def _of_opinions(documents: Sequence[Document]) -> list[Labels]:
    return [
        frozenset(
            f"{text[slice(*pair.target)]}:{text[slice(*pair.assessment)]}:{'+' if pair.value > 0 else '-'}".lower()
            for pair in opinions.find(text)
        )
        for text in (document.text for document in documents)
    ]


def _of_pii(documents: Sequence[Document]) -> list[Labels]:
    # Names need no labels here: the patterns are what is measured.
    categories = {rule.category for rule in pii.RULES} | {"Email", "URL", "IPAddress", "PhoneNumber", "Address"}
    return [_pairs(result) for result in pii.analyze(documents, {"piiCategories": sorted(categories)}).results]


def _of_entities(documents: Sequence[Document]) -> list[Labels]:
    return [_pairs(result) for result in entities.analyze(documents, {}).results]


def _pairs(result: dict[str, object] | DocumentFailure) -> Labels:
    return frozenset(f"{entity['category']}={entity['text']}".lower() for entity in _list(result, "entities"))


def _list(result: dict[str, object] | DocumentFailure, key: str) -> list[dict[str, object]]:
    if isinstance(result, DocumentFailure):
        raise ValueError(result.message)
    found = result[key]
    if not isinstance(found, list):
        raise TypeError(f"{key} is a list")
    return found


@contextmanager
def without_weights() -> Iterator[None]:
    """Run as on a machine without any model."""
    before = os.environ.get("DFAI_MODELS")
    with tempfile.TemporaryDirectory() as nowhere:
        os.environ["DFAI_MODELS"] = nowhere
        try:
            yield
        finally:
            os.environ.pop("DFAI_MODELS")
            if before is not None:
                os.environ["DFAI_MODELS"] = before


SETS: Sequence[tuple[str, str, bool, Callable[[Sequence[Document]], list[Labels]]]] = (
    ("key_phrases", "stop words", True, _of_key_phrases),
    ("key_phrases", "noun chunks (nlp)", False, _of_key_phrases),
    ("opinions", "clauses", True, _of_opinions),
    ("opinions", "dependencies (nlp)", False, _of_opinions),
    ("pii", "patterns", True, _of_pii),
    ("entities", "pipeline and shapes (nlp)", False, _of_entities),
)


def _run(split: str, errors: bool) -> None:
    print(f"{datetime.now(UTC).date()}, {platform.machine()}, Python {platform.python_version()}, {split} half")
    print(f"{'set':12} {'tier':26} {'rows':>5} {'P':>5} {'R':>5} {'F1':>5} {'false rows':>11} {'texts/s':>8}")
    for name, tier, bare, answer in SETS:
        documents, labels = read(name, split)
        if bare:
            with without_weights():
                answers, rate = _timed(answer, documents)
        else:
            answers, rate = _timed(answer, documents)
        score = measure(answers, labels)
        false_rows = f"{score.empty_rows_answered}/{score.empty_rows}"
        print(
            f"{name:12} {tier:26} {len(documents):5} {score.precision:5.2f} {score.recall:5.2f} {score.f1:5.2f} "
            f"{false_rows:>11} {rate:8,.0f}"
        )
        if errors:
            _show(documents, answers, labels)


def _timed(
    answer: Callable[[Sequence[Document]], list[Labels]], documents: Sequence[Document]
) -> tuple[list[Labels], float]:
    """The answers, and texts a second of this process's time over repeats of the set."""
    answers = answer(documents)
    many = list(documents) * 10
    started = time.process_time()
    answer(many)
    return answers, len(many) / (time.process_time() - started)


def _show(documents: Sequence[Document], answers: Sequence[Labels], labels: Sequence[Labels]) -> None:
    for document, answer, label in zip(documents, answers, labels, strict=True):
        if answer != label:
            print(f"    {document.text}\n        extra {sorted(answer - label)}  missed {sorted(label - answer)}")


def main() -> None:
    """Print one line a set and tier."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "test", "all"), default="test")
    parser.add_argument("--errors", action="store_true", help="show what is wrong; of the dev half only")
    asked = parser.parse_args()
    if asked.errors and asked.split != "dev":
        parser.error("--errors goes with --split dev: a test half that was read is no test half")
    _run(asked.split, asked.errors)


if __name__ == "__main__":
    main()
