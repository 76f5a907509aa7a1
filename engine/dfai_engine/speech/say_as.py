"""``say-as``: what is said for dates, times, numbers and letters, in words that the voices read right.

What a language here has no rule for is said as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from dfai_engine.speech.spelling import SPELLINGS, Spelling

__all__ = ["said"]

_DATE = re.compile(r"(\d{1,4})[./-](\d{1,4})(?:[./-](\d{1,4}))?")
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap])?\.?\s*(?:m\.?)?", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d{1,9})\s*(?:st|nd|rd|th|er|re|e|ème|eme|\.|\.?º|\.?ª|°)?", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:[., \u00a0\u202f]\d{3})+")


def said(text: str, kind: str, form: str, language: str) -> str:
    """The words for *text*, interpreted as *kind* of the format *form*.

    >>> said("10/19/2010", "date", "mdy", "en"), said("TV", "characters", "", "en")
    ('October nineteenth, 2010', 'T, V')
    >>> said("19.10.2010", "date", "", "de"), said("3", "ordinal", "", "fr"), said("7:05", "time", "", "it")
    ('neunzehnter Oktober 2010', 'troisième', '7 e 5')
    """
    rule = _RULES.get(kind.strip().lower())
    if rule is None:
        return text
    return rule(text.strip(), form.strip().lower(), SPELLINGS[language]) or text


def _characters(text: str, _: str, words: Spelling) -> str:
    return ", ".join(words.signs.get(sign, sign.upper() if sign != "ß" else sign) for sign in " ".join(text.split()))


def _digits(text: str, _: str, words: Spelling) -> str:
    return " ".join(words.signs.get(sign, sign) for sign in text if not sign.isspace())


def _cardinal(text: str, _: str, words: Spelling) -> str:
    grouped = _GROUPED.fullmatch(text)
    number = re.sub(r"\D", "", text) if grouped else text
    if not number.isascii() or not number.isdecimal() or len(number) > 15:
        return ""
    number = number.lstrip("0") or "0"
    return f"{int(number):,}" if words.thousands == "," else number


def _ordinal(text: str, _: str, words: Spelling) -> str:
    found = _ORDINAL.fullmatch(text)
    if found is None:
        return ""
    return _nth(int(found[1]), words)


def _nth(number: int, words: Spelling) -> str:
    if 1 <= number <= len(words.ordinals):
        return words.ordinals[number - 1]
    suffix = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return words.ordinal.format(number=number, suffix=suffix)


def _date(text: str, form: str, words: Spelling) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        return ""
    numbers = [int(part) for part in found.groups() if part is not None]
    order = form or (_guessed(found[1], len(numbers), words.order))
    if len(order) != len(numbers) or set(order) - set("dmy") or len(set(order)) != len(order):
        return ""
    parts = dict(zip(order, numbers, strict=True))
    month, day, year = parts.get("m"), parts.get("d"), parts.get("y")
    if month is None or not 1 <= month <= 12 or (day is not None and not 1 <= day <= 31):
        return ""
    named = words.months[month - 1]
    if day is None:
        return named if year is None else f"{named} {year}"
    spoken = _nth(day, words) if words.day_ordinal else words.first_day if day == 1 and words.first_day else str(day)
    whole = words.date.format(day=spoken, month=named, year="" if year is None else year)
    return re.sub(r"(?:,| de)?\s*$", "", whole)


def _guessed(first: str, count: int, usual: str) -> str:
    if len(first) == 4:
        return "ymd"[:count]
    return usual if count == 3 else usual.replace("y", "")


def _time(text: str, form: str, words: Spelling) -> str:
    found = _TIME.fullmatch(text)
    if found is None or int(found[1]) > 24 or int(found[2]) > 59:
        return ""
    hour, minute, half = int(found[1]), found[2], found[4]
    if words.thousands == "," and (half or form == "hms12"):  # English counts twice twelve hours
        half = half or ("p" if hour >= 12 else "a")
        hour = hour % 12 or 12
        return f"{hour}{'' if minute == '00' else f' {_minutes(minute, words)}'} {half.upper()} M"
    if half:
        hour = hour % 12 + (12 if half.lower() == "p" else 0)
    if minute == "00":
        return words.full_hour.format(hour=hour)
    return words.time.format(hour=hour, minute=_minutes(minute, words))


def _minutes(minute: str, words: Spelling) -> str:
    number = str(int(minute))
    return f"{words.zero} {number}" if words.zero and len(number) == 1 else number


def _telephone(text: str, _: str, words: Spelling) -> str:
    """Digit by digit, with a short rest where the number is written in groups."""
    groups = [" ".join(part) for part in re.split(r"\D+", text.replace("+", " ")) if part]
    if not groups:
        return ""
    return (f"{words.signs['+']} " if text.startswith("+") else "") + ", ".join(groups)


_RULES: Mapping[str, Callable[[str, str, Spelling], str]] = {
    "characters": _characters,
    "spell-out": _characters,
    "letters": _characters,
    "cardinal": _cardinal,
    "number": _cardinal,
    "ordinal": _ordinal,
    "digits": _digits,
    "number_digit": _digits,
    "date": _date,
    "time": _time,
    "telephone": _telephone,
}
