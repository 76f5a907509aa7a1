"""Which store a call uses: a small value that travels, and the live store that each process has for it."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from dfai_core.errors import ConfigError
from dfai_core.flow.budget import BudgetSpec
from dfai_core.loop import after_fork, before_exit
from dfai_core.store.base import Store, StoreFailed
from dfai_core.store.memory import MemoryStore
from dfai_core.store.redis_url import RedisUrl

__all__ = ["StoreSpec", "budget_beside", "has_folders", "open_store", "store_from"]


@dataclass(frozen=True, slots=True)
class StoreSpec:
    """A kind of store and its place.

    "memory" is the process's own, a "folder" is named by its path, "redis" by its URL. The store of an
    "application" is a folder of its own on each host, which ends with it. "default" is what the backend makes of
    it: none where frames are evaluated once, the application's where plans are evaluated again.

    *max_bytes* and *max_age_s* are a folder's bounds; None leaves it those that it has.
    """

    kind: Literal["default", "memory", "folder", "application", "redis"]
    place: str = ""
    max_bytes: int | None = None
    max_age_s: float | None = None

    def __repr__(self) -> str:
        bounds = {"max_bytes": self.max_bytes, "max_age_s": self.max_age_s}
        given = "".join(f", {name}={value!r}" for name, value in bounds.items() if value is not None)
        return f"StoreSpec({self.kind!r}, {str(self)!r}{given})"

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


def has_folders() -> bool:
    """Whether this machine has what folders need: LMDB, and the locks of a POSIX system."""
    return find_spec("lmdb") is not None and find_spec("fcntl") is not None


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
        place = spec.kind, spec.place
        if place not in _stores:
            _stores[place] = _OPENERS[spec.kind](spec)
        store = _stores[place]
        if spec.max_bytes is not None or spec.max_age_s is not None:
            _bound(store, spec)
        return store


def _folder(spec: StoreSpec) -> Store:
    from dfai_core.store.lmdb import LmdbStore

    return LmdbStore(Path(spec.place), max_bytes=spec.max_bytes, max_age_s=spec.max_age_s)


def _bound(store: Store | None, spec: StoreSpec) -> None:
    from dfai_core.store.lmdb import LmdbStore

    assert isinstance(store, LmdbStore)
    store.bound(spec.max_bytes, spec.max_age_s)


def _application(spec: StoreSpec) -> Store | None:
    try:
        return _in_temporary_folder(spec.place)
    except (ConfigError, OSError) as error:  # nobody asked for it: no call fails for want of it
        message = f'answers are not kept for the plan\'s next evaluation: {error} Or name a store: store="a folder".'
        warnings.warn(message, StoreFailed, stacklevel=2)
        return None


def _in_temporary_folder(application: str) -> Store:
    from dfai_core.store.folders import default_folder, private_folder, sweep
    from dfai_core.store.lmdb import LmdbStore
    from dfai_core.store.owners import locked

    folder = default_folder(application)
    # Nobody may sweep the folder of one that is just coming in.
    with locked(private_folder(folder.parent) / ".lock"):
        store = LmdbStore(folder, lasting=False)
        sweep(folder.parent)
    return store


def _redis(spec: StoreSpec) -> Store:
    from dfai_core.store.redis import RedisStore

    return RedisStore(spec.place)


_OPENERS: dict[str, Callable[[StoreSpec], Store | None]] = {
    "memory": lambda _: MemoryStore(),
    "folder": _folder,
    "application": _application,
    "redis": _redis,
}
_lock = threading.Lock()
# Stores let go by themselves, in a forked child, of what belongs to its parent: the table may stay.
_stores: dict[tuple[str, str], Store | None] = {}  # None: it was tried in vain


async def _close() -> None:
    for store in _stores.values():
        if store is not None:
            await store.aclose()


def _forget() -> None:
    global _lock
    _lock = threading.Lock()


after_fork(_forget)
before_exit(_close)
