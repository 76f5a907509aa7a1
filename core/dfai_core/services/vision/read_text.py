"""The text in pictures and documents: Read, a long-running operation that knows PDF and TIFF of many pages.

Image Analysis 4.0 answers for a single picture at once, and so does v3.2's older ``ocr``, for print alone. Read is the
default because it takes whatever has text in it, and because it is what containers serve.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from dfai_core import billed
from dfai_core.errors import ConfigError
from dfai_core.media import IMAGE, Media, Room
from dfai_core.service import Column, Exchange, Option, Service, Values, Wiring
from dfai_core.services.vision.printed import printed_page
from dfai_core.services.vision.wire import (
    FETCH,
    IMAGES,
    LIMITS,
    TRANSACTIONS,
    V3,
    analysis,
    either,
    exchange,
    is_v3,
    polygon,
    v3_path,
)

__all__ = ["READ_TEXT", "Page", "lines_of", "pages_of"]

_PAGES = re.compile(r"(\d+|\d+-\d+|\d+-|-\d+)(,(\d+|\d+-\d+|\d+-|-\d+))*")
_CODE = re.compile(r"auto|[A-Za-z]{2,3}([-_][A-Za-z]{2,8})*")
_MIB = 2**20

LINE = pa.struct([("text", pa.string()), ("page", pa.int64()), ("polygon", pa.list_(pa.float64()))])
WORD = pa.struct(
    [
        ("text", pa.string()),
        ("confidence", pa.float64()),
        ("page", pa.int64()),
        ("line", pa.int64()),
        ("polygon", pa.list_(pa.float64())),
    ]
)
PAGE = pa.struct(
    [
        ("page", pa.int64()),
        ("text", pa.string()),
        ("width", pa.float64()),
        ("height", pa.float64()),
        ("unit", pa.string()),
        ("angle_degrees", pa.float64()),
        ("language", pa.string()),
    ]
)
Page = dict[str, Any]
"""A page with its lines, and these with their words, in the spelling of the columns."""

_READ = Room(
    500 * _MIB,
    ("JPEG", "PNG", "BMP", "TIFF", "PDF"),
    "Computer Vision v3.2, Input requirements of Read: less than 500 MB, 2,000 pages; read 2026-11-22",
)


def _room(wiring: Wiring) -> Room:
    documents = is_v3(wiring) and wiring.options.get("model", "read") == "read"  # rows may name either
    room: Room = _READ if documents else IMAGES.room(wiring)
    return room


def _language(name: str, value: Any) -> str:
    if isinstance(value, str) and _CODE.fullmatch(value):
        return value
    raise ConfigError(f"{name}={value!r} is not a language code (ISO 639-1, such as 'en').")


def _model(name: str, value: Any) -> str:
    if value in ("read", "ocr"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'read', or 'ocr' (the older one of Computer Vision {V3}).")


def _pages(name: str, value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return str(value)
    if isinstance(value, str) and (value == "all" or _PAGES.fullmatch(value.replace(" ", ""))):
        return value.replace(" ", "")
    raise ConfigError(f"{name}={value!r}: expected 'all', or pages such as '1', '2-4' or '1,3-5'.")


def pages_of(results: Sequence[Mapping[str, Any]]) -> list[Page]:
    """What Read found, page by page."""
    return [
        {
            **{name: page.get(name) for name in ("page", "width", "height", "unit", "language")},
            "angle_degrees": page.get("angle"),
            "lines": [_line(line, line["boundingBox"], "boundingBox") for line in page["lines"]],
        }
        for page in results
    ]


def lines_of(body: Mapping[str, Any]) -> list[Page]:
    """What Image Analysis 4.0 found, as the one page that it is."""
    size = body.get("metadata") or {}
    lines = [line for block in body["readResult"]["blocks"] for line in block["lines"]]
    found = [_line(line, line["boundingPolygon"], "boundingPolygon") for line in lines]
    page = {"page": 1, "width": size.get("width"), "height": size.get("height"), "unit": "pixel"}
    return [{**page, "angle_degrees": None, "language": None, "lines": found}]


def _line(line: Mapping[str, Any], corners: Sequence[Any], name: str) -> dict[str, Any]:
    words = [{"text": w["text"], "confidence": w.get("confidence"), "polygon": polygon(w[name])} for w in line["words"]]
    return {"text": line["text"], "polygon": polygon(corners), "words": words}


def text_of(page: Page) -> str:
    """The text of a page, line by line."""
    return "\n".join(line["text"] for line in page["lines"])


def _values(pages: Sequence[Page], include: Sequence[str]) -> Values:
    found: Values = ("\n\n".join(map(text_of, pages)),)
    if "lines" in include:
        found += (
            [
                {"text": line["text"], "page": page["page"], "polygon": line["polygon"]}
                for page in pages
                for line in page["lines"]
            ],
        )
    if "words" in include:
        found += (
            [
                {**word, "page": page["page"], "line": number}
                for page in pages
                for number, line in enumerate(page["lines"], 1)
                for word in line["words"]
            ],
        )
    if "pages" in include:
        names = [name for name in PAGE.names if name != "text"]
        found += ([{"text": text_of(page), **{name: page[name] for name in names}} for page in pages],)
    return found


def _wire(wiring: Wiring) -> Exchange:
    include, language, pages = wiring.include, wiring.options["language"], wiring.options["pages"]
    if wiring.options["model"] == "ocr":
        return _ocr(wiring)
    if is_v3(wiring):
        asked = {} if language == "auto" else {"language": language}
        if pages != "all":
            asked["pages"] = pages
        path = v3_path(wiring, "read/analyze", asked)
        return exchange(path, lambda body: _values(pages_of(body["analyzeResult"]["readResults"]), include))
    if pages != "all":
        raise ConfigError(f"pages={pages!r} takes Read, which knows documents: leave api_version out, or say {V3!r}.")
    return exchange(analysis(wiring, ["read"]), lambda body: _values(lines_of(body), include))


def _ocr(wiring: Wiring) -> Exchange:
    include, language, pages = wiring.include, wiring.options["language"], wiring.options["pages"]
    if not is_v3(wiring):
        raise ConfigError(f'model="ocr" takes Computer Vision: leave api_version out, or say {V3!r}.')
    if pages != "all":
        raise ConfigError(
            f'pages={pages!r} takes documents, and model="ocr" reads single pictures: leave one of them out.'
        )
    path = v3_path(wiring, "ocr", {"language": "unk" if language == "auto" else language, "detectOrientation": "true"})
    return exchange(path, lambda body: _values([printed_page(body)], include))


_BESIDE = "each page of a PDF or TIFF counts"

READ_TEXT = Service(
    name="read_text",
    family="vision",
    noun="text",
    inputs=("image",),
    columns=(Column("", pa.string(), "The text, line by line; an empty line between pages."),),
    includes={
        "lines": Column("_lines", pa.list_(LINE), "Each line: text, page, and its polygon."),
        "words": Column("_words", pa.list_(WORD), "Each word: text, confidence, page, line, and its polygon."),
        "pages": Column("_pages", pa.list_(PAGE), "Each page: its text, size and unit, angle and language."),
    },
    options=(
        Option("language", "request", "auto", _language),
        Option("pages", "request", "all", _pages),
        Option("model", "request", "read", _model),
        FETCH,
    ),
    limits=LIMITS,
    billing=replace(TRANSACTIONS, unit=billed.PAGE, beside=_BESIDE),
    operation="Read",
    wire=_wire,
    api_version=V3,
    versions=either,
    long_running=True,
    reads="media",
    media=Media(IMAGE, _room),
    known_as=("ReadImage", "OCR", "RecognizeText", "ocr", "recognize_text"),
)
