"""What Computer Vision v3.2 says of a picture, as its answers have it.

What nobody looked for is null (faces, brands, celebrities, landmarks) or left out (racy and gory content): an empty
list or a zero would say that it is not there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dfai_engine.vision import adult, captions, categories, colors, crops, image_type
from dfai_engine.vision.analysis import box
from dfai_engine.vision.detector import Found
from dfai_engine.vision.labels import objects
from dfai_engine.vision.pictures import Picture
from dfai_engine.vision.seen import Seen

__all__ = ["analyze", "area", "describe", "detect", "metadata", "tag"]


def metadata(picture: Picture) -> dict[str, Any]:
    """The size and the format of a picture."""
    return {"width": picture.width, "height": picture.height, "format": picture.format}


def analyze(picture: Picture, features: Sequence[str], details: Sequence[str]) -> dict[str, Any]:
    """Several features of one picture."""
    seen = Seen(picture)
    said: dict[str, Any] = {}
    for feature in features:
        said |= _FEATURES[feature](seen)
    for category in said.get("categories", ()):
        detail: dict[str, Any] = {}
        if "Celebrities" in details and category["name"].startswith("people_"):
            detail["celebrities"] = None
        if "Landmarks" in details and category["name"].startswith(("building_", "outdoor_")):
            detail["landmarks"] = None
        if detail:
            category["detail"] = detail
    return said


def tag(picture: Picture) -> dict[str, Any]:
    """The tags of a picture."""
    return _tags(Seen(picture))


def describe(picture: Picture) -> dict[str, Any]:
    """One caption: the template has no second one."""
    return _description(Seen(picture))


def detect(picture: Picture) -> dict[str, Any]:
    """The objects of a picture."""
    return _objects(Seen(picture))


def area(picture: Picture) -> dict[str, Any]:
    """The part of a picture that matters."""
    part = crops.area_of_interest(picture.pixels, crops.objects_if_here(picture.pixels))
    return {"areaOfInterest": box(part, picture)}


def _tags(seen: Seen) -> dict[str, Any]:
    return {
        "tags": [
            {"name": each.name, "confidence": each.confidence} | ({"hint": each.hint} if each.hint else {})
            for each in seen.tags
        ]
    }


def _description(seen: Seen) -> dict[str, Any]:
    found = captions.caption(seen.objects, seen.tags)
    return {
        "description": {
            "tags": [each.name for each in seen.tags],
            "captions": [{"text": found.text, "confidence": found.confidence}],
        }
    }


def _objects(seen: Seen) -> dict[str, Any]:
    return {
        "objects": [
            {
                "rectangle": box(each.box, seen.picture),
                "object": each.name,
                "confidence": each.confidence,
            }
            | _parents(each)
            for each in seen.objects
        ]
    }


def _parents(found: Found) -> dict[str, Any]:
    """The kinds that an object is of, each inside the other; as sure as the object itself."""
    kinds = next((label.kinds for label in objects().values() if label.name == found.name), ())
    said: dict[str, Any] = {}
    for kind in reversed(kinds):
        said = {"parent": {"object": kind, "confidence": found.confidence} | said}
    return said


def _categories(seen: Seen) -> dict[str, Any]:
    found = categories.categories(seen.tags, seen.people)
    return {"categories": [{"name": each.name, "score": each.score} for each in found]}


def _adult(seen: Seen) -> dict[str, Any]:
    score = float(adult.scores([seen.picture.pixels])[0])
    return {"adult": {"isAdultContent": score > adult.ADULT, "adultScore": score}}


def _color(seen: Seen) -> dict[str, Any]:
    found = colors.colors_of(seen.picture.pixels)
    return {
        "color": {
            "dominantColorForeground": found.foreground,
            "dominantColorBackground": found.background,
            "dominantColors": list(found.dominant),
            "accentColor": found.accent,
            "isBWImg": found.black_and_white,
        }
    }


def _image_type(seen: Seen) -> dict[str, Any]:
    found = image_type.type_of(seen.picture.pixels)
    return {"imageType": {"clipArtType": found.clip_art, "lineDrawingType": found.line_drawing}}


_FEATURES: Mapping[str, Callable[[Seen], dict[str, Any]]] = {
    "Categories": _categories,
    "Tags": _tags,
    "Description": _description,
    "Objects": _objects,
    "Adult": _adult,
    "Color": _color,
    "ImageType": _image_type,
    "Faces": lambda _: {"faces": None},
    "Brands": lambda _: {"brands": None},
}
