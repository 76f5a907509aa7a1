"""Bodies of requests: JSON, forms, multipart, or what is there already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from hashlib import blake2b
from typing import Any, NamedTuple
from urllib.parse import urlencode

import orjson

from dfai_core.errors import ConfigError
from dfai_core.services.web.values import text_of

__all__ = ["KINDS", "Body", "body_of", "pairs_of"]

KINDS = ("json", "data", "content", "files")
_BINARY = "application/octet-stream"


class Body(NamedTuple):
    """A body, and what it is."""

    content: bytes | None
    type: str | None


def body_of(given: Mapping[str, Any]) -> Body:
    """The body of one request; *given* holds some of `KINDS`, with a row's values in their places.

    Raises
    ------
    ConfigError
        For a value that has no place in such a body.
    """
    if "json" in given:
        return Body(_json(given["json"]), "application/json")
    if given.get("files"):
        return _multipart(given.get("data") or {}, given["files"])
    if "data" in given:
        return Body(urlencode(list(pairs_of(given["data"], "a form"))).encode(), "application/x-www-form-urlencoded")
    content = given.get("content")
    if content is None:
        return Body(None, None)
    return Body(*_content(content))


def pairs_of(given: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    """Names and values of a form or a query: a list gives a pair for each of its items, a null none."""
    for name, value in given.items():
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                yield name, text_of(item, where)


def _json(value: Any) -> bytes:
    try:
        return orjson.dumps(value, default=_number)
    except TypeError as error:
        # orjson names the type of what it cannot write, and never its value.
        raise ConfigError(f"a value cannot stand in JSON: {error}") from None


def _number(value: Any) -> float:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"a {type(value).__name__}")


def _content(value: Any) -> tuple[bytes, str]:
    if isinstance(value, bytes):
        return value, _BINARY
    return text_of(value, "content=").encode(errors="replace"), "text/plain; charset=utf-8"


def _multipart(fields: Mapping[str, Any], files: Mapping[str, Any]) -> Body:
    """A form with files (RFC 7578)."""
    parts: list[tuple[bytes, bytes]] = []
    for name, value in pairs_of(fields, "a form"):
        parts.append((f'Content-Disposition: form-data; name="{_quoted(name)}"'.encode(), value.encode()))
    for name, given in files.items():
        filename, value, kind = _file(name, given)
        if value is None:
            continue
        content, usual = _content(value)
        head = (
            f'Content-Disposition: form-data; name="{_quoted(name)}"; filename="{_quoted(filename)}"\r\n'
            f"Content-Type: {kind or usual}"
        )
        parts.append((head.encode(), content))
    if not parts:
        return Body(None, None)
    # Made from the content, so that none of it can look like a border, and the same request is the same bytes.
    border = blake2b(b"".join(len(content).to_bytes(8, "big") + content for _, content in parts), digest_size=16)
    mark = b"--" + border.hexdigest().encode()
    lines = b"".join(mark + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n" for head, content in parts)
    return Body(lines + mark + b"--\r\n", f"multipart/form-data; boundary={border.hexdigest()}")


def _file(name: str, given: Any) -> tuple[str, Any, str | None]:
    """The file name, the content and the type of one of ``files=``, as httpx has them."""
    if not isinstance(given, list):
        return name, given, None
    filename, value, kind = [*given, None][:3]
    if kind is not None and not text_of(kind, "files=").isprintable():
        raise ConfigError("files=: a type of content holds a character that no header can carry")
    return text_of(filename, "files="), value, None if kind is None else text_of(kind, "files=")


def _quoted(name: str) -> str:
    """A name as HTML's algorithm for multipart forms writes it."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
