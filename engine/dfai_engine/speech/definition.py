"""What a fast transcription is asked for: its ``definition``, read and checked.

Source: TranscribeDefinition of 2024-05-15-preview; "Fast transcription API" of 2024-11-15; the models of
azure-ai-transcription 1.0.0 for 2025-10-15.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from dfai_engine import protocol
from dfai_engine.speech.locales import language_of
from dfai_engine.speech.profanity import Filter
from dfai_engine.speech.wire import AZURE, refused

__all__ = ["VERSIONS", "Definition", "languages_of", "object_in", "read", "words_of"]

_FIRST = ("locales", "models", "profanityFilterMode", "channels")
_SECOND = (*_FIRST, "diarization")
# The properties that each version knows.
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "2024-05-15-preview": _FIRST,
    "2024-11-15": _SECOND,
    "2025-10-15": (*_SECOND, "audioUrl", "enhancedMode", "phraseList"),
}
MOST_PHRASES = 500
MOST_CHANNELS = 2


@dataclass(frozen=True, slots=True)
class Definition:
    """The wishes in a definition."""

    locales: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    profanity: Filter = "Masked"
    channels: tuple[int, ...] | None = None
    hints: str = ""
    audio_url: str = ""
    target: str | None = None  # the language to translate into


def read(body: bytes, version: str) -> Definition:
    """The definition that a form brings.

    Raises
    ------
    ServiceFailure
        Something in it is unknown, wrong, or not done here.
    """
    said = protocol.object_in(body, lambda why: refused("InvalidPayload", why.replace("request body", "definition")))
    known = VERSIONS[version]
    if unknown := sorted(set(said) - set(known)):
        raise refused(
            "InvalidPayload", f"The definition of {version} has no {', '.join(unknown)}; it has {', '.join(known)}."
        )
    locales = words_of(said, "locales")
    if version == "2024-05-15-preview" and len(locales) != 1:
        raise refused("InvalidLocale", "Exactly one locale is supported by 2024-05-15-preview.")
    _no_models(said.get("models"))
    _no_speakers(said.get("diarization"))
    enhanced = object_in(said, "enhancedMode")
    target = _target(enhanced)
    return Definition(
        locales,
        languages_of(locales),
        _profanity(said.get("profanityFilterMode")),
        _channels(said.get("channels")),
        _hints(object_in(said, "phraseList"), words_of(enhanced, "prompt")),
        _url(said.get("audioUrl")),
        target,
    )


def languages_of(locales: tuple[str, ...]) -> tuple[str, ...]:
    """The recogniser's languages for some locales.

    Raises
    ------
    ServiceFailure
        It knows none for one of them.
    """
    found = []
    for locale in locales:
        language = language_of(locale)
        if language is None:
            raise refused("InvalidLocale", f"The locale {locale!r} is not supported here.")
        found.append(language)
    return tuple(dict.fromkeys(found))


def words_of(said: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """A list of words, which may be absent."""
    value = said.get(name) or []
    if not isinstance(value, list) or not all(isinstance(word, str) and word for word in value):
        raise refused("InvalidPayload", f"{name} must be a list of strings.")
    return tuple(value)


def object_in(said: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An object, empty where there is none."""
    value = said.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refused("InvalidPayload", f"{name} must be an object.")
    return value


def _no_models(models: Any) -> None:
    if models:
        raise refused("InvalidModel", f"Custom models are not here; {AZURE} what they need.")


def _no_speakers(diarization: Any) -> None:
    # A client's own library leaves out `enabled`, and means it.
    if isinstance(diarization, dict) and diarization.get("enabled", bool(diarization)):
        raise refused("InvalidPayload", f"Speakers are not told apart here (diarization); {AZURE}.")


def _target(enhanced: Mapping[str, Any]) -> str | None:
    asked = [name for name in ("task", "targetLanguage", "prompt") if enhanced.get(name)]
    if not enhanced.get("enabled", bool(asked)):
        return None
    task = enhanced.get("task") or "transcribe"
    if task not in ("transcribe", "translate"):
        raise refused("InvalidPayload", "The task of enhancedMode is transcribe or translate.")
    target = enhanced.get("targetLanguage")
    if task == "transcribe":
        return None
    if not isinstance(target, str) or not target:
        raise refused("InvalidPayload", "To translate, enhancedMode needs a targetLanguage.")
    language = language_of(target)
    if language is None:
        raise refused("InvalidPayload", f"The targetLanguage {target!r} is not known here.")
    return language


def _profanity(mode: Any) -> Filter:
    for known in get_args(Filter):
        if mode is None or (isinstance(mode, str) and mode.lower() == known.lower()):
            return "Masked" if mode is None else known
    raise refused("InvalidPayload", f"profanityFilterMode is one of {', '.join(get_args(Filter))}.")


def _channels(channels: Any) -> tuple[int, ...] | None:
    if channels is None or channels == []:
        return None
    if (
        not isinstance(channels, list)
        or not all(type(number) is int and number >= 0 for number in channels)
        or len(set(channels)) != len(channels)
        or len(channels) > MOST_CHANNELS
    ):
        raise refused("InvalidChannels", f"channels lists at most {MOST_CHANNELS} numbers, from 0 on.")
    return tuple(channels)


def _hints(phrases: Mapping[str, Any], prompts: tuple[str, ...]) -> str:
    listed = words_of(phrases, "phrases")
    weight = phrases.get("biasingWeight", 1.0)
    if len(listed) > MOST_PHRASES:
        raise refused("InvalidPayload", f"phraseList holds at most {MOST_PHRASES} phrases.")
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= 2:
        raise refused("InvalidPayload", "biasingWeight is a number from 0 to 2.")
    said = [*prompts, *([", ".join(listed) + "."] if listed and weight else [])]
    return " ".join(said)


def _url(url: Any) -> str:
    if url is None:
        return ""
    if not isinstance(url, str) or not url:
        raise refused("InvalidPayload", "audioUrl must be a URL.")
    return url
