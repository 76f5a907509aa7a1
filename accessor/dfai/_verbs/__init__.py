"""All verbs, once: the frame's accessor, the column's and others are this class with another result."""

from __future__ import annotations

from functools import cache

from dfai._verbs.base import NO_GROUPS, Columns, Groups, IfExists, R, VerbBase, VerbCall
from dfai._verbs.decision import DecisionVerbs
from dfai._verbs.face import FaceVerbs
from dfai._verbs.hearing import HearingVerbs
from dfai._verbs.language import LanguageVerbs
from dfai._verbs.search import SearchVerbs
from dfai._verbs.speaker import SpeakerVerbs
from dfai._verbs.speaking import SpeakingVerbs
from dfai._verbs.vision import VisionVerbs
from dfai._verbs.web import WebVerbs
from dfai_core import services

__all__ = ["NO_GROUPS", "Columns", "Groups", "IfExists", "R", "VerbBase", "VerbCall", "Verbs", "verb_names"]


class Verbs(
    LanguageVerbs[R],
    DecisionVerbs[R],
    VisionVerbs[R],
    FaceVerbs[R],
    HearingVerbs[R],
    SpeakingVerbs[R],
    SpeakerVerbs[R],
    SearchVerbs[R],
    WebVerbs[R],
):
    """Every verb that dfai has."""


@cache
def verb_names() -> tuple[str, ...]:
    """The verbs, in the order of their families and of the methods in these."""
    return tuple(name for family in Verbs.__mro__ for name in vars(family) if name in services())
