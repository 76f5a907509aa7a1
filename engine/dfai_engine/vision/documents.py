"""The documents that Read takes: pictures, TIFFs of several pages, and PDFs, page by page.

A PDF's pages are drawn and read like pictures, whatever text the file holds besides: what people see is what is read.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.vision import ocr, pictures
from dfai_engine.vision.limits import Accepted
from dfai_engine.vision.pictures import Picture, Pixels
from dfai_engine.vision.refusals import not_an_image, refused

__all__ = ["DOTS_PER_INCH", "MODELS", "Page", "chosen", "count", "is_pdf", "pages"]

MODELS: tuple[str, ...] = ocr.MODELS
DOTS_PER_INCH = 200
POINTS_PER_INCH = 72
# Source: the PDF reference, "File header": within the first kilobyte.
HEADER_BYTES = 1_024
# PDFium works for one thread at a time, whatever the document.
_pdfium = threading.Lock()
_RANGE = re.compile(r"(\d{0,6})(-?)(\d{0,6})")


@dataclass(frozen=True, slots=True)
class Page:
    """One page, its size in its own unit, and its picture; lengths in the unit are pixels times *scale*."""

    number: int
    width: float
    height: float
    unit: str
    scale: tuple[float, float]
    picture: Picture


def is_pdf(data: bytes) -> bool:
    """Whether these bytes begin a PDF."""
    return b"%PDF-" in data[:HEADER_BYTES]


def count(data: bytes, accepted: Accepted) -> int:
    """How many pages there are; a single picture is decoded to see that it can be.

    Raises
    ------
    ServiceFailure
        ``InvalidImageFormat`` or ``InvalidImageSize``.
    """
    if is_pdf(data):
        with _pdfium:
            document = _opened(data)
            try:
                return len(document)
            finally:
                document.close()
    image = pictures.opened(data, accepted)
    frames = pictures.frame_count(image) if image.format == "TIFF" else 1
    if frames == 1:
        pictures.read(data, accepted)
    return frames


def chosen(words: list[str], there: int) -> list[int]:
    """The pages that a request names, counted from 1: ``3``, ``5-7``, ``9-``, ``-2``; all where it names none.

    >>> chosen(["1", "3-"], 4)
    [1, 3, 4]

    Raises
    ------
    ServiceFailure
        ``InvalidPageRange``.
    """
    found: dict[int, None] = {}
    for word in words:
        match = _RANGE.fullmatch(word)
        if match is None or not (match[1] or match[3]):
            raise refused("InvalidPageRange", "pages must be numbers and ranges, such as 1,3-5.")
        first = int(match[1]) if match[1] else 1
        last = (int(match[3]) if match[3] else there) if match[2] else first
        if not 1 <= first <= last or first > there or (match[3] and last > there):
            raise refused("InvalidPageRange", f"pages names what the document has not; it has {there:,} pages.")
        found |= dict.fromkeys(range(first, min(last, there) + 1))
    return sorted(found) if words else list(range(1, there + 1))


def pages(data: bytes, numbers: list[int], accepted: Accepted) -> Iterator[Page]:
    """The pages of these *numbers*, one in memory at a time.

    Raises
    ------
    ServiceFailure
        A page cannot be read.
    """
    if is_pdf(data):
        yield from _drawn(data, numbers)
        return
    places = [number - 1 for number in numbers]
    for number, picture in zip(numbers, pictures.frames(data, accepted, places), strict=True):
        yield Page(number, picture.width, picture.height, "pixel", picture.scale, picture)


def _opened(data: bytes) -> Any:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as fault:
        raise not_an_image("The PDF cannot be opened; if it has a password, remove it.") from fault
    if len(document) < 1:
        document.close()
        raise not_an_image("The PDF has no pages.")
    return document


def _drawn(data: bytes, numbers: list[int]) -> Iterator[Page]:
    with _pdfium:
        document = _opened(data)
    try:
        for number in numbers:
            # Let go between pages: another document's turn, while this page is read.
            with _pdfium:
                page = _page(document, number)
            yield page
    finally:
        with _pdfium:
            document.close()


def _page(document: Any, number: int) -> Page:
    import pypdfium2

    try:
        page = document[number - 1]
        width, height = page.get_size()
        # A poster is drawn coarser.
        dots = min(DOTS_PER_INCH, pictures.WORKING_SIDE_PX * POINTS_PER_INCH / max(width, height, 1))
        bitmap = page.render(scale=dots / POINTS_PER_INCH, rev_byteorder=True)
        drawn = _as_rgb(bitmap.to_numpy())
        bitmap.close()
        page.close()
    except (pypdfium2.PdfiumError, ValueError, IndexError) as fault:
        raise _unreadable(number) from fault
    rows, columns = drawn.shape[:2]
    inches = width / POINTS_PER_INCH, height / POINTS_PER_INCH
    picture = Picture(columns, rows, "Pdf", drawn)
    scale = inches[0] / columns, inches[1] / rows
    return Page(number, round(inches[0], 4), round(inches[1], 4), "inch", scale, picture)


def _as_rgb(drawn: Any) -> Pixels:
    """A copy of what was drawn, as red, green and blue; the bitmap's own memory goes with it."""
    levels = drawn if drawn.ndim == 3 else drawn[:, :, None]
    return np.array(np.repeat(levels, 3, axis=2) if levels.shape[2] < 3 else levels[:, :, :3], dtype=np.uint8)


def _unreadable(number: int) -> ServiceFailure:
    return not_an_image(f"Page {number} cannot be drawn.")
