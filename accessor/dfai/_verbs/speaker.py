"""Speakers: whether one voice speaks in two sounds, and whose it is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal, Protocol, Unpack
from uuid import UUID

from dfai._verbs.base import Columns, IfExists, R, VerbBase
from dfai_core import Col, Settings, services
from dfai_core.errors import ConfigError

__all__ = ["KnownVoice", "KnownVoices", "SpeakerVerbs"]


class KnownVoice(Protocol):
    """A profile of a voice, as ``dfai.speakers`` gives it back."""

    @property
    def id(self) -> str:
        """Its id in the service."""

    @property
    def name(self) -> str:
        """What the speaker is called."""


class KnownVoices(Protocol):
    """Several of them, or their names or ids."""

    def __iter__(self) -> Iterator[KnownVoice | str]:
        """One after the other."""


class SpeakerVerbs(VerbBase[R]):
    """Verbs about voices. Each adds its columns and two more: ``_error`` and ``_error_message``."""

    def verify_speaker(
        self,
        audio: Columns,
        other: Columns | None = None,
        *,
        among: KnownVoice | str | UUID | Col | None = None,
        threshold: float | Col | None = None,
        rate_hz: int | Col | None = None,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "same_speaker",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Tell whether the same voice speaks in two sounds, or in a sound and in a profile.

        Parameters
        ----------
        audio, other
            Columns of sounds, as in `transcribe`: bytes, paths or URLs, arrays. Each has 1 to 120 seconds; 5 of speech
            and more are better.
        among
            A profile instead of *other*: what ``dfai.speakers`` gives back, its name or its id, or a column of ids.
        threshold
            From which confidence on it is one voice, 0 to 1. Default: the service decides (the embedded engine: 0.5).
            A higher one takes fewer strangers for the same, and misses more of the same.
        rate_hz
            Samples a second, where sounds are arrays.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the answer (bool), and prefix of ``_confidence`` (float64, 0 to 1: how alike the
            voices are, no probability), ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. A sound without speech is the row's error ``nothing_found``.

        Notes
        -----
        Two sounds take four requests: a profile for a while, enrolled with one of them, compared with the other, and
        deleted. A profile takes one. A recorded or an imitated voice is not told from a living one.

        Examples
        --------
        >>> df.ai.verify_speaker("call", "sample")  # doctest: +SKIP
        >>> df.ai.verify_speaker("call", among="Ada")  # doctest: +SKIP
        """
        if (other is None) == (among is None):
            raise ConfigError(
                "verify_speaker: compare with one thing: another column, or among=…, a profile of dfai.speakers."
            )
        options: dict[str, Any] = {"among": among, "threshold": threshold, "rate_hz": rate_hz}
        service = services()["verify_speaker"]
        if other is not None:
            return self._call(service, (audio, other), options, include, output, if_exists, settings)
        from dfai._speakers import resolved

        options["among"] = resolved(among, settings)
        return self._call(service.forms["among"], (audio,), options, include, output, if_exists, settings)

    def identify_speaker(
        self,
        audio: Columns,
        *,
        among: KnownVoices | KnownVoice | str | Col | None = None,
        threshold: float | Col | None = None,
        rate_hz: int | Col | None = None,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "speaker",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Say whose voice speaks in each sound, among those of some profiles.

        Parameters
        ----------
        audio
            Column of sounds, or several, as in `verify_speaker`. One person speaks in each.
        among
            The profiles: what ``dfai.speakers`` gives back, their names or their ids; all of them:
            ``dfai.speakers.list()``. A column holds ids, with commas between. Of more than 50, each 50 are a request.
        threshold
            From which confidence on a voice counts, 0 to 1. Default: the service decides (the embedded engine: 0.5).
        rate_hz
            Samples a second, where sounds are arrays.
        include
            "error_detail" for what is known of each error.
        output
            Name of the column with the speaker (string: the name, or the id of a profile without one), and prefix of
            ``_confidence`` (float64, 0 to 1), ``_error`` and ``_error_message``.
        if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame with the new columns. Where none of these voices speaks, or nobody does, the row has the
        error ``nothing_found``, whose message says how alike the nearest was.

        Examples
        --------
        >>> df.ai.identify_speaker("call", among=["Ada", "Grace"])  # doctest: +SKIP
        """
        if among is None:
            raise ConfigError(
                "identify_speaker: say whose voice it may be, among=[…]: profiles of dfai.speakers, their names or ids."
            )
        from dfai._speakers import resolved

        options: dict[str, Any] = {"among": resolved(among, settings), "threshold": threshold, "rate_hz": rate_hz}
        return self._call(services()["identify_speaker"], (audio,), options, include, output, if_exists, settings)
