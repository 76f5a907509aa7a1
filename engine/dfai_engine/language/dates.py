"""Calendar dates by shape, for where no pipeline names them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from dfai_engine.language.checksums import is_date
from dfai_engine.language.pii_rules import CHECKED, Found

__all__ = ["dates"]

_MONTHS = (
    "Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    "Nov(?:ember)?|Dec(?:ember)?|janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre|"
    "Januar|Februar|März|Mai|Juni|Juli|Oktober|Dezember|enero|febrero|marzo|abril|mayo|junio|julio|agosto|septiembre|"
    "octubre|noviembre|diciembre"
)
_SHAPE = re.compile(
    r"(?<![\w./-])(?:(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})|(?P<first>\d{1,2})(?P<sep>[./-])(?P<second>\d{1,2})(?P=sep)"
    rf"(?P<last>\d{{4}}|\d{{2}})|(?:{_MONTHS})\.? \d{{1,2}}(?:st|nd|rd|th)?(?:,? \d{{4}})?"
    rf"|\d{{1,2}}(?:st|nd|rd|th|er|\.)?(?: de| of)? (?:{_MONTHS})\b\.?(?:(?: de|,)? \d{{4}})?)(?!\w)(?![./-]\d)"
)


def dates(text: str) -> Iterator[Found]:
    """Dates in digits that the calendar has, day first or month first, and dates with a month's name.

    >>> text = "Born 1985-02-28, not 31/02/2001, seen on May 3, 2020."
    >>> [text[found.start : found.end] for found in dates(text)]
    ['1985-02-28', 'May 3, 2020']
    """
    for match in _SHAPE.finditer(text):
        if _exists(match):
            yield Found(*match.span(), "Date", CHECKED)


def _exists(match: re.Match[str]) -> bool:
    if match["year"]:
        return is_date(int(match["year"]), int(match["month"]), int(match["day"]))
    if match["first"]:
        year = int(match["last"]) if len(match["last"]) == 4 else 2000
        first, second = int(match["first"]), int(match["second"])
        return is_date(year, second, first) or is_date(year, first, second)
    return True
