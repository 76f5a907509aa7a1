"""Timestamps as the protocol writes them, and where they stand on a regular grid."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import cast

import numpy as np

from dfai_engine.decision.numbers import Places
from dfai_engine.failures import ServiceFailure

__all__ = ["GRANULARITIES", "instant", "places", "written"]

# Microseconds in one step; calendar steps have none.
GRANULARITIES = {
    "yearly": 0,
    "monthly": 0,
    "weekly": 7 * 86_400_000_000,
    "daily": 86_400_000_000,
    "hourly": 3_600_000_000,
    "minutely": 60_000_000,
    "secondly": 1_000_000,
    "microsecond": 1,
    "none": 0,
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The form that the service's own clients send: read all at once, which takes a third of numpy's own way.
_FORM = "0000-00-00T00:00:00Z"
_DIGITS = np.array([at for at, sign in enumerate(_FORM) if sign == "0"])
_SIGNS = np.array([at for at, sign in enumerate(_FORM) if sign != "0"])
_FORM_SIGNS = np.frombuffer(_FORM.encode(), np.uint8)[_SIGNS]
# From fourteen digits to year, month, day, hour, minute, second.
_WEIGHTS = np.zeros((14, 6))
_WEIGHTS[:4, 0] = 1_000, 100, 10, 1
_WEIGHTS[np.arange(4, 14), np.repeat(np.arange(1, 6), 2)] = [10, 1] * 5
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_DAYS_BEFORE = np.cumsum(_MONTH_DAYS) - _MONTH_DAYS
_DAYS_TO_1970 = 719_162


def instant(text: object) -> datetime:
    """A timestamp in UTC; one without an offset is UTC already.

    Raises
    ------
    ValueError
        Not ISO 8601.
    """
    if not isinstance(text, str):
        raise ValueError("not a string")
    moment = datetime.fromisoformat(text)
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("out of range") from None


def written(moment: datetime) -> str:
    """A moment as the service writes it.

    >>> written(instant("2021-01-02T05:00:00.5+05:00"))
    '2021-01-02T00:00:00.500000Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def places(texts: Sequence[object], granularity: str, interval: int) -> Places:
    """The place of each timestamp on the grid that begins with the first, in steps.

    Raises
    ------
    ServiceFailure
        ``InvalidSeries``: a timestamp is missing, is none, repeats or precedes the one before it, or lies between
        two steps; the message says which.
    """
    step = GRANULARITIES[granularity] * interval
    if step:
        micros = _microseconds(texts)
        _rising(micros)
        found: Places
        found, rest = np.divmod(micros - micros[0], step)
        if not rest.any():
            return found
        local = _local_microseconds(texts)
        found, rest_local = np.divmod(local - local[0], step)
        # Days of a zone with summer time are not all of 24 hours, but its clocks show the same time each day.
        if rest_local.any() or (np.diff(found) < 1).any():
            raise _irregular(int(np.flatnonzero(rest)[0]), granularity, interval)
        return found
    moments = [_moment(text, index) for index, text in enumerate(texts)]
    _rising(np.array([_micros(moment) for moment in moments]))
    months = [moment.year * 12 + moment.month for moment in moments]
    steps = interval * (12 if granularity == "yearly" else 1)
    for index, moment in enumerate(moments):
        if (months[index] - months[0]) % steps or not _same_day(moments[0], moment):
            raise _irregular(index, granularity, interval)
    found = (np.array(months) - months[0]) // steps
    if (np.diff(found) < 1).any():
        raise _irregular(int(np.flatnonzero(np.diff(found) < 1)[0]) + 1, granularity, interval)
    return found


def _same_day(first: datetime, other: datetime) -> bool:
    """Whether both stand at the same place of their months; the last day is a place of its own."""
    if first.time() != other.time():
        return False
    return (
        first.day == other.day or (_is_last(first) and _is_last(other)) or (_is_last(other) and first.day > other.day)
    )


def _is_last(moment: datetime) -> bool:
    return moment.day == calendar.monthrange(moment.year, moment.month)[1]


def _microseconds(texts: Sequence[object]) -> Places:
    if (
        set(map(type, texts)) == {str}
        and (found := _plain("".join(cast("Sequence[str]", texts)), len(texts))) is not None
    ):
        return found
    return np.array([_micros(_moment(text, index)) for index, text in enumerate(texts)], dtype=np.int64)


def _plain(joined: str, count: int) -> Places | None:
    """Timestamps that all have the one form that the service's own clients send; None if some do not.

    >>> _plain("1970-01-02T00:00:01Z2024-02-29T00:00:00Z", 2)
    array([     86401000000, 1709164800000000])
    >>> _plain("2023-02-29T00:00:00Z", 1) is None
    True
    """
    if len(joined) != count * len(_FORM) or not joined.isascii():
        return None
    letters = np.frombuffer(joined.encode(), np.uint8).reshape(count, len(_FORM))
    digits = letters[:, _DIGITS] - np.uint8(48)  # what stands before "0" becomes large
    if (letters[:, _SIGNS] != _FORM_SIGNS).any() or (digits > 9).any():
        return None
    year, month, day, hour, minute, second = (digits @ _WEIGHTS).T.astype(np.int64)
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    days = _MONTH_DAYS[month.clip(0, 12)] + (leap & (month == 2))
    fits = (year >= 1) & (month <= 12) & (day >= 1) & (day <= days) & (hour <= 23) & (minute <= 59) & (second <= 59)
    if not fits.all():  # a thirteenth month or the like; found one by one
        return None
    # Days of the years before, then of the months before, then of this one; the leap day of this year after February.
    before = year - 1
    since = before * 365 + before // 4 - before // 100 + before // 400 - _DAYS_TO_1970
    since += _DAYS_BEFORE[month] + (leap & (month > 2)) + day - 1
    found: Places = ((since * 24 + hour) * 60 + minute) * 60_000_000 + second * 1_000_000
    return found


def _local_microseconds(texts: Sequence[object]) -> Places:
    """As the clocks showed it that wrote the timestamps."""
    moments = [datetime.fromisoformat(str(text)).replace(tzinfo=UTC) for text in texts]
    return np.array([_micros(moment) for moment in moments], dtype=np.int64)


def _moment(text: object, index: int) -> datetime:
    if text is None:
        raise ServiceFailure(f"The 'timestamp' at index {index} is missing.", code="InvalidSeries")
    try:
        return instant(text)
    except ValueError:
        raise ServiceFailure(
            f"The 'timestamp' at index {index} is not a date and time of ISO 8601.", code="InvalidSeries"
        ) from None


def _micros(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1)


def _rising(micros: Places) -> None:
    steps = np.diff(micros)
    if (steps > 0).all():
        return
    index = int(np.flatnonzero(steps <= 0)[0]) + 1
    if steps[index - 1] == 0:
        fault = f"The 'timestamp' at index {index} is that of the point before it; each must stand once."
    else:
        fault = f"The 'timestamp' at index {index} is earlier than the one before it; they must be sorted."
    raise ServiceFailure(fault, code="InvalidSeries")


def _irregular(index: int, granularity: str, interval: int) -> ServiceFailure:
    return ServiceFailure(
        f"The 'timestamp' at index {index} is invalid in {granularity} granularity with an interval of {interval}: "
        "it is not a whole number of steps after the first.",
        code="InvalidSeries",
    )
