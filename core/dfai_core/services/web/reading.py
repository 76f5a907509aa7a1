"""Answers of any web service to columns: the text, the status, and what is read out of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import pyarrow as pa

from dfai_core.blame import where_from
from dfai_core.errors import ConfigError
from dfai_core.service import Column, Failure, Values
from dfai_core.services.web.parsing import Field, Misfit
from dfai_core.transports.base import Answer

__all__ = ["CONTENT", "HEADERS", "Reading", "Statuses", "statuses", "text_in"]

HEADERS = Column(
    "_headers",
    pa.list_(pa.struct([pa.field("name", pa.string()), pa.field("value", pa.string())])),
    "The answer's headers, in order; names in lower case.",
)
CONTENT = Column("_content", pa.binary(), "The answer's body as it came.")
_CHARSET = re.compile(r"charset\s*=\s*\"?([\w.:-]+)", re.IGNORECASE)
_CLASS = re.compile(r"[1-5]xx", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Statuses:
    """Which statuses are answers."""

    classes: frozenset[int]
    codes: frozenset[int]

    def __call__(self, status: int) -> bool:
        return status in self.codes or status // 100 in self.classes


def statuses(ok: Any) -> Statuses:
    """Reads ``ok=``: "2xx", 404, or a list of such.

    Raises
    ------
    ConfigError
        For anything else.

    >>> [statuses(["2xx", 404])(status) for status in (204, 404, 500)]
    [True, True, False]
    """
    classes, codes = set(), set()
    for item in ok if isinstance(ok, (list, tuple, set, frozenset)) else [ok]:
        if isinstance(item, str) and _CLASS.fullmatch(item):
            classes.add(int(item[0]))
            continue
        try:
            code = int(item)
        except (TypeError, ValueError):
            code = 0
        if isinstance(item, bool) or not 100 <= code <= 599:
            raise ConfigError(f'ok={ok!r}: expected a status such as 200, a class such as "2xx", or a list of them.')
        codes.add(code)
    if not classes and not codes:
        raise ConfigError("ok= names no status at all.")
    return Statuses(frozenset(classes), frozenset(codes))


@dataclass(frozen=True, slots=True)
class Reading:
    """Reads a row's answer.

    Parameters
    ----------
    fields
        What is read out of JSON.
    include
        More columns: "headers", "content".
    answers
        Takes an answer for several rows apart: of its status, headers and body it makes a list.
    """

    fields: tuple[Field, ...] = ()
    include: tuple[str, ...] = ()
    answers: Callable[[int, Mapping[str, str], bytes], Sequence[Any]] | None = None

    def __call__(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """The answer's values for *count* rows."""
        if self.answers is None:
            return [self._values(answer, text_in(answer), lambda: orjson.loads(answer.body))]
        try:
            listed = self.answers(answer.status, answer.headers, answer.body)
        except Exception as error:  # noqa: BLE001  the user's own function: asking again would not mend it
            return [Failure("bad_answer", f"answers= failed: {where_from(error)}", answer.status)] * count
        if not isinstance(listed, Sequence) or isinstance(listed, (str, bytes)) or len(listed) != count:
            found = f"{len(listed)} answers" if isinstance(listed, Sequence) else f"a {type(listed).__name__}"
            return [Failure("bad_answer", f"answers= gave {found} for {count} rows", answer.status)] * count
        return [self._item(answer, item) for item in listed]

    def _item(self, answer: Answer, item: Any) -> Values | Failure | None:
        if item is None or isinstance(item, Failure):
            return item
        return self._values(answer, item if isinstance(item, str) else orjson.dumps(item).decode(), lambda: item)

    def _values(self, answer: Answer, text: str, document: Callable[[], Any]) -> Values | Failure:
        read: list[Any] = [None] * len(self.fields)
        if self.fields and text:
            found = document()
            try:
                read = [field.of(found) for field in self.fields]
            except Misfit as misfit:
                return Failure("bad_answer", f"the answer does not fit parse=: {misfit}", answer.status)
        more: list[Any] = []
        if "headers" in self.include:
            more.append([{"name": name.lower(), "value": value} for name, value in answer.headers.items()])
        if "content" in self.include:
            more.append(bytes(answer.body))
        return (text, answer.status, *read, *more)


def text_in(answer: Answer) -> str:
    """The body as text, in the charset that it says or else UTF-8; what is not text becomes U+FFFD."""
    said = _CHARSET.search(answer.headers.get("Content-Type") or "")
    try:
        return answer.body.decode(said[1] if said else "utf-8", errors="replace")
    except LookupError:  # a charset that nobody knows
        return answer.body.decode(errors="replace")
