"""A script, spoken: samples of all who speak in it, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from dfai_engine.speech.formats import Format, encoded
from dfai_engine.speech.pico import RATE_HZ, speak
from dfai_engine.speech.script import Script, Spoken
from dfai_engine.speech.unspoken import refused

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Sound", "samples_of", "sound_of"]


class Sound(NamedTuple):
    """A file, and how long it is heard."""

    data: bytes
    duration_s: float


def samples_of(script: Script, max_s: float) -> np.ndarray[Any, Any]:
    """The samples of *script*: int16, 16,000 a second; no more than *max_s* seconds are made.

    Raises
    ------
    ServiceFailure
        Nothing in it can be spoken.
    """
    import numpy as np

    most = int(max_s * RATE_HZ)
    made: list[np.ndarray[Any, Any]] = []
    count, words = 0, False
    for item in script.items:
        for samples in speak(item) if isinstance(item, Spoken) else (np.zeros(item.ms * RATE_HZ // 1_000, np.int16),):
            made.append(samples[: most - count])
            count += len(made[-1])
            words = words or isinstance(item, Spoken)
            if count >= most:
                return np.concatenate(made)
    if script.voices and not words:
        raise refused("NothingToSpeak", f"There is nothing in the text that {', '.join(script.voices)} can speak.")
    if not count:
        raise refused("NothingToSpeak", "There is nothing in the SSML to be spoken.")
    return np.concatenate(made)


def sound_of(script: Script, form: Format, max_s: float) -> Sound:
    """*script* as a file of the format *form*."""
    samples = samples_of(script, max_s)
    return Sound(encoded(samples, form), len(samples) / RATE_HZ)
