"""What is said in sounds, in another language: fast transcription's own translation, and its words spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.media import Content
from dfai_core.service import Ask, Body, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.speech.default_voices import default_voice, locale_of
from dfai_core.services.speech.fast import Asking
from dfai_core.services.speech.heard import SEGMENT, Heard, main_language
from dfai_core.services.speech.languages import alone, code, locale
from dfai_core.services.speech.sound_files import joined
from dfai_core.services.speech.sounds import RATE_HZ
from dfai_core.services.speech.speaking import MOST_CHARS
from dfai_core.services.speech.ssml import Manner, of_text
from dfai_core.services.speech.wire import (
    API_VERSION,
    BATCH,
    LANGUAGE,
    LIMITS,
    SECONDS,
    SHORT,
    SOUNDS,
    candidates,
    exchange,
    longer_s,
    versions,
)
from dfai_core.splitting import split
from dfai_core.transports.base import Answer

__all__ = ["TRANSLATE_SPEECH"]

_SPOKEN = {"X-Microsoft-OutputFormat": "riff-16khz-16bit-mono-pcm", "User-Agent": "dfai"}


def _versions(version: str) -> str | None:
    why = versions(version)
    if version in (SHORT, BATCH) or (why is None and version < API_VERSION):
        return f"translation came with fast transcription {API_VERSION}: leave it out, or say a date from then on"
    return why


def _wire(wiring: Wiring) -> Exchange:
    to: str = wiring.options["to"]
    definition: dict[str, Any] = {
        "enhancedMode": {"enabled": True, "task": "translate", "targetLanguage": to},
    }
    if languages := candidates(wiring):
        definition["locales"] = [locale(one) for one in languages]
    asking = Asking(wiring, definition)
    manner = _manner(to, wiring.target_kind) if "audio" in wiring.include else None

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((sound, *_),) = documents
        assert isinstance(sound, Content)
        if asking.has(sound, len(answers)):
            return asking.ask(sound, len(answers))
        count = asking.count(sound)
        heard = asking.heard(sound, answers[:count])
        text = heard.text.strip()
        if not text:
            return [Failure("nothing_found", "no speech was heard in it", 200)]
        if manner is None:
            return [_values(heard, wiring)]
        texts, spoken = split(text, MOST_CHARS), answers[count:]
        if len(spoken) < len(texts):
            return _speak(texts[len(spoken)], manner)
        return [(*_values(heard, wiring), joined([answer.body for answer in spoken], "wav"))]

    return exchange(said, longer_s=longer_s)


def _values(heard: Heard, wiring: Wiring) -> Values:
    found = (heard.text.strip(), _heard(heard, wiring))
    return (*found, heard.segments) if "segments" in wiring.include else found


def _heard(heard: Heard, wiring: Wiring) -> str | None:
    """The language that was spoken: what the call says, or the service.

    The contract does not say whose locale a translated phrase has. Where it is the translation's, nothing was told.
    """
    known = candidates(wiring)
    if len(known) == 1:
        return locale(known[0])
    told = main_language(heard.segments)
    return None if told is None or alone(told) == alone(wiring.options["to"]) else told


def _manner(to: str, kind: str) -> Manner:
    """Who speaks the translation."""
    try:
        spoken = locale_of(to)
        return Manner(default_voice(spoken, kind), spoken)
    except ConfigError:
        raise ConfigError(
            f'to={to!r}: no voice is known for it, so include=["audio"] cannot speak it. Leave it out, and let '
            "synthesize_speech speak the translation with a voice of your choice."
        ) from None


def _speak(text: str, manner: Manner) -> Ask:
    """The request for *text* as a sound, of the target's text to speech."""
    return Ask(
        "/cognitiveservices/v1", Body(of_text(text, manner), "application/ssml+xml"), host="tts", headers=_SPOKEN
    )


TRANSLATE_SPEECH = Service(
    name="translate_speech",
    family="speech",
    noun="translation",
    inputs=("audio",),
    columns=(
        Column("", pa.string(), "What is said, in the language that was asked for."),
        Column("_language", pa.string(), "The language that was heard, where the call or the service tells it."),
    ),
    includes={
        "segments": Column("_segments", pa.list_(SEGMENT), "Each utterance, translated: text, start_s, duration_s, …"),
        "audio": Column("_audio", pa.binary(), "The translation spoken: a WAV file, 16 kHz, one channel."),
    },
    options=(Option("to", "request", "en", code), LANGUAGE, RATE_HZ),
    limits=LIMITS,
    billing=replace(SECONDS, beside=""),
    asks=None,
    operation="TranslateSpeech",
    wire=_wire,
    api_version=API_VERSION,
    versions=_versions,
    reads="media",
    media=SOUNDS,
    known_as=("SpeechTranslation", "speech_translation", "SpeechToTextTranslation"),
)
