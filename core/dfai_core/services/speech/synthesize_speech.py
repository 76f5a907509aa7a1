"""Speech of texts, plain or in SSML: text to speech v1, and batch synthesis for those who choose it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from dfai_core.billed import CHARACTER, Billing
from dfai_core.errors import ConfigError
from dfai_core.service import Column, Document, Exchange, Limits, Option, Service, Wiring
from dfai_core.services.speech.batch_synthesis import BATCH, batch_synthesis
from dfai_core.services.speech.manner_options import check_language, check_name, check_pitch, check_rate
from dfai_core.services.speech.real_time import real_time
from dfai_core.services.speech.sound_names import sound_named
from dfai_core.services.speech.speaking import MOST_CHARS

__all__ = ["API_VERSION", "SYNTHESIZE_SPEECH"]

API_VERSION = "v1"
_PROTOCOLS = {API_VERSION: real_time, BATCH: batch_synthesis}
_SOURCE = (
    "Azure AI Speech, ten minutes of speech a request, of which 3,000 characters stay well clear; SSML up to 64 KB. "
    "Quotas and limits, read 2026-11-26."
)
_LIMITS = {"azure": Limits(1, MOST_CHARS, 200_000, _SOURCE)}
# Few at a time: an answer may be minutes of sound, several times over in memory.
_ROWS_AT_ONCE = 16


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


def _wire(wiring: Wiring) -> Exchange:
    return _PROTOCOLS[wiring.api_version](wiring)


def _versions(version: str) -> str | None:
    return None if version in _PROTOCOLS else f"text to speech is {API_VERSION!r}, batch synthesis {BATCH!r}"


def _characters(document: Document, _: Mapping[str, Any]) -> float:
    return float(len(document[0]))


SYNTHESIZE_SPEECH = Service(
    name="synthesize_speech",
    family="speech",
    noun="audio",
    inputs=("text",),
    columns=(
        Column("", pa.binary(), "The sound: a file of the format that was asked for."),
        Column(
            "_duration_s",
            pa.float64(),
            "Seconds that it is heard; null where only a decoder could tell (WebM, Silk, AMR).",
        ),
    ),
    options=(
        Option("voice", "document", None, check_name),
        Option("language", "document", "en-US", check_language),
        Option("style", "document", None, check_name),
        Option("rate", "document", None, check_rate),
        Option("pitch", "document", None, check_pitch),
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
    known_as=("TextToSpeech", "text_to_speech", "tts", "speak", "synthesize"),
    rows_at_once=_ROWS_AT_ONCE,
)
