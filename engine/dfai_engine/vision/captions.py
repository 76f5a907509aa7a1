"""Captions by template, from objects and tags. They name what was recognised, and tell no story.

- objects: "two people and a cup", at most three kinds, counted; with a table below them "a cup on a dining table";
- no object, but a class of its own: "a picture of an espresso" becomes "an espresso";
- neither: "an image", with confidence 0;
- before all of them "a black and white picture of", where there is no colour.

The confidence is half the mean confidence of what is named. It is never above 0.5, because a list is no description.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dfai_engine.vision import tags as words
from dfai_engine.vision.detector import Found
from dfai_engine.vision.tags import Tag

__all__ = ["MODELS", "MOST_REGIONS", "VERSION", "Caption", "caption", "of_object"]

MODELS: tuple[str, ...] = words.MODELS
VERSION = "2026-11-26-template+efficientnet-lite3+ssd-mobilenet-v2"
MOST_KINDS = 3
MOST_REGIONS = 10  # Source: Azure AI Vision, "Dense captions": up to ten regions, the first the whole picture.
SHARE = 0.5
_COUNTS = ("no", "a", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLURALS = {"person": "people", "sheep": "sheep", "skis": "skis", "scissors": "scissors", "knife": "knives"}
_UNCOUNTED = frozenset(
    ("broccoli", "skis", "scissors", "outdoor", "indoor", "food", "clothing", "furniture", "electronics", "underwater")
)
_GROUNDS = frozenset(("dining table", "bed"))
# Words for a whole scene or a material: no article and no number.
_NOT_THINGS = frozenset(("black and white",))


@dataclass(frozen=True, slots=True)
class Caption:
    """A sentence without its full stop, and how sure."""

    text: str
    confidence: float


def caption(found: Sequence[Found], tags: Sequence[Tag]) -> Caption:
    """The caption of a whole picture.

    >>> from dfai_engine.vision.detector import Box
    >>> box = Box(0, 0, 1, 1)
    >>> table = Found("dining table", "furniture", 0.5, box)
    >>> caption([Found("cup", "tableware", 0.9, box), table], []).text
    'a cup on a dining table'
    """
    grey = any(tag.name == words.BLACK_AND_WHITE for tag in tags)
    if found:
        text, sure = _of_objects(found)
    else:
        # The surest word that is a class of its own; kinds alone say less.
        named = [tag for tag in tags if tag.name not in _NOT_THINGS]
        own = [tag for tag in named if tag.hint] or named
        if not own:
            return Caption("a black and white picture" if grey else "an image", 0.0)
        text, sure = _one(own[0].name), own[0].confidence
    before = "a black and white picture of " if grey else ""
    return Caption(before + text, round(SHARE * sure, 4))


def of_object(found: Found) -> Caption:
    """The caption of an object's own region."""
    return Caption(_one(found.name), round(SHARE * found.confidence, 4))


def _of_objects(found: Sequence[Found]) -> tuple[str, float]:
    counts = Counter(each.name for each in found)
    surest = {name: max(each.confidence for each in found if each.name == name) for name in counts}
    things = [name for name in counts if name not in _GROUNDS]
    grounds = [name for name in counts if name in _GROUNDS][:1]
    if not things:
        things, grounds = grounds, []
    named = sorted(things, key=lambda name: (name != "person", -surest[name]))[:MOST_KINDS]
    text = _listed([_counted(name, counts[name]) for name in named])
    if grounds:
        text = f"{text} on {_one(grounds[0])}"
    used = [*named, *grounds]
    return text, sum(surest[name] for name in used) / len(used)


def _counted(name: str, count: int) -> str:
    if count == 1 or name in _UNCOUNTED:
        return _one(name)
    number = _COUNTS[count] if count < len(_COUNTS) else str(count)
    return f"{number} {_plural(name)}"


def _plural(name: str) -> str:
    if name in _PLURALS:
        return _PLURALS[name]
    if name.endswith(("s", "ch", "sh", "x")):
        return f"{name}es"
    return f"{name}s"


def _one(name: str) -> str:
    """With its article.

    >>> _one("orange"), _one("scissors"), _one("website")
    ('an orange', 'scissors', 'a website')
    """
    if name in _UNCOUNTED or (name.endswith("s") and not name.endswith("ss")) or name.endswith(("people", "paper")):
        return name
    return f"{'an' if name[0].lower() in 'aeiou' and not name.startswith(('uni', 'use')) else 'a'} {name}"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
