"""What is said in sounds, in another language: fast transcription's own translation, and its words spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import pyarrow as pa

from dfai_core.media import Content, Unread
from dfai_core.media.wav import samples_in, wav_in, wav_of
from dfai_core.service import Ask, Body, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.speech.fast import Asking
from dfai_core.services.speech.heard import SEGMENT, Heard, main_language
from dfai_core.services.speech.languages import alone, code, locale, voice
from dfai_core.services.speech.sounds import RATE_HZ
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

# An answer holds ten minutes at most ("Text to speech", quotas): at half the speed of speech these are five.
_MOST_CHARS = 2_500
_SPOKEN = {"X-Microsoft-OutputFormat": "riff-16khz-16bit-mono-pcm"}


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
    aloud = "audio" in wiring.include
    if aloud:
        voice(to)

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
        if not aloud:
            return [_values(heard, wiring)]
        texts, spoken = split(text, _MOST_CHARS), answers[count:]
        if len(spoken) < len(texts):
            return _speak(texts[len(spoken)], to)
        return [(*_values(heard, wiring), _sound(spoken))]

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


def _speak(text: str, to: str) -> Ask:
    """The request for *text* as a sound, of the target's text to speech."""
    name, spoken = voice(to)
    written = escape("".join(one for one in text if one.isprintable() or one.isspace()))
    document = (
        f'<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="{spoken}">'
        f'<voice name="{name}">{written}</voice></speak>'
    )
    body = Body(document.encode("utf-8", "replace"), "application/ssml+xml")
    return Ask("/cognitiveservices/v1", body, host="tts", headers=_SPOKEN)


def _sound(answers: Sequence[Answer]) -> bytes:
    """One WAV file of all that was spoken."""
    if len(answers) == 1:
        return answers[0].body
    try:
        wavs = [wav_in(answer.body) for answer in answers]
        parts = [samples_in(answer.body, wav)[:, 0] for answer, wav in zip(answers, wavs, strict=True)]
    except Unread as error:
        raise ValueError(str(error)) from None
    return wav_of(np.concatenate(parts), wavs[0].rate_hz)


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
