"""How large and how long sounds may be. In one table, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.families import LimitsName

__all__ = ["LIMITS", "Accepted", "Limits"]


@dataclass(frozen=True, slots=True)
class Accepted:
    """What one API takes."""

    max_bytes: int
    max_seconds: float


@dataclass(frozen=True, slots=True)
class Limits:
    """What the APIs of this family take, and how much of it at a time."""

    short: Accepted  # the REST API for short audio
    fast: Accepted  # fast transcription
    batch: Accepted  # one file of a batch transcription
    batch_files: int
    held_bytes: int  # bodies and decoded sounds under way, all requests together; one more is refused with 429


_SHORT = Accepted(25 << 20, 60.0)
LIMITS: Mapping[LimitsName, Limits] = {
    # Source: Azure AI Speech, "Speech to text REST API for short audio" (60 seconds; the size is ours), "Speech
    # service quotas and limits", fast and batch transcription, read 2026-11-22; azure-ai-transcription 1.0.0 (250 MB,
    # two hours).
    # A file of a batch may have 1 GB there; 250 MB here, because it is held in memory.
    "azure": Limits(_SHORT, Accepted(250_000_000, 7_200.0), Accepted(250_000_000, 14_400.0), 1_000, 1 << 30),
    # Ours, for clients in the same process.
    "wide": Limits(_SHORT, Accepted(500_000_000, 14_400.0), Accepted(500_000_000, 14_400.0), 1_000, 2 << 30),
}
