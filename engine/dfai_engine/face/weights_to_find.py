"""Which weights are needed to find faces and their points, and to tell nobody apart."""

from __future__ import annotations

from dfai_engine.face.weights_needed import MESH

__all__ = ["MODELS"]

MODELS = (MESH,)
