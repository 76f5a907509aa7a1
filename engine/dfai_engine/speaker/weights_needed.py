"""Which weights the family needs: one small network for all of its operations."""

from __future__ import annotations

__all__ = ["MODELS"]

MODELS = ("ge2e-speaker",)
