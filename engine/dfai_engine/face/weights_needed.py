"""Which weights the family needs to tell faces apart: the surface of a face, and what describes it."""

from __future__ import annotations

__all__ = ["DESCRIPTOR", "MESH", "MODELS"]

MESH = "face-mesh"
DESCRIPTOR = "mobilefacenet"
MODELS = (MESH, DESCRIPTOR)
