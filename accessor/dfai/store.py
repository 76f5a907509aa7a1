"""Stores from outside: what one holds, how to make it smaller, and a folder's bounds."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from dfai_core.errors import ConfigError
from dfai_core.loop import loop_thread
from dfai_core.store import Statistics, Store, StoreSpec, open_store, store_from

__all__ = ["Statistics", "folder", "prune", "statistics"]


def folder(path: str | os.PathLike[str], *, max_bytes: int | None = None, max_age_s: float | None = None) -> StoreSpec:
    """A folder with bounds of its own, for ``store=``.

    The folder remembers them: whoever uses it later without naming any, in whatever process, has the same.

    Parameters
    ----------
    path
        The folder; made, private, when it is first used.
    max_bytes
        Bytes of answers, keys included, past which the oldest are dropped; 1 GiB where nobody ever said. The files
        may take up to three times as much.
    max_age_s
        Seconds after which an answer is not found any more; 30 days where nobody ever said.

    Raises
    ------
    ConfigError
        For another place than a folder, or bounds that leave room for nothing.

    Examples
    --------
    >>> dfai.store.folder("/var/answers", max_bytes=10_000_000_000, max_age_s=90 * 86_400)
    StoreSpec('folder', '/var/answers', max_bytes=10000000000, max_age_s=7776000)
    """
    spec = store_from(path)
    if not isinstance(spec, StoreSpec) or spec.kind != "folder":
        raise ConfigError(f"dfai.store.folder takes a folder's path, not {str(spec)!r}.")
    _whole("max_bytes", max_bytes, least=1)
    _seconds("max_age_s", max_age_s, least=1)
    return replace(spec, max_bytes=max_bytes, max_age_s=max_age_s)


def statistics(place: str | os.PathLike[str] | StoreSpec | Store) -> Statistics:
    """What a store holds, and what it did for this process so far.

    Parameters
    ----------
    place
        What ``store=`` takes: a folder, "memory", a Redis URL, a store of your own.

    Returns
    -------
    ``entries`` and ``bytes`` are what is there now, whoever stored it; None for a Redis, which holds other things too.
    ``hits``, ``misses``, ``claimed``, ``refused``, ``stored``, ``not_stored`` and ``failures`` are this process's own.

    Raises
    ------
    ConfigError
        Where there is no store, or none that can be used.

    Examples
    --------
    >>> dfai.store.statistics("memory").entries
    0
    """
    store = _opened(place)

    async def ask() -> Statistics:
        return store.statistics()

    return loop_thread().run(ask())


def prune(
    place: str | os.PathLike[str] | StoreSpec | Store,
    *,
    older_than_s: float | None = None,
    max_bytes: int | None = None,
) -> int:
    """Drops answers from a store now; says how many.

    Folders keep their own bounds by themselves: this is for less than these. Calls that use the store go on.

    Parameters
    ----------
    place
        A folder, or "memory".
    older_than_s
        Answers that were stored more than so many seconds ago are dropped; not for "memory".
    max_bytes
        Then the oldest (in memory: the longest unused) are dropped until the others take no more bytes than this.

    Raises
    ------
    ConfigError
        Where there is no store, or none that can be pruned: in a Redis answers expire by themselves.

    Examples
    --------
    >>> dfai.store.prune("memory", max_bytes=0)
    0
    """
    if older_than_s is None and max_bytes is None:
        raise ConfigError("prune needs to know what should go: older_than_s=, max_bytes=, or both.")
    _seconds("older_than_s", older_than_s, least=0)
    _whole("max_bytes", max_bytes, least=0)
    store = _opened(place)
    work = getattr(store, "prune", None)
    if work is None:
        spec = store_from(place)
        if isinstance(spec, StoreSpec) and spec.kind == "redis":
            raise ConfigError(
                f"answers in {spec} expire by themselves: say after how many seconds in its URL, ?expiry_s=86400. "
                "To drop them at once, delete the keys dfai:* in that Redis."
            )
        raise ConfigError(f"a {type(store).__name__} cannot be pruned from here.")
    dropped: int = loop_thread().run(work(max_age_s=older_than_s, max_bytes=max_bytes))
    return dropped


def _opened(place: object) -> Store:
    """This process's live store at *place*; a folder is not made, only because somebody asks about it."""
    spec = store_from(place)
    if isinstance(spec, StoreSpec) and spec.kind == "folder" and not Path(spec.place, "data.mdb").is_file():
        raise ConfigError(f"there is no store in {spec.place}: nothing was ever kept there.")
    store = open_store(spec)
    if store is None:
        raise ConfigError('name a store: a folder, "memory", or a Redis URL.')
    return store


def _whole(name: str, value: Any, least: int) -> None:
    if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < least):
        raise ConfigError(f"{name}={value!r}: expected a whole number from {least}.")


def _seconds(name: str, value: Any, least: int) -> None:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if value is not None and not (number and least <= value < float("inf")):
        raise ConfigError(f"{name}={value!r}: expected a number of seconds from {least}.")
