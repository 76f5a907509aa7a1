"""Extractive summaries choose central sentences that differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contracts import check
from dfai_engine import weights
from dfai_engine.language import summary
from dfai_engine.language.documents import Document, ServiceFailure
from engine.language.pipelines import no_models

TEXT = (
    "The city opened a new tram line on Monday. Wow! The tram line connects the harbour with the railway station. "
    "The new tram line connects the harbour with the railway station. "
    "The tram line will carry thirty thousand passengers a day. The mayor ate a sandwich."
)


@pytest.fixture(params=["words", "vectors"])
def tier(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    if request.param == "words":
        no_models(monkeypatch, tmp_path)
    elif not weights.present("use-multilingual-v3"):
        pytest.skip("needs the model: dfai models pull text")
    return str(request.param)


def summarized(text: str = TEXT, language: str = "en", **parameters: object) -> list[dict[str, Any]]:
    (result,) = summary.analyze([Document("1", text, language)], parameters).results
    assert isinstance(result, dict)
    return result["sentences"]  # type: ignore[return-value]


def test_three_sentences_in_the_texts_order_by_default(tier: str) -> None:
    chosen = summarized()

    assert len(chosen) == 3
    assert [sentence["offset"] for sentence in chosen] == sorted(sentence["offset"] for sentence in chosen)
    assert all(
        TEXT[sentence["offset"] : sentence["offset"] + sentence["length"]] == sentence["text"] for sentence in chosen
    )


def test_the_same_thing_is_not_said_twice(tier: str) -> None:
    chosen = [sentence["text"] for sentence in summarized()]

    assert sum("railway station" in sentence for sentence in chosen) == 1
    assert "Wow!" not in chosen


def test_rank_order_is_by_descending_rank_in_the_unit_interval(tier: str) -> None:
    ranks = [sentence["rankScore"] for sentence in summarized(sortBy="Rank", sentenceCount=4)]

    assert ranks == sorted(ranks, reverse=True)
    assert all(0 <= rank <= 1 for rank in ranks)


def test_a_short_text_is_its_own_summary(tier: str) -> None:
    assert [sentence["text"] for sentence in summarized("Only this.")] == ["Only this."]


def test_languages_without_spaces_are_summarized_too(tier: str) -> None:
    assert len(summarized("猫が好きです。犬も好きです。魚は嫌いです。", "ja", sentenceCount=2)) == 2


def test_lone_surrogates_do_no_harm(tier: str) -> None:
    assert [sentence["text"] for sentence in summarized("A \ud800 thing. And 👩‍🍳 more.")] == [
        "A \ud800 thing.",
        "And 👩‍🍳 more.",
    ]


def test_the_answer_has_the_contracts_shape(tier: str) -> None:
    document = {"id": "1", "warnings": [], "sentences": summarized()}

    check(document, "language-2023-04-01/analyzetext.json", "ExtractedSummaryDocumentResult")


def test_thousands_of_sentences_are_ranked_by_their_words() -> None:
    chosen = summarized("This is a sentence about trams. " * 3_000, sentenceCount=20)

    assert len(chosen) == 20


@pytest.mark.parametrize("count", [0, 21, "3", True, 2.5])
def test_an_impossible_count_is_refused_by_name(count: object) -> None:
    with pytest.raises(ServiceFailure, match="sentenceCount") as refused:
        summarized(sentenceCount=count)

    assert refused.value.inner_code == "InvalidParameterValue"


def test_an_unknown_order_is_refused() -> None:
    with pytest.raises(ServiceFailure, match="Offset or Rank"):
        summarized(sortBy="Length")
