"""What can be told of a detected face: asked for by name, and only what pixels show reliably.

Three kinds of names: those answered here; those that the service has withdrawn, which are never answered; those that
the service still answers and no model here can see.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from dfai_engine.face.pose import head_pose
from dfai_engine.failures import ServiceFailure

if TYPE_CHECKING:
    from dfai_engine.face.finding import Found

__all__ = ["SERVED", "UNSEEN", "WITHDRAWN", "attributes_of", "check"]

SERVED = ("headPose", "blur", "exposure", "noise", "qualityForRecognition")
# Source: Face.json of v1.2-preview.1, "Detect": retired and limited capabilities.
WITHDRAWN = ("age", "gender", "emotion", "smile", "facialHair", "hair", "makeup")
UNSEEN = ("glasses", "occlusion", "accessories", "mask")
# Source: the same, by detection model; exposure and noise are not told by the third.
BY_DETECTION = {
    "detection_01": SERVED,
    "detection_02": (),
    "detection_03": ("headPose", "blur", "qualityForRecognition"),
}

# Of the face's width, in pixels, and the blur and the angles at which recognition suffers. The service says: 200 × 200
# pixels, frontal and clear, for high quality; 36 are found at all. The other bounds are ours.
HIGH_PX, MEDIUM_PX = 120, 60
HIGH_BLUR, MEDIUM_BLUR = 0.6, 0.9
HIGH_DEGREES, MEDIUM_DEGREES = 25.0, 40.0


def check(names: Collection[str], detection: str, recognition: str) -> None:
    """Nothing, if all of these can be answered.

    Raises
    ------
    ServiceFailure
        ``UnsupportedFeature``, with 403 for what is withdrawn, with 400 for what cannot be seen here; 400 for what is
        no attribute or is not told under these models.
    """
    if withdrawn := sorted(set(names).intersection(WITHDRAWN)):
        raise ServiceFailure(
            f"{', '.join(withdrawn)}: withdrawn, because what a face is made to tell of these was found unreliable and "
            f"unfair to people. It is not served here. Served: {', '.join(SERVED)}.",
            status=403,
            code="UnsupportedFeature",
        )
    if unseen := sorted(set(names).intersection(UNSEEN)):
        raise ServiceFailure(
            f"{', '.join(unseen)}: no model of this engine sees this, and it does not guess. Served: "
            f"{', '.join(SERVED)}. The Face service on Azure tells it.",
            code="UnsupportedFeature",
        )
    if unknown := sorted(set(names).difference(SERVED)):
        raise ServiceFailure(f"'{unknown[0][:64]}' is no face attribute. Served: {', '.join(SERVED)}.")
    if untold := sorted(set(names).difference(BY_DETECTION[detection])):
        raise ServiceFailure(f"{', '.join(untold)}: not supported by {detection}. Use detection_01.")
    if "qualityForRecognition" in names and recognition not in ("recognition_03", "recognition_04"):
        raise ServiceFailure("qualityForRecognition needs recognition_03 or recognition_04.")


def attributes_of(
    names: Collection[str], pixels: NDArray[np.uint8], face: Found, scale: float, *, older: bool
) -> dict[str, Any]:
    """The attributes *names* of *face*; *scale* is how many of the picture's own pixels one of *pixels* stands for.

    *older* spells levels as v1.0 does: with a capital.
    """
    from dfai_engine.face import measures

    told: dict[str, Any] = {}

    def word(text: str) -> str:
        return text[0].upper() + text[1:] if older else text

    pose = head_pose(face.points)
    luma = measures.luma_of(pixels, face.box)
    blur = measures.blur(luma)
    if "headPose" in names:
        told["headPose"] = pose
    if "blur" in names:
        told["blur"] = {"blurLevel": word(measures.level(blur, 0.25, 0.75)), "value": blur}
    if "exposure" in names:
        value = measures.exposure(luma)
        words = {"low": "underExposure", "medium": "goodExposure", "high": "overExposure"}
        told["exposure"] = {"exposureLevel": word(words[measures.level(value, 0.25, 0.75)]), "value": value}
    if "noise" in names:
        value = measures.noise(measures.luma_of(pixels, face.box, side_px=None))
        told["noise"] = {"noiseLevel": word(measures.level(value, 0.3, 0.7)), "value": value}
    if "qualityForRecognition" in names:
        told["qualityForRecognition"] = quality(face.side * scale, blur, pose)
    return told


def quality(side_px: float, blur: float, pose: dict[str, float]) -> str:
    """How well a face of this width, blur and pose can be recognised: low, medium, high.

    >>> quality(200, 0.1, {"pitch": 0.0, "yaw": 5.0, "roll": 0.0})
    'high'
    """
    turned = max(abs(pose["pitch"]), abs(pose["yaw"]))
    if side_px >= HIGH_PX and blur < HIGH_BLUR and turned <= HIGH_DEGREES:
        return "high"
    return "medium" if side_px >= MEDIUM_PX and blur < MEDIUM_BLUR and turned <= MEDIUM_DEGREES else "low"
