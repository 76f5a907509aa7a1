"""What no open model here answers, said in words."""

from __future__ import annotations

__all__ = ["DOMAINS", "REFUSED", "VECTORS"]

DOMAINS = (
    "No open model here knows celebrities or landmarks; an Azure AI Vision resource does, in the versions that still "
    "offer it."
)
VECTORS = (
    "No open model here puts texts and pictures into one space; an Azure AI Vision resource does. Pictures alone can "
    "be compared: retrieval:vectorizeImage."
)
REFUSED = f"{DOMAINS} {VECTORS}"
