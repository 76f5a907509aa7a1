"""When to try again: a pure rule."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Retry", "retry_after_s"]


@dataclass(frozen=True, slots=True)
class Retry:
    """When to try again. Times in seconds."""

    attempts: int = 6
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    longest_alone_s: float = 1.0  # where the target answers others
    first_amid_s: float = 0.1  # where it has just answered some

    def wait_s(
        self,
        attempt: int,
        *,
        retry_after_s: float | None,
        draw: float,
        alone: bool = False,
        amid: bool = False,
        cut: bool = False,
    ) -> float | None:
        """Seconds before the next try, or None to give up.

        *attempt* counts from 1. *draw*, in [0, 1), spreads clients over the whole wait ("full jitter").
        What the service asks for (Retry-After) wins over our own curve, even past *longest_wait_s*. A request that
        fails *alone*, where others are answered, met bad luck and no outage: waiting long for it helps nobody. One that
        fails *amid* others that were answered while it was under way is asked again soon: the last few of a call would
        else be all that it waits for. One that was *cut* besides, for want of an answer in time, has waited already.

        >>> Retry().wait_s(1, retry_after_s=None, draw=0.5)
        0.25
        >>> Retry().wait_s(3, retry_after_s=7.0, draw=0.5)
        7.0
        >>> Retry().wait_s(5, retry_after_s=None, draw=0.5), Retry().wait_s(5, retry_after_s=None, draw=0.5, alone=True)
        (4.0, 0.5)
        >>> Retry(attempts=2).wait_s(2, retry_after_s=None, draw=0.0) is None
        True
        """
        if attempt >= self.attempts:
            return None
        if retry_after_s is not None:
            return retry_after_s
        if alone and cut:
            return 0.0
        first_s = min(self.first_wait_s, self.first_amid_s) if alone and amid else self.first_wait_s
        longest_s = min(self.longest_wait_s, self.longest_alone_s) if alone else self.longest_wait_s
        return draw * min(longest_s, first_s * 2.0 ** min(attempt - 1, 60))


def retry_after_s(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """What an answer says about when to come back, in seconds from now; None if it says nothing usable.

    Understands ``retry-after-ms``, ``x-ms-retry-after-ms`` and ``Retry-After`` in seconds or as an HTTP date.

    >>> retry_after_s({"retry-after-ms": "250"})
    0.25
    >>> retry_after_s({"Retry-After": "2"})
    2.0
    >>> retry_after_s({"Retry-After": "soon"}) is None
    True
    """
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        milliseconds = _number(headers.get(name))
        if milliseconds is not None:
            return milliseconds / 1_000.0
    text = headers.get("Retry-After")
    if text is None:
        return None
    seconds = _number(text)
    if seconds is not None:
        return seconds
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None
