"""Telephone numbers: candidates by shape, checked against numbering plans where `phonenumbers` is installed."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Iterator

from dfai_engine.language.pii_rules import CHECKED, LIKELY, NAMED, SURE, Found, best

__all__ = ["phone_numbers"]

# Where a number without a country code is looked up first.
_REGIONS = {
    "en": ("US", "GB"), "fr": ("FR", "BE", "CH"), "de": ("DE", "AT", "CH"), "es": ("ES", "MX"), "it": ("IT",),
    "pt": ("BR", "PT"), "nl": ("NL", "BE"), "pl": ("PL",), "sv": ("SE",), "da": ("DK",), "no": ("NO",), "nb": ("NO",),
    "fi": ("FI",), "cs": ("CZ",), "tr": ("TR",), "ro": ("RO",), "hu": ("HU",), "ja": ("JP",), "zh": ("CN",),
    "ko": ("KR",), "ru": ("RU",), "uk": ("UA",), "el": ("GR",), "he": ("IL",), "hi": ("IN",),
}  # fmt: skip
_GUARD = r"(?<![\w@$€£])(?<!\d[-./])(?<!\w/)"
_AMERICAN = re.compile(
    _GUARD + r"(?:\+?1[ .-]?)?(?:\([2-9]\d{2}\) ?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}"
    r"(?:,? ?(?:x|ext\.?) ?\d{1,5})?(?!\w)(?![-./]\d)"
)
_INTERNATIONAL = re.compile(r"(?<![\w@+])(?:\+|00(?=[1-9]\d))[1-9]\d{0,2}(?:[ ./-]?\(?\d{1,12}\)?){1,7}(?!\w)")
_TRUNK = re.compile(_GUARD + r"\(?0\d{1,5}\)?(?:[ ./-]{0,2}\d{2,8}){1,5}(?!\w)(?![-./]\d)")
_GROUPED = re.compile(_GUARD + r"\(?\d{2,4}\)?(?:[ .-]\d{2,4}){2,4}(?!\w)(?![-./]\d)")
_PLAIN = re.compile(_GUARD + r"(?:\d{3}[ .-](?:\d{3}[ .-])?\d{4}|\d{5} \d{5}|\d{7,12})(?!\w)(?![-./]\d)")
_NAMES = re.compile(
    r"(?<![^\W_])(?:tele?(?:phone?|fono?|fon)?|phone|mobile|mob|cell|call(?: me| us)?|ring|fax|text me|sms|whatsapp|"
    r"contact(?: number)?|(?:my|his|her|our|their) number(?: is)?|"
    r"reach (?:me|us|him|her)|hotline|portable|appelez|handy|mobil|ruf|llam[ae]|móvil|celular|"
    r"cellulare|puhelin|komórka|telefon|telefoon|téléphone|teléfono|тел|телефон|電話)(?![^\W_])[^.!?]{0,30}$",
    re.IGNORECASE,
)
_DATE = re.compile(r"\d{1,2}[./ -]\d{1,2}[./ -](?:\d{4}|\d{2})|\d{4}[./ -]\d{1,2}[./ -]\d{1,2}")
_GROUP_END = re.compile(r"[ ./()-]+\d+\)?$")


def phone_numbers(text: str, language: str = "en") -> list[Found]:
    """Telephone numbers of *text*, whose *language* says in which countries to look.

    A number with a country code, an American shape or a valid national number stands alone; any other run of
    digits counts only behind a word such as "phone".
    """
    return best([*_candidates(text, language)])


def _candidates(text: str, language: str) -> Iterator[Found]:
    regions = _REGIONS.get(language.partition("-")[0], ())
    for match in _AMERICAN.finditer(text):
        yield Found(*match.span(), "PhoneNumber", _score(text, match.start()))
    for match in _INTERNATIONAL.finditer(text):
        yield from _longest_valid(text, match)
    for shape in (_TRUNK,) if language == "en" else (_TRUNK, _GROUPED):
        for match in shape.finditer(text):
            named = _named(text, match.start())
            if not _DATE.fullmatch(match[0]) and _plausible(match[0], regions, named=named):
                yield Found(*match.span(), "PhoneNumber", SURE if named else LIKELY)
    for match in _PLAIN.finditer(text):
        if _named(text, match.start()):
            yield Found(*match.span(), "PhoneNumber", NAMED)


def _longest_valid(text: str, match: re.Match[str]) -> Iterator[Found]:
    """The number without what was taken for more of it: a following price or year."""
    candidate = match[0]
    while len(candidate) > 7:
        if _valid("+" + candidate.lstrip("+0"), None):
            yield Found(match.start(), match.start() + len(candidate), "PhoneNumber", _score(text, match.start()))
            return
        shorter = _GROUP_END.sub("", candidate)
        if shorter == candidate:
            return
        candidate = shorter


def _score(text: str, start: int) -> float:
    return SURE if _named(text, start) else CHECKED


def _named(text: str, start: int) -> bool:
    return _NAMES.search(text[max(0, start - 50) : start]) is not None


def _plausible(candidate: str, regions: tuple[str, ...], *, named: bool) -> bool:
    digits = sum(map(str.isdigit, candidate))
    if not 7 <= digits <= 13:
        return False
    if named:
        return True
    # Without numbering plans a national number is a run of digits like any other.
    return _has_plans() and any(_valid(candidate, region) for region in regions)


@functools.cache
def _has_plans() -> bool:
    return importlib.util.find_spec("phonenumbers") is not None


def _valid(candidate: str, region: str | None) -> bool:
    if not _has_plans():
        return 8 <= sum(map(str.isdigit, candidate)) <= 15
    import phonenumbers

    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(candidate, region)))
    except phonenumbers.NumberParseException:
        return False
