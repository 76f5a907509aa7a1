"""What tests of stores in a folder stand on: keys, and a store that is closed again."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dfai_core.store.lmdb import LmdbStore

__all__ = ["key", "keys", "using"]

T = TypeVar("T")


def key(number: int) -> bytes:
    return random.Random(number).randbytes(16)


def keys(*numbers: int) -> list[bytes]:
    return [key(number) for number in numbers]


def using(store: LmdbStore, work: Callable[[LmdbStore], Awaitable[T]]) -> T:
    """Runs *work* on a loop of its own, and closes the store."""

    async def both() -> T:
        try:
            return await work(store)
        finally:
            await store.aclose()

    return asyncio.run(both())
