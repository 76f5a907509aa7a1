"""Which store a call uses: a small value that travels, and the live store that each process has for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from dfai_core.errors import ConfigError
from dfai_core.flow.budget import BudgetSpec
from dfai_core.loop import after_fork, before_exit
from dfai_core.store.base import Store
from dfai_core.store.memory import MemoryStore
from dfai_core.store.redis_url import RedisUrl

__all__ = ["StoreSpec", "budget_beside", "open_store", "store_from"]


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """A kind of store and its place.

    "memory" is the process's own, a "folder" is named by its path, "redis" by its URL. The store of an
    "application" is a folder of its own on each host, which ends with it. "default" is what the backend makes of
    it: none where frames are evaluated once, the application's where plans are evaluated again.
    """

    kind: Literal["default", "memory", "folder", "application", "redis"]
    place: str = ""

    def __repr__(self) -> str:
        return f"StoreSpec({self.kind!r}, {str(self)!r})"

    def __str__(self) -> str:
        return RedisUrl.of(self.place).shown if self.kind == "redis" else self.place or self.kind


def store_from(value: object) -> StoreSpec | Store | None:
    """What a setting ``store=`` means: a description, or a live store of the user's own.

    Raises
    ------
    ConfigError
        For a scheme that is not known, or something that is no store.

    >>> store_from("memory")
    StoreSpec('memory', 'memory')
    >>> store_from("redis://:hush@cache:6379/0")
    StoreSpec('redis', 'redis://cache:6379/0')
    """
    if value is None or isinstance(value, (StoreSpec, Store)):
        return value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(
            f'store= takes "memory", a folder, "redis://host" or None, not {"a" if value else "an empty"} '
            f"{type(value).__name__}."
        )
    if value == "memory":
        return StoreSpec("memory")
    scheme, separator, _ = value.partition("://")
    if not separator:
        # Workers may have another working directory.
        return StoreSpec("folder", str(Path(value).expanduser().absolute()))
    if scheme in ("redis", "rediss"):
        RedisUrl.of(value)
        return StoreSpec("redis", value)
    raise ConfigError(
        f'store= knows no {scheme}:// places: use "memory", a local folder, "redis://host" or "rediss://host".'
    )


def budget_beside(store: StoreSpec | Store | None, *, hosts: int = 1) -> BudgetSpec | None:
    """Who keeps the limits of a call with this *store*, if the store's place can: a Redis keeps them too.

    >>> budget_beside(StoreSpec("redis", "redis://:hush@cache"))
    BudgetSpec(kind='redis', hosts=1)
    """
    if isinstance(store, StoreSpec) and store.kind == "redis":
        return BudgetSpec("redis", RedisUrl.of(store.place).url, hosts=hosts)
    return None


def open_store(spec: StoreSpec | Store | None) -> Store | None:
    """This process's live store for *spec*, made on first use and closed when the process ends.

    Raises
    ------
    ConfigError
        Where the place cannot be used.
    MissingExtra
        Where the package for it is not installed.
    """
    if not isinstance(spec, StoreSpec):
        return spec
    if spec.kind == "default":
        return None
    with _lock:
        store = _stores.get(spec)
        if store is None:
            store = _stores[spec] = _OPENERS[spec.kind](spec.place)
        return store


def _folder(place: str) -> Store:
    from dfai_core.store.lmdb import LmdbStore

    return LmdbStore(Path(place))


def _application(name: str) -> Store:
    from dfai_core.store.folders import default_folder, private_folder, sweep
    from dfai_core.store.lmdb import LmdbStore
    from dfai_core.store.owners import locked

    folder = default_folder(name)
    # Nobody may sweep the folder of one that is just coming in.
    with locked(private_folder(folder.parent) / ".lock"):
        store = LmdbStore(folder, lasting=False)
        sweep(folder.parent)
    return store


def _redis(url: str) -> Store:
    from dfai_core.store.redis import RedisStore

    return RedisStore(url)


_OPENERS: dict[str, Callable[[str], Store]] = {
    "memory": lambda _: MemoryStore(),
    "folder": _folder,
    "application": _application,
    "redis": _redis,
}
_lock = threading.Lock()
# Stores let go by themselves, in a forked child, of what belongs to its parent: the table may stay.
_stores: dict[StoreSpec, Store] = {}


async def _close() -> None:
    for store in _stores.values():
        await store.aclose()


def _forget() -> None:
    global _lock
    _lock = threading.Lock()


after_fork(_forget)
before_exit(_close)
