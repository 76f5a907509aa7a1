"""Speech of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services

__all__ = ["SpeakingVerbs"]


class SpeakingVerbs(VerbBase[R]):
    """Verbs that speak. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def synthesize_speech(
        self,
        text: Columns,
        *,
        voice: str | Col | None = None,
        language: str | Col = "en-US",
        style: str | Col | None = None,
        rate: float | str | Col | None = None,
        pitch: str | Col | None = None,
        format: str | Col = "wav",
        rate_hz: int | Col | None = None,
        markup: Literal["none", "ssml"] | Col = "none",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "audio",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Speak each text, and give the sound as the bytes of a file.

        Parameters
        ----------
        text
            Column to read, or several. A null stays null and costs no request. A text of more than 3,000 characters is
            spoken in parts, cut at sentences, and joined.
        voice
            A voice of the target, by its short name (`dfai.list_voices` has them); by default one of *language*.
        language
            Of the voice, where none is named: "fr-FR", or "fr" for a language's first region.
        style
            How a voice that has styles speaks, such as "cheerful". Voices of the embedded engine have none, and speak
            plainly.
        rate
            How fast: a factor from 0.5 to 2, "slow", "fast", or a change such as "+20%".
        pitch
            How high: "low", "high", or a change such as "+10%", "-2st" (semitones) or "+20Hz".
        format
            "wav" (16-bit samples), "mp3", "ogg" (Opus), or one of the service's own names, such as
            "audio-24khz-48kbitrate-mono-mp3".
        rate_hz
            Samples a second, with the first three formats; by default 24,000, and 16,000 on the local target, whose
            voices are made so.
        markup
            "ssml" where the column holds SSML: whole documents, which name their own voices, or fragments, which are
            spoken as the other options say. It is looked at before it is sent; what is not well-formed, or longer than
            64 KB, is the row's own error. "none": characters such as ``<`` are text.
        include
            "error_detail" for what is known of each error.
        output
            Name of the sounds' column (bytes), and prefix of ``_duration_s`` (float64, seconds; null where only a
            decoder could tell), ``_error`` and ``_error_message``.
        if_exists
            As in `sentiment`.
        **settings
            How the call is made: ``target``, ``concurrency``, ``store``, … (see ``dfai.Settings``).

        Returns
        -------
        The same kind of frame with the new columns. Sounds are large: with Dask and on Spark, write them to files
        (``write_files("audio", "out/{id}.wav")``) instead of collecting them.

        Examples
        --------
        >>> df.ai.synthesize_speech("reply")  # doctest: +SKIP
        >>> df.ai.synthesize_speech("reply", language=dfai.col("language"), format="mp3")  # doctest: +SKIP
        """
        options: dict[str, Any] = {
            "voice": voice,
            "language": language,
            "style": style,
            "rate": rate,
            "pitch": pitch,
            "format": format,
            "rate_hz": rate_hz,
            "markup": markup,
        }
        return self._call(services()["synthesize_speech"], (text,), options, include, output, if_exists, settings)
