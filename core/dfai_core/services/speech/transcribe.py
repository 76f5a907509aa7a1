"""What is said in sounds, by any of the three protocols of speech to text."""

from __future__ import annotations

import pyarrow as pa

from dfai_core.service import Column, Exchange, Service, Wiring
from dfai_core.services.speech import batch, fast, short
from dfai_core.services.speech.heard import INCLUDES
from dfai_core.services.speech.sounds import RATE_HZ
from dfai_core.services.speech.wire import (
    API_VERSION,
    FETCH,
    LANGUAGE,
    LIMITS,
    PHRASES,
    PROFANITY,
    SECONDS,
    SOUNDS,
    protocol,
    versions,
)

__all__ = ["TRANSCRIBE"]

_PROTOCOLS = {"fast": fast.transcription, "short": short.transcription, "batch": batch.transcription}


def _wire(wiring: Wiring) -> Exchange:
    return _PROTOCOLS[protocol(wiring)](wiring)


TRANSCRIBE = Service(
    name="transcribe",
    family="speech",
    noun="transcript",
    inputs=("audio",),
    columns=(
        Column("", pa.string(), "What is said, with punctuation."),
        Column("_language", pa.string(), "The language that is spoken longest, as the service spells it."),
        Column(
            "_confidence", pa.float64(), "The mean over all segments, each as long as it is; null where none is known."
        ),
        Column("_duration_s", pa.float64(), "How long the sound is."),
    ),
    includes=INCLUDES,
    options=(LANGUAGE, PROFANITY, PHRASES, RATE_HZ, FETCH),
    limits=LIMITS,
    billing=SECONDS,
    asks=None,
    operation="Transcribe",
    wire=_wire,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=SOUNDS,
    known_as=("SpeechToText", "SpeechToTextSDK", "speech_to_text", "recognize_speech", "stt"),
)
