"""``dfai.list_voices``: who can speak, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import orjson

from dfai._settings import effective
from dfai_core import Settings, services
from dfai_core.asking import Question, ask_target
from dfai_core.errors import Unavailable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["list_voices"]

_COLUMNS = (
    *("voice", "name", "language", "language_name", "gender", "styles", "roles", "other_languages"),
    *("rate_hz", "words_per_minute", "kind", "status"),
)


def list_voices(language: str | None = None, **settings: Unpack[Settings]) -> pd.DataFrame:
    """The voices that a target has, one a row.

    Parameters
    ----------
    language
        Only those that speak it: "fr", or "fr-FR".
    **settings
        ``target``, ``timeout_s``, … (see ``dfai.Settings``).

    Returns
    -------
    A pandas frame: ``voice`` (what ``voice=`` takes), ``name``, ``language`` (such as "fr-FR"), ``language_name``,
    ``gender``, ``styles``, ``roles`` and ``other_languages`` (lists), ``rate_hz`` (samples a second),
    ``words_per_minute``, ``kind`` and ``status``. What the target does not tell is null.

    Raises
    ------
    CallError
        The target does not answer.

    Examples
    --------
    >>> dfai.list_voices("de")["voice"].tolist()  # doctest: +SKIP
    ['de-DE-Pico']
    """
    import pandas as pd

    service = replace(services()["synthesize_speech"], host="tts")
    config, _ = effective(settings)
    config.target.resolve(service).check(service)
    answer = ask_target(service, config, Question("GET", "/cognitiveservices/voices/list", headers={}))
    try:
        rows = [_row(voice) for voice in orjson.loads(answer.body)]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Unavailable(f"{config.target}: the list of voices cannot be read ({type(error).__name__})") from error
    frame = pd.DataFrame([row for row in rows if _speaks(row, language)], columns=list(_COLUMNS))
    return frame.astype({"rate_hz": "Int64", "words_per_minute": "Int64"})


def _row(voice: Mapping[str, Any]) -> dict[str, Any]:
    def number(name: str) -> int | None:
        said = voice.get(name)
        return None if said in (None, "") else int(said)

    return {
        "voice": voice["ShortName"],
        "name": voice.get("DisplayName"),
        "language": voice["Locale"],
        "language_name": voice.get("LocaleName"),
        "gender": voice.get("Gender"),
        "styles": voice.get("StyleList") or [],
        "roles": voice.get("RolePlayList") or [],
        "other_languages": voice.get("SecondaryLocaleList") or [],
        "rate_hz": number("SampleRateHertz"),
        "words_per_minute": number("WordsPerMinute"),
        "kind": voice.get("VoiceType"),
        "status": voice.get("Status"),
    }


def _speaks(row: Mapping[str, Any], language: str | None) -> bool:
    if language is None:
        return True
    wanted = language.lower().replace("_", "-")
    return any(
        tag.lower() == wanted or tag.lower().startswith(f"{wanted}-")
        for tag in (row["language"], *row["other_languages"])
    )
