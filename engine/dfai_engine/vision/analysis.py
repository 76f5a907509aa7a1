"""What Image Analysis 4.0 says of a picture, feature by feature, as its answers have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from dfai_engine.vision import adult, captions, classifier, crops, detector, ocr, tags
from dfai_engine.vision.detector import Box
from dfai_engine.vision.ocr import Line
from dfai_engine.vision.pictures import Picture
from dfai_engine.vision.seen import Seen

__all__ = ["FEATURES", "MODELS", "analyze", "box", "points", "vector"]

MODELS: tuple[str, ...] = (*tags.MODELS, *adult.MODELS)
# Source: Image Analysis 4.0, smartCrops without ratios: one crop, from 0.5 to 2.0.
LEAST_RATIO, MOST_RATIO = 0.5, 2.0


def analyze(picture: Picture, features: Sequence[str], ratios: Sequence[float]) -> dict[str, Any]:
    """The answer about one picture; *features* in the service's words, *ratios* for smartCrops."""
    seen = Seen(picture)
    said: dict[str, Any] = {
        "modelVersion": _version(features),
        "metadata": {"width": picture.width, "height": picture.height},
    }
    for feature in features:
        said[f"{feature}Result"] = FEATURES[feature](seen, ratios)
    return said


def box(part: Box, picture: Picture) -> dict[str, int]:
    """Part of a picture as x, y, w and h in pixels."""
    return dict(zip("xywh", part.in_pixels(picture.width, picture.height), strict=True))


def points(line: Any, picture: Picture) -> list[tuple[int, int]]:
    """The corners of a line or a word in the picture's own pixels, inside it."""
    across, down = picture.scale
    return [
        (min(max(round(float(x) * across), 0), picture.width), min(max(round(float(y) * down), 0), picture.height))
        for x, y in line.corners
    ]


def _version(features: Sequence[str]) -> str:
    """The models that these features came from, after our date."""
    versions = {
        "tags": tags.VERSION,
        "caption": captions.VERSION,
        "denseCaptions": captions.VERSION,
        "objects": detector.VERSION,
        "people": detector.VERSION,
        "read": ocr.VERSION,
    }
    named = [versions.get(feature) or crops.version() for feature in features]
    date, models = named[0][:10], (part for version in named for part in version[11:].split("+"))
    return f"{date}-{'+'.join(dict.fromkeys(models))}"


def _tags(seen: Seen, _: Sequence[float]) -> dict[str, Any]:
    return {"values": [{"name": tag.name, "confidence": tag.confidence} for tag in seen.tags]}


def _caption(seen: Seen, _: Sequence[float]) -> dict[str, Any]:
    found = captions.caption(seen.objects, seen.tags)
    return {"text": found.text, "confidence": found.confidence}


def _dense_captions(seen: Seen, ratios: Sequence[float]) -> dict[str, Any]:
    whole = {**_caption(seen, ratios), "boundingBox": box(Box(0, 0, 1, 1), seen.picture)}
    parts = []
    for each in seen.objects[: captions.MOST_REGIONS - 1]:
        found = captions.of_object(each)
        where = box(each.box, seen.picture)
        parts.append({"text": found.text, "confidence": found.confidence, "boundingBox": where})
    return {"values": [whole, *parts]}


def _objects(seen: Seen, _: Sequence[float]) -> dict[str, Any]:
    return {
        "values": [
            {
                "boundingBox": box(each.box, seen.picture),
                "tags": [{"name": each.name, "confidence": each.confidence}],
            }
            for each in seen.objects
        ]
    }


def _people(seen: Seen, _: Sequence[float]) -> dict[str, Any]:
    return {
        "values": [{"boundingBox": box(each.box, seen.picture), "confidence": each.confidence} for each in seen.people]
    }


def _read(seen: Seen, _: Sequence[float]) -> dict[str, Any]:
    from dfai_engine.vision.layout import top_down

    lines = [_line(line, seen.picture) for line in top_down(seen.text)]
    return {"blocks": [{"lines": lines}] if lines else []}


def _line(line: Line, picture: Picture) -> dict[str, Any]:
    return {
        "text": line.text,
        "boundingPolygon": _polygon(line, picture),
        "words": [
            {"text": word.text, "boundingPolygon": _polygon(word, picture), "confidence": word.confidence}
            for word in line.words
        ],
    }


def _polygon(part: Any, picture: Picture) -> list[dict[str, int]]:
    return [{"x": x, "y": y} for x, y in points(part, picture)]


def _smart_crops(seen: Seen, ratios: Sequence[float]) -> dict[str, Any]:
    pixels = seen.picture.pixels
    found = crops.objects_if_here(pixels)
    if not ratios:
        part = crops.area_of_interest(pixels, found)
        _, _, width, height = part.in_pixels(seen.picture.width, seen.picture.height)
        ratios = (round(min(MOST_RATIO, max(LEAST_RATIO, width / height)), 2),)
    return {
        "values": [
            {"aspectRatio": ratio, "boundingBox": box(crops.window(pixels, ratio, found), seen.picture)}
            for ratio in ratios
        ]
    }


FEATURES: Mapping[str, Callable[[Seen, Sequence[float]], dict[str, Any]]] = {
    "tags": _tags,
    "caption": _caption,
    "denseCaptions": _dense_captions,
    "objects": _objects,
    "read": _read,
    "smartCrops": _smart_crops,
    "people": _people,
}


def vector(picture: Picture) -> dict[str, Any]:
    """The picture's vector, by which it can be compared with others."""
    found = classifier.embed([picture.pixels])[0]
    return {"vector": found.tolist(), "modelVersion": classifier.VERSION}
