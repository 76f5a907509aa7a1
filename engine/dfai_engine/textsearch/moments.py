"""Moments as OData writes them: read, compared, and written in one form."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

__all__ = ["microseconds", "moment_text"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FRACTION = re.compile(r"(\.\d{1,6})\d*")


def microseconds(text: str | None) -> int | None:
    """Microseconds since 1970 of an ISO 8601 moment; what names no zone is UTC.

    Raises
    ------
    ValueError
        It is no moment.

    >>> microseconds("1970-01-01T01:00:00.5+01:00")
    500000
    """
    if text is None:
        return None
    found = datetime.fromisoformat(_FRACTION.sub(r"\1", text, count=1))
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
    return (found - _EPOCH) // timedelta(microseconds=1)


def moment_text(text: str) -> str:
    """The same moment in UTC, with a fraction only where there is one.

    >>> moment_text("2024-02-29T12:00:00+02:00"), moment_text("2024-02-29T12:00:00.2500000Z")
    ('2024-02-29T10:00:00Z', '2024-02-29T12:00:00.25Z')
    """
    moment = _EPOCH + timedelta(microseconds=microseconds(text) or 0)
    whole = moment.replace(microsecond=0, tzinfo=None).isoformat()
    fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
    return f"{whole}{fraction}Z"
