"""The key of a document: a hash of all that its answer depends on.

Equal keys must mean equal questions, on every machine and with every Python: so values are written in a form of
our own, in which no two different values look alike, and not by a library whose output may change.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from hashlib import blake2b
from typing import Any

from dfai_core.media.content import Content
from dfai_core.service import Document, Service, Wiring

__all__ = ["KEY_BYTES", "Keyer", "canonical"]

KEY_BYTES = 16
# Changes when the form below does, so that no key of one form is taken for one of another.
_FORM = b"dfai key 1"


class Keyer:
    """Makes the keys of one call's documents.

    Parameters
    ----------
    service
        What is asked; its name, operation and columns count.
    wiring
        How: api-version, model version, options, included columns, and which options vary by document.
    identity
        Who answers: two targets with the same identity give the same answers.
    """

    __slots__ = ("_text", "_values")

    def __init__(self, service: Service, wiring: Wiring, identity: str) -> None:
        question = (
            service.name,
            service.operation,
            wiring.api_version,
            wiring.model_version,
            dict(wiring.options),
            sorted(wiring.include),
            wiring.varying,
            identity,
            # A column more or less, in another release, is another answer.
            [(column.suffix, str(column.type)) for column in service.answer_columns(wiring.include)],
        )
        fingerprint = blake2b(_FORM + canonical(question)).digest()
        # All that keys have in common is read once; each document goes on from there.
        base = blake2b(fingerprint, digest_size=KEY_BYTES)
        self._text, self._values = base.copy(), base
        # Most documents are one text: nothing follows it, so it needs no length.
        self._text.update(b"1")
        self._values.update(b"n")

    def key(self, document: Document) -> bytes:
        """The key of *document*, 16 bytes.

        Raises
        ------
        TypeError
            For a value of a type that columns do not hold.
        """
        if len(document) == 1 and type(document[0]) is str:
            return _hashed(self._text, (_utf8(document[0]),))[0]
        return _hashed(self._values, (canonical(document),))[0]

    def keys(self, columns: Sequence[Sequence[Any]], marker: Document = ()) -> list[bytes]:
        """The keys of documents that are given column by column; *marker* stands at the end of each.

        Raises
        ------
        TypeError
            As `key` does.
        """
        if len(columns) == 1 and not marker:
            [column] = columns
            if not set(map(type, column)) <= {str}:
                return [self.key((value,)) for value in column]
            with suppress(UnicodeEncodeError):
                return _hashed(self._text, list(map(str.encode, column)))
            return _hashed(self._text, map(_utf8, column))
        # What `canonical` makes of a whole document, with the work on each column done at once.
        start, end = b"l%d:" % (len(columns) + len(marker)), b"".join(map(canonical, marker))
        parts = [_canonical_each(column) for column in columns]
        return _hashed(self._values, [b"".join((start, *values, end)) for values in zip(*parts, strict=True)])


def _hashed(base: blake2b, contents: Iterable[bytes]) -> list[bytes]:
    """What hashes that have read what *base* has, and then one of *contents*, come to."""
    keys = []
    for content in contents:
        hashed = base.copy()
        hashed.update(content)
        keys.append(hashed.digest())
    return keys


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _canonical_each(column: Sequence[Any]) -> list[bytes]:
    """The canonical form of each value."""
    if set(map(type, column)) <= {str, type(None)}:  # equal ones are the same: of options there are but a few
        forms = {value: canonical(value) for value in set(column)}
        return [forms[value] for value in column]
    return list(map(canonical, column))


def canonical(value: Any) -> bytes:
    """*value* as bytes: different values, or equal ones of different types, never look alike.

    Lists and tuples are the same; the order of a mapping's keys does not count.

    >>> canonical(("a", "bc")) == canonical(("ab", "c"))
    False
    >>> canonical("1") == canonical(1), canonical(None) == canonical("None"), canonical(1) == canonical(True)
    (False, False, False)
    >>> canonical({"b": 1, "a": [2]}) == canonical({"a": (2,), "b": 1})
    True
    """
    write = _WRITERS.get(type(value))
    if write is not None:
        return write(value)
    for kind, write in _WRITERS.items():  # subclasses: pandas' timestamps, enumerations of text
        if isinstance(value, kind):
            return write(value)
    if isinstance(value, Mapping):
        return _mapping(value)
    raise TypeError(f"a {type(value).__name__} cannot be part of a document's key")


def _framed(tag: bytes, content: bytes) -> bytes:
    return b"%b%d:%b" % (tag, len(content), content)


def _number(value: float) -> bytes:
    # Every NaN asks the same, whatever its bits.
    return b"x" if value != value else b"f" + struct.pack(">d", value)


def _items(values: Sequence[Any]) -> bytes:
    return b"l%d:" % len(values) + b"".join(map(canonical, values))


def _mapping(values: Mapping[Any, Any]) -> bytes:
    pairs = sorted((canonical(key), canonical(value)) for key, value in values.items())
    return b"m%d:" % len(pairs) + b"".join(key + value for key, value in pairs)


def _moment(value: date | time) -> bytes:
    return _framed(b"t", value.isoformat().encode())


_WRITERS: dict[type, Callable[[Any], bytes]] = {
    str: lambda value: _framed(b"s", _utf8(value)),
    type(None): lambda value: b"z",
    bool: lambda value: b"y" if value else b"n",
    int: lambda value: b"i%d;" % value,
    float: _number,
    bytes: lambda value: _framed(b"b", value),
    tuple: _items,
    list: _items,
    dict: _mapping,
    frozenset: lambda value: _framed(b"u", b"".join(sorted(map(canonical, value)))),
    datetime: _moment,
    date: _moment,
    time: _moment,
    Decimal: lambda value: _framed(b"d", str(value).encode()),
    timedelta: lambda value: _framed(b"e", str(value).encode()),
    Content: lambda value: _framed(b"h", value.digest),
}
