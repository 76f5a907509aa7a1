"""``dfai.speakers``: profiles of voices, made, enrolled, reset and deleted, wherever they are kept."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Unpack
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID

import orjson
import pyarrow as pa

from dfai._managed import answers_of, call_of, several_of
from dfai._names import Names
from dfai._settings import effective
from dfai_core import Settings
from dfai_core.errors import ConfigError, DfaiError, Rejected, error_for
from dfai_core.media import arrow_media
from dfai_core.services.speech.managing_speakers import ENROL, MANAGE_VOICES, MANAGE_VOICES_ONCE
from dfai_core.services.speech.speaker_wire import LOCALE

__all__ = ["Speaker", "Speakers", "resolved", "speakers"]

_PAGE = 500
Length = Literal["any", "full"]


@dataclass(frozen=True, slots=True)
class Speaker:
    """A voice that is kept as a profile; ``among=`` takes one, or several. Its methods ask as it was made: *settings*.

    *ready*: there is a voice print to compare with. *speech_s*: how many seconds of speech are in it, of *enrolments*
    sounds; *missing_s*: how many more it needs, where it is not ready.
    """

    id: str
    name: str = ""
    ready: bool = False
    enrolments: int = 0
    speech_s: float = 0.0
    missing_s: float = 0.0
    locale: str = LOCALE
    model_version: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        return self.name or self.id

    def enrol(self, audio: Any, *, rate_hz: int | None = None, length: Length = "any") -> Speaker:
        """Add what they say in one sound, or in several; the speaker, with so much more speech.

        Parameters
        ----------
        audio
            One sound or several, or a column of a pandas frame: bytes, paths or URLs, arrays. The sounds themselves are
            not kept. Each has 1 to 120 seconds; at most 300 in all.
        rate_hz
            Samples a second, where sounds are arrays.
        length
            "any": there is a voice print at once, however little is said. "full": only with 20 seconds of speech.

        Raises
        ------
        CallError
            Some were not enrolled; the message says how many and why. The others were.
        """
        several = several_of(audio)
        if not several:
            return self
        if length not in ("any", "full"):
            raise ConfigError(f"length={length!r}: choose 'any' or 'full'.")
        options = {"at": self.id, "length": length, "rate_hz": rate_hz}
        call = call_of(ENROL, self.settings, "speakers", options=options)
        batch = pa.RecordBatch.from_arrays([arrow_media(several)], names=["audio"])
        answers = answers_of(call, batch)
        failed = [
            (row, code or "empty", why or "no sound") for row, (held, code, why) in enumerate(answers) if not held
        ]
        if failed:
            row, code, why = failed[0]
            if len(several) == 1:
                raise error_for(code, f"the sound was not enrolled: {why}")
            raise error_for(
                code,
                f"{len(failed)} of {len(several)} sounds were not enrolled, the others were. "
                f"The first, sound {row}: {why}",
            )
        return _known(self.settings, self.id, self.name)

    def reset(self) -> Speaker:
        """Forget what was enrolled; the speaker, who keeps id and name."""
        _ask(self.settings, "POST", f"profiles/{self.id}:reset")
        return _known(self.settings, self.id, self.name)

    def delete(self) -> None:
        """Delete the profile, with all that is known of the voice, and the name."""
        try:
            _ask(self.settings, "DELETE", f"profiles/{self.id}")
        except Rejected as refused:
            if "HTTP 404" not in str(refused):
                raise
            # Somebody deleted it elsewhere: what is left is the name.
        _names(self.settings).take(self.id)


class Speakers:
    """Profiles of voices. The settings given here hold for all that is asked of what comes back.

    The service knows ids alone. Names are this user's own, on this machine: `list` shows profiles without one by ids.
    """

    __slots__ = ()

    def create(
        self,
        name: str,
        audio: Any = (),
        *,
        rate_hz: int | None = None,
        length: Length = "any",
        locale: str = LOCALE,
        **settings: Unpack[Settings],
    ) -> Speaker:
        """A new speaker, enrolled with *audio* if there is any.

        Parameters
        ----------
        name
            What `identify_speaker` tells. No other profile at this target may have it.
        audio, rate_hz, length
            As in ``Speaker.enrol``.
        locale
            What is spoken. It makes no difference to the comparison.

        Raises
        ------
        ConfigError
            There is a profile of this name.
        CallError
            The sound was not enrolled; there is no profile then, and no name.
        """
        if not isinstance(name, str) or not name.strip():
            raise ConfigError(f"name={name!r}: expected what the speaker is called.")
        names = _names(settings)
        names.check_free(name)
        told = _ask(settings, "POST", "profiles", {"locale": locale}, once=True)
        made = _speaker(told, name, settings)
        try:
            names.give(name, made.id)
            return made.enrol(audio, rate_hz=rate_hz, length=length)
        except BaseException:
            made.delete()
            raise

    def enrol(
        self,
        speaker: Speaker | str,
        audio: Any,
        *,
        rate_hz: int | None = None,
        length: Length = "any",
        **settings: Unpack[Settings],
    ) -> Speaker:
        """Add what a speaker says in one sound or several; arguments as in ``Speaker.enrol``."""
        return self.get(speaker, **settings).enrol(audio, rate_hz=rate_hz, length=length)

    def list(self, **settings: Unpack[Settings]) -> tuple[Speaker, ...]:
        """All profiles, in the order of their ids."""
        names = _names(settings).all()
        return tuple(_speaker(told, names.get(told["profileId"], ""), settings) for told in _pages(settings))

    def get(self, speaker: Speaker | str, **settings: Unpack[Settings]) -> Speaker:
        """A speaker as the service has them now, by name or by id."""
        identity, name = _identity(speaker, settings)
        return _known(settings or getattr(speaker, "settings", {}), identity, name)

    def reset(self, speaker: Speaker | str, **settings: Unpack[Settings]) -> Speaker:
        """Forget what was enrolled of a speaker, who keeps id and name."""
        return self._of(speaker, settings).reset()

    def delete(self, speaker: Speaker | str, **settings: Unpack[Settings]) -> None:
        """Delete a speaker's profile, with all that is known of the voice, and the name."""
        self._of(speaker, settings).delete()

    def _of(self, speaker: Speaker | str, settings: Any) -> Speaker:
        identity, name = _identity(speaker, settings)
        return Speaker(identity, name, settings=settings or getattr(speaker, "settings", {}))

    def __repr__(self) -> str:
        return "<dfai.speakers: create, enrol, list, get, reset, delete>"


speakers: Speakers = Speakers()


def resolved(among: Any, settings: Any) -> Any:
    """*among* with speakers in the place of their names; what is no name stays as it is. Nothing is asked.

    Raises
    ------
    ConfigError
        For a name that no profile has.
    """
    if isinstance(among, str):
        if all(map(_is_id, among.split(","))):
            return among
        identity, name = _identity(among, settings)
        return Speaker(identity, name)
    if isinstance(among, Sequence):
        names = _names(settings).all() if any(isinstance(one, (str, UUID)) for one in among) else {}
        return [_named(one, names, settings) for one in among]
    return among


def _named(one: Any, names: Mapping[str, str], settings: Any) -> Any:
    if isinstance(one, UUID) or (isinstance(one, str) and _is_id(one)):
        identity = str(UUID(str(one)))
        return Speaker(identity, names.get(identity, ""))
    return resolved(one, settings) if isinstance(one, str) else one


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text.strip()))
    except ValueError:
        return False


def _identity(speaker: Speaker | str, settings: Any) -> tuple[str, str]:
    """A speaker's id and name."""
    if isinstance(speaker, Speaker):
        return speaker.id, speaker.name
    names = _names(settings)
    if (identity := names.id_of(speaker)) is not None:
        return identity, speaker
    if _is_id(speaker):
        identity = str(UUID(speaker))
        return identity, names.all().get(identity, "")
    known = ", ".join(map(repr, sorted(names.all().values()))) or "none yet"
    raise ConfigError(
        f"no speaker is called {speaker!r} at this target; names: {known}. dfai.speakers.create makes one."
    )


def _names(settings: Any) -> Names:
    config, _ = effective(settings)
    return Names(str(config.target.resolve(MANAGE_VOICES)))


def _known(settings: Any, identity: str, name: str) -> Speaker:
    return _speaker(_ask(settings, "GET", f"profiles/{identity}"), name, settings)


def _speaker(told: Mapping[str, Any], name: str, settings: Any) -> Speaker:
    return Speaker(
        told["profileId"],
        name,
        told["enrollmentStatus"] == "Enrolled",
        int(told.get("enrollmentsCount") or 0),
        float(told.get("enrollmentsSpeechLengthInSec") or 0.0),
        float(told.get("remainingEnrollmentsSpeechLengthInSec") or 0.0),
        told["locale"],
        told.get("modelVersion") or "",
        settings,
    )


# ---- requests -------------------------------------------------------------------------------------------------------


def _pages(settings: Any) -> Iterator[Mapping[str, Any]]:
    query = {"maxpagesize": str(_PAGE)}
    while True:
        page = _ask(settings, "GET", f"profiles?{urlencode(query)}")
        yield from page["value"]
        following = page.get("nextLink")
        if not following:
            return
        # Of the link the query alone: the host is the target's, which knows where it is asked.
        asked = {name: value for name, value in parse_qsl(urlsplit(following).query) if name != "api-version"}
        if asked == query:
            raise DfaiError("the list of profiles leads in a circle")
        query = asked


def _ask(settings: Any, method: str, path: str, body: Any = None, *, once: bool = False) -> Any:
    """What is answered to one request."""
    service = MANAGE_VOICES_ONCE if once else MANAGE_VOICES
    held = None if body is None else orjson.dumps(body)
    columns = [pa.array([method]), pa.array([path]), pa.array([held], pa.binary())]
    batch = pa.RecordBatch.from_arrays(columns, names=list(service.inputs))
    ((answer, code, message),) = answers_of(call_of(service, settings, "speakers"), batch)
    if code is not None:
        raise error_for(code, f"{method} {path}: {message}")
    return orjson.loads(answer) if answer else {}
