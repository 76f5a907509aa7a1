"""SSML: made of plain text, or taken from a column and looked at before anybody is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any, NoReturn

from dfai_core.service import Failure

__all__ = ["MAX_BYTES", "Manner", "of_markup", "of_text"]

# Source: Azure AI Speech, "Quotas and limits", read 2026-11-26: of a message over WebSocket; for REST no size is named.
MAX_BYTES = 64 << 10
_NAMESPACES = 'xmlns="http://www.w3.org/2001/10/synthesis" xmlns:mstts="https://www.w3.org/2001/mstts"'
_WHOLE = re.compile(r"(?:<\?xml[^>]*\?>)?\s*(?:<!--(?:[^-]|-[^-])*-->\s*)*<(?:\w+:)?speak[\s>/]|<!DOCTYPE|\s*<\?xml")


@dataclass(frozen=True, slots=True)
class Manner:
    """Who speaks, and how."""

    voice: str
    locale: str
    style: str | None = None
    rate: str | None = None
    pitch: str | None = None

    def around(self) -> tuple[str, str]:
        """What stands before and behind the words, all on one line."""
        from xml.sax.saxutils import quoteattr  # it brings much, and few calls speak

        before = [f'<speak version="1.0" {_NAMESPACES} xml:lang={quoteattr(self.locale)}>']
        behind = ["</speak>"]

        def put(tag: str, **attributes: str | None) -> None:
            given = "".join(f" {key}={quoteattr(value)}" for key, value in attributes.items() if value is not None)
            before.append(f"<{tag}{given}>")
            behind.append(f"</{tag}>")

        put("voice", name=self.voice)
        if self.style is not None:
            put("mstts:express-as", style=self.style)
        if self.rate is not None or self.pitch is not None:
            put("prosody", rate=self.rate, pitch=self.pitch)
        return "".join(before), "".join(reversed(behind))


def of_text(text: str, manner: Manner) -> bytes:
    """A document that says *text* in that *manner*; characters that XML cannot hold are left out."""
    from xml.sax.saxutils import escape

    before, behind = manner.around()
    return f"{before}{escape(_impossible().sub('', text))}{behind}".encode()


@cache
def _impossible() -> re.Pattern[str]:
    """What XML 1.0 cannot hold, in whatever spelling."""
    return re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def of_markup(markup: str, manner: Manner) -> bytes | Failure:
    """The document that a row holds, or one around the fragment that it holds; or why it cannot be sent.

    >>> of_markup("One <break/> <b>two", Manner("en-US-Pico", "en-US")).message
    'the SSML is not well-formed: mismatched tag at line 1 column 20'
    """
    whole = _WHOLE.match(markup.lstrip()) is not None
    before, behind = ("", "") if whole else manner.around()
    document = f"{before}{markup.strip() if whole else markup}{behind}".encode("utf-8", "replace")
    if len(document) > MAX_BYTES:
        return Failure("too_large", f"the SSML has {len(document):,} bytes, of {MAX_BYTES:,} at most")
    # What ends in a fragment too late is found in what stands behind it: at its own end.
    trouble = _trouble(document, len(before.encode()), len(document) - len(behind.encode()))
    return document if trouble is None else Failure("refused", f"the SSML {trouble}")


class _Refused(Exception):
    """What is well-formed, and still not sent."""


def _trouble(document: bytes, before: int, end: int) -> str | None:
    """What is wrong with *document*, of whose first line the bytes *before* are ours, and those from *end* on."""
    from xml.parsers import expat

    parser = expat.ParserCreate()
    first: list[str] = []

    def doctype(*_: Any) -> NoReturn:
        raise _Refused("has a document type declaration: nothing in SSML needs one, and it could name files")

    def begin(name: str, _: Any) -> None:
        if not first and name.rpartition(":")[2] != "speak":
            raise _Refused(f"has {name[:40]!r} as its root instead of speak")
        first.append(name)
        parser.StartElementHandler = None

    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = begin
    try:
        parser.Parse(document, True)
    except _Refused as refused:
        return str(refused)
    except expat.ExpatError as fault:
        column = fault.offset + 1 - (before if fault.lineno == 1 else 0)
        if fault.lineno > document.count(b"\n", 0, end):  # the last line
            column = min(column, end - document.rfind(b"\n", 0, end) - (before if fault.lineno == 1 else 0))
        return f"is not well-formed: {expat.ErrorString(fault.code)} at line {fault.lineno} column {max(1, column)}"
    except LookupError:
        return "names an encoding that is not known"
    return None
