"""Sentiment through its handler: the shape of an answer, the rule for documents, and which tier speaks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dfai_engine.language import encoders, lexicon, polarity, sentiment
from dfai_engine.language.documents import Document, DocumentFailure, ServiceFailure

GOOD, FLAT, BAD = (0.9, 0.08, 0.02), (0.1, 0.8, 0.1), (0.05, 0.15, 0.8)


@dataclass
class Scripted:
    """A tier whose scores are given, sentence by sentence; anything else is flat."""

    scores: Mapping[str, tuple[float, float, float]]
    name: str = "use"
    languages: frozenset[str] = frozenset({"en", "de", "zh"})
    asked: list[list[str]] = field(default_factory=list)

    def score(self, texts: Sequence[str], languages: Sequence[str]) -> np.ndarray:
        assert len(texts) == len(languages)
        self.asked.append(list(texts))
        return np.array([self.scores.get(text, (0.34, 0.33, 0.33)) for text in texts])


def answer(scores: Mapping[str, tuple[float, float, float]], text: str) -> dict[str, object]:
    result = sentiment.answers(Scripted(scores), [Document("1", text)])[0]
    assert isinstance(result, dict)
    return result


def labels(result: Mapping[str, object]) -> list[str]:
    found = result["sentences"]
    assert isinstance(found, list)
    return [sentence["sentiment"] for sentence in found]


def test_a_document_of_one_sentence_agrees_with_its_sentence() -> None:
    result = answer({"Lovely room.": GOOD}, "Lovely room.")

    assert result == {
        "sentiment": "positive",
        "confidenceScores": {"positive": 0.9, "neutral": 0.08, "negative": 0.02},
        "sentences": [
            {
                "sentiment": "positive",
                "confidenceScores": {"positive": 0.9, "neutral": 0.08, "negative": 0.02},
                "offset": 0,
                "length": 12,
                "text": "Lovely room.",
            }
        ],
    }


@pytest.mark.parametrize(
    ("scores", "label"),
    [
        ((GOOD, FLAT), "positive"),
        ((BAD, FLAT), "negative"),
        ((GOOD, BAD), "mixed"),
        ((FLAT, FLAT), "neutral"),
    ],
)
def test_a_documents_label_follows_from_its_sentences(
    scores: tuple[tuple[float, float, float], ...], label: str
) -> None:
    result = answer(dict(zip(("One here.", "Two there."), scores, strict=True)), "One here. Two there.")

    assert result["sentiment"] == label


def test_a_sentence_is_read_in_its_document() -> None:
    text = "Sure. It broke again."
    result = answer({"Sure.": (0.5, 0.45, 0.05), "It broke again.": BAD, text: (0.05, 0.35, 0.6)}, text)

    assert labels(result) == ["neutral", "negative"]
    assert result["sentiment"] == "negative"


def test_the_scores_of_a_document_lead_to_its_label() -> None:
    text = "Nice view. The bus stops here."
    result = answer({"Nice view.": GOOD, "The bus stops here.": FLAT, text: (0.4, 0.5, 0.1)}, text)

    scores = result["confidenceScores"]
    assert isinstance(scores, dict)
    assert result["sentiment"] == max(scores, key=lambda label: scores[label]) == "positive"


def test_all_texts_of_a_request_go_to_the_model_at_once() -> None:
    scorer = Scripted({})
    sentiment.answers(scorer, [Document("1", "One. Two."), Document("2", "Three.")])

    assert scorer.asked == [["One.", "Two.", "One. Two.", "Three."]]


def test_offsets_count_code_points() -> None:
    result = answer({}, "  Fine 😀😀. Good 👨‍👩‍👧 day. ")

    found = result["sentences"]
    assert isinstance(found, list)
    assert [(s["offset"], s["length"], s["text"]) for s in found] == [
        (2, 8, "Fine 😀😀."),
        (11, 15, "Good 👨‍👩‍👧 day."),
    ]


def test_a_language_that_the_tier_does_not_read_fails_alone_and_in_its_place() -> None:
    documents = [Document("1", "Fino.", "pt"), Document("2", "Gut.", "de"), Document("3", "好。", "zh-Hans")]
    first, second, third = sentiment.answers(Scripted({}), documents)

    assert isinstance(first, DocumentFailure)
    assert (first.code, first.inner_code) == ("InvalidArgument", "UnsupportedLanguageCode")
    assert "Supported languages: de, en, zh." in first.message
    assert isinstance(second, dict)
    assert isinstance(third, dict)


def test_a_request_that_no_tier_reads_asks_no_model() -> None:
    scorer = Scripted({})
    results = sentiment.answers(scorer, [Document("1", "Fino.", "pt")])

    assert isinstance(results[0], DocumentFailure)
    assert scorer.asked == []


@given(st.lists(st.floats(1e-9, 1), min_size=3, max_size=3))
def test_scores_are_hundredths_that_sum_to_one(raw: list[float]) -> None:
    total = sum(raw)
    result = answer({"Hm.": (raw[0] / total, raw[1] / total, raw[2] / total)}, "Hm.")

    scores = result["confidenceScores"]
    assert isinstance(scores, dict)
    hundredths = [round(score * 100) for score in scores.values()]
    assert sum(hundredths) == 100
    assert [count / 100 for count in hundredths] == list(scores.values())
    assert all(abs(score * total - value) < 0.011 * total for score, value in zip(scores.values(), raw, strict=True))


def test_opinions_come_with_their_sentence_when_asked_for() -> None:
    scorer = polarity.LexiconScorer()
    documents = [Document("1", "The room was lovely. The food was bad.")]
    plain = sentiment.answers(scorer, documents)[0]
    mined = sentiment.answers(scorer, documents, opinions=True)[0]

    assert isinstance(plain, dict)
    assert isinstance(mined, dict)
    assert [sentence.keys() & {"targets", "assessments"} for sentence in plain["sentences"]] == [set(), set()]  # type: ignore[attr-defined]
    assert all({"targets", "assessments"} <= sentence.keys() for sentence in mined["sentences"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("What a lovely room!", "positive"),
        ("It was not good.", "negative"),
        ("The museum is on the left.", "neutral"),
        ("I love the bed. I hate the noise.", "mixed"),
    ],
)
def test_english_is_read_without_any_weights(
    text: str, label: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))
    answered = sentiment.analyze([Document("1", text), Document("2", "Très bien.", "fr")], {})

    english, french = answered.results
    assert answered.model_version == "2026-11-23-lexicon"
    assert isinstance(english, dict)
    assert english["sentiment"] == label
    assert isinstance(french, DocumentFailure)
    assert "dfai models pull text" in french.message


@given(st.text(max_size=60))
def test_the_lexicon_alone_labels_as_its_authors_thresholds_do(text: str) -> None:
    compound = lexicon.read(text).compound
    expected = "positive" if compound > 0.05 else "negative" if compound < -0.05 else "neutral"
    scores = lexicon.probabilities(text)

    assert polarity.LABELS[int(np.argmax(scores))] == expected
    assert sum(scores) == pytest.approx(1)


def test_a_model_version_that_is_not_here_is_refused_and_the_others_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))

    with pytest.raises(ServiceFailure, match="Possible values are: latest, 2026-11-23-lexicon") as refused:
        sentiment.analyze([Document("1", "Fine.")], {"modelVersion": "2019-10-01"})
    assert refused.value.inner_code == "ModelVersionIncorrect"


@pytest.mark.parametrize("tier", ["use", "e5"])
@pytest.mark.parametrize("reads", ["english", "others"])
def test_a_head_is_small_and_fits_what_it_reads(tier: str, reads: str) -> None:
    file = resources.files("dfai_engine.language").joinpath("heads", f"{tier}-{reads}.json")
    head = json.loads(file.read_text("utf-8"))
    width = {"use": 512, "e5": 384}[tier] + (len(lexicon.FEATURES) if reads == "english" else 0)

    assert len(file.read_bytes()) < 20_000
    assert [len(row) for row in head["weights"]] == [width] * 3
    assert len(head["bias"]) == 3


@pytest.mark.parametrize("tier", ["use", "e5"])
def test_everyday_sentences_are_read_in_other_languages(tier: str) -> None:
    if tier not in encoders.available():
        pytest.skip("the tier's weights are not here: dfai models pull")
    documents = [
        Document("1", "Das Essen war wunderbar, vielen Dank!", "de"),
        Document("2", "Le service était horrible et la chambre sale.", "fr"),
        Document("3", "La tienda abre a las nueve.", "es"),
        Document("4", "これは最高の映画です。", "ja"),
    ]
    answered = sentiment.analyze(documents, {"modelVersion": f"2026-11-23-{tier}"})

    assert answered.model_version == f"2026-11-23-{tier}"
    found = [result["sentiment"] for result in answered.results if isinstance(result, dict)]
    assert found == ["positive", "negative", "neutral", "positive"]
