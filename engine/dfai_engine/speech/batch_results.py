"""The files of a batch transcription: a result for each sound, and a report.

Source: "Get batch transcription results" of the Speech service's documentation, for v3.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dfai_engine.jobs import Task
from dfai_engine.speech import forms, profanity, wire
from dfai_engine.speech.batch import Transcription
from dfai_engine.speech.hearing import Heard
from dfai_engine.speech.locales import locale_for
from dfai_engine.speech.phrases import Phrase, confidence, joined
from dfai_engine.speech.words import Word

__all__ = ["report", "result"]

_KINDS = {"InvalidRecordingsUri": "DownloadFailed", "EmptyAudioFile": "InvalidData", "InvalidAudio": "InvalidData"}


def result(heard: Heard, asked: Transcription, source: str, now: float) -> dict[str, Any]:
    """What was said in one file; *now* in seconds since the epoch."""
    channels = list(dict.fromkeys(phrase.channel or 0 for phrase in heard.phrases)) or [0]
    phrases = [_phrase(phrase, asked) for phrase in heard.phrases]
    return {
        "source": source,
        "timestamp": wire.moment(now),
        "durationInTicks": wire.ticks(heard.seconds),
        "duration": wire.iso_duration(heard.seconds),
        "combinedRecognizedPhrases": [
            {
                "channel": channel,
                **{
                    form: " ".join(
                        phrase["nBest"][0][form] for phrase in phrases if phrase["channel"] == channel
                    ).strip()
                    for form in ("lexical", "itn", "maskedITN", "display")
                },
            }
            for channel in sorted(channels)
        ],
        "recognizedPhrases": phrases,
    }


def _phrase(phrase: Phrase, asked: Transcription) -> dict[str, Any]:
    shown = profanity.filtered(phrase.words, phrase.language, asked.profanity)
    display = joined(shown)
    plain = forms.lexical(phrase.text)
    if asked.punctuation in ("None", "Dictated"):
        display = forms.unpunctuated(display)
    best: dict[str, Any] = {
        "confidence": round(confidence(phrase.words), 7),
        "lexical": plain,
        "itn": plain,
        "maskedITN": forms.lexical(joined(shown)),
        "display": display,
    }
    if asked.words:
        best["words"] = [
            {
                "word": forms.lexical(word.text),
                **_span(word.start_s, word.end_s),
                "confidence": round(word.probability, 7),
            }
            for word in phrase.words
        ]
    if asked.display_words:
        best["displayWords"] = [_display_word(word) for word in shown]
    said: dict[str, Any] = {
        "recognitionStatus": "Success",
        "channel": phrase.channel or 0,
        **_span(phrase.start_s, phrase.end_s),
        "nBest": [best],
    }
    if asked.candidates:
        said["locale"] = locale_for(phrase.language, asked.candidates)
    return said


def _display_word(word: Word) -> dict[str, Any]:
    return {"displayText": word.text.strip(), **_span(word.start_s, word.end_s)}


def _span(start_s: float, end_s: float) -> dict[str, Any]:
    took_s = max(0.0, end_s - start_s)
    return {
        "offset": wire.iso_duration(start_s),
        "duration": wire.iso_duration(took_s),
        "offsetInTicks": wire.ticks(start_s),
        "durationInTicks": wire.ticks(took_s),
    }


def report(asked: Transcription, tasks: Sequence[Task[Any]]) -> dict[str, Any]:
    """How each file fared."""
    details = []
    for url, task in zip(asked.urls, tasks, strict=True):
        said = {"sourceUrl": url, "status": "Succeeded" if task.failure is None else "Failed"}
        if task.failure is not None:
            code = task.failure.inner_code or task.failure.code
            said |= {"errorMessage": task.failure.message, "errorKind": _KINDS.get(code, code)}
        details.append(said)
    failed = sum(task.failure is not None for task in tasks)
    return {
        "successfulTranscriptionsCount": len(tasks) - failed,
        "failedTranscriptionsCount": failed,
        "details": details,
    }
