"""What a call would ask, found out without asking: a survey of each partition, and all of them together."""

from __future__ import annotations

from dfai_core.estimating.sample import Sample, Shares
from dfai_core.estimating.survey import survey
from dfai_core.estimating.tally import TALLY, Tally, joined

__all__ = ["TALLY", "Sample", "Shares", "Tally", "joined", "survey"]
