"""How well a text was read aloud, word by word: short audio with a reference."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.media import SOUND, AsWav, Content, Conversion, Media, Room
from dfai_core.service import Ask, Column, Document, Exchange, Failure, Limits, Option, Service, Values, Wiring
from dfai_core.services.speech.languages import code, locale
from dfai_core.services.speech.short import TICKS_PER_S, ask, best
from dfai_core.services.speech.sounds import FORMATS, RATE_HZ
from dfai_core.services.speech.wire import SECONDS, SHORT, exchange, json_of
from dfai_core.transports.base import Answer

__all__ = ["ASSESS_PRONUNCIATION"]

_SOURCE = "Speech to text REST API for short audio: pronunciation assessment takes up to 30 s; read 2026-11-26"
_LONGEST_S = 30.0
_ROOM = Room(50_000_000, FORMATS, _SOURCE)
# Source: "Use pronunciation assessment": prosody is assessed for this language.
_WITH_PROSODY = "en-US"
WORD = pa.struct(
    [
        ("text", pa.string()),
        ("start_s", pa.float64()),
        ("duration_s", pa.float64()),
        ("accuracy", pa.float64()),
        ("error", pa.string()),
    ]
)


def _room(_: Wiring) -> Room:
    return _ROOM


def _convert(_: Wiring) -> Conversion:
    return AsWav(_LONGEST_S, _SOURCE)


def _versions(version: str) -> str | None:
    return (
        None if version == SHORT else f'pronunciation is assessed by short audio alone: leave it out, or say "{SHORT}"'
    )


def _reference(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value
    raise ConfigError(f"{name}={value!r}: expected the text that was to be read.")


def _wire(wiring: Wiring) -> Exchange:
    language = locale(wiring.options["language"])
    # A text for each row is a value of the document; the call's own is one for all.
    place = 1 + wiring.varying.index("reference") if "reference" in wiring.varying else None
    fixed = wiring.options.get("reference")

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        (document,) = documents
        if not answers:
            reference = fixed if place is None else document[place]
            if not isinstance(reference, str) or not reference.strip():
                return [Failure("unsupported", "there is no text to hold it against: reference is null or blank")]
            sound = document[0]
            assert isinstance(sound, Content)
            return ask(language, sound.data, {"Pronunciation-Assessment": _header(reference, language)})
        found = best(json_of(answers[0]))
        if found is None or not found["Display"]:
            return [Failure("nothing_found", "no speech was heard in it", 200)]
        scores = [found["PronScore"], found["AccuracyScore"], found["FluencyScore"], found["CompletenessScore"]]
        values: Values = (*map(float, scores), found.get("ProsodyScore"))
        return [(*values, [_word(one) for one in found.get("Words") or ()]) if "words" in wiring.include else values]

    return exchange(said)


def _header(reference: str, language: str) -> str:
    asked = {
        "ReferenceText": reference,
        "GradingSystem": "HundredMark",
        "Granularity": "Word",
        "Dimension": "Comprehensive",
        "EnableMiscue": "True",
        "EnableProsodyAssessment": str(language == _WITH_PROSODY),
    }
    return base64.b64encode(orjson.dumps(asked)).decode()


def _word(told: Mapping[str, Any]) -> dict[str, Any]:
    """A word; one that was left out has no time, and no score."""
    error = told.get("ErrorType")
    return {
        "text": told["Word"],
        "start_s": None if "Offset" not in told else float(told["Offset"]) / TICKS_PER_S,
        "duration_s": None if "Duration" not in told else float(told["Duration"]) / TICKS_PER_S,
        "accuracy": told.get("AccuracyScore"),
        "error": None if error in (None, "None") else error.lower(),
    }


ASSESS_PRONUNCIATION = Service(
    name="assess_pronunciation",
    family="speech",
    noun="pronunciation",
    inputs=("audio",),
    columns=(
        Column("", pa.float64(), "All in all, 0 to 100."),
        Column("_accuracy", pa.float64(), "How close sounds are to a native speaker's, 0 to 100."),
        Column("_fluency", pa.float64(), "How close pauses are to a native speaker's, 0 to 100."),
        Column("_completeness", pa.float64(), "The share of the text's words that were read, 0 to 100."),
        Column("_prosody", pa.float64(), "Stress, intonation, speed and rhythm, 0 to 100; null but for en-US."),
    ),
    includes={
        "words": Column(
            "_words",
            pa.list_(WORD),
            "Each word: text, start_s, duration_s, accuracy, and error (omission, insertion, mispronunciation).",
        )
    },
    options=(Option("reference", "document", None, _reference), Option("language", "request", "en-US", code), RATE_HZ),
    limits={"azure": Limits(1, None, _ROOM.max_bytes, _SOURCE)},
    billing=replace(SECONDS, beside=""),
    operation="AssessPronunciation",
    wire=_wire,
    api_version=SHORT,
    versions=_versions,
    host="stt",
    reads="media",
    media=Media(SOUND, _room, _convert),
    known_as=("PronunciationAssessment", "pronunciation_assessment"),
)
