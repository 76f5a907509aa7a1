"""What may be asked about a face, under which detection model, and what is never asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from dfai_core.errors import ConfigError

__all__ = ["ATTRIBUTES", "FIELDS", "Attribute", "check", "detection_model", "read"]


class Attribute(NamedTuple):
    """One attribute: the protocol's name, its fields in the answer, how they are read, and who tells it."""

    name: str
    fields: tuple[tuple[str, pa.DataType], ...]
    read: Callable[[Any], tuple[Any, ...]]
    newer: bool  # whether detection_03 tells it
    older: bool = True  # whether detection_01 does


def _value(told: Mapping[str, Any]) -> tuple[Any, ...]:
    return (float(told["value"]),)


_COVERED = ("forehead", "eye", "mouth")

# Source: Face.json of v1.2-preview.1, "Detect": returnFaceAttributes by detectionModel.
ATTRIBUTES: Mapping[str, Attribute] = {
    "quality": Attribute("qualityForRecognition", (("quality", pa.string()),), lambda told: (str(told).lower(),), True),
    "head_pose": Attribute(
        "headPose",
        (("pitch_degrees", pa.float64()), ("roll_degrees", pa.float64()), ("yaw_degrees", pa.float64())),
        lambda told: (float(told["pitch"]), float(told["roll"]), float(told["yaw"])),
        True,
    ),
    "blur": Attribute("blur", (("blur", pa.float64()),), _value, True),
    "exposure": Attribute("exposure", (("exposure", pa.float64()),), _value, False),
    "noise": Attribute("noise", (("noise", pa.float64()),), _value, False),
    "mask": Attribute("mask", (("mask", pa.string()),), lambda told: (str(told["type"]),), True, older=False),
    "glasses": Attribute("glasses", (("glasses", pa.string()),), lambda told: (str(told),), False),
    "occlusion": Attribute(
        "occlusion",
        (("occluded", pa.list_(pa.string())),),
        lambda told: ([part for part in _COVERED if told[f"{part}Occluded"]],),
        False,
    ),
    "accessories": Attribute(
        "accessories",
        (("accessories", pa.list_(pa.string())),),
        lambda told: ([str(one["type"]) for one in told],),
        False,
    ),
}
FIELDS = [field for attribute in ATTRIBUTES.values() for field in attribute.fields]
# Source: the same: retired (emotion, gender) and limited capabilities.
WITHDRAWN = ("age", "gender", "emotion", "smile", "facial_hair", "facialhair", "hair", "makeup")


def check(name: str, value: Any) -> tuple[str, ...]:
    """The words in *value*, each an attribute.

    Raises
    ------
    ConfigError
        For what is withdrawn or unknown, or is told by different detection models.
    """
    words = (value,) if isinstance(value, str) or not isinstance(value, Iterable) else tuple(value)
    if withdrawn := [word for word in words if str(word).lower() in WITHDRAWN]:
        raise ConfigError(
            f"{name}: {withdrawn[0]!r} is not asked for. Microsoft withdrew it, with what else a face was made to tell "
            "of age, gender and feelings: found unreliable, and unfair to people. See docs/responsible-use.md."
        )
    if unknown := [word for word in words if word not in ATTRIBUTES]:
        raise ConfigError(f"{name}: {unknown[0]!r} is no attribute; choose from {', '.join(map(repr, ATTRIBUTES))}.")
    older = [word for word in words if not ATTRIBUTES[word].newer]
    newer = [word for word in words if not ATTRIBUTES[word].older]
    if older and newer:
        raise ConfigError(
            f"{name}: {newer[0]!r} takes another detection model than {older[0]!r}: ask for them in two calls."
        )
    return tuple(dict.fromkeys(words))


def detection_model(words: tuple[str, ...]) -> str:
    """The newest detection model that tells all of them."""
    return "detection_03" if all(ATTRIBUTES[word].newer for word in words) else "detection_01"


def read(told: Mapping[str, Any], words: tuple[str, ...]) -> dict[str, Any]:
    """The fields of an answer's attributes; those that were not asked for are left out."""
    found: dict[str, Any] = {}
    for word in words:
        attribute = ATTRIBUTES[word]
        # A service may leave out what it could not tell of a face.
        if attribute.name in told:
            values = attribute.read(told[attribute.name])
            found |= {name: value for (name, _), value in zip(attribute.fields, values, strict=True)}
    return found
