"""Which language a text is written in: py3langid's scores, with a say for the country and for English.

The model is a naive Bayes over byte sequences, so its scores are log-probabilities that grow with the text.
What we know beforehand (a country hint, that short Latin text is most often English) is added to them as a fixed
number of nats: it settles "Hotel" and cannot move a sentence.
"""

from __future__ import annotations

import functools
import json
import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING

from dfai_engine.language.documents import Answered, Document, DocumentFailure

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier

__all__ = ["MODELS", "OPTIONAL_MODELS", "Detected", "analyze", "detect", "detect_languages", "languages"]

MODELS: tuple[str, ...] = ()  # the detector's weights lie in its library
OPTIONAL_MODELS: tuple[str, ...] = ()
MODEL_VERSION = "2026-11-23-langid"

# Chosen on short English texts (see docs/models-language.md); a sentence of another language is not moved.
ENGLISH_NATS = 7.0
COUNTRY_NATS = 6.0
# The large languages of the web before their small neighbours (Portuguese and Galician, Indonesian and Malay).
COMMON_NATS = 2.0
# Features of one text are far from independent: their sum is divided by the root of the text's length, times this.
# Chosen so that the confidence is right as often as it says (docs/models-language.md).
TEMPERATURE = 0.55
COMMON = ("ar", "cs", "de", "es", "fr", "hr", "id", "it", "ja", "ko", "nl", "pl", "pt", "ru", "sv", "tr", "vi", "zh")
UNKNOWN = "(Unknown)"


@dataclass(frozen=True, slots=True)
class Detected:
    """A language as the service names it, and how sure the detector is, from 0 to 1."""

    name: str
    code: str
    confidence: float


@dataclass(frozen=True, slots=True)
class _Table:
    names: Mapping[str, str]  # code -> English name
    spoken: Mapping[str, frozenset[str]]  # country -> codes


def analyze(documents: Sequence[Document], _parameters: Mapping[str, object]) -> Answered:
    """The handler of LanguageDetection."""
    return Answered([_result(document) for document in documents], MODEL_VERSION)


def _result(document: Document) -> dict[str, object] | DocumentFailure:
    country = document.country_hint.upper()
    if country not in ("", "NONE") and not (len(country) == 2 and country.isascii() and country.isalpha()):
        return DocumentFailure(
            "InvalidArgument",
            "InvalidCountryHint",
            "Country hint is not valid. Please specify an ISO 3166-1 alpha-2 two letter country code.",
        )
    found = detect(document.text, country)
    return {
        "detectedLanguage": {
            "name": found.name,
            "iso6391Name": found.code,
            "confidenceScore": round(found.confidence, 2),
        }
    }


def detect(text: str, country: str = "") -> Detected:
    """The language of one text.

    *country* is an ISO 3166-1 code; its languages win near ties. With none given English does, as the service
    assumes "US"; "NONE" leaves the detector alone.

    >>> detect("Das Zimmer war sauber und ruhig.").code
    'de'
    >>> detect("12:30").name
    '(Unknown)'
    >>> detect("這個房間很漂亮").code
    'zh_cht'
    """
    if not any(map(str.isalpha, text)):
        return Detected(UNKNOWN, UNKNOWN, 0.0)
    code, confidence = _best(text, country)
    if code == "zh":
        name, code = ("Chinese_Traditional", "zh_cht") if _traditional(text) else ("Chinese_Simplified", "zh_chs")
        return Detected(name, code, confidence)
    return Detected(_table().names[code], code, confidence)


def detect_languages(texts: Sequence[str]) -> list[str]:
    """The ISO 639-1 code of each text, for ``language="auto"``; text without letters counts as English.

    >>> detect_languages(["Ça ne marche pas du tout.", "这个房间很漂亮", "ok", "?!"])
    ['fr', 'zh', 'en', 'en']
    """
    return [_best(text, "")[0] if any(map(str.isalpha, text)) else "en" for text in texts]


def languages() -> Mapping[str, str]:
    """The languages that the detector tells apart: code and English name."""
    return _table().names


def _best(text: str, country: str) -> tuple[str, float]:
    scores = dict(_identifier().rank(text))
    best = max(scores.values())
    if best - min(scores.values()) == 0:  # no known byte sequence in the text: the library gives a floor to all
        scores = dict.fromkeys(scores, 0.0)
    if country != "NONE":
        for code, nats in _expected(country, _latin(text)).items():
            scores[code] += nats
    code = max(scores, key=lambda code: scores[code])
    temperature = TEMPERATURE * math.sqrt(len(text.encode("utf-8", "surrogatepass")))
    total = sum(math.exp((score - scores[code]) / temperature) for score in scores.values())
    return code, 1 / total


@functools.cache
def _expected(country: str, latin: bool) -> Mapping[str, float]:
    """Nats in favour of a language before its text is read: the country's own or, without a hint, English."""
    nats = dict.fromkeys(COMMON, COMMON_NATS)
    if spoken := _table().spoken.get(country):
        return nats | dict.fromkeys(spoken, COUNTRY_NATS)
    return nats | {"en": ENGLISH_NATS} if latin else nats


def _latin(text: str) -> bool:
    letters = [letter for letter in text if letter.isalpha()]
    return sum(letter < "\u0250" for letter in letters) * 2 > len(letters)


def _traditional(text: str) -> bool:
    """Whether more of the characters are known to Big5 alone than to GB 2312 alone.

    Both national character sets hold the common characters; a simplified form is missing from the one, the
    traditional form that it replaced from the other.
    """
    return sum(_encodes(char, "big5") - _encodes(char, "gb2312") for char in text) > 0


def _encodes(char: str, encoding: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@functools.cache
def _table() -> _Table:
    table = json.loads(resources.files("dfai_engine.language").joinpath("languages.json").read_text("utf-8"))
    spoken: dict[str, set[str]] = {}
    for code, countries in table["countries"].items():
        for country in countries.split():
            spoken.setdefault(country, set()).add(code)
    return _Table(table["names"], {country: frozenset(codes) for country, codes in spoken.items()})


_lock = threading.Lock()
_loaded: list[LanguageIdentifier] = []


def _identifier() -> LanguageIdentifier:
    """The library's model, limited to the languages that we name; loaded once (about a second)."""
    with _lock:
        if not _loaded:
            from py3langid.langid import MODEL_FILE, LanguageIdentifier

            identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
            identifier.set_languages([code for code in identifier.labels if code in _table().names])
            _loaded.append(identifier)
        return _loaded[0]
