"""Requests about collections of faces: no verbs, but made as theirs are, with all settings, retries and limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

import pyarrow as pa

from dfai_core.service import Ask, Body, Column, Document, Exchange, Failure, Option, Service, Values, Wiring
from dfai_core.services.face.wire import (
    API_VERSION,
    DETECTION_MODEL,
    IMAGES,
    LIMITS,
    body_of,
    path,
    steps,
    versions,
)
from dfai_core.transports.base import Answer

__all__ = ["ADD_FACE", "MANAGE", "MANAGE_ONCE"]


def _asked(wiring: Wiring) -> Exchange:
    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((method, rest, body),) = documents
        if answers:
            return [(answers[0].body,)]
        return Ask(path(wiring, rest), Body(body, "application/json") if body else b"", method)

    return steps(said)


def _added(wiring: Wiring) -> Exchange:
    at: str = wiring.options["at"]

    def said(documents: Sequence[Document], answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
        ((image, user_data),) = documents
        if answers:
            return [(answers[0].body,)]
        asked = f"detectionModel={DETECTION_MODEL}" + (f"&userData={quote(user_data, safe='')}" if user_data else "")
        return Ask(f"{path(wiring, at)}?{asked}", body_of(image))

    return steps(said)


MANAGE = Service(
    name="faces",
    family="face",
    noun="faces",
    inputs=("method", "path", "body"),
    columns=(Column("", pa.binary(), "What was answered."),),
    options=(),
    limits=LIMITS,
    operation="IdentifyFaces",
    wire=_asked,
    api_version=API_VERSION,
    versions=versions,
    reads="any",
    nullable=frozenset({"body"}),
    shareable=False,
)
"""One request: what it makes or deletes is there or gone afterwards, however often it is sent."""

MANAGE_ONCE = replace(MANAGE, repeatable=False)
"""One request that makes something anew each time that it is sent."""


def _text(_: str, value: object) -> str:
    return str(value)


ADD_FACE = Service(
    name="faces",
    family="face",
    noun="faces",
    inputs=("image",),
    columns=(Column("", pa.binary(), "What was answered."),),
    options=(Option("at", "request", "", _text), Option("user_data", "document", None, _text)),
    limits=LIMITS,
    operation="IdentifyFaces",
    wire=_added,
    api_version=API_VERSION,
    versions=versions,
    reads="media",
    media=IMAGES,
    shareable=False,
    repeatable=False,
)
"""One face a row, to be kept."""
