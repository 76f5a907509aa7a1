"""Which weights hearing needs: one model recognises and translates."""

from __future__ import annotations

__all__ = ["MODELS"]

MODELS = ("whisper-base",)
