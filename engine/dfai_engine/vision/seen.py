"""One picture, looked at by each model at most once, whatever is asked of it."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dfai_engine.vision import classifier, colors, detector, ocr
from dfai_engine.vision.detector import Found
from dfai_engine.vision.ocr import Text
from dfai_engine.vision.pictures import Picture
from dfai_engine.vision.tags import Tag, tags

__all__ = ["LEAST_CONFIDENCE", "LEAST_CONFIDENCE_OF_PEOPLE", "Seen"]

LEAST_CONFIDENCE = 0.5
LEAST_CONFIDENCE_OF_PEOPLE = 0.3  # the service names faint people as well, and lets the client choose


class Seen:
    """A picture and what models say of it, asked when first needed. For one thread."""

    def __init__(self, picture: Picture) -> None:
        self.picture = picture

    @cached_property
    def _all_objects(self) -> list[Found]:
        return detector.detect([self.picture.pixels], least_confidence=LEAST_CONFIDENCE_OF_PEOPLE)[0]

    @cached_property
    def objects(self) -> list[Found]:
        """The objects that are likely there."""
        return [each for each in self._all_objects if each.confidence >= LEAST_CONFIDENCE]

    @cached_property
    def people(self) -> list[Found]:
        """People, faint ones too."""
        return [each for each in self._all_objects if each.name == "person"]

    @cached_property
    def classes(self) -> NDArray[np.float32]:
        """The share of each of the thousand classes."""
        return np.asarray(classifier.classify([self.picture.pixels])[0])

    @cached_property
    def tags(self) -> list[Tag]:
        """Words for all of it."""
        grey = colors.is_black_and_white(self.picture.pixels)
        return tags(self.classes, self.objects, black_and_white=grey)

    @cached_property
    def text(self) -> Text:
        """The printed text."""
        return ocr.read(self.picture.pixels)
