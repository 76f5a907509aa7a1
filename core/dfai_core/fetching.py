"""Documents that are references: their contents are read ahead of the requests, as many as memory allows.

A document holds its content from the moment it is read until it has ended, and nothing but its reference before. So
reading holds no request's slot, requests do not wait for a disk, and a million images pass through a few megabytes.

Used on the loop's thread only; what blocks is done by the reader's threads.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Coroutine, Sequence
from typing import Any

from dfai_core.call import Call
from dfai_core.groups import Group, Places, References
from dfai_core.jobs import Job
from dfai_core.media import Content, Reader, Unread, read_rate
from dfai_core.report import Counters
from dfai_core.service import Failure, Wiring

__all__ = ["Fetching", "fetching_of"]

# Contents that are there but whose documents have not ended take at most so much memory together; one that is larger
# comes alone.
_MOST_BYTES = 64_000_000
# Read at once; and beyond what may be in flight, how many contents wait for their request at least.
_AT_ONCE = 32
_LEAST_READY = 32
# Contents that were asked lately, by their hashes: the same under another name is not asked again.
_REMEMBERED = 500


Asks = Callable[[References, Places], None]
Fails = Callable[[References, int, Failure], None]
Starts = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]


def fetching_of(call: Call, counters: Counters, arrived: Asks, failed: Fails, start: Starts) -> Fetching | None:
    """What reads the contents of *call*'s documents, where they are read at all."""
    return None if call.service.media is None else Fetching(call, counters, arrived, failed, start)


class Fetching:
    """Reads the contents of one call's documents.

    Parameters
    ----------
    call
        Whose service reads images or sounds.
    counters
        Told of documents that turn out to be the same.
    arrived
        Takes documents whose contents are there: they can be asked.
    failed
        Ends a document that cannot be read.
    start
        Starts a task; where it fails, the call does.
    """

    __slots__ = (
        "_arrived",
        "_counters",
        "_failed",
        "_fetch_at",
        "_guess_bytes",
        "_held",
        "_held_bytes",
        "_inputs",
        "_most_documents",
        "_queue",
        "_rate_at",
        "_reader",
        "_reading",
        "_seen",
        "_shareable",
        "_start",
        "_wiring",
    )

    def __init__(
        self,
        call: Call,
        counters: Counters,
        arrived: Asks,
        failed: Fails,
        start: Starts,
    ) -> None:
        media = call.service.media
        assert media is not None
        self._wiring: Wiring = call.wiring()
        self._shareable = call.service.shareable
        self._inputs = len(call.inputs)
        varying = [name for name, _ in call.varying]
        self._fetch_at = self._inputs + varying.index("fetch") if "fetch" in varying else None
        self._rate_at = self._inputs + varying.index("rate_hz") if "rate_hz" in varying else None
        self._reader = Reader(
            media.kind,
            media.room(self._wiring),
            timeout_s=call.config.timeout_s,
            allow_private=call.config.private_urls == "allow",
            tries=call.config.attempts,
            convert=None if media.convert is None else media.convert(self._wiring),
        )
        self._counters = counters
        self._arrived = arrived
        self._failed = failed
        self._start = start
        self._most_documents = call.config.concurrency + max(_LEAST_READY, call.config.concurrency)
        self._queue: deque[tuple[References, int]] = deque()
        self._reading: dict[tuple[References, int], asyncio.Task[None]] = {}
        self._held: dict[tuple[References, int], int] = {}  # whose contents are there, and their bytes
        self._held_bytes = 0
        self._guess_bytes = float(media.kind.guess_bytes)
        self._seen: dict[Any, tuple[References, int]] = {}

    def add(self, batch: Group, places: Places) -> None:
        """Sees that the contents of *batch* at *places* are read, in turn."""
        assert isinstance(batch, References)
        self._queue.extend((batch, place) for place in places)
        self._go()

    def ended(self, batch: References, places: Places) -> None:
        """Lets the contents of documents go that have ended."""
        for place in places:
            for column in batch.contents[: self._inputs]:
                column[place] = None
            self._held_bytes -= self._held.pop((batch, place), 0)
        self._go()

    def sent(self, job: Job) -> None:
        """Lets the contents of *job* go: the service works on them, and they are not sent again."""
        for group, places in job.origin:
            if isinstance(group, References):
                self.ended(group, places)

    def forget(self, group: Group, places: Collection[int]) -> None:
        """These documents will not be asked: what is the same as they are is asked anew."""
        self._seen = {name: one for name, one in self._seen.items() if one[0] is not group or one[1] not in places}

    def withdraw(self) -> list[tuple[Group, Places]]:
        """Takes out what nobody waits for any more, and says what that was."""
        kept: deque[tuple[References, int]] = deque()
        gone: list[tuple[Group, Places]] = []
        for batch, place in self._queue:
            if batch.wanted((place,)):
                kept.append((batch, place))
            else:
                gone.append((batch, (place,)))
        self._queue = kept
        return gone

    def clear(self) -> list[tuple[Group, Places]]:
        """Stops reading, and gives back what was not there yet."""
        left: list[tuple[Group, Places]] = [(batch, (place,)) for batch, place in (*self._reading, *self._queue)]
        self._queue.clear()
        for task in self._reading.values():
            task.cancel()
        self._reading.clear()
        return left

    def abandon(self) -> None:
        """Stops reading and lets all contents go: nobody waits for any document."""
        self.clear()
        self._seen.clear()
        self._held.clear()
        self._held_bytes = 0

    def _go(self) -> None:
        while self._queue and len(self._reading) < _AT_ONCE and self._has_room():
            batch, place = self._queue.popleft()
            self._reading[batch, place] = self._start(self._fetch(batch, place))

    def _has_room(self) -> bool:
        reading = len(self._reading)
        if not reading and not self._held:
            return True
        if len(self._held) + reading >= self._most_documents:
            return False
        return self._held_bytes + (1 + reading) * self._guess_bytes <= _MOST_BYTES

    async def _fetch(self, batch: References, place: int) -> None:
        document = [column[place] for column in batch.contents]
        found = await self._read(document)
        self._reading.pop((batch, place), None)  # at once: from here on it is others' to end
        if isinstance(found, Failure):
            self._failed(batch, place, found)
        else:
            self._take(batch, place, document, found)
        self._go()

    async def _read(self, document: Sequence[Any]) -> list[Content | str] | Failure:
        fetch = self._wiring.options.get("fetch", "worker") if self._fetch_at is None else document[self._fetch_at]
        rate = self._wiring.options.get("rate_hz") if self._rate_at is None else document[self._rate_at]
        try:
            rate_hz = read_rate(rate)
            return [await self._reader.read(one, fetch or "worker", rate_hz) for one in document[: self._inputs]]
        except Unread as error:
            return Failure(error.code, error.message, retryable=error.retryable)
        except Exception as error:  # noqa: BLE001  whatever a row's file makes a library do, the others are asked
            return Failure("unreadable", f"it cannot be read ({type(error).__name__})")

    def _take(self, batch: References, place: int, document: Sequence[Any], found: Sequence[Content | str]) -> None:
        """Holds what was read, unless it is asked already."""
        size_bytes = sum(len(one) for one in found if isinstance(one, Content))
        # Up at once, down by and by: the next may be as large.
        self._guess_bytes = max(float(size_bytes), self._guess_bytes + (size_bytes - self._guess_bytes) / 8)
        if self._shareable and self._follows(batch, place, document, found):
            return
        for column, value in zip(batch.contents, found, strict=False):
            column[place] = value
        self._held[batch, place] = size_bytes
        self._held_bytes += size_bytes
        self._arrived(batch, (place,))

    def _follows(self, batch: References, place: int, document: Sequence[Any], found: Sequence[Content | str]) -> bool:
        """Whether a document with the same content is asked already: then it ends as that one does."""
        name = tuple(one.digest if isinstance(one, Content) else one for one in (*found, *document[self._inputs :]))
        first = self._seen.get(name)
        if first is not None:
            self._counters.documents -= 1
            self._counters.coalesced += 1
            first[0].follow(first[1], batch, place)
            return True
        self._seen[name] = (batch, place)
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return False
