"""Personal information: found by shape and check digits, masked code point by code point."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import example, load
from dfai_engine.language import checksums, pii
from dfai_engine.language.contacts import emails, ip_addresses, urls
from dfai_engine.language.documents import Document, ServiceFailure
from dfai_engine.language.phones import phone_numbers
from engine.language.pipelines import needs_english, no_models

Found = list[tuple[str, str]]
CONTRACT = "language-2023-04-01/analyzetext.json"


def answer(text: str, language: str = "en", **parameters: object) -> dict[str, Any]:
    (result,) = pii.analyze([Document("1", text, language)], parameters).results
    assert isinstance(result, dict)
    return result


def found(text: str, language: str = "en", **parameters: object) -> Found:
    return [(entity["category"], entity["text"]) for entity in answer(text, language, **parameters)["entities"]]


@pytest.fixture
def patterns_only(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    no_models(monkeypatch, tmp_path)


@pytest.mark.usefixtures("patterns_only")
def test_the_documented_example_gives_the_documented_answer() -> None:
    shown = example("language-2023-04-01/examples/SuccessfulPiiEntityRecognitionRequest.json")
    asked = shown["parameters"]["body"]["analysisInput"]["documents"]
    answered = shown["responses"]["200"]["body"]["results"]["documents"]

    for document, expected in zip(asked, answered, strict=True):
        result = answer(document["text"])
        assert result["redactedText"] == expected["redactedText"]
        assert [(entity["category"], entity["text"]) for entity in result["entities"]] == [
            (entity["category"], entity["text"]) for entity in expected["entities"]
        ]


@pytest.mark.usefixtures("patterns_only")
@pytest.mark.parametrize(
    ("text", "category", "value"),
    [
        ("Card 4111 1111 1111 1111, thanks.", "CreditCardNumber", "4111 1111 1111 1111"),
        ("Amex 378282246310005.", "CreditCardNumber", "378282246310005"),
        ("Pay GB82 WEST 1234 5698 7654 32 NOW.", "InternationalBankingAccountNumber", "GB82 WEST 1234 5698 7654 32"),
        ("SWIFT: DEUTDEFF500.", "SWIFTCode", "DEUTDEFF500"),
        ("Routing number 021000021.", "ABARoutingNumber", "021000021"),
        ("ITIN 912-70-1234.", "USIndividualTaxpayerIdentification", "912-70-1234"),
        ("NHS 943 476 5919.", "UKNationalHealthNumber", "943 476 5919"),
        ("NI number AB 12 34 56 C.", "UKNationalInsuranceNumber", "AB 12 34 56 C"),
        ("NIR 1 80 12 69 552 223 80.", "FRSocialSecurityNumber", "1 80 12 69 552 223 80"),
        ("DNI 12345678Z.", "ESDNI", "12345678Z"),
        ("Codice fiscale RSSMRA85T10A562S.", "ITFiscalCode", "RSSMRA85T10A562S"),
        ("BSN 111222333.", "NLCitizensServiceNumber", "111222333"),
        ("PESEL 44051401359.", "PLNationalID", "44051401359"),
        ("Aadhaar 2341 2341 2346.", "INUniqueIdentificationNumber", "2341 2341 2346"),
        ("SIN 046 454 286.", "CASocialInsuranceNumber", "046 454 286"),
        ("TFN 123 456 782.", "AUTaxFileNumber", "123 456 782"),
        ("HKID A123456(3).", "HKIdentityCardNumber", "A123456(3)"),
        ("Host 203.0.113.77.", "IPAddress", "203.0.113.77"),
        ("Host 2001:db8::1.", "IPAddress", "2001:db8::1"),
        ("At 221B Baker Street today.", "Address", "221B Baker Street"),
    ],
)
def test_each_identifier_is_found_by_its_shape_and_check_digits(text: str, category: str, value: str) -> None:
    assert found(text) == [(category, value)]


@pytest.mark.usefixtures("patterns_only")
@pytest.mark.parametrize(
    "text",
    [
        "Card 4111 1111 1111 1112.",
        "IBAN GB82 WEST 1234 5698 7654 33.",
        "SSN 000-12-3456 and 666-12-3456.",
        "NHS 9434765918.",
        "DNI 12345678A.",
        "The number 111000025 in a novel.",
        "ISBN 978-3-16-148410-0.",
        "Version 10.2.33.4 and 256.1.1.1.",
        "It cost $1,234,567.89 on 2024-05-01 at 12:30:45.",
        "std::vector is code, PASSWORD a word.",
        "123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_near_misses_are_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.usefixtures("patterns_only")
def test_a_word_nearby_decides_what_nine_digits_are() -> None:
    assert found("Routing 021000021") == [("ABARoutingNumber", "021000021")]
    assert found("Sum 021000021") == []


@pytest.mark.usefixtures("patterns_only")
@pytest.mark.parametrize("unit", ["é", "👩‍🍳", "🇫🇷", "\ud800", "x\u0301"])
def test_the_mask_has_the_length_of_the_text_in_code_points(unit: str) -> None:
    text = f"{unit} ann@example.com {unit} 859-98-0987 {unit}"
    result = answer(text)

    assert result["redactedText"] == f"{unit} *************** {unit} *********** {unit}"
    for entity in result["entities"]:
        assert text[entity["offset"] : entity["offset"] + entity["length"]] == entity["text"]


@pytest.mark.usefixtures("patterns_only")
def test_only_the_asked_categories_are_found_and_masked() -> None:
    text = "ann@example.com, 859-98-0987, aged 45, born 1980-02-01"

    assert found(text) == [("Email", "ann@example.com"), ("USSocialSecurityNumber", "859-98-0987")]
    assert answer(text, piiCategories=["Email"])["redactedText"] == text.replace("ann@example.com", "*" * 15)
    assert {category for category, _ in found(text, piiCategories=["Default", "Age"])} >= {"Email", "Age"}
    assert {category for category, _ in found(text, piiCategories=["All"])} >= {"Email", "Age", "Date"}
    assert ("Date", "1980-02-01") in found(text, domain="phi")
    assert found(text, excludePiiCategories=["Email"]) == [("USSocialSecurityNumber", "859-98-0987")]


@pytest.mark.usefixtures("patterns_only")
def test_the_second_version_of_a_category_is_the_first_one() -> None:
    assert found("BSN 111222333.", piiCategories=["NLCitizensServiceNumberV2"]) == [
        ("NLCitizensServiceNumber", "111222333")
    ]


@pytest.mark.parametrize(
    "parameters",
    [
        {"piiCategories": "Email"},
        {"piiCategories": [1]},
        {"piiCategories": ["Email", "Nope"]},
        {"domain": "law"},
        {"redactionCharacter": "xx"},
        {"redactionCharacter": 7},
    ],
)
def test_a_wrong_parameter_refuses_the_request(parameters: dict[str, object]) -> None:
    with pytest.raises(ServiceFailure) as refused:
        pii.analyze([Document("1", "text")], parameters)

    assert refused.value.inner_code == "InvalidParameterValue"


@pytest.mark.usefixtures("patterns_only")
def test_another_character_may_mask() -> None:
    assert answer("a@b.com", redactionCharacter="#")["redactedText"] == "#######"


@needs_english
def test_people_are_masked_where_the_pipeline_is() -> None:
    assert answer("John Smith called.")["redactedText"] == "********** called."


@needs_english
def test_organisations_are_masked_on_request_only() -> None:
    text = "Microsoft hired her."

    assert answer(text)["entities"] == []
    assert found(text, piiCategories=["Organization"]) == [("Organization", "Microsoft")]


def test_every_category_is_one_of_azures() -> None:
    known = set(load(CONTRACT)["definitions"]["PiiCategory"]["enum"])

    assert {rule.category for rule in pii.RULES} <= known


def test_the_longest_finding_wins() -> None:
    assert found("http://192.0.2.1/a@b.com?q=425-555-0123") == [("URL", "http://192.0.2.1/a@b.com?q=425-555-0123")]


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Call 312-555-1234 now", "en", ["312-555-1234"]),
        ("Ring (425) 555-0123 x12.", "en", ["(425) 555-0123 x12"]),
        ("+44 20 7946 0958 2024", "en", ["+44 20 7946 0958"]),
        ("Appelez le 06 12 34 56 78.", "fr", ["06 12 34 56 78"]),
        ("Am 02.05.2024 um 12 Uhr", "de", []),
        ("We sold 5551234 units", "en", []),
        ("phone 5551234", "en", ["5551234"]),
    ],
)
def test_phone_numbers_by_plan_or_by_a_word(text: str, language: str, expected: list[str]) -> None:
    assert [text[number.start : number.end] for number in phone_numbers(text, language)] == expected


def test_without_numbering_plans_a_bare_national_number_is_no_phone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dfai_engine.language.phones._has_plans", lambda: False)
    text = "06 12 34 56 78 or +33 6 12 34 56 78, call 06 12 34 56 79"

    assert [text[number.start : number.end] for number in phone_numbers(text, "fr")] == [
        "+33 6 12 34 56 78",
        "06 12 34 56 79",
    ]


def test_contacts_end_before_the_sentences_punctuation() -> None:
    text = "(See https://example.com/a_(b)), mail <ann@example.com>, or ping 192.0.2.1."

    assert next(text[url.start : url.end] for url in urls(text)) == "https://example.com/a_(b)"
    assert [text[email.start : email.end] for email in emails(text)] == ["ann@example.com"]
    assert [text[address.start : address.end] for address in ip_addresses(text)] == ["192.0.2.1"]


@given(digits=st.text("0123456789", min_size=11, max_size=18), place=st.integers(0, 10), step=st.integers(1, 9))
def test_check_digits_catch_a_single_wrong_digit(digits: str, place: int, step: int) -> None:
    complete = next(digits + str(check) for check in range(10) if checksums.luhn(digits + str(check)))
    aadhaar = next(digits + str(check) for check in range(10) if checksums.verhoeff(digits + str(check)))

    for number, valid in ((complete, checksums.luhn), (aadhaar, checksums.verhoeff)):
        wrong = number[:place] + str((int(number[place]) + step) % 10) + number[place + 1 :]
        assert not valid(wrong)


@pytest.mark.usefixtures("patterns_only")
@pytest.mark.parametrize(
    "part", ["1 ", "06 ", "a@", "1:", "12 Aa Aa ", "+1 2 3 ", "www.", "Server=a;", "GB82 WEST 1234 ", "("]
)
def test_a_long_text_of_one_pattern_takes_linear_time(part: str) -> None:
    # The service's longest text: what backtracks in squares does not come back within the suite's timeout.
    text = part * (125_000 // len(part))

    assert len(answer(text, piiCategories=["All"])["redactedText"]) == len(text)


@given(text=st.text(st.characters(exclude_categories=()) | st.sampled_from("0123456789@.-: "), max_size=150))
def test_any_text_is_answered_with_ordered_findings_apart(text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("dfai_engine.language.named_entities.find", lambda documents: [None] * len(documents))
        result = answer(text, piiCategories=["All"])

    spans = [(entity["offset"], entity["offset"] + entity["length"]) for entity in result["entities"]]
    assert len(result["redactedText"]) == len(text)
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))
