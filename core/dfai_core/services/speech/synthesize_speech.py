"""Speech of texts, plain or in SSML: text to speech v1, and batch synthesis for those who choose it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from dfai_core.billed import CHARACTER, Billing
from dfai_core.errors import ConfigError
from dfai_core.media.wav import wav_of
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Option, Part, Service, Values, Wiring
from dfai_core.services.speech import sound_files, ssml
from dfai_core.services.speech.default_voices import default_voice, locale_of
from dfai_core.services.speech.sound_names import Sound, sound_named
from dfai_core.transports.base import Answer

__all__ = ["API_VERSION", "SYNTHESIZE_SPEECH", "Speaking", "speaking_of"]

API_VERSION = "v1"
# Source: Azure AI Speech, "Quotas and limits" and "Text to speech REST API", read 2026-11-26: speech longer than ten
# minutes is cut there, without a word. 3,000 characters are some four minutes, and less than ten at half the rate.
_MOST_S = 600.0
_MOST_CHARS = 3_000
_SOURCE = (
    "Azure AI Speech, ten minutes of speech a request, of which 3,000 characters stay well clear; SSML up to 64 KB. "
    "Quotas and limits, read 2026-11-26."
)
_LIMITS = {"azure": Limits(1, _MOST_CHARS, 200_000, _SOURCE)}
# Few at a time: an answer may be minutes of sound, several times over in memory.
_ROWS_AT_ONCE = 16
# As an application's name, which the service demands.
_AGENT = "dfai"
_RATE = re.compile(r"x-slow|slow|medium|fast|x-fast|default|[+-]?\d{1,3}(\.\d{1,4})?%|\d(\.\d{1,4})?")
_PITCH = re.compile(
    r"x-low|low|medium|high|x-high|default|[+-]?\d{1,3}(\.\d{1,4})?%|[+-]\d{1,2}(\.\d{1,4})?st|[+-]?\d{1,4}(\.\d{1,4})?Hz"
)
_NAME = re.compile(r"[A-Za-z][\w:.-]{0,199}")
_NO_SOUND = Failure("nothing_found", "nothing in the text is spoken: the answer holds no sound", 200)
_CUT = Failure(
    "too_large", "the speech is longer than the ten minutes at which the service cuts: shorten the text", 200
)
# The embedded engine's own; Azure names none.
_CODES = {
    "UnsupportedVoice": "unsupported",
    "UnsupportedLanguage": "unsupported",
    "UnsupportedElement": "unsupported",
    "UnsupportedOutputFormat": "unsupported",
    "NothingToSpeak": "nothing_found",
}


# ---- options --------------------------------------------------------------------------------------------------------


def _named(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _NAME.fullmatch(value)):
        return value
    raise ConfigError(f"{name}={value!r} is not a name, such as 'en-US-AvaMultilingualNeural' or 'cheerful'.")


def _language(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{name}={value!r} is not a language, such as 'en-US'.")
    return locale_of(value)


def _rate(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0.5 <= value <= 2:
        return f"{round((value - 1) * 100, 4):+g}%"
    if isinstance(value, str) and _RATE.fullmatch(value):
        return value
    raise ConfigError(f"{name}={value!r}: expected a factor from 0.5 to 2, 'slow', 'fast', or a change such as '+20%'.")


def _pitch(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _PITCH.fullmatch(value)):
        return value
    raise ConfigError(f"{name}={value!r}: expected 'low', 'high', or a change such as '+10%', '-2st' or '+20Hz'.")


def _format(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{name}={value!r} is not a format, such as 'wav' or 'mp3'.")
    sound_named(value, None, "azure")
    return value


def _rate_hz(name: str, value: Any) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and 8_000 <= value <= 48_000):
        return value
    if isinstance(value, (float, np.integer)) and float(value).is_integer():
        return _rate_hz(name, int(value))
    raise ConfigError(f"{name}={value!r}: expected samples a second, such as 16000 or 24000.")


def _markup(name: str, value: Any) -> str:
    if value in ("none", "ssml"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'none' (plain text) or 'ssml'.")


# ---- requests and answers -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Speaking:
    """How the documents of one lane are said. *varying* are the options that each document carries."""

    sound: Sound
    plain: bool
    fixed: Mapping[str, Any]
    varying: tuple[str, ...]
    kind: str

    def document(self, document: Document) -> bytes | Failure:
        """The SSML of a document."""
        text = document[0]
        said = {**self.fixed, **dict(zip(self.varying, document[1:], strict=False))}
        manner = self._manner(said)
        return ssml.of_text(text, manner) if self.plain else ssml.of_markup(text, manner)

    def _manner(self, said: Mapping[str, Any]) -> ssml.Manner:
        locale = _language("language", said["language"] or "en-US")
        voice = _named("voice", said["voice"]) or default_voice(locale, self.kind)
        style, rate, pitch = (
            check(name, said[name]) for name, check in (("style", _named), ("rate", _rate), ("pitch", _pitch))
        )
        return ssml.Manner(voice, locale, style, rate, pitch)

    def check(self, document: Document) -> Failure | None:
        """Why a document is not sent."""
        made = self.document(document)
        if isinstance(made, Failure):
            return made
        if self.plain and not self.sound.can_be_joined and len(document[0]) > _MOST_CHARS:
            return Failure(
                "too_large",
                f"the text has more than {_MOST_CHARS:,} characters, and sounds of this format cannot be joined: "
                'format="wav", "mp3" or "ogg"',
            )
        return None

    def write(self, documents: Iterable[Document]) -> bytes:
        """A request's body."""
        ((document),) = documents
        made = self.document(document)
        assert isinstance(made, bytes)  # `check` was asked before
        return made

    def read(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """The sound, and how long it is."""
        kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
        if kind in ("application/json", "text/html", "text/plain"):
            raise ValueError("the answer is no sound")
        return [self.heard(bytes(answer.body))]

    def heard(self, data: bytes, most_s: float = _MOST_S) -> Values | Failure:
        """The values of a sound that is one request's."""
        if not data:
            return _NO_SOUND
        if self.sound.coding == "other":
            return (data, None)
        if self.sound.coding == "raw":
            if len(data) % self.sound.frame_bytes:
                raise ValueError("the answer ends within a sample")
            seconds = len(data) / self.sound.frame_bytes / self.sound.rate_hz
        else:
            seconds = sound_files.duration_s(data, self.sound.coding)
        if not seconds:
            return _NO_SOUND
        # A frame's worth of slack: compressed sounds are cut at their own borders.
        return _CUT if seconds >= most_s - 0.1 else (data, seconds)

    def merge(self, parts: Sequence[Part]) -> Values:
        """One sound of a long text's parts."""
        values = [part.values for part in parts if part.values is not None]
        files = [value[0] for value in values]
        whole = b"".join(files) if self.sound.coding == "raw" else sound_files.joined(files, self.sound.coding)
        return (whole, math.fsum(value[1] for value in values))

    def finish(self, values: Values) -> Values:
        """Bare samples with the header that they were promised."""
        if not self.sound.headed:
            return values
        return (wav_of(np.frombuffer(values[0], "<i2"), self.sound.rate_hz), *values[1:])


def speaking_of(wiring: Wiring) -> Speaking:
    """How the documents of one lane are said."""
    options = wiring.options
    sound = sound_named(options["format"], options["rate_hz"], wiring.target_kind)
    fixed = {name: options.get(name) for name in ("voice", "language", "style", "rate", "pitch")}
    return Speaking(sound, options["markup"] == "none", fixed, wiring.varying, wiring.target_kind)


def _wire(wiring: Wiring) -> Exchange:
    speaking = speaking_of(wiring)
    headers = {
        "Content-Type": "application/ssml+xml",
        "X-Microsoft-OutputFormat": speaking.sound.name,
        "User-Agent": _AGENT,
    }
    return Exchange(
        "/cognitiveservices/v1",
        speaking.write,
        speaking.read,
        speaking.merge,
        finish=speaking.finish,
        headers=headers,
        codes=_CODES,
        check=speaking.check,
        whole=not speaking.plain or not speaking.sound.can_be_joined,
    )


def _versions(version: str) -> str | None:
    return None if version == API_VERSION else f"text to speech is {API_VERSION!r}"


def _characters(document: Document, _: Mapping[str, Any]) -> float:
    return float(len(document[0]))


SYNTHESIZE_SPEECH = Service(
    name="synthesize_speech",
    family="speech",
    noun="audio",
    inputs=("text",),
    columns=(
        Column("", pa.binary(), "The sound: a file of the format that was asked for."),
        Column("_duration_s", pa.float64(), "Seconds that it is heard; null where only a decoder could tell."),
    ),
    options=(
        Option("voice", "document", None, _named),
        Option("language", "document", "en-US", _language),
        Option("style", "document", None, _named),
        Option("rate", "document", None, _rate),
        Option("pitch", "document", None, _pitch),
        Option("format", "request", "wav", _format),
        Option("rate_hz", "request", None, _rate_hz),
        Option("markup", "request", "none", _markup),
    ),
    limits=_LIMITS,
    billing=Billing(CHARACTER, _characters, "Azure AI Speech, pricing: each character, of SSML's tags too"),
    operation="SynthesizeSpeech",
    wire=_wire,
    api_version=API_VERSION,
    versions=_versions,
    host="tts",
    known_as=("TextToSpeech", "text_to_speech", "tts", "speak", "synthesize"),
    rows_at_once=_ROWS_AT_ONCE,
)
