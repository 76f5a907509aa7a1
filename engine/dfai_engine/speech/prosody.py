"""The values of SSML's attributes: rates, pitches, volumes, times.

Source: Azure AI Speech, "Adjust prosody" and "Add a break", read 2026-11-26.
"""

from __future__ import annotations

import re

from dfai_engine.speech.unspoken import refused

__all__ = ["break_ms", "pitch", "rate", "silence_ms", "volume"]

_NUMBER = r"\d{1,6}(?:\.\d{1,6})?|\.\d{1,6}"
_RATES = {"x-slow": 0.5, "slow": 0.64, "medium": 1.0, "default": 1.0, "fast": 1.55, "x-fast": 2.0}
_PITCHES = {"x-low": 0.55, "low": 0.8, "medium": 1.0, "default": 1.0, "high": 1.2, "x-high": 1.45}
_VOLUMES = {"silent": 0.0, "x-soft": 0.2, "soft": 0.4, "medium": 0.6, "loud": 0.8, "x-loud": 1.0, "default": 1.0}
_STRENGTHS_MS = {"none": 0, "x-weak": 250, "weak": 500, "medium": 750, "strong": 1_000, "x-strong": 1_250}
_LONGEST_MS = 20_000
_MULTIPLE = re.compile(_NUMBER)
_PERCENT = re.compile(rf"([+-]?)({_NUMBER})%")
_HERTZ = re.compile(rf"([+-]?)({_NUMBER})Hz", re.IGNORECASE)
_SEMITONES = re.compile(rf"([+-])({_NUMBER})st", re.IGNORECASE)
_SIGNED = re.compile(rf"([+-])({_NUMBER})")
_TIME = re.compile(rf"\+?({_NUMBER})(ms|s)", re.IGNORECASE)


def rate(value: str, before: float) -> float:
    """How many times faster than the voice itself, where it was *before* times so far.

    >>> rate("x-slow", 1.0), rate("+50%", 1.0), rate("2", 1.0), rate("-50%", 2.0)
    (0.5, 1.5, 2.0, 1.0)
    """
    word = value.strip()
    if word.lower() in _RATES:
        return _RATES[word.lower()]
    if percent := _PERCENT.fullmatch(word):
        return _within(before * (1 + _signed(percent) / 100), 0.5, 2.0)
    if _MULTIPLE.fullmatch(word):
        return _within(before * float(word), 0.5, 2.0)
    raise _odd("rate", value, 'a word such as "fast", a percentage such as "+20%" or a factor such as "1.5"')


def pitch(value: str, before: float, voice_hz: float) -> float:
    """How many times higher than the voice itself, whose pitch is *voice_hz*.

    >>> pitch("high", 1.0, 200), pitch("-20%", 1.0, 200), pitch("+50Hz", 1.0, 200), round(pitch("+12st", 0.7, 200), 2)
    (1.2, 0.8, 1.25, 1.4)
    """
    word = value.strip()
    if word.lower() in _PITCHES:
        return _PITCHES[word.lower()]
    if percent := _PERCENT.fullmatch(word):
        return _within(before * (1 + _signed(percent) / 100), 0.5, 2.0)
    if steps := _SEMITONES.fullmatch(word):
        return _within(before * 2 ** max(-5.0, min(5.0, _signed(steps) / 12)), 0.5, 2.0)
    if hertz := _HERTZ.fullmatch(word):
        relative = before * voice_hz if hertz[1] else 0.0
        return _within((relative + _signed(hertz)) / voice_hz, 0.5, 2.0)
    raise _odd("pitch", value, 'a word such as "high", or "+20%", "-2st", "+50Hz" or "200Hz"')


def volume(value: str, before: float) -> float:
    """The share of full loudness; up to twice as loud where that is asked for.

    >>> volume("soft", 1.0), volume("75", 1.0), volume("-50%", 0.5), volume("+10", 1.0)
    (0.4, 0.75, 0.25, 1.1)
    """
    word = value.strip()
    if word.lower() in _VOLUMES:
        return _VOLUMES[word.lower()]
    if percent := _PERCENT.fullmatch(word):
        return _within(before * (1 + _signed(percent) / 100), 0.0, 2.0)
    if change := _SIGNED.fullmatch(word):
        return _within(before + _signed(change) / 100, 0.0, 2.0)
    if _MULTIPLE.fullmatch(word):
        return _within(float(word) / 100, 0.0, 1.0)
    raise _odd("volume", value, 'a word such as "soft", a number from 0 to 100, "+10" or "-20%"')


def break_ms(time: str | None, strength: str | None) -> int:
    """How long a break is, in milliseconds.

    >>> break_ms("1.5s", None), break_ms(None, "strong"), break_ms(None, None), break_ms("60s", None)
    (1500, 1000, 750, 20000)
    """
    if time is not None:
        return silence_ms("break time", time)
    word = (strength or "medium").strip().lower()
    if word not in _STRENGTHS_MS:
        raise _odd("break strength", word, f"one of {', '.join(_STRENGTHS_MS)}")
    return _STRENGTHS_MS[word]


def silence_ms(name: str, value: str) -> int:
    """A time in seconds or milliseconds; 20 s at most, as the service has it."""
    found = _TIME.fullmatch(value.strip())
    if found is None:
        raise _odd(name, value, 'a time such as "500ms" or "2s"')
    amount = float(found[1]) * (1 if found[2].lower() == "ms" else 1_000)
    return int(min(_LONGEST_MS, amount))


def _signed(found: re.Match[str]) -> float:
    return float(found[2]) * (-1 if found[1] == "-" else 1)


def _within(value: float, least: float, most: float) -> float:
    """What a voice can do of *value*: the service limits such values too, and refuses none."""
    return round(max(least, min(most, value)), 6)


def _odd(name: str, value: str, expected: str) -> Exception:
    return refused("InvalidSsml", f"{name}={value[:40]!r} is not understood: expected {expected}.")
