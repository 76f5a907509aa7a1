"""How good sentiment and language detection are, and how fast: every figure of docs/models-language.md.

    OMP_NUM_THREADS=1 python benchmarks/quality_language.py --cache vectors

All tiers answer through the engine's own handler, on the same rows and with the same thresholds as VADER alone. No
head scores a text that it learnt from: five folds, then each domain by heads that never saw it. "mixed" counts as
neutral. Parts whose data or weights are not here say so and are left out.
"""

from __future__ import annotations

import argparse
import gettext
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score

from benchmarks.train_sentiment import RATED, Rated, fit, read_rated, split, vectors_of
from dfai_engine.language import detect, encoders, lexicon, polarity, sentences, sentiment
from dfai_engine.language.documents import Document

__all__ = ["main"]

SENTENCES = Path(__file__).with_name("data") / "sentiment_multilingual.tsv"
LEAST_LETTERS = 20  # of a message: the language of "OK" cannot be told

Labels = NDArray[np.int64]


class Remembered:
    """An encoder that already knows the vectors of its texts, so that each fold need not compute them again."""

    def __init__(self, texts: Sequence[str], vectors: NDArray[np.float64]) -> None:
        self.dimensions = vectors.shape[1]
        self._vectors = dict(zip(texts, vectors.astype(np.float32), strict=True))

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The remembered vectors, in the texts' order."""
        return np.array([self._vectors[text] for text in texts])


def labels_of(scorer: polarity.Scorer, texts: Sequence[str], languages: Iterable[str]) -> Labels:
    """The label of each document, as the handler gives it."""
    documents = [Document("0", text, language) for text, language in zip(texts, languages, strict=True)]
    names = [answer["sentiment"] for answer in sentiment.answers(scorer, documents) if isinstance(answer, dict)]
    return np.array([1 if name == "mixed" else polarity.LABELS.index(str(name)) for name in names])


def vader_labels(texts: Sequence[str]) -> Labels:
    """VADER alone: its compound score of the whole text against its authors' thresholds."""
    compounds = np.array([lexicon.read(text).compound for text in texts])
    return np.where(compounds >= lexicon.THRESHOLD, 0, np.where(compounds <= -lexicon.THRESHOLD, 2, 1))


def rated_texts(rated: Rated, cache: Path | None) -> None:
    """Macro-F1 a domain: VADER alone, the lexicon tier, and each encoder's heads."""
    domains = list(dict.fromkeys(rated.domains.tolist()))
    head = f"| tier | {' | '.join(domains)} |\n|---|{'---|' * len(domains)}"
    print(f"\n## Rated English texts, macro-F1 of three labels ({len(rated.texts):,} texts)\n\n{head}")

    def row(name: str, found: Labels) -> None:
        by_domain = [_macro_f1(rated.labels[rated.domains == d], found[rated.domains == d]) for d in domains]
        print(f"| {name} | {' | '.join(f'{score:.3f}' for score in by_domain)} |", flush=True)

    row("VADER alone", vader_labels(rated.texts))
    row("lexicon", labels_of(polarity.LexiconScorer(), rated.texts, ["en"] * len(rated.texts)))
    for tier in reversed(encoders.available()):
        memory, vectors = _remember(tier, rated, cache)
        folds = split(rated, 5)
        without = [(np.flatnonzero(rated.domains != d), np.flatnonzero(rated.domains == d)) for d in domains]
        row(f"{tier}, 5 folds", _held_out(tier, rated, memory, vectors, folds, by_handler))
        row(f"{tier}, domain left out", _held_out(tier, rated, memory, vectors, without, by_handler))
        row(f"{tier}, 5 folds, whole text alone", _held_out(tier, rated, memory, vectors, folds, by_whole_text))
        row(f"{tier}, 5 folds, sentences alone", _held_out(tier, rated, memory, vectors, folds, by_sentences))


def _remember(tier: str, rated: Rated, cache: Path | None) -> tuple[Remembered, NDArray[np.float64]]:
    pieces = [text[at : at + length] for text in rated.texts for at, length in sentences.spans(text, "en")]
    texts = list(dict.fromkeys([*rated.texts, *pieces]))
    vectors = vectors_of(tier, texts, cache)
    places = {text: i for i, text in enumerate(texts)}
    return Remembered(texts, vectors), vectors[[places[text] for text in rated.texts]]


def _held_out(
    tier: str,
    rated: Rated,
    memory: Remembered,
    vectors: NDArray[np.float64],
    parts: Iterable[tuple[Labels, Labels]],
    read: Callable[[polarity.Scorer, Sequence[str]], Labels],
) -> Labels:
    found = np.full(len(rated.texts), -1)
    for learnt, held in parts:
        english = fit(tier, "english", rated[learnt], vectors[learnt])
        scorer = polarity.HeadScorer(tier, memory, english, english)
        found[held] = read(scorer, [rated.texts[i] for i in held])
    return found


def by_handler(scorer: polarity.Scorer, texts: Sequence[str]) -> Labels:
    """English texts as the engine answers them."""
    return labels_of(scorer, texts, ["en"] * len(texts))


def by_whole_text(scorer: polarity.Scorer, texts: Sequence[str]) -> Labels:
    """The likeliest label of each whole text, its sentences not looked at."""
    return np.asarray(scorer.score(texts, ["en"] * len(texts)).argmax(axis=1))


def by_sentences(scorer: polarity.Scorer, texts: Sequence[str]) -> Labels:
    """The documented rule over sentences that know nothing of each other."""
    cuts = [[text[at : at + length] for at, length in sentences.spans(text, "en")] or [text] for text in texts]
    pieces = [piece for cut in cuts for piece in cut]
    likeliest = iter(scorer.score(pieces, ["en"] * len(pieces)).argmax(axis=1).tolist())
    rules = [sentiment.overall([polarity.LABELS[next(likeliest)] for _ in cut]) for cut in cuts]
    return np.array([1 if name == "mixed" else polarity.LABELS.index(name) for name in rules])


def other_languages() -> None:
    """Macro-F1 a language on sentences of our own, by the heads that the engine ships."""
    lines = [line.split("\t") for line in SENTENCES.read_text("utf-8").splitlines()[1:]]
    languages = np.array([language for language, _, _ in lines])
    labels = np.array([polarity.LABELS.index(label) for _, label, _ in lines])
    texts = np.array([text for _, _, text in lines])
    print(f"\n## Other languages, macro-F1 ({len(texts)} sentences of our own, 12 a language)\n")
    print("| tier | all | " + " | ".join(dict.fromkeys(languages)) + " |")
    print("|---|" + "---|" * (1 + len(set(languages))))
    for tier in reversed(encoders.available()):
        read = np.isin(languages, list(polarity.LANGUAGES[tier]))
        found = np.full(len(texts), -1)
        found[read] = labels_of(polarity.scorer(tier), texts[read].tolist(), languages[read].tolist())
        each = [_one(labels, found, languages == code) for code in dict.fromkeys(languages)]
        print(f"| {tier} | {_macro_f1(labels[read], found[read]):.3f} | {' | '.join(each)} |", flush=True)


def _one(labels: Labels, found: Labels, of_language: NDArray[np.bool_]) -> str:
    if (found[of_language] < 0).any():
        return "–"
    return f"{_macro_f1(labels[of_language], found[of_language]):.2f}"


def detection() -> None:
    """Accuracy on the translated messages of a web framework, and what the detector calls the worst ones."""
    messages = _messages()
    if not messages:
        print("\nLanguage detection: needs the package django, whose message catalogues are the data.")
        return
    texts = [text for texts in messages.values() for text in texts]
    wanted = np.array([_code(catalogue) for catalogue, texts in messages.items() for _ in texts])
    begun = time.perf_counter()
    answers = [detect.detect(text, "NONE") for text in texts]
    seconds = time.perf_counter() - begun
    right = np.array([a.code.replace("zh_chs", "zh").replace("zh_cht", "zh") for a in answers]) == wanted
    sure = np.array([a.confidence for a in answers])
    auto = np.array(detect.detect_languages(texts)) == wanted
    print(f"\n## Language detection ({len(texts):,} messages of at least {LEAST_LETTERS} letters,")
    print(f"{len(set(wanted))} languages, {len(detect.languages())} known to the detector)\n")
    print(f"accuracy {right.mean():.3f}; with English expected (auto) {auto.mean():.3f}; ", end="")
    print(f"mean confidence {sure.mean():.3f}; {len(texts) / seconds:,.0f} texts/s")
    major = np.isin(wanted, _MAJOR.split())
    print(f"the {len(set(wanted[major]))} largest languages: {right[major].mean():.3f}; auto {auto[major].mean():.3f}")
    starts = np.cumsum([0, *(len(texts) for texts in messages.values())])
    scores = {name: auto[a:b].mean() for name, a, b in zip(messages, starts[:-1], starts[1:], strict=True)}
    worst = sorted(scores, key=lambda name: scores[name])[:12]
    print("worst (auto): " + ", ".join(f"{name} {scores[name]:.2f}" for name in worst))


_MAJOR = (
    "ar bg bn cs da de el en es fa fi fr he hi hr hu id it ja ko lt lv ml nl no pl pt ro ru sk sl sv ta te th tr uk "
    "ur vi zh"
)


def _code(catalogue: str) -> str:
    language = catalogue.partition("_")[0]
    return {"nb": "no"}.get(language, language)


def _messages() -> Mapping[str, list[str]]:
    """Translated messages by catalogue, each once, without those left in English and without regional copies."""
    try:
        import django.conf
    except ImportError:
        return {}
    found = {}
    for path in sorted(Path(str(django.conf.__file__)).parent.glob("locale/*/LC_MESSAGES/django.mo")):
        catalogue = path.parent.parent.name
        regional = "_" in catalogue and catalogue not in {"zh_Hans", "zh_Hant", "sr_Latn", "pt_BR"}
        if regional or _code(catalogue) not in detect.languages() or catalogue == "en":
            continue
        with path.open("rb") as file:
            pairs = gettext.GNUTranslations(file)._catalog.items()  # type: ignore[attr-defined]
        texts = [str(text) for key, text in pairs if key and text != key]
        found[catalogue] = list(dict.fromkeys(t for t in texts if sum(map(str.isalpha, t)) >= LEAST_LETTERS))
    return {catalogue: texts for catalogue, texts in found.items() if texts}


def speed(texts: Sequence[str]) -> None:
    """Documents a second of each tier, through the handler, after one warm-up call."""
    print(f"\n## Speed ({len(texts)} documents, {np.mean([len(text) for text in texts]):.0f} characters on average)\n")
    documents = [Document(str(i), text, "en") for i, text in enumerate(texts)]
    for tier in reversed(polarity.tiers()):
        begun = time.perf_counter()
        scorer = polarity.scorer(tier)
        sentiment.answers(scorer, documents[:2])
        loaded = time.perf_counter()
        sentiment.answers(scorer, documents)
        rate = len(documents) / (time.perf_counter() - loaded)
        print(f"{tier}: {rate:,.0f} documents/s, ready in {loaded - begun:.1f} s")


def _macro_f1(wanted: Labels, found: Labels) -> float:
    return float(f1_score(wanted, found, labels=[0, 1, 2], average="macro", zero_division=0))


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--texts", type=Path, default=RATED)
    parser.add_argument("--cache", type=Path, help="folder for the vectors, which take minutes to compute")
    parser.add_argument("--only", choices=["speed", "rated", "languages", "detection"])
    options = parser.parse_args()
    parts: dict[str, Callable[[], None]] = {}
    if options.texts.exists():
        rated = read_rated(options.texts)
        parts |= {"speed": lambda: speed(rated.texts[::40]), "rated": lambda: rated_texts(rated, options.cache)}
    else:
        print(f"Rated texts: {options.texts} is not here.", file=sys.stderr)
    parts |= {"languages": other_languages, "detection": detection}
    for name, part in parts.items():
        if options.only in (None, name):
            part()


if __name__ == "__main__":
    main()
