"""Batch transcription: the service fetches a file by its URL, and keeps the result until it is deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from dfai_core.errors import ConfigError
from dfai_core.service import Ask, Body, Document, Exchange, Failure, Progress, Values, Wiring
from dfai_core.services.speech.fast import PROFANITY
from dfai_core.services.speech.heard import Heard, segment, values, word
from dfai_core.services.speech.languages import locale
from dfai_core.services.speech.short import TICKS_PER_S
from dfai_core.services.speech.wire import BATCH, CODES, candidates, exchange, json_of, varies
from dfai_core.transports.base import Answer

__all__ = ["read", "transcription"]

# Should nobody be left to delete it.
_KEPT = "P1D"


def transcription(wiring: Wiring) -> Exchange:
    """The exchange of ``transcribe``.

    The requests of one row: create; ask until it has ended; list its files; read the result, or the report of why there
    is none; delete.
    """
    _check(wiring)
    languages = [locale(one) for one in candidates(wiring)]
    properties: dict[str, Any] = {
        "displayFormWordLevelTimestampsEnabled": "words" in wiring.include,
        "wordLevelTimestampsEnabled": False,
        "punctuationMode": "DictatedAndAutomatic",
        "profanityFilterMode": PROFANITY[wiring.options["profanity"]],
        "timeToLive": _KEPT,
    }
    if len(languages) > 1:
        properties["languageIdentification"] = {"mode": "Single", "candidateLocales": languages}

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        if not answers:
            ((url, *_),) = documents
            if not isinstance(url, str):
                return [Failure("unsupported", "batch transcription takes http and https URLs alone")]
            asked = {"contentUrls": [url], "locale": languages[0], "displayName": "dfai", "properties": properties}
            return Ask(f"/speechtotext/{BATCH}/transcriptions", Body(orjson.dumps(asked), "application/json"))
        job = json_of(answers[0])
        delete = Ask("", method="DELETE", url=job["self"], optional=True)
        if job["status"] != "Succeeded":
            return delete if len(answers) == 1 else [_failure((job.get("properties") or {}).get("error") or {})]
        if len(answers) == 1:
            return Ask("", method="GET", url=job["links"]["files"])
        if len(answers) == 2:
            return Ask("", method="GET", url=_file(json_of(answers[1])), private=wiring.private_urls)
        found = json_of(answers[2])
        told = values(read(found, languages[0]), wiring.include) if "recognizedPhrases" in found else _refused(found)
        return delete if len(answers) == 3 else [told]

    return exchange(said, begun=lambda answer: json_of(answer)["self"], progress=_progress, cancel=_cancel)


def _check(wiring: Wiring) -> None:
    """Raises ConfigError for what this protocol does not know."""
    if wiring.options["fetch"] != "service" and not varies(wiring, "fetch"):
        raise ConfigError(
            f'api_version="{BATCH}" has the service fetch each file by its URL: say fetch="service" too. '
            "Files of your own are sent by fast transcription: leave api_version out."
        )
    if not candidates(wiring) and not varies(wiring, "language"):
        raise ConfigError(
            f'api_version="{BATCH}" chooses among languages that it is told: language="en", or several, '
            'language=["en", "de"]. Fast transcription detects any: leave api_version out.'
        )
    if wiring.options["phrases"]:
        raise ConfigError(f'api_version="{BATCH}" has no phrases: leave api_version out.')


def _cancel(url: str) -> tuple[str, str]:
    return "DELETE", url


def _progress(answer: Answer) -> Progress:
    """One that failed has ended as well: it too is deleted."""
    return Progress("done" if json_of(answer)["status"] in ("Succeeded", "Failed") else "running")


def _file(listed: Mapping[str, Any]) -> str:
    """Where the result of the one file is; where there is none, the report that says why."""
    by_kind = {one["kind"]: one["links"]["contentUrl"] for one in listed["values"]}
    return str(by_kind.get("Transcription") or by_kind["TranscriptionReport"])


def _failure(error: Mapping[str, Any]) -> Failure:
    code = error.get("code")
    return Failure(CODES.get(str(code), "refused"), str(error.get("message") or "it failed"), 200, False, code)


def _refused(report: Mapping[str, Any]) -> Failure:
    """Why the file has no result."""
    (first, *_) = report["details"]
    return _failure({"code": first.get("errorKind"), "message": first.get("errorMessage")})


def read(body: Mapping[str, Any], language: str) -> Heard:
    """What a result says. Times are ticks of 100 ns; each channel of the file is heard apart."""
    phrases = [one for one in body["recognizedPhrases"] if one.get("nBest")]
    segments: list[dict[str, Any]] = []
    words: list[dict[str, Any]] = []
    nbest: list[dict[str, Any]] = []
    for place, phrase in enumerate(sorted(phrases, key=lambda one: float(one["offsetInTicks"]))):
        first = phrase["nBest"][0]
        segments.append(
            segment(
                first["display"],
                *_times(phrase),
                language=phrase.get("locale") or language,
                confidence=first.get("confidence"),
                speaker=phrase.get("speaker"),
                channel=phrase.get("channel"),
            )
        )
        words += [word(one["displayText"], *_times(one)) for one in first.get("displayWords") or ()]
        nbest += [
            {"segment": place, "text": one["display"], "confidence": one.get("confidence")} for one in phrase["nBest"]
        ]
    text = "\n".join(one["display"] for one in body["combinedRecognizedPhrases"] if one["display"])
    return Heard(text, float(body["durationInTicks"]) / TICKS_PER_S, segments, words, nbest)


def _times(held: Mapping[str, Any]) -> tuple[float, float]:
    return float(held["offsetInTicks"]) / TICKS_PER_S, float(held["durationInTicks"]) / TICKS_PER_S
