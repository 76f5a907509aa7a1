"""Personal information: entities with Azure's categories, and the text with them masked.

Patterns and check digits alone do most of it. Names of people and organisations need the English or French pipeline
(`entities`); without it the answer is what the patterns find. When no categories are asked for, what identifies
a person is masked; ``Organization``, ``Date`` and ``Age`` are only found when ``piiCategories`` names them or says
``All``, and dates and ages also with ``domain`` ``phi``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from dfai_engine.language import named_entities
from dfai_engine.language.contacts import find_contacts
from dfai_engine.language.dates import dates
from dfai_engine.language.documents import Answered, Document, DocumentFailure, ServiceFailure
from dfai_engine.language.national_ids import RULES as NATIONAL_IDS
from dfai_engine.language.phones import phone_numbers
from dfai_engine.language.pii_patterns import RULES as ACCOUNTS
from dfai_engine.language.pii_rules import Found, best, scan

__all__ = ["MODELS", "OPTIONAL_MODELS", "RULES", "analyze", "redact"]

MODELS: tuple[str, ...] = ()
OPTIONAL_MODELS: tuple[str, ...] = ("spacy-en-sm", "spacy-fr-sm")

RULES = ACCOUNTS + NATIONAL_IDS
_ON_REQUEST = frozenset({"Organization", "Date", "Age"})
_HEALTH = frozenset({"Date", "Age"})
_NAMED = frozenset({"Person", "Organization"})
# A category that came in a second version answers to both names.
_SAME = {
    "HRPersonalIdentificationOIBNumberV2": "HRPersonalIdentificationNumber",
    "BENationalNumberV2": "BENationalNumber",
    "CZPersonalIdentityV2": "CZPersonalIdentityNumber",
    "DKPersonalIdentificationV2": "DKPersonalIdentificationNumber",
    "FINationalIDV2": "FINationalID",
    "IEPersonalPublicServiceNumberV2": "IEPersonalPublicServiceNumber",
    "NLCitizensServiceNumberV2": "NLCitizensServiceNumber",
    "PLNationalIDV2": "PLNationalID",
    "SENationalIDV2": "SENationalID",
}  # fmt: skip
# All that is looked for; of the service's other categories nothing here would find any.
_LOOKED_FOR = {"All", "Default", "Address", "Email", "IPAddress", "PhoneNumber", "URL", *_NAMED, *_ON_REQUEST}
_LOOKED_FOR.update(rule.category for rule in RULES)
_MASKS = frozenset("!#$%&*+-=?@^_~")


def analyze(documents: Sequence[Document], parameters: Mapping[str, object]) -> Answered:
    """Find and mask personal information.

    Parameters are ``piiCategories`` (with ``All`` and ``Default``), ``domain`` (``none`` or ``phi``), and, as newer
    versions have them, ``excludePiiCategories`` and ``redactionCharacter``.
    """
    wanted = _wanted(parameters)
    mask = parameters.get("redactionCharacter", "*")
    if not isinstance(mask, str) or mask not in _MASKS:
        raise ServiceFailure(
            f"redactionCharacter is one of {' '.join(sorted(_MASKS))}", inner_code="InvalidParameterValue"
        )
    rules = [rule for rule in RULES if wanted(rule.category)]
    named = _people(documents, wanted)
    results: list[dict[str, object] | DocumentFailure] = []
    for document, people in zip(documents, named, strict=True):
        findings = best([*_patterns(document.text, document.language, wanted), *scan(document.text, rules), *people])
        results.append(
            {
                "redactedText": redact(document.text, findings, mask),
                "entities": [_entity(document.text, found) for found in findings],
            }
        )
    return Answered(results, "dfai-patterns-1")


def redact(text: str, findings: Sequence[Found], mask: str = "*") -> str:
    """Give *text* with every code point of every finding replaced by *mask*.

    >>> redact("Call Ann now", [Found(5, 8, "Person", 0.9)])
    'Call *** now'
    """
    parts: list[str] = []
    at = 0
    for found in findings:
        parts += [text[at : found.start], mask * (found.end - found.start)]
        at = found.end
    return "".join([*parts, text[at:]])


def _wanted(parameters: Mapping[str, object]) -> Callable[[str], bool]:
    """Which categories to look for."""
    asked = _names(parameters, "piiCategories")
    if unknown := sorted(asked - _LOOKED_FOR):
        raise ServiceFailure(
            f"{', '.join(name[:64] for name in unknown)}: not looked for here, and what nobody looks for would stay "
            f"unmasked. Looked for: {', '.join(sorted(_LOOKED_FOR))}.",
            inner_code="InvalidParameterValue",
            target="piiCategories",
        )
    excluded = _names(parameters, "excludePiiCategories")
    domain = parameters.get("domain", "none")
    if domain not in ("none", "phi", None):
        raise ServiceFailure(f"domain is none or phi, not {domain!r}", inner_code="InvalidParameterValue")
    on_request = _ON_REQUEST - _HEALTH if domain == "phi" else _ON_REQUEST
    if "All" in asked:
        return lambda category: category not in excluded
    if not asked or "Default" in asked:
        left_out = (on_request - asked) | excluded
        return lambda category: category not in left_out
    return lambda category: category in asked and category not in excluded


def _names(parameters: Mapping[str, object], key: str) -> frozenset[str]:
    names = parameters.get(key) or ()
    if not isinstance(names, Sequence) or isinstance(names, str) or not all(isinstance(name, str) for name in names):
        raise ServiceFailure(f"{key} is a list of category names", inner_code="InvalidParameterValue", target=key)
    return frozenset(_SAME.get(str(name), str(name)) for name in names)


def _people(documents: Sequence[Document], wanted: Callable[[str], bool]) -> list[list[Found]]:
    """Names found by the pipelines that are here; none where they are not, or not asked for."""
    categories = frozenset(category for category in _NAMED if wanted(category))
    if not categories:
        return [[] for _ in documents]
    return [
        [found for found in findings or () if found.category in categories]
        for findings in named_entities.find(documents)
    ]


def _patterns(text: str, language: str, wanted: Callable[[str], bool]) -> Iterator[Found]:
    yield from find_contacts(text, wanted)
    if wanted("PhoneNumber") and sum(map(str.isdigit, text)) >= 7:
        yield from phone_numbers(text, language)
    if wanted("Date"):
        yield from dates(text)


def _entity(text: str, found: Found) -> dict[str, object]:
    entity: dict[str, object] = {
        "text": text[found.start : found.end],
        "category": found.category,
        "offset": found.start,
        "length": found.end - found.start,
        "confidenceScore": found.score,
    }
    if found.subcategory:
        entity["subcategory"] = found.subcategory
    return entity
