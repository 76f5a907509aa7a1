"""In which order lines of text are read, which belong together, and how a page is tilted. Geometry alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision.ocr import Line, Text

__all__ = ["angle", "around", "columns_first", "paragraphs", "top_down"]

GAP = 1.0  # lines of one paragraph are nearer than this many heights of a line


def angle(text: Text) -> float:
    """How far the text is turned clockwise, in degrees from -180 on, below 180; of an empty page 0."""
    if not text.lines:
        return 0.0
    runs = np.array([line.corners[1] - line.corners[0] for line in text.lines])
    lengths = np.linalg.norm(runs, axis=1)
    # Of the longest lines: short ones are measured badly.
    kept = runs[lengths >= np.median(lengths)]
    across, down = kept.sum(axis=0)
    return (math.degrees(math.atan2(down, across)) + 180) % 360 - 180


def around(corners: NDArray[np.float64]) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of what is around a quadrangle."""
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def top_down(text: Text) -> list[Line]:
    """Lines from top to bottom, side by side from left to right, as the page stands upright."""
    boxes = _upright_boxes(text)
    order = sorted(range(len(boxes)), key=lambda place: (boxes[place][1] + boxes[place][3]) / 2)
    rows: list[list[int]] = []
    for place in order:
        middle = (boxes[place][1] + boxes[place][3]) / 2
        last = rows[-1][-1] if rows else None
        if last is not None and boxes[last][1] < middle < boxes[last][3]:
            rows[-1].append(place)
        else:
            rows.append([place])
    return [text.lines[place] for row in rows for place in sorted(row, key=lambda place: boxes[place][0])]


def columns_first(text: Text) -> list[Line]:
    """Lines as people read a page of several columns: each column to its end."""
    return [text.lines[place] for place in _cut(_upright_boxes(text))]


def paragraphs(text: Text) -> list[list[Line]]:
    """Lines that stand close under each other and overlap sideways, in the order of reading."""
    places = {id(line): box for line, box in zip(text.lines, _upright_boxes(text), strict=True)}
    groups: list[list[Line]] = []
    for line in columns_first(text):
        box = places[id(line)]
        above = places[id(groups[-1][-1])] if groups else None
        if above is not None and _follows(above, box):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups


Edges = tuple[float, float, float, float]


def _follows(above: Edges, below: Edges) -> bool:
    height = max(above[3] - above[1], below[3] - below[1])
    gap = below[1] - above[3]
    return -height < gap < GAP * height and min(above[2], below[2]) > max(above[0], below[0])


def _upright_boxes(text: Text) -> list[Edges]:
    """What is around each line once the tilt is taken out."""
    turn = math.radians(-angle(text))
    matrix = np.array(((math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))))
    return [around(line.corners @ matrix.T) for line in text.lines]


def _cut(boxes: Sequence[Edges]) -> list[int]:
    """Again and again: at the widest empty strip across or down, what is before it comes first."""
    order: list[int] = []
    waiting = [list(range(len(boxes)))]
    while waiting:
        places = waiting.pop()
        if len(places) < 2:
            order += places
            continue
        height = float(np.median([boxes[place][3] - boxes[place][1] for place in places]))
        across = _gap(places, boxes, 0)
        down = _gap(places, boxes, 1)
        # A gutter between columns must be wider than a space; rows part anywhere.
        side = 0 if across[0] > height and across[0] >= down[0] else 1
        width, at = across if side == 0 else down
        if width <= 0:
            order += sorted(places, key=lambda place: (boxes[place][1], boxes[place][0]))
            continue
        waiting.append([place for place in places if boxes[place][side] >= at])
        waiting.append([place for place in places if boxes[place][side] < at])
    return order


def _gap(places: Sequence[int], boxes: Sequence[Edges], side: int) -> tuple[float, float]:
    """The widest empty strip between boxes along an axis, and where it ends; a width of 0 where there is none."""
    spans = sorted((boxes[place][side], boxes[place][side + 2]) for place in places)
    widest, at, reach = 0.0, 0.0, spans[0][1]
    for begin, end in spans[1:]:
        if begin - reach > widest:
            widest, at = begin - reach, begin
        reach = max(reach, end)
    return widest, at
