"""Named entities in Azure's categories: what the pipeline names, and what has a shape of its own.

English always, French where its weights were pulled. A score is the pipeline's published precision for the label
(`named_entities`) or the grade of evidence of a shape (`pii_rules`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dfai_engine.language import contacts, english, named_entities
from dfai_engine.language.dates import dates
from dfai_engine.language.documents import Answered, Document, DocumentFailure
from dfai_engine.language.phones import phone_numbers
from dfai_engine.language.pii_rules import CHECKED, NAMED, Found, best

__all__ = ["MODELS", "OPTIONAL_MODELS", "analyze"]

MODELS: tuple[str, ...] = ("spacy-en-sm",)
OPTIONAL_MODELS: tuple[str, ...] = ("spacy-fr-sm",)

_ROLES = re.compile(
    r"\b(?:chief \w+ officer|(?:vice )?president|prime minister|software (?:engineer|developer)|data scientist|"
    r"project manager|tour guide|real estate agent|police officer|flight attendant|accountant|actor|actress|analyst|"
    r"architect|artist|assistant|astronaut|attorney|author|baker|banker|barber|bartender|biologist|butcher|carpenter|"
    r"ceo|cfo|cto|chairman|chairwoman|chef|chemist|clerk|coach|concierge|consultant|cook|dentist|designer|developer|"
    r"director|doctor|driver|economist|editor|electrician|engineer|farmer|firefighter|geologist|hairdresser|historian|"
    r"housekeeper|inspector|intern|janitor|journalist|judge|lawyer|lecturer|librarian|manager|mayor|mechanic|midwife|"
    r"minister|musician|nurse|officer|painter|paramedic|pharmacist|philosopher|photographer|physician|physicist|pilot|"
    r"plumber|poet|politician|producer|professor|programmer|psychiatrist|psychologist|receptionist|reporter|researcher|"
    r"sailor|scientist|secretary|senator|sheriff|singer|soldier|surgeon|teacher|technician|therapist|trainer|"
    r"translator|vet|veterinarian|waiter|waitress|welder|writer)s?\b",
    re.IGNORECASE,
)
_SKILLS = re.compile(
    r"\b(?:accounting|bookkeeping|carpentry|cloud computing|computer vision|copywriting|cyber ?security|"
    r"data (?:analysis|mining|science|visuali[sz]ation)|deep learning|graphic design|machine learning|"
    r"natural language processing|negotiation|photography|project management|public speaking|"
    r"(?:computer )?programming|search engine optimi[sz]ation|software (?:development|engineering|testing)|"
    r"statistical modell?ing|technical writing|time management|web (?:design|development)|welding)\b",
    re.IGNORECASE,
)
_LISTED = (
    (_ROLES, "PersonType", ""),
    (_SKILLS, "Skill", ""),
    (named_entities.PRODUCTS, "Product", "Computing products"),
)
_TEMPERATURE = re.compile(r"(?<!\w)-?\d+(?:\.\d+)? ?(?:°|degrees? |º) ?(?:C|F|K|Celsius|Fahrenheit)\b", re.IGNORECASE)


def analyze(documents: Sequence[Document], _parameters: Mapping[str, object]) -> Answered:
    """Find the entities of each document; there are no parameters.

    Raises
    ------
    ServiceFailure
        spaCy is not installed.
    dfai_engine.weights.ModelMissing
        The weights of the English pipeline are not on disk.
    """
    english.need("entities")
    version = english.pipeline("en").version
    results: list[dict[str, object] | DocumentFailure] = []
    for document, named in zip(documents, named_entities.find(documents), strict=True):
        if named is None:
            results.append(_unsupported(document))
            continue
        shaped = best([*_shapes(document)])
        rest = best([*(_named(document, named)), *_temporal(document.text)])
        found = shaped + [entity for entity in rest if not any(_overlap(entity, other) for other in shaped)]
        found.sort(key=lambda entity: entity.start)
        results.append({"entities": [_entity(document.text, entity) for entity in found]})
    return Answered(results, f"spacy-sm-{version}")


def _unsupported(document: Document) -> DocumentFailure:
    here = [language for language in english.PIPELINES if english.available(language)]
    hint = "" if "fr" in here else " French comes with: dfai models pull nlp-fr"
    return DocumentFailure(
        "InvalidArgument",
        "UnsupportedLanguageCode",
        f"Invalid language code {document.language!r}. Supported languages: {','.join(here)}.{hint}",
    )


def _shapes(document: Document) -> Iterator[Found]:
    """What its shape alone tells; a name that the pipeline sees inside is dropped for it."""
    text = document.text
    yield from contacts.emails(text)
    yield from contacts.urls(text)
    for found in contacts.ip_addresses(text):
        yield Found(found.start, found.end, "IP", found.score)
    if sum(map(str.isdigit, text)) >= 7:
        yield from phone_numbers(text, document.language)
    yield from contacts.addresses(text)
    for found in contacts.ages(text):
        yield Found(found.start, found.end, "Quantity", found.score, "Age")
    for match in _TEMPERATURE.finditer(text):
        yield Found(*match.span(), "Quantity", CHECKED, "Temperature")


def _named(document: Document, named: Sequence[Found]) -> Iterator[Found]:
    yield from named
    if english.base(document.language) == "en":
        for shape, category, subcategory in _LISTED:
            for match in shape.finditer(document.text):
                yield Found(*match.span(), category, NAMED, subcategory)


def _temporal(text: str) -> Iterator[Found]:
    for found in dates(text):
        yield Found(found.start, found.end, "DateTime", found.score, "Date")


def _overlap(one: Found, other: Found) -> bool:
    return one.start < other.end and other.start < one.end


def _entity(text: str, found: Found) -> dict[str, object]:
    entity: dict[str, object] = {"text": text[found.start : found.end], "category": found.category}
    if found.subcategory:
        entity["subcategory"] = found.subcategory
    return entity | {
        "offset": found.start,
        "length": found.end - found.start,
        "confidenceScore": found.score,
    }
