"""Where labels go: inside the picture, each beside what it names, none upon another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["Rect", "placed"]


class Rect(NamedTuple):
    """A rectangle in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def area(self) -> float:
        return (self.right - self.left) * (self.bottom - self.top)

    def overlap(self, other: Rect) -> float:
        """The area that both cover.

        >>> Rect(0, 0, 4, 4).overlap(Rect(2, 2, 9, 9))
        4
        """
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0, width) * max(0, height)


def placed(
    wanted: Iterable[tuple[Rect, tuple[float, float]]], bounds: Rect, taken: Sequence[Rect] = ()
) -> list[Rect | None]:
    """A place for each label, in the order in which they are wanted; None where it would lie upon another.

    Parameters
    ----------
    wanted
        For each label the rectangle that it names, and its own width and height.
    bounds
        What no label leaves.
    taken
        What labels should not cover: they do where there is no other place.

    Examples
    --------
    >>> placed([(Rect(20, 20, 60, 60), (30, 10))], Rect(0, 0, 100, 100))
    [Rect(left=20, top=10, right=50, bottom=20)]
    """
    found: list[Rect | None] = []
    labels: list[Rect] = []
    for named, (width, height) in wanted:
        best: Rect | None = None
        cost = float("inf")
        if width <= bounds.right - bounds.left and height <= bounds.bottom - bounds.top:
            for place in _places(named, width, height, bounds):
                if any(place.overlap(label) for label in labels):
                    continue
                covered = sum(place.overlap(other) for other in taken)
                if covered < cost:
                    best, cost = place, covered
                if not covered:
                    break
        if best is not None:
            labels.append(best)
        found.append(best)
    return found


def _places(named: Rect, width: float, height: float, bounds: Rect) -> Iterator[Rect]:
    """Above, inside at the top, below, inside at the bottom; from the left, then from the right."""
    for left in (named.left, named.right - width):
        for top in (named.top - height, named.top, named.bottom, named.bottom - height):
            left_in = min(max(left, bounds.left), bounds.right - width)
            if bounds.top <= top <= bounds.bottom - height:
                yield Rect(left_in, top, left_in + width, top + height)
