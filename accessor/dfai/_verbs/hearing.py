"""Speech, heard: what is said in sounds, in which language, how well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Unpack

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services
from dfai_core.errors import ConfigError

__all__ = ["HearingVerbs"]


class HearingVerbs(VerbBase[R]):
    """Verbs of the Speech family that listen. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def transcribe(
        self,
        audio: Columns,
        *,
        language: str | Sequence[str] | Col = "auto",
        profanity: Literal["mask", "keep", "drop"] | Col = "mask",
        phrases: Sequence[str] = (),
        rate_hz: int | Col | None = None,
        fetch: Literal["worker", "service"] | Col = "worker",
        include: Sequence[Literal["words", "segments", "nbest", "error_detail"]] | Literal["all"] = (),
        output: str = "transcript",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Write down what is said in each sound.

        Parameters
        ----------
        audio
            Column of sounds, or several: bytes, paths or URLs of files (WAV, MP3, FLAC, OGG, M4A, AAC, WEBM, AMR);
            samples, as arrays or lists with ``rate_hz`` (frames, or frames × channels: int16, int32, or floats from -1
            to 1); structs of Hugging Face's datasets (``array`` and ``sampling_rate``, or ``bytes`` and ``path``).
            Files are read and converted on the worker, in turn; a null stays null and costs no request.
        language
            Code of the language, with its country ("de-CH") or without; several of which one is spoken; a column of
            codes (``dfai.col``); or "auto": any.
        profanity
            Swear words: "mask" them with asterisks, "keep" or "drop" them.
        phrases
            Names and words to listen for.
        rate_hz
            Samples a second of arrays and lists that do not say it themselves, or a column of rates.
        fetch
            Who reads http and https URLs: the "worker", which sends their bytes, or the "service" itself.
        include
            More columns: "words" (``_words``, list of struct: ``text, start_s, duration_s, confidence``), "segments"
            (``_segments``, list of struct: ``text, start_s, duration_s, language, confidence, speaker, channel``),
            "nbest" (``_nbest``, list of struct: ``segment, text, confidence``; fast transcription has one each),
            "error_detail".
        output
            Name of the text's column, and prefix of ``_language`` (string: the one spoken longest), ``_confidence``
            (float64, 0 to 1), ``_duration_s`` (float64, of the sound), ``_error`` and ``_error_message``.
        if_exists
            As in `sentiment`.
        **settings
            How the call is made: ``target``, ``concurrency``, ``on_error``, … (see ``dfai.Settings``). ``api_version``
            chooses the protocol: fast transcription (a date; default), "v1" (short audio: one known language, longer
            sounds in pieces of a minute), or "v3.2" (batch transcription of URLs, ``fetch="service"``).

        Returns
        -------
        The same kind of frame with the new columns. A sound without speech is the row's error ``nothing_found``.

        Notes
        -----
        Sounds that are longer than a request takes (2 h; "v1": 1 min) are cut in silences, asked piece by piece, and
        joined, times included; 4 h is the most. Errors of a row: ``unreadable`` (no sound, cut short), ``empty``,
        ``too_large``, ``unsupported``. Decoding and resampling take ``pip install "dfai[audio]"``.

        Examples
        --------
        >>> calls = dfai.files("calls/*.mp3").ai.transcribe("path", include=["segments"])  # doctest: +SKIP
        >>> calls.explode("transcript_segments")  # one row an utterance  # doctest: +SKIP
        """
        options: dict[str, Any] = {
            "language": language,
            "profanity": profanity,
            "phrases": phrases,
            "rate_hz": rate_hz,
            "fetch": fetch,
        }
        return self._call(services()["transcribe"], (audio,), options, include, output, if_exists, settings)

    def translate_speech(
        self,
        audio: Columns,
        *,
        to: str | Col = "en",
        language: str | Sequence[str] | Col = "auto",
        rate_hz: int | Col | None = None,
        include: Sequence[Literal["segments", "audio", "error_detail"]] | Literal["all"] = (),
        output: str = "translation",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Write down in another language what is said in each sound; speak it too, where that is asked for.

        Parameters
        ----------
        audio
            Column of sounds, or several, as in `transcribe`.
        to
            Code of the language to translate into, or a column of codes. Azure: "de", "en", "es", "fr", "it", "ja",
            "ko", "pt", "zh".
        language
            Code of the language that is spoken, several, a column of codes, or "auto".
        rate_hz
            As in `transcribe`.
        include
            More columns: "segments" (``_segments``: each utterance, translated, as in `transcribe`), "audio"
            (``_audio``, bytes: the translation spoken, a WAV file of 16 kHz; a second request), "error_detail".
        output
            Name of the translation's column, and prefix of ``_language`` (string: the one heard, null where neither the
            call nor the service tells), ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. A sound without speech is the row's error ``nothing_found``.

        Examples
        --------
        >>> df.ai.translate_speech("path", to="fr")  # doctest: +SKIP
        """
        options: dict[str, Any] = {"to": to, "language": language, "rate_hz": rate_hz}
        return self._call(services()["translate_speech"], (audio,), options, include, output, if_exists, settings)

    def assess_pronunciation(
        self,
        audio: Columns,
        *,
        reference: str | Col | None = None,
        language: str | Col = "en-US",
        rate_hz: int | Col | None = None,
        include: Sequence[Literal["words", "error_detail"]] | Literal["all"] = (),
        output: str = "pronunciation",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Say how well a text was read aloud.

        Parameters
        ----------
        audio
            Column of sounds of up to 30 s, or several, as in `transcribe`.
        reference
            The text that was to be read, or a column of texts (``dfai.col``).
        language
            Code of the language, or a column of codes.
        rate_hz
            As in `transcribe`.
        include
            More columns: "words" (``_words``, list of struct: ``text, start_s, duration_s, accuracy, error``, of which
            the last is null, "omission", "insertion" or "mispronunciation"), "error_detail".
        output
            Name of the column with the score (float64, 0 to 100), and prefix of ``_accuracy``, ``_fluency``,
            ``_completeness``, ``_prosody`` (float64, 0 to 100; prosody of en-US alone), ``_error`` and
            ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. A sound without speech is the row's error ``nothing_found``.

        Notes
        -----
        Azure alone: the embedded engine has no model for it.

        Examples
        --------
        >>> df.ai.assess_pronunciation("path", reference=dfai.col("sentence"), target=azure)  # doctest: +SKIP
        """
        if reference is None:
            raise ConfigError(
                "assess_pronunciation: say what was to be read: reference=…, a text, or a column of texts (dfai.col)."
            )
        options: dict[str, Any] = {"reference": reference, "language": language, "rate_hz": rate_hz}
        return self._call(services()["assess_pronunciation"], (audio,), options, include, output, if_exists, settings)
