"""A batch transcription: what is asked for, read and checked.

Source: ``Transcription`` in speechtotext.json of v3.2 and of 2024-05-15-preview.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from dfai_engine.speech.definition import languages_of, object_in, words_of
from dfai_engine.speech.profanity import Filter
from dfai_engine.speech.wire import AZURE, refused

__all__ = ["Transcription", "read", "updated"]

_KNOWN = (
    *("contentUrls", "contentContainerUrl", "dataset", "model", "locale", "displayName", "description"),
    *("customProperties", "project", "properties"),
    # What the service itself writes; a client that sends back what it got is not to be refused for it.
    *("links", "self", "lastActionDateTime", "status", "createdDateTime"),
)
_PROPERTIES = (
    *("diarizationEnabled", "diarization", "wordLevelTimestampsEnabled", "displayFormWordLevelTimestampsEnabled"),
    *("channels", "destinationContainerUrl", "punctuationMode", "profanityFilterMode", "timeToLive", "email"),
    *("languageIdentification", "duration", "error"),
)
_UPDATED = ("displayName", "description", "customProperties", "project")
PUNCTUATION = ("None", "Dictated", "Automatic", "DictatedAndAutomatic")
DAY_S = 86_400.0
LONGEST_LIFE_S = 31 * DAY_S
SHORTEST_LIFE_S = 6 * 3_600.0
MOST_CUSTOM, MOST_KEY_CHARS, MOST_VALUE_CHARS = 10, 64, 256
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Transcription:
    """The wishes of a client, and the names that it gave."""

    version: str
    urls: tuple[str, ...]
    locale: str
    display_name: str
    description: str | None = None
    custom: Mapping[str, str] = field(default_factory=dict)
    candidates: tuple[str, ...] = ()  # locales to choose from
    single: bool = False
    channels: tuple[int, ...] = (0, 1)
    words: bool = False
    display_words: bool = False
    punctuation: str = "DictatedAndAutomatic"
    profanity: Filter = "Masked"
    time_to_live: str | None = None
    identification: Mapping[str, Any] | None = None  # as it came

    @property
    def languages(self) -> tuple[str, ...]:
        """The recogniser's languages to choose from, or the one that is given."""
        return languages_of(self.candidates or (self.locale,))

    @property
    def kept_s(self) -> float:
        """How long the transcription is kept after its end; none or 0 is as long as may be."""
        return _seconds(self.time_to_live) or LONGEST_LIFE_S

    @property
    def properties(self) -> dict[str, Any]:
        """As the service shows them."""
        said: dict[str, Any] = {
            "diarizationEnabled": False,
            "wordLevelTimestampsEnabled": self.words,
            "displayFormWordLevelTimestampsEnabled": self.display_words,
            "channels": list(self.channels),
            "punctuationMode": self.punctuation,
            "profanityFilterMode": self.profanity,
        }
        if self.time_to_live is not None:
            said["timeToLive"] = self.time_to_live
        if self.identification is not None:
            said["languageIdentification"] = dict(self.identification)
        return said


def read(said: Mapping[str, Any], version: str, most_files: int) -> Transcription:
    """What a body asks for.

    Raises
    ------
    ServiceFailure
        Something in it is unknown, wrong, or not done here.
    """
    _only(said, _KNOWN, "A transcription")
    if said.get("properties") is None and version != "v3.2":
        raise refused("InvalidPayload", "properties with a timeToLive are required.")
    properties = object_in(said, "properties")
    _only(properties, _PROPERTIES, "properties")
    _elsewhere(said, properties)
    urls = words_of(said, "contentUrls")
    if not urls:
        raise refused("OnlyOneOfUrlsOrContainerOrDataset", "contentUrls must name the audio files.")
    if len(urls) > most_files:
        raise refused("ExceededNumberOfRecordingsUris", f"At most {most_files:,} contentUrls are taken at a time.")
    identification, candidates = _identification(properties)
    mode = (identification or {}).get("mode", "Continuous")
    found = Transcription(
        version,
        urls,
        _text(said, "locale", required=True) or "",
        _text(said, "displayName", required=True) or "",
        _text(said, "description"),
        _custom(said.get("customProperties")),
        candidates,
        mode == "Single",
        _channels(properties.get("channels")),
        _flag(properties, "wordLevelTimestampsEnabled"),
        _flag(properties, "displayFormWordLevelTimestampsEnabled"),
        _choice(properties, "punctuationMode", PUNCTUATION, "DictatedAndAutomatic"),
        _filter(properties),
        _life(properties.get("timeToLive"), version),
        identification,
    )
    languages_of((found.locale,))
    return found


def updated(said: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a transcription that an update changes."""
    _only(said, _UPDATED, "An update")
    changes: dict[str, Any] = {}
    if "displayName" in said:
        changes["display_name"] = _text(said, "displayName", required=True)
    if "description" in said:
        changes["description"] = _text(said, "description")
    if "customProperties" in said:
        changes["custom"] = _custom(said["customProperties"])
    return changes


def _only(said: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    if unknown := sorted(set(said) - set(known)):
        raise refused("InvalidPayload", f"{what} has no {', '.join(unknown)}.")


def _elsewhere(said: Mapping[str, Any], properties: Mapping[str, Any]) -> None:
    for name in ("contentContainerUrl", "dataset"):
        if said.get(name):
            raise refused("InvalidPayload", f"Containers and datasets are not read here ({name}); name contentUrls.")
    if said.get("model") or object_in(properties, "languageIdentification").get("speechModelMapping"):
        raise refused("InvalidModel", f"Custom models are not here; {AZURE} what they need.")
    if properties.get("destinationContainerUrl") or properties.get("email"):
        raise refused("InvalidPayload", "Results are read from here; they are sent nowhere.")
    if properties.get("diarizationEnabled") or properties.get("diarization"):
        raise refused("InvalidPayload", f"Speakers are not told apart here (diarization); {AZURE}.")


def _text(said: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    value = said.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str) or (required and not value):
        raise refused("InvalidPayload", f"{name} must be a text.")
    return value


def _flag(said: Mapping[str, Any], name: str) -> bool:
    value = said.get(name, False)
    if not isinstance(value, bool):
        raise refused("InvalidPayload", f"{name} must be true or false.")
    return value


def _choice(said: Mapping[str, Any], name: str, known: tuple[str, ...], default: str) -> str:
    value = said.get(name)
    if value is None:
        return default
    if value not in known:
        raise refused("InvalidPayload", f"{name} is one of {', '.join(known)}.")
    return str(value)


def _filter(properties: Mapping[str, Any]) -> Filter:
    named = _choice(properties, "profanityFilterMode", get_args(Filter), "Masked")
    return next(mode for mode in get_args(Filter) if mode == named)


def _custom(said: Any) -> dict[str, str]:
    if said is None:
        return {}
    if (
        not isinstance(said, dict)
        or len(said) > MOST_CUSTOM
        or not all(isinstance(value, str) and len(value) <= MOST_VALUE_CHARS for value in said.values())
        or any(len(key) > MOST_KEY_CHARS for key in said)
    ):
        raise refused(
            "InvalidPayload",
            f"customProperties holds at most {MOST_CUSTOM} texts, of {MOST_VALUE_CHARS} characters, under names of "
            f"{MOST_KEY_CHARS}.",
        )
    return dict(said)


def _channels(said: Any) -> tuple[int, ...]:
    if said is None or said == []:
        return (0, 1)
    if not isinstance(said, list) or not all(type(number) is int and 0 <= number < 8 for number in said):
        raise refused("InvalidChannels", "channels lists numbers, from 0 on.")
    return tuple(dict.fromkeys(said))


def _identification(properties: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, tuple[str, ...]]:
    if properties.get("languageIdentification") is None:
        return None, ()
    said = object_in(properties, "languageIdentification")
    _only(said, ("mode", "candidateLocales", "speechModelMapping"), "languageIdentification")
    _choice(said, "mode", ("Continuous", "Single"), "Continuous")
    candidates = words_of(said, "candidateLocales")
    if len(candidates) < 2:
        raise refused("InvalidPayload", "candidateLocales names at least two locales.")
    languages_of(candidates)
    return said, candidates


def _life(said: Any, version: str) -> str | None:
    if said is None and version == "v3.2":
        return None
    seconds = _seconds(said)
    least = 0.0 if version == "v3.2" else SHORTEST_LIFE_S
    if seconds is None or not least <= seconds <= LONGEST_LIFE_S:
        raise refused("InvalidTimeToLive", "timeToLive is an ISO 8601 duration of at most 31 days, as P2D.")
    return str(said)


def _seconds(said: Any) -> float | None:
    found = _DURATION.fullmatch(said) if isinstance(said, str) else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in found.groups())
    return days * DAY_S + hours * 3_600 + minutes * 60 + seconds
