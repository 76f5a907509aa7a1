"""Azure's 86 categories, as far as tags and objects tell them. The map is ours; most of the 86 are never given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dfai_engine.vision.detector import Found
from dfai_engine.vision.tags import Tag

__all__ = ["Category", "categories"]

# Source of the names: Azure AI Vision, "86-category taxonomy".
_OF_TAGS: Mapping[str, str] = {
    "animal": "animal_",
    "mammal": "animal_",
    "bird": "animal_bird",
    "cat": "animal_cat",
    "dog": "animal_dog",
    "horse": "animal_horse",
    "panda": "animal_panda",
    "building": "building_",
    "church": "building_church",
    "structure": "building_",
    "drink": "drink_",
    "food": "food_",
    "fruit": "food_",
    "vegetable": "food_",
    "bread": "food_bread",
    "pizza": "food_pizza",
    "hot dog": "food_fastfood",
    "cheeseburger": "food_fastfood",
    "shop": "indoor_marketstore",
    "furniture": "indoor_room",
    "screen": "object_screen",
    "television": "object_screen",
    "outdoor": "outdoor_",
    "beach": "outdoor_oceanbeach",
    "mountain": "outdoor_mountain",
    "lake": "outdoor_waterside",
    "water": "outdoor_water",
    "fountain": "outdoor_water",
    "train": "outdoor_railway",
    "flower": "plant_flower",
    "plant": "plant_",
    "aircraft": "sky_object",
    "airplane": "sky_object",
    "website": "text_",
    "book": "text_",
    "menu": "text_menu",
    "sign": "text_sign",
    "bicycle": "trans_bicycle",
    "bus": "trans_bus",
    "car": "trans_car",
}
LEAST_CONFIDENCE = 0.3
CERTAIN = 0.5
MOST = 3
GROUP, MANY = 3, 8  # people


@dataclass(frozen=True, slots=True)
class Category:
    """One of the 86, and how sure."""

    name: str
    score: float


def categories(tags: Sequence[Tag], found: Sequence[Found]) -> list[Category]:
    """The categories of a picture, the surest first; of a family (``animal_``) and its member the member alone."""
    best: dict[str, float] = {}
    for tag in tags:
        name = _OF_TAGS.get(tag.name)
        if name and tag.confidence >= LEAST_CONFIDENCE:
            best[name] = max(best.get(name, 0.0), tag.confidence)
    people = [each.confidence for each in found if each.name == "person"]
    # Faint people are counted where one is certain.
    if people and max(people) >= CERTAIN:
        crowd = "people_many" if len(people) >= MANY else "people_group" if len(people) >= GROUP else "people_"
        best[crowd] = max(people)
    members = {name.partition("_")[0] for name in best if not name.endswith("_")}
    kept = {name: score for name, score in best.items() if not (name.endswith("_") and name[:-1] in members)}
    return [Category(name, score) for name, score in sorted(kept.items(), key=lambda item: -item[1])[:MOST]]
