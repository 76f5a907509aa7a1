"""Values that a test gives for pictures, as the vision services' protocols write them.

Sources: Image Analysis 4.0, contract of 2024-02-01; Computer Vision, contract of v3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

from dfai.testing._protocol import Body, Unfit

__all__ = ["PICTURES", "asked_of", "picture_body"]

_BOX = ("x_px", "y_px", "width_px", "height_px")


def _box(found: Mapping[str, Any]) -> Body:
    return {name: int(found.get(field, 0)) for name, field in zip("xywh", _BOX, strict=True)}


def _listed(value: Any, words: str, key: str) -> list[Mapping[str, Any]]:
    """The items of a list, each as a mapping; a text stands for the mapping that has it as *key*."""
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Sequence):
        raise Unfit(words)
    items = [{key: item} if isinstance(item, str) else item for item in value]
    if not all(isinstance(item, Mapping) for item in items):
        raise Unfit(words)
    return items


def _sure(found: Mapping[str, Any]) -> float:
    return float(found.get("confidence", 1.0))


def _mapping(value: Any, words: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unfit(words)
    return value


# ---- features: in 4.0, then in v3.2 -------------------------------------------------------------------------------


def _tags(value: Any) -> tuple[Body, Body]:
    found = [{"name": tag["name"], "confidence": _sure(tag)} for tag in _listed(value, "a list of words", "name")]
    return {"tagsResult": {"values": found}}, {"tags": found}


def _caption(value: Any) -> tuple[Body, Body]:
    given = {"caption": value} if isinstance(value, str) else _mapping(value, "a sentence, or {'caption': …}")
    said = {"text": given["caption"], "confidence": _sure(given)}
    dense = [
        {"text": one["text"], "confidence": _sure(one), "boundingBox": _box(one)}
        for one in _listed(given.get("dense", []), "a list of {'text': …}", "text")
    ]
    newer = {"captionResult": said, "denseCaptionsResult": {"values": dense}}
    return newer, {"description": {"tags": [], "captions": [said]}}


def _without(parts: tuple[Body, Body], name: str) -> tuple[Body, Body]:
    newer, older = parts
    return {key: held for key, held in newer.items() if key != name}, older


def _objects(value: Any) -> tuple[Body, Body]:
    found = _listed(value, "a list of {'name': …, 'x_px': …}", "name")
    newer = [{"boundingBox": _box(one), "tags": [{"name": one["name"], "confidence": _sure(one)}]} for one in found]
    older = []
    for one in found:
        parent = None
        for name in reversed(one.get("parents", [])):
            parent = {"object": name, "confidence": 1.0, "parent": parent}
        older.append({"rectangle": _box(one), "object": one["name"], "confidence": _sure(one), "parent": parent})
    return {"objectsResult": {"values": newer}}, {"objects": older}


def _pages(value: Any) -> list[str]:
    pages = [value] if isinstance(value, str) else value
    if not isinstance(pages, Sequence) or not all(isinstance(page, str) for page in pages):
        raise Unfit("the text, or a list of pages' texts")
    return list(pages)


def _read(value: Any) -> tuple[Body, Body]:
    lines = [line for page in _pages(value) for line in page.splitlines()]
    corners = [{"x": 0, "y": 0}] * 4
    words = [[{"text": word, "boundingPolygon": corners, "confidence": 1.0} for word in line.split()] for line in lines]
    written = [
        {"text": line, "boundingPolygon": corners, "words": each} for line, each in zip(lines, words, strict=True)
    ]
    level = "0,0,0,0"
    regions = [
        {
            "boundingBox": level,
            "lines": [
                {"boundingBox": level, "words": [{"boundingBox": level, "text": word} for word in line.split()]}
                for line in lines
            ],
        }
    ]
    printed = {"language": "unk", "textAngle": 0.0, "orientation": "Up", "regions": regions}
    return {"readResult": {"blocks": [{"lines": written}]}}, printed


def _document(value: Any) -> Body:
    """What the operation Read says in the end."""
    pages = []
    for number, page in enumerate(_pages(value), 1):
        lines = [
            {
                "boundingBox": [0] * 8,
                "text": line,
                "words": [{"boundingBox": [0] * 8, "text": word, "confidence": 1.0} for word in line.split()],
            }
            for line in page.splitlines()
        ]
        pages.append({"page": number, "angle": 0.0, "width": 0, "height": 0, "unit": "pixel", "lines": lines})
    return {"status": "succeeded", "analyzeResult": {"version": "3.2.0", "readResults": pages}}


def _people(value: Any) -> tuple[Body, Body]:
    found = _listed(value, "a list of boxes: {'x_px': …}", "name")
    return {"peopleResult": {"values": [{"boundingBox": _box(one), "confidence": _sure(one)} for one in found]}}, {}


def _crops(value: Any) -> tuple[Body, Body]:
    found = _listed(value, "a list of {'aspect_ratio': …, 'x_px': …}", "name")
    values = [{"aspectRatio": float(one.get("aspect_ratio", 1)), "boundingBox": _box(one)} for one in found]
    return {"smartCropsResult": {"values": values}}, {}


def _categories(value: Any) -> tuple[Body, Body]:
    found = _listed(value, "a list of categories' names", "name")
    return {}, {"categories": [{"name": one["name"], "score": _sure(one)} for one in found]}


def _brands(value: Any) -> tuple[Body, Body]:
    found = _listed(value, "a list of brands' names", "name")
    return {}, {"brands": [{"name": one["name"], "confidence": _sure(one), "rectangle": _box(one)} for one in found]}


def _color(value: Any) -> tuple[Body, Body]:
    given = _mapping(value, "{'dominant': […], 'foreground': …, 'background': …, 'accent': …}")
    named = {
        "dominantColors": list(given.get("dominant", [])),
        "dominantColorForeground": given.get("foreground", ""),
        "dominantColorBackground": given.get("background", ""),
        "accentColor": given.get("accent", ""),
        "isBWImg": bool(given.get("black_and_white", False)),
    }
    return {}, {"color": named}


def _image_type(value: Any) -> tuple[Body, Body]:
    given = _mapping(value, "{'clip_art': 0, 'line_drawing': False}")
    drawn = int(bool(given.get("line_drawing", False)))
    return {}, {"imageType": {"clipArtType": int(given.get("clip_art", 0)), "lineDrawingType": drawn}}


def _adult(value: Any) -> tuple[Body, Body]:
    given = {"flagged": value} if isinstance(value, bool) else _mapping(value, "True, False, or {'flagged': …}")
    flagged = bool(given.get("flagged", False))
    scores = {
        name: given.get(ours) for name, ours in zip(("adultScore", "racyScore", "goreScore"), _SCORES, strict=True)
    }
    return {}, {"adult": {"isAdultContent": flagged, "isRacyContent": False, "isGoryContent": False, **scores}}


_SCORES = ("adult", "racy", "gory")
_FEATURES: Mapping[str, tuple[str, str, Callable[[Any], tuple[Body, Body]]]] = {
    "tags": ("tags", "Tags", _tags),
    "caption": ("caption", "Description", lambda value: _without(_caption(value), "denseCaptionsResult")),
    "dense_captions": (
        "denseCaptions",
        "",
        lambda value: _without(_caption({"caption": "", "dense": value}), "captionResult"),
    ),
    "objects": ("objects", "Objects", _objects),
    "read": ("read", "", _read),
    "people": ("people", "", _people),
    "smart_crops": ("smartCrops", "", _crops),
    "categories": ("", "Categories", _categories),
    "color": ("", "Color", _color),
    "image_type": ("", "ImageType", _image_type),
    "adult": ("", "Adult", _adult),
    "brands": ("", "Brands", _brands),
}
# The verbs of one feature each, by what they ask of an analysis.
_SINGLE: Mapping[frozenset[str], str] = {
    frozenset({"tags"}): "tag_image",
    frozenset({"caption"}): "describe_image",
    frozenset({"caption", "denseCaptions"}): "describe_image",
    frozenset({"objects"}): "detect_objects",
    frozenset({"read"}): "read_text",
    frozenset({"Adult"}): "moderate_image",
}
# The operations of v3.2 that one verb alone asks.
_OPERATIONS = {
    "tag": "tag_image",
    "describe": "describe_image",
    "detect": "detect_objects",
    "read/analyze": "read_text",
    "ocr": "read_text",
    "generateThumbnail": "thumbnail",
    "areaOfInterest": "area_of_interest",
}
_WRITERS: Mapping[str, Callable[[Any], tuple[Body, Body]]] = {
    "tag_image": _tags,
    "describe_image": _caption,
    "detect_objects": _objects,
    "read_text": _read,
    "moderate_image": _adult,
}
PICTURES = (*_WRITERS, "analyze_image", "thumbnail", "area_of_interest")
"""The verbs of the vision family."""


def asked_of(url: str, told: Mapping[str, Any]) -> tuple[str, str, tuple[str, ...]] | None:
    """Which verb asks this, the operation of v3.2 or "", and the features of an analysis; None for other families.

    An analysis of one feature is the verb's for that feature, where *told* has it, and else `analyze_image`.
    """
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    if parts.path.endswith("/imageanalysis:analyze"):
        operation, features = "", tuple(query["features"][0].split(","))
    elif "/vision/v3.2/" in parts.path:
        operation = parts.path.partition("/vision/v3.2/")[2]
        features = tuple(query.get("visualFeatures", [""])[0].split(","))
    else:
        return None
    if operation in _OPERATIONS:
        return _OPERATIONS[operation], operation, ()
    single = _SINGLE.get(frozenset(features), "")
    return (single, operation, ()) if single in told else ("analyze_image", operation, features)


def picture_body(verb: str, operation: str, features: Sequence[str], value: Any) -> Any:
    """The answer's body: JSON, or the bytes of a small picture."""
    if verb == "thumbnail":
        if not isinstance(value, bytes):
            raise Unfit("the bytes of a picture's file")
        return value
    if verb == "area_of_interest":
        return {"areaOfInterest": _box(_mapping(value, "{'x_px': …, 'y_px': …, 'width_px': …, 'height_px': …}"))}
    if operation == "read/analyze":
        return _document(value)
    older = bool(operation)
    if verb != "analyze_image":
        return _WRITERS[verb](value)[older]
    given = _mapping(value, "a mapping: {'tags': […], 'objects': […]}")
    found: Body = {}
    for asked in features:
        feature, write = next((name, held[2]) for name, held in _FEATURES.items() if held[older] == asked)
        if feature not in given:
            raise Unfit(f"a mapping with {feature!r}, which was asked for")
        found |= write(given[feature])[older]
    return found
