"""What one attempt at a request led to."""

from __future__ import annotations

from dataclasses import dataclass, field

from dfai_core.errors import DfaiError
from dfai_core.jobs import Job
from dfai_core.service import Values
from dfai_core.shape import Refused

__all__ = ["Outcome"]


@dataclass(slots=True)
class Outcome:
    """What one attempt led to, where not simply all documents were answered. Documents by their positions."""

    answered: list[tuple[int, Values]] = field(default_factory=list)
    refused: list[tuple[int, Refused]] = field(default_factory=list)
    again: list[tuple[Job, float]] = field(default_factory=list)  # jobs, and seconds before they may leave
    fatal: DfaiError | None = None  # the whole call is over
    accepted: Job | None = None  # the service works on it from now on
    down: bool = False  # nothing was sent, since the target is down: no retry need wait any longer
