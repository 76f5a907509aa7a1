"""Entities carry Azure's categories; what is missing is said."""

from __future__ import annotations

import importlib.util
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from contracts import example
from dfai_engine import weights
from dfai_engine.language import english, entities, linking
from dfai_engine.language.documents import Document, DocumentFailure, ServiceFailure
from dfai_engine.language.named_entities import category
from engine.language.pipelines import needs_english, needs_french, no_models


def found(text: str) -> list[tuple[object, object, object]]:
    (result,) = entities.analyze([Document("1", text)], {}).results
    assert isinstance(result, dict)
    listed = result["entities"]
    assert isinstance(listed, list)
    for entity in listed:
        assert text[entity["offset"] : entity["offset"] + entity["length"]] == entity["text"]
        assert 0 < entity["confidenceScore"] <= 1
    return [(entity["text"], entity["category"], entity.get("subcategory")) for entity in listed]


@needs_english
def test_the_documented_example_gives_the_documented_entities() -> None:
    shown = example("language-2023-04-01/examples/SuccessfulEntityRecognitionRequest.json")
    asked = shown["parameters"]["body"]["analysisInput"]["documents"]
    answered = shown["responses"]["200"]["body"]["results"]["documents"]

    assert [found(document["text"]) for document in asked] == [
        [(entity["text"], entity["category"], entity.get("subcategory")) for entity in document["entities"]]
        for document in answered
    ]


@needs_english
def test_shapes_and_names_stand_together_in_order_of_appearance() -> None:
    text = "Ann Lee (ann@example.com, 425-555-0123) moved to Paris on 2024-01-15; her host is 192.0.2.10."

    assert found(text) == [
        ("Ann Lee", "Person", None),
        ("ann@example.com", "Email", None),
        ("425-555-0123", "PhoneNumber", None),
        ("Paris", "Location", "GPE"),
        ("2024-01-15", "DateTime", "Date"),
        ("192.0.2.10", "IP", None),
    ]


@needs_english
def test_articles_and_possessives_are_no_part_of_a_name() -> None:
    assert ("Nile", "Location", "Geographical") in found("The Nile flows through Egypt.")
    assert ("Apple", "Organization", None) in found("Tim Cook praised Apple's new office in Berlin.")


@needs_english
def test_a_price_includes_its_sign() -> None:
    assert ("$90.00", "Quantity", "Currency") in found("She paid $90.00 for the ticket.")


@pytest.mark.parametrize(
    ("label", "text", "expected"),
    [
        ("DATE", "three weeks", ("DateTime", "Duration")),
        ("DATE", "last week", ("DateTime", "DateRange")),
        ("DATE", "2012", ("DateTime", "DateRange")),
        ("DATE", "every Monday", ("DateTime", "Set")),
        ("DATE", "Saturday", ("DateTime", "Date")),
        ("DATE", "2024-01-15", ("DateTime", "Date")),
        ("DATE", "45 years old", ("Quantity", "Age")),
        ("TIME", "two hours", ("DateTime", "Duration")),
        ("TIME", "this morning", ("DateTime", "TimeRange")),
        ("TIME", "5 pm", ("DateTime", "Time")),
        ("QUANTITY", "25 degrees Celsius", ("Quantity", "Temperature")),
        ("QUANTITY", "1.8 meters", ("Quantity", "Dimension")),
        ("ORG", "Mercy Hospital", ("Organization", "Medical")),
        ("ORG", "London Stock Exchange", ("Organization", "Stock exchange")),
        ("EVENT", "Hurricane Katrina", ("Event", "Natural")),
        ("EVENT", "the World Cup", ("Event", "Sports")),
        ("FAC", "Eiffel Tower", ("Location", "Structural")),
        ("ORG", "iPhone", ("Product", "Computing products")),
        ("LAW", "the Treaty", None),
    ],
)
def test_labels_become_azures_categories(label: str, text: str, expected: tuple[str, str] | None) -> None:
    assert category(label, text) == expected


@needs_english
def test_a_score_is_the_precision_that_the_models_authors_measured() -> None:
    (result,) = entities.analyze([Document("1", "Joe went to London.")], {}).results
    assert isinstance(result, dict)
    listed = result["entities"]
    assert isinstance(listed, list)

    precision = english.pipeline("en").precision
    assert [entity["confidenceScore"] for entity in listed] == [precision["PERSON"], precision["GPE"]]


@needs_english
def test_a_language_without_a_pipeline_is_that_documents_error_alone() -> None:
    first, second = entities.analyze([Document("1", "Berlin", "de"), Document("2", "Berlin is big.")], {}).results

    assert isinstance(first, DocumentFailure)
    assert first.inner_code == "UnsupportedLanguageCode"
    assert isinstance(second, dict)


def test_missing_weights_say_how_to_get_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_models(monkeypatch, tmp_path)
    english._load.cache_clear()

    with pytest.raises(weights.ModelMissing, match="dfai models pull nlp"):
        entities.analyze([Document("1", "Berlin")], {})


def test_a_missing_library_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(ServiceFailure, match=r"dfai\[nlp\]"):
        entities.analyze([Document("1", "Berlin")], {})


@pytest.mark.parametrize(
    "config",
    [
        {"components": {"ner": {"model": {"@architectures": "someone.else.v1"}}}},
        {"initialize": {"before_init": [{"@callbacks": "os.system.v1"}]}},
        {"nlp": {"after_creation": "some_function"}},
    ],
)
def test_a_configuration_that_names_foreign_code_is_refused(config: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="the pipeline's configuration"):
        english.check_config(config)


@needs_english
def test_lone_surrogates_and_emoji_keep_offsets_in_code_points() -> None:
    assert ("London", "Location", "GPE") in found("\ud800 👩‍🍳 🇫🇷 Joe went to London.")


@needs_english
def test_several_threads_read_with_one_pipeline() -> None:
    texts = ["Joe went to London.", "Ann Lee works at Microsoft.", "The Nile flows through Egypt."]
    alone = [found(text) for text in texts]

    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(found, texts * 8))

    assert together == alone * 8


@needs_french
def test_french_names_carry_the_one_precision_that_was_published() -> None:
    (result,) = entities.analyze([Document("1", "La Seine traverse Paris.", "fr")], {}).results
    assert isinstance(result, dict)
    listed = result["entities"]
    assert isinstance(listed, list)

    assert [(entity["text"], entity["category"], entity["confidenceScore"]) for entity in listed] == [
        ("Seine", "Location", 0.82),
        ("Paris", "Location", 0.82),
    ]


def test_linking_is_refused_with_what_can_do_it() -> None:
    with pytest.raises(ServiceFailure, match="encyclopedia") as refused:
        linking.analyze([Document("1", "Mars")], {})

    assert refused.value.inner_code == "FeatureNotAvailable"
    assert "Azure AI Language" in refused.value.message
