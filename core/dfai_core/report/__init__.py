"""What happened during a call: one set of counters, the same on every backend, and how they come home."""

from __future__ import annotations

from dfai_core.report.active import clipped, length_s, union
from dfai_core.report.channel import Channel, Report, Reporter
from dfai_core.report.counters import Counters, Observer, Received, Sent, counters_of, process_id
from dfai_core.report.figures import Figures
from dfai_core.report.latency import bounds_s as latency_bounds_s
from dfai_core.report.latency import quantile_s
from dfai_core.report.timeline import Timeline

__all__ = [
    "Channel",
    "Counters",
    "Figures",
    "Observer",
    "Received",
    "Report",
    "Reporter",
    "Sent",
    "Timeline",
    "clipped",
    "counters_of",
    "latency_bounds_s",
    "length_s",
    "process_id",
    "quantile_s",
    "union",
]
