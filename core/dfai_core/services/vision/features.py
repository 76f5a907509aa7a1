"""What one analysis of a picture can tell, feature by feature, and how each generation of the protocol says it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from dfai_core.services.vision.describe_image import CAPTION, captioned
from dfai_core.services.vision.detect_objects import OBJECT, objects_of, objects_of_v3
from dfai_core.services.vision.moderate_image import moderated
from dfai_core.services.vision.read_text import lines_of, text_of
from dfai_core.services.vision.wire import BOX, box

__all__ = ["FEATURES", "Feature", "Spelling"]

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Spelling:
    """A feature's name in the protocol, and how its part of the answer is read."""

    name: str
    value: Callable[[Body], Any]


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of an analysis; a generation that does not know it has no spelling for it."""

    type: pa.DataType
    doc: str
    v4: Spelling | None = None
    v3: Spelling | None = None


_PERSON = pa.struct([("confidence", pa.float64()), *BOX])
_CROP = pa.struct([("aspect_ratio", pa.float64()), *BOX])
_CATEGORY = pa.struct([("name", pa.string()), ("confidence", pa.float64())])
_BRAND = pa.struct([("name", pa.string()), ("confidence", pa.float64()), *BOX])
_COLOR = pa.struct(
    [
        ("dominant", pa.list_(pa.string())),
        ("foreground", pa.string()),
        ("background", pa.string()),
        ("accent", pa.string()),
        ("black_and_white", pa.bool_()),
    ]
)
_IMAGE_TYPE = pa.struct([("clip_art", pa.int64()), ("line_drawing", pa.bool_())])
_ADULT = pa.struct([("flagged", pa.bool_()), *((name, pa.float64()) for name in ("adult", "racy", "gory"))])


def _names(tags: list[Body]) -> list[str]:
    return [tag["name"] for tag in tags]


def _caption_of_v3(body: Body) -> str | None:
    captions = body["description"]["captions"]
    return captions[0]["text"] if captions else None


def _people(body: Body) -> list[dict[str, Any]]:
    found = body["peopleResult"]["values"]
    return [{"confidence": one["confidence"], **box(one["boundingBox"])} for one in found]


def _crops(body: Body) -> list[dict[str, Any]]:
    found = body["smartCropsResult"]["values"]
    return [{"aspect_ratio": one["aspectRatio"], **box(one["boundingBox"])} for one in found]


def _categories(body: Body) -> list[dict[str, Any]]:
    return [{"name": one["name"], "confidence": one["score"]} for one in body["categories"]]


def _brands(body: Body) -> list[dict[str, Any]]:
    return [{"name": one["name"], "confidence": one["confidence"], **box(one["rectangle"])} for one in body["brands"]]


def _color(body: Body) -> dict[str, Any]:
    color = body["color"]
    return {
        "dominant": color["dominantColors"],
        "foreground": color["dominantColorForeground"],
        "background": color["dominantColorBackground"],
        "accent": color["accentColor"],
        # Older answers spell it with a capital W.
        "black_and_white": color.get("isBWImg", color.get("isBwImg")),
    }


def _image_type(body: Body) -> dict[str, Any]:
    found = body["imageType"]
    return {"clip_art": found["clipArtType"], "line_drawing": bool(found["lineDrawingType"])}


def _adult(body: Body) -> dict[str, Any]:
    return dict(zip(("flagged", "adult", "racy", "gory"), moderated(body["adult"]), strict=True))


FEATURES: Mapping[str, Feature] = {
    "tags": Feature(
        pa.list_(pa.string()),
        "What the picture shows, in single words.",
        Spelling("tags", lambda body: _names(body["tagsResult"]["values"])),
        Spelling("Tags", lambda body: _names(body["tags"])),
    ),
    "caption": Feature(
        pa.string(),
        "The same in a sentence.",
        Spelling("caption", lambda body: body["captionResult"]["text"]),
        Spelling("Description", _caption_of_v3),
    ),
    "dense_captions": Feature(
        pa.list_(CAPTION),
        "Sentences for parts of the picture.",
        Spelling("denseCaptions", lambda body: captioned(body["denseCaptionsResult"]["values"])),
    ),
    "objects": Feature(
        pa.list_(OBJECT),
        "The things in it, and where they are.",
        Spelling("objects", lambda body: objects_of(body["objectsResult"]["values"])),
        Spelling("Objects", lambda body: objects_of_v3(body["objects"])),
    ),
    "read": Feature(
        pa.string(),
        "The text in it.",
        Spelling("read", lambda body: "\n\n".join(map(text_of, lines_of(body)))),
    ),
    "people": Feature(pa.list_(_PERSON), "Where people are.", Spelling("people", _people)),
    "smart_crops": Feature(pa.list_(_CROP), "What to keep of it.", Spelling("smartCrops", _crops)),
    "categories": Feature(
        pa.list_(_CATEGORY), "Which of 86 categories it belongs to.", v3=Spelling("Categories", _categories)
    ),
    "color": Feature(_COLOR, "Its dominant colours and its accent (hexadecimal).", v3=Spelling("Color", _color)),
    "image_type": Feature(
        _IMAGE_TYPE,
        "Whether it is clip art, from 0 (no) to 3 (good clip art), or a line drawing.",
        v3=Spelling("ImageType", _image_type),
    ),
    "adult": Feature(_ADULT, "Whether it is fit to be shown.", v3=Spelling("Adult", _adult)),
    "brands": Feature(pa.list_(_BRAND), "Logos, and where they are.", v3=Spelling("Brands", _brands)),
}
"""Every feature by our name, in the order of the documentation."""
