"""Printed text in pictures: PP-OCRv6, by RapidOCR, whose package holds the weights.

Found as quadrangles at a modest size, then read one by one from the full picture. A page on its side or head is turned
upright first; what comes back is in the coordinates of the picture as it was given.
Source: PaddleOCR's PP-OCRv6 "small" (Apache-2.0), github.com/RapidAI/RapidOCR.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision.lending import Lender
from dfai_engine.vision.pictures import Pixels, upright

__all__ = ["LANGUAGES", "MODELS", "VERSION", "Line", "Text", "Word", "read"]

MODELS: tuple[str, ...] = ()  # the weights come with the package
VERSION = "2026-11-26-pp-ocrv6-small"
# The languages of the services' lists whose letters the recogniser knows: Latin, Chinese and Japanese.
LANGUAGES = frozenset(
    (
        *("af", "ast", "bi", "br", "ca", "ceb", "ch", "co", "cs", "csb", "da", "de", "en", "es", "et", "eu"),
        *("fi", "fil", "fj", "fr", "fur", "fy", "ga", "gd", "gil", "gl", "gv", "hni", "hsb", "ht", "hu", "ia", "id"),
        *("it", "ja", "jv", "kac", "kea", "kha", "kl", "kw", "lb", "ms", "mww", "nap", "nb", "nl", "no", "oc", "pl"),
        *("pt", "quc", "rm", "ro", "sco", "sk", "sl", "sq", "sr-Latn", "sv", "sw", "tet", "tr", "uz", "vo", "wae"),
        *("yua", "za", "zh-Hans", "zh-Hant", "zu"),
    )
)

# Lines are found at this longest side, or at half of the picture's up to the second figure: on full pages of small
# print larger ones found no more, and cost time.
FIND_SIDE_PX = 960
MOST_FIND_SIDE_PX = 1_280
LEAST_CONFIDENCE = 0.5
# One letter alone is more often a shape in a photo than text.
LEAST_CONFIDENCE_ALONE = 0.9
LEAST_SIDE_PX = 8  # no letter is smaller
TALL = 1.5  # higher than wide by this much: a line of a page on its side
JUDGED = 9  # lines that tell whether a page stands on its head


@dataclass(frozen=True, slots=True)
class Word:
    """A word; of scripts without spaces, a character. Corners clockwise from its top left, in pixels."""

    text: str
    confidence: float
    corners: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text. Corners clockwise from the top left as one reads it, in pixels."""

    text: str
    confidence: float
    corners: NDArray[np.float64]
    words: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in a picture, top to bottom."""

    lines: tuple[Line, ...]
    quarter_turns: int = 0  # counterclockwise, that would set the page upright


@dataclass(frozen=True, slots=True)
class _Reader:
    """RapidOCR's parts, for one thread at a time."""

    engine: Any
    nothing: type[Exception]

    def find(self, picture: Pixels) -> NDArray[np.float64]:
        """The quadrangles around lines of a blue-green-red picture, as (n, 4, 2)."""
        try:
            _, found = self.engine.detect_and_crop(picture, {})
        except self.nothing:
            return np.empty((0, 4, 2))
        return np.asarray(found.boxes, dtype=np.float64)

    def heads_down(self, strips: Sequence[Pixels]) -> bool:
        """Whether the page stands on its head.

        The model that tells so errs too often to be believed: it raises the suspicion, and what the recogniser
        makes of the longest lines both ways decides.
        """
        longest = sorted(strips, key=lambda strip: -strip.shape[1])[:JUDGED]
        # The model looks at strips four times as wide as high, and would squeeze longer ones.
        _, found = self.engine.cls_and_rotate([strip[:, : 4 * strip.shape[0]] for strip in longest])
        suspicious = sum("180" in label for label, _ in found.cls_res)
        if suspicious * 3 <= len(longest):
            return False
        some = longest[:2]
        as_it_is = self.recognise(some).scores
        turned = self.recognise([upright(strip, 2) for strip in some]).scores
        return bool(sum(turned) > sum(as_it_is))

    def recognise(self, strips: Sequence[Pixels]) -> Any:
        return self.engine.recognize_txt(list(strips))


def _reader() -> _Reader:
    from rapidocr import RapidOCR
    from rapidocr.main import RapidOCRError

    return _Reader(
        RapidOCR(
            params={
                "Global.log_level": "critical",
                "Global.return_word_box": True,
                "Global.use_vertical_padding": False,
                # The picture comes in the size at which to look.
                "Det.limit_type": "max",
                "Det.limit_side_len": 2 * MOST_FIND_SIDE_PX,
                # Strips of one width each: a batch is as wide as its widest, and most of it would be padding.
                "Rec.rec_batch_num": 1,
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            }
        ),
        RapidOCRError,
    )


_READERS = Lender(_reader)


def read(pixels: Pixels) -> Text:
    """The text in a picture (rows, columns, red-green-blue)."""
    if min(pixels.shape[:2]) < LEAST_SIDE_PX:
        return Text(())
    with _READERS.lend() as reader:
        picture = np.ascontiguousarray(pixels[:, :, ::-1])
        quads = _find(reader, picture)
        turns = 0
        if _on_its_side(quads):
            turns, picture = 1, upright(picture, 1)
            quads = _find(reader, picture)
        if not len(quads):
            return Text(())
        strips = [_strip(picture, quad) for quad in quads]
        if reader.heads_down(strips):
            turns += 2
            rows, columns = picture.shape[:2]
            picture = upright(picture, 2)
            # The same quadrangles, seen from the other side, and read from the last to the first.
            quads = (np.array((columns, rows)) - quads)[::-1][:, (2, 3, 0, 1)]
            strips = [_strip(picture, quad) for quad in quads]
        heard = reader.recognise(strips)
    lines = []
    for place, (text, confidence) in enumerate(zip(heard.txts, heard.scores, strict=True)):
        if not _believed(text, confidence):
            continue
        corners = _turned_back(quads[place], picture.shape[:2], turns)
        words = _words(text, heard.word_results[place], corners)
        lines.append(Line(text.strip(), float(confidence), corners, words))
    return Text(tuple(lines), turns % 4)


def _believed(text: str, confidence: float) -> bool:
    letters = len(text.strip())
    return letters > 0 and confidence >= (LEAST_CONFIDENCE_ALONE if letters == 1 else LEAST_CONFIDENCE)


def _find(reader: _Reader, picture: Pixels) -> NDArray[np.float64]:
    """The lines' quadrangles in the picture's own pixels."""
    rows, columns = picture.shape[:2]
    longest = max(rows, columns)
    wanted = min(longest, max(FIND_SIDE_PX, min(MOST_FIND_SIDE_PX, longest // 2)))
    scale = wanted / longest
    smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    quads = reader.find(smaller)
    factors = np.array((columns / smaller.shape[1], rows / smaller.shape[0]))
    return np.asarray(np.clip(quads * factors, 0, (columns, rows)), dtype=np.float64)


def _sides(quads: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How wide and how high each quadrangle is."""
    wide = np.linalg.norm(quads[:, 1] - quads[:, 0], axis=1)
    high = np.linalg.norm(quads[:, 3] - quads[:, 0], axis=1)
    return wide, high


def _on_its_side(quads: NDArray[np.float64]) -> bool:
    """Whether most of the text, by length, runs up or down."""
    if not len(quads):
        return False
    wide, high = _sides(quads)
    tall = high > TALL * wide
    return float(high[tall].sum()) > float(np.maximum(wide, high).sum()) / 2


def _strip(picture: Pixels, quad: NDArray[np.float64]) -> Pixels:
    """A line by itself, level."""
    wide = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    high = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    columns, rows = max(1, int(wide)), max(1, int(high))
    corners = np.array(((0, 0), (columns, 0), (columns, rows), (0, rows)), np.float32)
    matrix = cv2.getPerspectiveTransform(quad.astype(np.float32), corners)
    strip = cv2.warpPerspective(
        picture, matrix, (columns, rows), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    # A single line that runs down a picture is read sideways.
    return upright(strip, 1) if rows >= TALL * columns else np.asarray(strip, dtype=np.uint8)


def _turned_back(quad: NDArray[np.float64], shape: tuple[int, int], turns: int) -> NDArray[np.float64]:
    """A quadrangle of the upright picture in the picture as it came; *shape* is the upright one's."""
    rows, columns = shape
    found = quad
    for _ in range(turns % 4):
        # Undo a quarter turn counterclockwise: what is x there was y here, from the other side.
        found = np.stack((rows - found[:, 1], found[:, 0]), axis=1)
        rows, columns = columns, rows
    return found


def _words(text: str, heard: Any, line: NDArray[np.float64]) -> tuple[Word, ...]:
    """The words of a line, each between its first and its last letter's places along it."""
    if not heard.words or heard.line_txt_len <= 0:
        return ()
    widths = [right - left for places in heard.word_cols for left, right in pairwise(places)]
    half = (float(np.median(widths)) if widths else heard.line_txt_len) / 2
    pieces: list[tuple[str, float, float, float]] = []
    # There is a confidence for each letter of the line, spaces too; words have none.
    sure = iter([each for letter, each in zip(text, heard.confs, strict=False) if not letter.isspace()])
    for letters, places, kind in zip(heard.words, heard.word_cols, heard.word_types, strict=True):
        each = [next(sure, 0.0) for _ in letters]
        if kind.name == "CN":
            pieces += [(one, at, at, share) for one, at, share in zip(letters, places, each, strict=True)]
        else:
            pieces.append(("".join(letters), places[0], places[-1], float(np.mean(each))))
    return tuple(
        Word(word, min(1.0, confidence), _between(line, (first + 0.5 - half, last + 0.5 + half), heard.line_txt_len))
        for word, first, last, confidence in pieces
    )


def _between(line: NDArray[np.float64], places: tuple[float, float], length: float) -> NDArray[np.float64]:
    """The part of a quadrangle from one place along it to another."""
    begin, end = (min(1.0, max(0.0, place / length)) for place in places)
    top, bottom = line[1] - line[0], line[2] - line[3]
    return np.array((line[0] + begin * top, line[0] + end * top, line[3] + end * bottom, line[3] + begin * bottom))
