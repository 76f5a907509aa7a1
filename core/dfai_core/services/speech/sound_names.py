"""The service's names of sound formats: those that can be asked for, and what can be done with each."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dfai_core.errors import ConfigError

__all__ = ["NAMES", "WORDS", "Sound", "sound_named"]

Coding = Literal["wav", "raw", "mp3", "ogg", "other"]

# Source: Azure AI Speech, "Text to speech REST API", audio outputs, read 2026-11-26. riff-16khz-16bit-mono-pcm is one
# of the Speech SDK's.
NAMES = (
    *(f"riff-{rate}hz-16bit-mono-pcm" for rate in ("8k", "16k", "22050", "24k", "44100", "48k")),
    *(f"raw-{rate}hz-16bit-mono-pcm" for rate in ("8k", "16k", "22050", "24k", "44100", "48k")),
    *(f"{family}-8khz-8bit-mono-{law}" for family in ("riff", "raw") for law in ("alaw", "mulaw")),
    *(f"audio-16khz-{bits}kbitrate-mono-mp3" for bits in (32, 64, 128)),
    *(f"audio-24khz-{bits}kbitrate-mono-mp3" for bits in (48, 96, 160)),
    *(f"audio-48khz-{bits}kbitrate-mono-mp3" for bits in (96, 192)),
    *(f"ogg-{rate}khz-16bit-mono-opus" for rate in (16, 24, 48)),
    *("webm-16khz-16bit-mono-opus", "webm-24khz-16bit-mono-opus", "webm-24khz-16bit-24kbps-mono-opus"),
    *("audio-16khz-16bit-32kbps-mono-opus", "audio-24khz-16bit-24kbps-mono-opus", "audio-24khz-16bit-48kbps-mono-opus"),
    *("raw-16khz-16bit-mono-truesilk", "raw-24khz-16bit-mono-truesilk", "amr-wb-16000hz"),
)
# What the short words ask for, by samples a second. A WAV file is asked for as bare samples: its header is then ours,
# and right, whereas a header that is streamed cannot know how much follows.
WORDS: Mapping[str, Mapping[int, str]] = {
    "wav": {
        rate: f"raw-{said}hz-16bit-mono-pcm"
        for rate, said in (
            *((8_000, "8k"), (16_000, "16k"), (22_050, "22050"), (24_000, "24k"), (44_100, "44100"), (48_000, "48k")),
        )
    },
    "mp3": {
        16_000: "audio-16khz-64kbitrate-mono-mp3",
        24_000: "audio-24khz-96kbitrate-mono-mp3",
        48_000: "audio-48khz-192kbitrate-mono-mp3",
    },
    "ogg": {rate * 1_000: f"ogg-{rate}khz-16bit-mono-opus" for rate in (16, 24, 48)},
}
# The rate at which the target's voices are made: others are made of it. Source: the same page; SVOX Pico.
_OWN_HZ = {"local": 16_000, "azure": 24_000, "container": 24_000}


@dataclass(frozen=True, slots=True)
class Sound:
    """What is asked for, and what comes of it: *headed* samples get a WAV header here."""

    name: str
    coding: Coding
    rate_hz: int
    frame_bytes: int = 0  # of one sample, where samples stand bare
    headed: bool = False

    @property
    def can_be_joined(self) -> bool:
        """Whether two of them make one."""
        return self.coding != "other"


def sound_named(form: str, rate_hz: int | None, kind: str) -> Sound:
    """What *form*, a short word or one of the service's own names, is at a target of *kind*.

    >>> sound_named("wav", None, "azure").name, sound_named("mp3", 16_000, "local").name
    ('raw-24khz-16bit-mono-pcm', 'audio-16khz-64kbitrate-mono-mp3')

    Raises
    ------
    ConfigError
        There is no such format, or not at this rate.
    """
    if form in WORDS:
        rates = WORDS[form]
        chosen = _OWN_HZ.get(kind, 24_000) if rate_hz is None else rate_hz
        if chosen not in rates:
            raise ConfigError(f"rate_hz={rate_hz}: format={form!r} is made at {', '.join(map(str, rates))}.")
        return _told(rates[chosen], headed=form == "wav")
    if form not in NAMES:
        words = ", ".join(map(repr, WORDS))
        raise ConfigError(
            f"format={form!r}: choose {words}, or a name of the service's, such as 'audio-24khz-48kbitrate-mono-mp3'."
        )
    found = _told(form)
    if rate_hz not in (None, found.rate_hz):
        raise ConfigError(f"rate_hz={rate_hz}, but format={form!r} says another rate: leave rate_hz out.")
    return found


def _told(name: str, *, headed: bool = False) -> Sound:
    rate = re.search(r"(\d+)(k?)hz", name)
    assert rate is not None
    rate_hz = int(rate[1]) * (1_000 if rate[2] else 1)
    last = name.rpartition("-")[2]
    if name.startswith("riff"):
        return Sound(name, "wav", rate_hz)
    if last in ("pcm", "alaw", "mulaw"):
        return Sound(name, "raw", rate_hz, 2 if last == "pcm" else 1, headed)
    coding: Coding = "mp3" if last == "mp3" else "ogg" if name.startswith("ogg") else "other"
    return Sound(name, coding, rate_hz)
