"""The voices that speak here, and which of them stands in for a voice of the service."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dfai_engine.speech.unspoken import refused

__all__ = ["VOICES", "Voice", "voice_called", "voice_of_language"]


@dataclass(frozen=True, slots=True)
class Voice:
    """One of Pico's voices; its pitch is the median of the fundamental over one sentence, its speed that sentence's."""

    locale: str
    language_name: str
    pitch_hz: int
    words_per_minute: int

    @property
    def short_name(self) -> str:
        """What SSML and lists call it."""
        return f"{self.locale}-Pico"

    @property
    def language(self) -> str:
        """ISO 639-1."""
        return self.locale[:2]

    def described(self) -> dict[str, str]:
        """As the list of voices has it."""
        return {
            "Name": f"SVOX Pico Text to Speech Voice ({self.locale}, Pico)",
            "DisplayName": "Pico",
            "LocalName": "Pico",
            "ShortName": self.short_name,
            "Gender": "Female",
            "Locale": self.locale,
            "LocaleName": self.language_name,
            "SampleRateHertz": "16000",
            "VoiceType": "Standard",
            "Status": "GA",
            "WordsPerMinute": str(self.words_per_minute),
        }


# The first of a language speaks where no region is named.
VOICES = (
    Voice("en-US", "English (United States)", 172, 156),
    Voice("en-GB", "English (United Kingdom)", 180, 165),
    Voice("de-DE", "German (Germany)", 167, 155),
    Voice("fr-FR", "French (France)", 198, 191),
    Voice("es-ES", "Spanish (Spain)", 201, 150),
    Voice("it-IT", "Italian (Italy)", 180, 128),
)
_BY_LOCALE = {voice.locale.lower(): voice for voice in VOICES}
_BY_NAME = {voice.short_name.lower(): voice for voice in VOICES}
_BY_LANGUAGE = {voice.language: voice for voice in reversed(VOICES)}
_SHORT = re.compile(r"([a-z]{2,3}(?:-[a-z]{4})?-[a-z]{2})(?:-[a-z]+)*?-[\w:]+", re.IGNORECASE)
_LONG = re.compile(r".*\(\s*([A-Za-z-]+)\s*,\s*[^)]+\)\s*")
_SERVED = ", ".join(voice.locale for voice in VOICES)


def voice_called(name: str) -> Voice:
    """The voice called *name*; for one of the service's own, the voice here that has its locale.

    >>> voice_called("en-GB-Pico").locale, voice_called("de-DE-KatjaNeural").short_name
    ('en-GB', 'de-DE-Pico')

    Raises
    ------
    ServiceFailure
        There is none, and none that has its locale.
    """
    plain = name.strip()
    if found := _BY_NAME.get(plain.lower()):
        return found
    long, short = _LONG.fullmatch(plain), _SHORT.fullmatch(plain)
    locale = long[1] if long else short[1] if short else ""
    if found := _BY_LOCALE.get(locale.lower()):
        return found
    raise refused("UnsupportedVoice", f"No voice here is called {_shown(plain)} or has its locale. {_elsewhere()}")


def voice_of_language(tag: str) -> Voice:
    """The voice that speaks a language: "fr-FR", or "fr" where the region does not matter.

    Raises
    ------
    ServiceFailure
        There is none.
    """
    plain = tag.strip().lower()
    found = _BY_LOCALE.get(plain) or _BY_LANGUAGE.get(plain)
    if found is None:
        raise refused("UnsupportedLanguage", f"No voice here speaks {_shown(tag)}. {_elsewhere()}")
    return found


def _elsewhere() -> str:
    return f"Spoken here: {_SERVED}. An Azure Speech resource has voices for more languages."


def _shown(name: str) -> str:
    return repr(name[:60])
