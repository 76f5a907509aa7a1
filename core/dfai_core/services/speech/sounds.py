"""What all verbs that read sounds have in common: the rate of samples, and the formats that are read."""

from __future__ import annotations

from typing import Any

from dfai_core.errors import ConfigError
from dfai_core.media import SOUND, Unread, read_rate
from dfai_core.service import Option

__all__ = ["FORMATS", "RATE_HZ"]

FORMATS = tuple(form.name for form in SOUND.formats)
"""Every format that `AsWav` makes a WAV file of."""


def _rate(name: str, value: Any) -> int | None:
    try:
        rate = read_rate(value)
    except Unread as error:
        raise ConfigError(f"{name}={value!r}: {error.message}.") from None
    # In a column NaN is a row that says none; said of a whole call it is a mistake.
    if rate is None and value is not None:
        raise ConfigError(f"{name}={value!r}: expected samples a second, such as 16_000, or dfai.col.")
    return rate


# It does not touch the request: contents are WAV files by then.
RATE_HZ = Option("rate_hz", "document", None, _rate)
"""How many samples a second arrays and lists hold, where a row does not say it itself."""
