"""How far apart the points of a series are: its granularity, told from its times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

__all__ = ["GRANULARITIES", "granularity_of", "written_time"]

# Source: the contract of Anomaly Detector v1.1, TimeGranularity.
GRANULARITIES = ("yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly", "microsecond", "none")

_DAY = 86_400_000_000
_UNITS = (("weekly", 7 * _DAY), ("daily", _DAY), ("hourly", 3_600_000_000), ("minutely", 60_000_000))
_SECOND = 1_000_000
# A grid of more steps than this for each point is one on which most points would be missing.
_MOST_STEPS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def granularity_of(times: np.ndarray[Any, Any]) -> tuple[str, int] | None:
    """The coarsest grid on which all of *times* lie, and its interval; None where they lie on none.

    Parameters
    ----------
    times
        Microseconds since 1970 in UTC, ascending, no two equal.

    Examples
    --------
    >>> minute = 60_000_000
    >>> granularity_of(np.arange(12) * 5 * minute), granularity_of(np.arange(12) * 24 * 60 * minute)
    (('minutely', 5), ('daily', 1))
    """
    if len(times) < 2:
        return ("none", 1)
    if (months := _calendar(times)) is not None:
        return months
    step = int(np.gcd.reduce(np.diff(times)))
    if (int(times[-1]) - int(times[0])) // step >= _MOST_STEPS * len(times):
        return None
    for name, unit in _UNITS:
        if step % unit == 0:
            return name, step // unit
    return ("secondly", step // _SECOND) if step % _SECOND == 0 else ("microsecond", step)


def _calendar(times: np.ndarray[Any, Any]) -> tuple[str, int] | None:
    """Months and years have no length of their own: the same day and time in each, or the last day of each month."""
    if int(np.diff(times).min()) < 28 * _DAY or len(set((times % _DAY).tolist())) > 1:
        return None
    moments = [_moment(time) for time in times.tolist()]
    same_day = len({moment.day for moment in moments}) == 1
    month_ends = all((moment + timedelta(days=1)).day == 1 for moment in moments)
    if not same_day and not month_ends:
        return None
    apart = np.diff([moment.year * 12 + moment.month for moment in moments])
    step = int(np.gcd.reduce(apart))
    if int(apart.sum()) // step >= _MOST_STEPS * len(times):
        return None
    return ("yearly", step // 12) if step % 12 == 0 else ("monthly", step)


def written_time(time: int) -> str:
    """A time as messages and requests write it.

    >>> written_time(1_600_000_000_000_000), written_time(1)
    ('2020-09-13T12:26:40Z', '1970-01-01T00:00:00.000001Z')
    """
    return _moment(time).isoformat().replace("+00:00", "Z")


def _moment(time: int) -> datetime:
    return _EPOCH + timedelta(microseconds=time)
