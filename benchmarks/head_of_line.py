"""The window that SynapseML's HTTP layer keeps, rebuilt over aiohttp: futures that are waited for in order.

What it does was read from SynapseML's sources (`AsyncUtils.bufferedAwait`, `HandlingUtils.sendWithRetries`, the
retry list of its cognitive transformers); the code is ours, without a JVM, so that only the rules are compared.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from benchmarks.clients import DOCUMENTS, JSON_HEADERS, LANGUAGE_PATH, Looped, body_of, labels_of

__all__ = ["HeadOfLine", "HeadOfLineTwo", "Waits"]

_TIMEOUT_S = 60.0
_LONGEST_WAIT_S = 60.0
_JITTER = 0.1


@dataclass(slots=True)
class Waits:
    """One request's waits: a fixed list for failures, doubling for 429, which is tried again without end.

    >>> waits = Waits()
    >>> waits.failed(), waits.failed()
    (0.1, None)
    >>> waits = Waits()
    >>> [waits.refused(None, 0.0) for _ in range(3)], waits.refused(1.0, 0.0)
    ([0.2, 0.4, 0.8], 1.0)
    """

    left_s: tuple[float, ...] = (0.1,)
    _last_s: float = 0.0

    def failed(self) -> float | None:
        """The next wait after a 5xx or a broken connection; None where the list is used up."""
        if not self.left_s:
            return None
        wait_s, *rest = self.left_s
        self.left_s = tuple(rest)
        return wait_s

    def refused(self, retry_after_s: float | None, draw: float) -> float | None:
        """The next wait after a 429. One after a failure that used up the list is an error."""
        if not self.left_s:
            return None
        if retry_after_s is None:
            self._last_s = retry_after_s = min(_LONGEST_WAIT_S, 2.0 * max(self._last_s, self.left_s[0]))
        return min(_LONGEST_WAIT_S, retry_after_s) * (1.0 + _JITTER * draw)


class HeadOfLine(Looped):
    """So many requests in flight; the next leaves when the oldest has come back, whatever the others do."""

    name = "head-of-line window"

    async def _open(self) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=_TIMEOUT_S, sock_read=_TIMEOUT_S),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=JSON_HEADERS,
        )

    async def _label(self, texts: Sequence[str]) -> list[str | None]:
        found: list[str | None] = []
        window: deque[asyncio.Task[list[str | None]]] = deque()
        for start in range(0, len(texts), DOCUMENTS):
            if len(window) == self._in_flight:
                found += await window.popleft()
            window.append(asyncio.create_task(self._ask(texts[start : start + DOCUMENTS])))
        while window:
            found += await window.popleft()
        return found

    async def _ask(self, texts: Sequence[str]) -> list[str | None]:
        """The labels, or none at all where the waits are used up."""
        waits = Waits()
        body = body_of(texts)
        while True:
            wait_s: float | None
            try:
                async with self._session.post(self._url + LANGUAGE_PATH, data=body) as response:
                    if response.status == 200:
                        return labels_of(await response.read(), len(texts))
                    if response.status == 429:
                        wait_s = waits.refused(_seconds(response.headers.get("Retry-After")), random.random())
                    else:
                        wait_s = waits.failed() if response.status >= 500 else None
            except ValueError:  # a body that cannot be read is not asked for again
                wait_s = None
            except (aiohttp.ClientError, OSError):
                wait_s = waits.failed()
            if wait_s is None:
                return [None] * len(texts)
            await asyncio.sleep(wait_s)

    async def _close(self) -> None:
        await self._session.close()


class HeadOfLineTwo(HeadOfLine):
    """Two windows of half the size, side by side: what a job has that runs as two tasks."""

    name = "two head-of-line windows"

    async def _label(self, texts: Sequence[str]) -> list[str | None]:
        whole = self._in_flight
        self._in_flight = whole // 2
        half = len(texts) // 2 // DOCUMENTS * DOCUMENTS
        try:
            found = await asyncio.gather(super()._label(texts[:half]), super()._label(texts[half:]))
        finally:
            self._in_flight = whole
        return [label for part in found for label in part]


def _seconds(retry_after: str | None) -> float | None:
    return float(retry_after) if retry_after is not None and retry_after.replace(".", "", 1).isdigit() else None
