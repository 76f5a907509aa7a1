"""Languages as speech to text spells them: with the country."""

from __future__ import annotations

import re
from typing import Any

from dfai_core.errors import ConfigError

__all__ = ["AUTO", "alone", "code", "codes", "locale"]

AUTO = "auto"
_CODE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
# Of a language alone, what Speech is told: it knows languages with a country only. Source: "Language support", speech
# to text, the locales of fast transcription. The country is the language's own, or the one with most speakers.
_LOCALES = {
    "ar": "ar-EG",
    "ca": "ca-ES",
    "cs": "cs-CZ",
    "da": "da-DK",
    "de": "de-DE",
    "el": "el-GR",
    "en": "en-US",
    "es": "es-ES",
    "fi": "fi-FI",
    "fr": "fr-FR",
    "he": "he-IL",
    "hi": "hi-IN",
    "hu": "hu-HU",
    "id": "id-ID",
    "it": "it-IT",
    "ja": "ja-JP",
    "ko": "ko-KR",
    "nb": "nb-NO",
    "nl": "nl-NL",
    "pl": "pl-PL",
    "pt": "pt-BR",
    "ro": "ro-RO",
    "ru": "ru-RU",
    "sv": "sv-SE",
    "th": "th-TH",
    "tr": "tr-TR",
    "uk": "uk-UA",
    "vi": "vi-VN",
    "zh": "zh-CN",
}


def code(name: str, value: Any) -> str:
    """One language's code."""
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise ConfigError(f"{name}={value!r} is not a language code (ISO 639-1, such as 'en').")


def codes(name: str, value: Any) -> str | tuple[str, ...]:
    """One code, "auto", or several to choose among."""
    if value == AUTO:
        return AUTO
    if isinstance(value, (list, tuple)) and value:
        return tuple(code(name, one) for one in value)
    return code(name, value)


def locale(spelt: str) -> str:
    """A language with its country.

    >>> locale("de"), locale("de_AT"), locale("xx")
    ('de-DE', 'de-AT', 'xx')
    """
    spelt = spelt.replace("_", "-")
    return _LOCALES.get(spelt.lower(), spelt)


def alone(spelt: str) -> str:
    """A language without its country.

    >>> alone("de-DE"), alone("PT_br")
    ('de', 'pt')
    """
    return spelt.replace("_", "-").partition("-")[0].lower()
