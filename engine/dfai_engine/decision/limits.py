"""How much a request may hold. In one table, with its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dfai_engine.families import LimitsName

__all__ = ["LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Points and timestamps are those of one request."""

    least_points: int
    most_points: int
    body_bytes: int
    # Several variables at once.
    variables: int
    train_timestamps: int
    detect_timestamps: int
    last_timestamps: int
    source_bytes: int
    models: int

    def most_steps(self, points: int) -> int:
        """How long a grid a series of so many points may lie on."""
        return 10 * points


LIMITS: Mapping[LimitsName, Limits] = {
    # Source: Anomaly Detector, "Best practices" (12 to 8,640 points), multivariate "Troubleshooting" (300 variables,
    # 1 million timestamps to train on), "Batch inference" (20,000), "Streaming inference" (2,880), read 2026-11-24;
    # 1,000 models: service quotas. The sizes in bytes are ours.
    "azure": Limits(
        least_points=12,
        most_points=8_640,
        body_bytes=8_000_000,
        variables=300,
        train_timestamps=1_000_000,
        detect_timestamps=20_000,
        last_timestamps=2_880,
        source_bytes=200_000_000,
        models=1_000,
    ),
    # Ours, for clients in the same process: longer series.
    "wide": Limits(
        least_points=12,
        most_points=1_000_000,
        body_bytes=100_000_000,
        variables=300,
        train_timestamps=1_000_000,
        detect_timestamps=1_000_000,
        last_timestamps=1_000_000,
        source_bytes=200_000_000,
        models=1_000,
    ),
}
