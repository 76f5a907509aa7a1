"""What may be said of how something is spoken: names, languages, rates, pitches."""

from __future__ import annotations

import re
from typing import Any

from dfai_core.errors import ConfigError
from dfai_core.services.speech.default_voices import locale_of

__all__ = ["check_language", "check_name", "check_pitch", "check_rate"]

_RATE = re.compile(r"x-slow|slow|medium|fast|x-fast|default|[+-]?\d{1,3}(\.\d{1,4})?%|\d(\.\d{1,4})?")
_PITCH = re.compile(
    r"x-low|low|medium|high|x-high|default|[+-]?\d{1,3}(\.\d{1,4})?%|[+-]\d{1,2}(\.\d{1,4})?st|[+-]?\d{1,4}(\.\d{1,4})?Hz"
)
_NAME = re.compile(r"[A-Za-z][\w:.-]{0,199}")


def check_name(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _NAME.fullmatch(value)):
        return value
    raise ConfigError(f"{name}={value!r} is not a name, such as 'en-US-AvaMultilingualNeural' or 'cheerful'.")


def check_language(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{name}={value!r} is not a language, such as 'en-US'.")
    return locale_of(value)


def check_rate(name: str, value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0.5 <= value <= 2:
        return f"{round((value - 1) * 100, 4):+g}%"
    if isinstance(value, str) and _RATE.fullmatch(value):
        return value
    raise ConfigError(f"{name}={value!r}: expected a factor from 0.5 to 2, 'slow', 'fast', or a change such as '+20%'.")


def check_pitch(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and _PITCH.fullmatch(value)):
        return value
    raise ConfigError(f"{name}={value!r}: expected 'low', 'high', or a change such as '+10%', '-2st' or '+20Hz'.")
