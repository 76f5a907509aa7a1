"""Errors of functions that users gave us: whose fault they are, without what they say."""

from __future__ import annotations

import traceback
from pathlib import PurePath

__all__ = ["where_from"]


def where_from(error: BaseException) -> str:
    """The class of *error*, and the line that raised it: its words may quote a row."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + where
