"""``dfai store``: what a store holds, and making it smaller."""

from __future__ import annotations

import re
from typing import Annotated, Any

import orjson
import typer

from dfai import store as stores
from dfai._run import counted
from dfai._run_text import bytes_of
from dfai_core.errors import ConfigError

__all__ = ["store"]

store: typer.Typer = typer.Typer(
    name="store",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="What a store of answers holds, and making it smaller.",
)

Place = Annotated[
    str, typer.Argument(metavar="PLACE", help="What --store takes: a folder, or a Redis URL.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_UNITS_BYTES = {"": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


@store.command()
def info(place: Place, as_json: Json = False) -> None:
    """How many answers a store holds, and what they take."""
    found = stores.statistics(place)
    if as_json:
        _print({"store": place, "entries": found.entries, "bytes": found.bytes})
    elif found.entries is None:
        print(f"{place} can be reached. How many of its keys are answers nobody counts: it may hold other things too.")
    else:
        print(f"{counted(found.entries, 'answer')} in {place}, {bytes_of(found.bytes or 0) or '0 B'}")


@store.command()
def prune(
    place: Place,
    older_than: Annotated[
        str | None, typer.Option(metavar="AGE", help="Drop answers that are older: 90s, 15m, 12h, 7d or 4w.")
    ] = None,
    max_bytes: Annotated[
        str | None, typer.Option(metavar="SIZE", help="Then drop the oldest until the others take no more: 500MB, 2GB.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Drop old answers, or the oldest of too many; runs that use the store go on."""
    if older_than is None and max_bytes is None:
        raise ConfigError("say what is to go: --older-than 7d, --max-bytes 500MB, or both.")
    dropped = stores.prune(
        place,
        older_than_s=None if older_than is None else _measured("--older-than", older_than, _UNITS_S, "7d or 12h"),
        max_bytes=None if max_bytes is None else int(_measured("--max-bytes", max_bytes, _UNITS_BYTES, "500MB or 2GB")),
    )
    _dropped(place, dropped, as_json=as_json)


@store.command()
def clear(
    place: Place,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether that is meant.")] = False,
    as_json: Json = False,
) -> None:
    """Drop every answer. What they cost is paid again by who asks again."""
    if not yes:
        held = stores.statistics(place).entries
        many = "all answers" if held is None else counted(held, "answer")
        typer.confirm(f"Drop {many} in {place}?", abort=True, err=True)
    _dropped(place, stores.prune(place, max_bytes=0), as_json=as_json)


def _dropped(place: str, dropped: int, *, as_json: bool) -> None:
    left = stores.statistics(place)
    if as_json:
        _print({"store": place, "dropped": dropped, "entries": left.entries, "bytes": left.bytes})
    else:
        print(f"{counted(dropped, 'answer')} dropped, {left.entries or 0:,} left in {place}")


def _measured(option: str, text: str, units: dict[str, int], such_as: str) -> float:
    """A number with its unit.

    >>> _measured("--older-than", "1.5h", _UNITS_S, "7d")
    5400.0
    """
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if found is None or found[2] not in units:
        raise ConfigError(f"{option} {text}: expected a number with its unit, such as {such_as}.")
    return float(found[1]) * units[found[2]]


def _print(told: dict[str, Any]) -> None:
    print(orjson.dumps(told).decode())
