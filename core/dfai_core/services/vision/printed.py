"""What Computer Vision v3.2's ``ocr`` says, as the one page that it is: regions, lines and words of printed text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

__all__ = ["printed_page"]

# Quarter turns clockwise that the text stands away from upright, by the side that its top is on.
_QUARTERS = {"Up": 0, "Right": 1, "Down": 2, "Left": 3}
# Languages that are written without spaces between words.
_UNSPACED = ("zh", "ja")


def printed_page(body: Mapping[str, Any]) -> dict[str, Any]:
    """The page; as with the service, its boxes are in the picture turned about its middle until the text is level."""
    language = body.get("language")
    space = "" if (language or "").startswith(_UNSPACED) else " "
    return {
        "page": 1,
        "width": None,
        "height": None,
        "unit": "pixel",
        "angle_degrees": _angle(body),
        "language": None if language == "unk" else language,
        "lines": [_line(line, space) for region in body["regions"] for line in region["lines"]],
    }


def _angle(body: Mapping[str, Any]) -> float | None:
    """How far the text is turned clockwise, as Read tells it: above −180 degrees, up to 180."""
    turn = body.get("textAngle")
    if turn is None:
        return None
    quarters = _QUARTERS.get(body.get("orientation", ""), 0)
    # The service's angle, in radians, is that by which the picture would have to be turned clockwise.
    return 180 - (180 - (90 * quarters - math.degrees(turn))) % 360


def _line(line: Mapping[str, Any], space: str) -> dict[str, Any]:
    words = [
        {"text": word["text"], "confidence": None, "polygon": _corners(word["boundingBox"])} for word in line["words"]
    ]
    text = space.join(word["text"] for word in line["words"])
    return {"text": text, "polygon": _corners(line["boundingBox"]), "words": words}


def _corners(box: str) -> list[float]:
    """The corners of a box that is written as its left, top, width and height, clockwise.

    >>> _corners("10,20,30,5")
    [10.0, 20.0, 40.0, 20.0, 40.0, 25.0, 10.0, 25.0]
    """
    left, top, width, height = (float(number) for number in box.split(","))
    right, bottom = left + width, top + height
    return [left, top, right, top, right, bottom, left, bottom]
