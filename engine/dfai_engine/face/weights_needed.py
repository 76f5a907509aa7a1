"""Which weights the family needs: one download for all of its operations."""

from __future__ import annotations

__all__ = ["MODELS"]

MODELS = ("dlib-face",)
