"""Requests about profiles of voices: no verbs, but made as theirs are, with all settings, retries and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pyarrow as pa

from dfai_core.service import Ask, Body, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.speech.sounds import RATE_HZ
from dfai_core.services.speech.speaker_wire import (
    API_VERSION,
    IDENTIFICATION,
    LIMITS,
    RETIRED,
    SOUNDS,
    path,
    sound_body,
    steps,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["ENROL", "MANAGE_VOICES", "MANAGE_VOICES_ONCE"]


def _asked(wiring: Wiring) -> Exchange:
    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((method, rest, body),) = documents
        if answers:
            return [(answers[0].body,)]
        where, _, query = rest.partition("?")
        asked = path(wiring, IDENTIFICATION, where) + (f"&{query}" if query else "")
        return Ask(asked, Body(body, "application/json") if body else b"", method)

    return steps(said)


def _enrolled(wiring: Wiring) -> Exchange:
    query = {"ignoreMinLength": "true"} if wiring.options["length"] == "any" else {}
    asked = path(wiring, IDENTIFICATION, f"profiles/{wiring.options['at']}/enrollments", **query)

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((audio, *_),) = documents
        return [(answers[0].body,)] if answers else Ask(asked, sound_body(audio))

    return steps(said)


MANAGE_VOICES = Service(
    name="speakers",
    family="speech",
    noun="speakers",
    inputs=("method", "path", "body"),
    columns=(Column("", pa.binary(), "What was answered."),),
    options=(),
    limits=LIMITS,
    operation="TextIndependent_IdentifySingleSpeaker",
    wire=_asked,
    api_version=API_VERSION,
    versions=versions,
    reads="any",
    nullable=frozenset({"body"}),
    retired=RETIRED,
    shareable=False,
)
"""One request: what it deletes is gone afterwards, however often it is sent."""

MANAGE_VOICES_ONCE = replace(MANAGE_VOICES, repeatable=False)
"""One request that makes something anew each time that it is sent."""


def _text(_: str, value: object) -> str:
    return str(value)


ENROL = Service(
    name="speakers",
    family="speech",
    noun="speakers",
    inputs=("audio",),
    columns=(Column("", pa.binary(), "What was answered."),),
    options=(Option("at", "request", "", _text), Option("length", "request", "any", _text), RATE_HZ),
    limits=LIMITS,
    operation="TextIndependent_IdentifySingleSpeaker",
    wire=_enrolled,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=SOUNDS,
    retired=RETIRED,
    shareable=False,
    repeatable=False,
)
"""One sound a row, to be enrolled."""
