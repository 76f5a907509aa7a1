"""Locales as the services write them ("en-US"), and the languages that the recogniser knows ("en")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["LANGUAGES", "LOCALES", "language_of", "locale_for"]

# Languages of the services' lists that Whisper was trained on, each with the regions of its locales, the usual one
# first. Source: Azure AI Speech, "Language and voice support", the locales of speech to text.
_REGIONS = {
    "af": "ZA",
    "am": "ET",
    "ar": "EG AE BH DZ IL IQ JO KW LB LY MA OM PS QA SA SY TN YE",
    "as": "IN",
    "az": "AZ",
    "bg": "BG",
    "bn": "IN",
    "bs": "BA",
    "ca": "ES",
    "cs": "CZ",
    "cy": "GB",
    "da": "DK",
    "de": "DE AT CH",
    "el": "GR",
    "en": "US AU CA GB GH HK IE IN KE NG NZ PH SG TZ ZA",
    "es": "ES AR BO CL CO CR CU DO EC GQ GT HN MX NI PA PE PR PY SV US UY VE",
    "et": "EE",
    "eu": "ES",
    "fa": "IR",
    "fi": "FI",
    "fil": "PH",
    "fr": "FR BE CA CH",
    "gl": "ES",
    "gu": "IN",
    "he": "IL",
    "hi": "IN",
    "hr": "HR",
    "hu": "HU",
    "hy": "AM",
    "id": "ID",
    "is": "IS",
    "it": "IT CH",
    "ja": "JP",
    "jv": "ID",
    "ka": "GE",
    "kk": "KZ",
    "km": "KH",
    "kn": "IN",
    "ko": "KR",
    "lo": "LA",
    "lt": "LT",
    "lv": "LV",
    "mk": "MK",
    "ml": "IN",
    "mn": "MN",
    "mr": "IN",
    "ms": "MY",
    "mt": "MT",
    "my": "MM",
    "nb": "NO",
    "ne": "NP",
    "nl": "NL BE",
    "pa": "IN",
    "pl": "PL",
    "ps": "AF",
    "pt": "BR PT",
    "ro": "RO",
    "ru": "RU",
    "si": "LK",
    "sk": "SK",
    "sl": "SI",
    "so": "SO",
    "sq": "AL",
    "sr": "RS",
    "sv": "SE",
    "sw": "KE TZ",
    "ta": "IN",
    "te": "IN",
    "th": "TH",
    "tr": "TR",
    "uk": "UA",
    "ur": "IN",
    "uz": "UZ",
    "vi": "VN",
    "zh": "CN HK TW",
}
LOCALES = tuple(f"{language}-{region}" for language, regions in _REGIONS.items() for region in regions.split())

# What the recogniser calls by another name than the services do.
_RENAMED = {"nb": "no", "fil": "tl", "jv": "jw", "iw": "he", "cmn": "zh", "wuu": "zh", "yue": "zh", "in": "id"}
_OTHERS = (
    *("ba", "be", "bo", "br", "fo", "ha", "haw", "ht", "la", "lb", "ln", "mg"),
    *("mi", "nn", "oc", "sa", "sd", "sn", "su", "tg", "tk", "tt", "yi", "yo"),
)
LANGUAGES = frozenset((*(_RENAMED.get(name, name) for name in _REGIONS), *_OTHERS))

_USUAL: Mapping[str, str] = {
    _RENAMED.get(language, language): f"{language}-{regions.split()[0]}" for language, regions in _REGIONS.items()
}


def language_of(locale: str) -> str | None:
    """The recogniser's language for a locale, in any case; None if it knows none.

    >>> language_of("en-US"), language_of("NB-no"), language_of("de"), language_of("tlh-Latn")
    ('en', 'no', 'de', None)
    """
    name = locale.replace("_", "-").partition("-")[0].lower()
    name = _RENAMED.get(name, name)
    return name if name in LANGUAGES else None


def locale_for(language: str, asked: Sequence[str] = ()) -> str:
    """The locale to name for a language that was heard: the one that was *asked* for, or the usual one.

    >>> locale_for("en", ["de-DE", "en-GB"]), locale_for("en"), locale_for("la")
    ('en-GB', 'en-US', 'la')
    """
    for locale in asked:
        if language_of(locale) == language:
            return locale
    return _USUAL.get(language, language)
