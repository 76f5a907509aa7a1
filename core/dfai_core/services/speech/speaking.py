"""How documents of text to speech are said, and what is heard of them, whichever protocol carries them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dfai_core.errors import ConfigError
from dfai_core.media.wav import is_wav, wav_of
from dfai_core.service import Document, Failure, Part, TooLarge, Values, Wiring
from dfai_core.services.speech import sound_files, ssml
from dfai_core.services.speech.default_voices import default_voice
from dfai_core.services.speech.manner_options import check_language, check_name, check_pitch, check_rate
from dfai_core.services.speech.sound_names import Sound, sound_named

__all__ = ["CODES", "MOST_CHARS", "Speaking", "speaking_of"]

# Source: Azure AI Speech, "Quotas and limits" and "Text to speech REST API", read 2026-11-26: speech longer than ten
# minutes is cut there, without a word. 3,000 characters are some four minutes, and less than ten at half the rate.
MOST_S = 600.0
MOST_CHARS = 3_000
# Ours: some four hours of speech, which is as much as is heard of one row; a WAV file of a day would have no header.
MOST_ROW_CHARS = 180_000
# The embedded engine's own; Azure names none.
CODES = {
    "UnsupportedVoice": "unsupported",
    "UnsupportedLanguage": "unsupported",
    "UnsupportedElement": "unsupported",
    "UnsupportedOutputFormat": "unsupported",
    "NothingToSpeak": "nothing_found",
}
_NO_SOUND = Failure("nothing_found", "nothing in the text is spoken: the answer holds no sound", 200)
_CUT = Failure(
    "too_large", "the speech is longer than the ten minutes at which the service cuts: shorten the text", 200
)
_UNJOINED = Failure(
    "too_large",
    f"the text has more than {MOST_CHARS:,} characters, and sounds of this format cannot be joined: "
    'format="wav", "mp3" or "ogg"',
)


@dataclass(frozen=True, slots=True)
class Speaking:
    """How the documents of one lane are said. *varying* are the options that each document carries.

    *long*: the service says a document of any length, and cuts nothing.
    """

    sound: Sound
    plain: bool
    fixed: Mapping[str, Any]
    varying: tuple[str, ...]
    kind: str
    long: bool = False

    def check(self, document: Document) -> None:
        """Raises `TooLarge` for a text that would be hours of speech, before its first part is asked for."""
        count = len(document[0])
        if self.plain and count > MOST_ROW_CHARS:
            raise TooLarge(
                f"the text has {count:,} characters, of {MOST_ROW_CHARS:,} at most (some four hours of speech): give "
                "it as several rows"
            )

    def document(self, document: Document) -> bytes | Failure:
        """The SSML of a document, or why there is none."""
        text = document[0]
        if self.plain and not self.long and not self.sound.can_be_joined and len(text) > MOST_CHARS:
            return _UNJOINED
        try:
            manner = self._manner({**self.fixed, **dict(zip(self.varying, document[1:], strict=False))})
        except ConfigError as error:  # a row's own value
            return Failure("refused", str(error))
        return ssml.of_text(text, manner) if self.plain else ssml.of_markup(text, manner)

    def _manner(self, said: Mapping[str, Any]) -> ssml.Manner:
        locale = check_language("language", said["language"] or "en-US")
        return ssml.Manner(
            voice=check_name("voice", said["voice"]) or default_voice(locale, self.kind),
            locale=locale,
            style=check_name("style", said["style"]),
            rate=check_rate("rate", said["rate"]),
            pitch=check_pitch("pitch", said["pitch"]),
        )

    def heard(self, data: bytes) -> Values | Failure:
        """The values of a sound."""
        if not data:
            return _NO_SOUND
        if self.sound.coding == "other":
            return (data, None)
        if self.sound.coding == "raw":
            if is_wav(data):
                raise ValueError("the answer is a WAV file, where bare samples were asked for")
            if len(data) % self.sound.frame_bytes:
                raise ValueError("the answer ends within a sample")
            seconds = len(data) / self.sound.frame_bytes / self.sound.rate_hz
        else:
            seconds = sound_files.duration_s(data, self.sound.coding)
        if not seconds:
            return _NO_SOUND
        # A frame's worth of slack: compressed sounds are cut at their own borders.
        return _CUT if seconds >= MOST_S - 0.1 and not self.long else (data, seconds)

    def merge(self, parts: Sequence[Part]) -> Values:
        """One sound of a long text's parts."""
        values = [part.values for part in parts if part.values is not None]
        files = [value[0] for value in values]
        whole = b"".join(files) if self.sound.coding == "raw" else sound_files.joined(files, self.sound.coding)
        return (whole, math.fsum(value[1] for value in values))

    def finish(self, values: Values) -> Values:
        """Bare samples with the header that they were promised."""
        if not self.sound.headed:
            return values
        return (wav_of(np.frombuffer(values[0], "<i2"), self.sound.rate_hz), *values[1:])


def speaking_of(wiring: Wiring, *, long: bool = False) -> Speaking:
    """How the documents of one lane are said."""
    options = wiring.options
    sound = sound_named(options["format"], options["rate_hz"], wiring.target_kind)
    fixed = {name: options.get(name) for name in ("voice", "language", "style", "rate", "pitch")}
    if fixed["voice"] is None and fixed["language"] and "voice" not in wiring.varying:
        default_voice(fixed["language"], wiring.target_kind)  # what no row can have is told at once
    return Speaking(sound, options["markup"] == "none", fixed, wiring.varying, wiring.target_kind, long)
