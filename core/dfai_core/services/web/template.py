"""URLs with places for a row's values, each percent-escaped so that it stays what it is: one piece of the URL."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass
from urllib.parse import quote

from dfai_core.errors import ConfigError
from dfai_core.service import Document
from dfai_core.services.web.values import Columns, Taken, text_of
from dfai_core.urls import origin_of

__all__ = ["Template", "ascii_url", "template_of"]

_PIECES = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]|[^{}]+")
_START = re.compile(r"https?://", re.IGNORECASE)
_HOST = re.compile(r"(?P<scheme>https?://)(?P<host>[^/?#]*)", re.IGNORECASE)
# What may stand in a URL as it is: RFC 3986's reserved and unreserved characters, and the sign of an escape.
_AS_IT_IS = "!#$%&'()*+,/:;=?@[]~"


@dataclass(frozen=True, slots=True)
class Template:
    """A URL in pieces: text, and places of values."""

    pieces: tuple[str | Taken, ...]
    whole: bool = False  # one place, whose value is the URL itself

    def filled(self, document: Document) -> str:
        """The URL of one row.

        Raises
        ------
        ConfigError
            For a value that cannot stand in a URL, or that would lead out of its place in the path.
        """
        if self.whole:
            (place,) = self.pieces
            assert isinstance(place, Taken)
            return ascii_url(text_of(document[place.place], "the place of a URL").strip())
        made = []
        for piece in self.pieces:
            if isinstance(piece, str):
                made.append(piece)
                continue
            value = text_of(document[piece.place], "a URL")
            if value in (".", ".."):  # escaped or not, it names another folder (RFC 3986, section 6.2.2.3)
                raise ConfigError("a value of dots alone would lead out of its place in the URL")
            made.append(quote(value, safe="", errors="replace"))
        return "".join(made)

    @property
    def origin(self) -> str | None:
        """Scheme, host and port, where they are the same for all rows."""
        first = self.pieces[0]
        if not isinstance(first, str):
            return None
        after = first.partition("://")[2]
        if len(self.pieces) > 1 and not any(mark in after for mark in "/?#"):
            return None
        return origin_of(first)


def template_of(url: str, columns: Columns) -> Template:
    """Reads a template: ``{name}`` is a column's value, ``{{`` and ``}}`` are braces.

    Raises
    ------
    ConfigError
        Where a brace stands alone, or no scheme in front. A column that does not exist is ColumnNotFound.

    >>> columns = Columns(lambda name: name)
    >>> template = template_of("https://a.example/{city}/{{x}}?q={term}", columns)
    >>> template.filled(("São Paulo", "a&b/c")), columns.names
    ('https://a.example/S%C3%A3o%20Paulo/%7Bx%7D?q=a%26b%2Fc', ['city', 'term'])
    """
    pieces: list[str | Taken] = []
    text = ""
    for found in _PIECES.finditer(url):
        piece = found[0]
        if piece in ("{", "}"):
            raise ConfigError(f"url={url!r}: a {piece!r} stands alone; write {piece * 2!r} for the character itself.")
        if found[1] is None:
            text += {"{{": "%7B", "}}": "%7D"}.get(piece) or ascii_url(piece)
            continue
        if text:
            pieces.append(text)
        text = ""
        name: Hashable = found[1]
        pieces.append(columns.taken(name, required=True))
    if text:
        pieces.append(text)
    if not pieces or not isinstance(pieces[0], str) or not _START.match(pieces[0]):
        raise ConfigError(
            f"url={url!r}: a template begins with http:// or https://. "
            "A column that holds whole URLs is named by itself."
        )
    template = Template(tuple(pieces))
    if len(pieces) == 1 and template.origin is None:
        raise ConfigError(f"url={url!r} is no URL.")
    return template


def ascii_url(url: str) -> str:
    """*url* in plain ASCII: names of hosts as IDNA has them, everything else percent-escaped.

    >>> ascii_url("https://bücher.example/größe?q=ü b")
    'https://xn--bcher-kva.example/gr%C3%B6%C3%9Fe?q=%C3%BC%20b'
    """
    found = None if url.isascii() else _HOST.match(url)
    if found is None or found["host"].isascii():
        return quote(url, safe=_AS_IT_IS, errors="replace")
    try:
        named = found["host"].encode("idna").decode()
    except UnicodeError:
        named = quote(found["host"], errors="replace")  # which is no host, and will be told so
    return found["scheme"] + named + quote(url[found.end() :], safe=_AS_IT_IS, errors="replace")
