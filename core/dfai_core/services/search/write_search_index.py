"""Rows as documents of an index: what `write_search_index` sends."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Part, Service, Values, Wiring
from dfai_core.services.search.indexes import API_VERSION, docs_path
from dfai_core.transports.base import Answer

__all__ = ["ACTIONS", "Writing", "write_search_index"]

ACTIONS = ("upload", "merge", "mergeOrUpload", "delete")
# Source: Azure AI Search documentation, "Add, Update or Delete Documents" (1,000 documents, about 16 MB a batch) and
# "Naming rules" (keys), read 2026-11-26.
_MOST_DOCUMENTS, _MOST_BYTES = 1_000, 16_000_000
_SOURCE = "Azure AI Search, documents of one batch: 1,000 and 16 MB; read 2026-11-26."
_KEY = re.compile(r"[A-Za-z0-9_\-=]{1,1024}")
_MOST_KEY = 1_024
# What a value may be longer by than in plain JSON: a zone, a time of day, quotes around a number that is a key.
_VALUE_BYTES = 24
_FORM = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
# Statuses of documents after which another try may help. Source: the same page.
_AGAIN = {409: "unavailable", 422: "unavailable", 429: "rate_limited", 503: "unavailable"}


@dataclass(frozen=True, slots=True)
class Writing:
    """How a row becomes an action. It travels, so it is a value and no function inside another.

    *fields* are called as the row's values are ordered; *key* and *action* are places among them, and *action* may be
    the same word for all rows.
    """

    index: str
    fields: tuple[str, ...]
    key: int
    action: str | int
    encode: bool
    skip_nulls: bool

    def __call__(self, wiring: Wiring) -> Exchange:
        path = docs_path(self.index, "search.index", wiring.api_version)
        return Exchange(path, self.write, self.read, _unmerged, check=self.check, accepts=frozenset({200, 207}))

    def check(self, document: Document) -> None:
        """Raises ConfigError for a row that makes no document; its values are not shown."""
        key = document[self.key]
        if key is None:
            raise ConfigError("the row has no key: its column is null here")
        if not self.encode and not _KEY.fullmatch(_text(key)):
            raise ConfigError(
                "the row's key holds what no key can: letters, digits, _, - and = are allowed, 1,024 at most. "
                "keys='encode' makes keys of anything"
            )
        if self.encode and len(_encoded(_text(key))) > _MOST_KEY:
            raise ConfigError("the row's key is longer than 1,024 characters, encoded")
        if not isinstance(self.action, str) and document[self.action] not in (None, *ACTIONS):
            raise ConfigError(f"the row's action is none of {', '.join(ACTIONS)}")
        self._dumped(self._action(document))

    def write(self, documents: Iterable[Document]) -> bytes:
        """The body of a batch."""
        return self._dumped({"value": [self._action(document) for document in documents]})

    def read(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """Each document's key and status, or why it was not taken."""
        results = orjson.loads(answer.body)["value"]
        if len(results) != count:
            raise ValueError(f"{len(results)} statuses for {count} documents")
        return [_result(result) for result in results]

    def _action(self, document: Document) -> dict[str, Any]:
        action = self.action if isinstance(self.action, str) else document[self.action] or "upload"
        key = _text(document[self.key])
        said: dict[str, Any] = {"@search.action": action, self.fields[self.key]: _encoded(key) if self.encode else key}
        if action == "delete":
            return said
        for place, name in enumerate(self.fields):
            value = document[place]
            if place != self.key and not (value is None and self.skip_nulls):
                said[name] = _value(value)
        return said

    @staticmethod
    def _dumped(value: Any) -> bytes:
        try:
            return orjson.dumps(value, default=_plain, option=_FORM)
        except TypeError as error:
            # orjson names the type of what it cannot write, and never its value.
            raise ConfigError(f"a value cannot stand in an index: {error}") from None


def _text(key: Any) -> str:
    """A key as text; whole numbers without a fraction, since pandas keeps those of a column with gaps as floats."""
    return str(int(key)) if isinstance(key, float) and key.is_integer() else str(key)


def _encoded(key: str) -> str:
    """Any text as a key: URL-safe Base64 of its UTF-8."""
    return base64.urlsafe_b64encode(key.encode(errors="replace")).decode()


def _value(value: Any) -> Any:
    """A value as an index has it: a day is its first moment, and no list holds a null."""
    if isinstance(value, list):
        return [_value(item) for item in value if item is not None]
    if isinstance(value, dict):
        return {name: _value(item) for name, item in value.items()}
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):  # pandas' own kind of moment
        return value.to_pydatetime(warn=False) if hasattr(value, "to_pydatetime") else value
    raise TypeError(f"a {type(value).__name__}")


def _result(result: Mapping[str, Any]) -> Values | Failure:
    status = int(result["statusCode"])
    if result["status"]:
        return str(result["key"]), status
    code = _AGAIN.get(status)
    message = str(result.get("errorMessage") or "the document was not taken")
    return Failure(code or "refused", message, status, retryable=code is not None)


def _unmerged(_: Sequence[Part]) -> Values:
    raise TypeError("a document has no parts")


def write_search_index(writing: Writing, inputs: Sequence[str]) -> Service:
    """The service of one call, which reads the columns *inputs*."""
    overhead = 64 + sum(len(name) + _VALUE_BYTES for name in writing.fields)
    if writing.encode:
        overhead += _MOST_KEY
    return Service(
        name="write_search_index",
        family="search",
        noun="indexed",
        inputs=tuple(inputs),
        columns=(
            Column("", pa.string(), "The document's key in the index."),
            Column("_status", pa.int64(), "201 for a document that is new, 200 for one that was there or is gone."),
        ),
        options=(),
        limits={"azure": Limits(_MOST_DOCUMENTS, None, _MOST_BYTES, _SOURCE, document_bytes=overhead)},
        operation="IndexDocuments",
        wire=writing,
        api_version=API_VERSION,
        offering="search",
        reads="any",
        nullable=frozenset(inputs),
        shareable=False,
        keeps=False,
    )
