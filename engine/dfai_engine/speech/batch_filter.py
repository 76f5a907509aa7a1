"""Filters of lists, as the batch API has them: ``status eq 'Failed' and createdDateTime gt 2022-02-01T11:00:00Z``."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

from dfai_engine.speech.wire import refused

__all__ = ["Condition", "condition_of"]

Condition = Callable[[Mapping[str, Any]], bool]
_MOMENTS = ("createdDateTime", "lastActionDateTime")
_EQUAL = {"eq": operator.eq, "ne": operator.ne}
_ORDERED = {"gt": operator.gt, "ge": operator.ge, "lt": operator.lt, "le": operator.le}
_TOKEN = re.compile(r"\s*(?:'((?:[^']|'')*)'|([()])|([^\s()']+))")
MOST_TOKENS = 200


def condition_of(text: str, properties: tuple[str, ...]) -> Condition:
    """Whether a thing, as it is shown, is among those that a filter names.

    >>> failed = condition_of("status eq 'Failed' or not (locale eq 'en-US')", ("status", "locale"))
    >>> failed({"status": "Running", "locale": "en-US"}), failed({"status": "Running", "locale": "de-DE"})
    (False, True)
    """
    if not text.strip():
        return lambda _: True
    tokens = _tokens(text)
    found = _any(tokens, properties)
    if tokens:
        raise _bad(f"it goes on after its end, with {tokens[0][1]!r}")
    return found


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    place = 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or len(tokens) > MOST_TOKENS:
            raise _bad("it cannot be read")
        quoted, mark, word = match.groups()
        if quoted is not None:
            tokens.append(("text", quoted.replace("''", "'")))
        else:
            tokens.append(("mark", mark) if mark else ("word", word))
        place = match.end()
    return tokens


def _any(tokens: list[tuple[str, str]], properties: tuple[str, ...]) -> Condition:
    parts = [_all(tokens, properties)]
    while tokens and tokens[0] == ("word", "or"):
        del tokens[0]
        parts.append(_all(tokens, properties))
    return lambda thing: any(part(thing) for part in parts)


def _all(tokens: list[tuple[str, str]], properties: tuple[str, ...]) -> Condition:
    parts = [_one(tokens, properties)]
    while tokens and tokens[0] == ("word", "and"):
        del tokens[0]
        parts.append(_one(tokens, properties))
    return lambda thing: all(part(thing) for part in parts)


def _one(tokens: list[tuple[str, str]], properties: tuple[str, ...]) -> Condition:
    if tokens[:1] == [("word", "not")]:
        del tokens[0]
        inner = _one(tokens, properties)
        return lambda thing: not inner(thing)
    if tokens[:1] == [("mark", "(")]:
        del tokens[0]
        inner = _any(tokens, properties)
        if tokens[:1] != [("mark", ")")]:
            raise _bad("a bracket is not closed")
        del tokens[0]
        return inner
    if len(tokens) < 3:
        raise _bad("a comparison is not whole")
    (_, name), (_, compared), (kind, value) = tokens[:3]
    del tokens[:3]
    if name not in properties:
        raise _bad(f"it names {name!r}; there are {', '.join(properties)}")
    known = {**_EQUAL, **_ORDERED} if name in _MOMENTS else _EQUAL
    if compared not in known:
        raise _bad(f"{name} is compared by {', '.join(known)}")
    compare: Callable[[Any, Any], Any] = known[compared]
    if name in _MOMENTS:
        moment = _moment(value)
        return lambda thing: bool(compare(_moment(str(thing.get(name))), moment))
    if kind != "text":
        raise _bad(f"{name} is compared with a text in single quotes")
    return lambda thing: bool(compare(thing.get(name), value))


def _moment(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise _bad(f"{text!r} is no date and time") from None
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _bad(why: str) -> Exception:
    return refused("UnsupportedFilter", f"The filter cannot be used: {why}.")
