"""Which weights speaking needs: none of the manifest's, since the voices come inside their package."""

from __future__ import annotations

__all__ = ["MODELS"]

MODELS: tuple[str, ...] = ()
