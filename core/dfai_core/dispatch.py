"""All requests of one call in this process: packed, paced, kept in flight, brought to their end.

Everything here runs on the loop's thread, so nothing is locked.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Coroutine, Sequence
from functools import partial
from typing import Any

import pyarrow as pa

from dfai_core.attempt import Attempter, Outcome, Refused
from dfai_core.call import Call
from dfai_core.documents import Asked, answer_batch, ask, errors_in
from dfai_core.errors import LASTING_CODES, ConfigError
from dfai_core.flow.adaptive import AttemptTimeout, ConcurrencyWindow
from dfai_core.flow.retry import Retry
from dfai_core.jobs import Job, Lane, Piece, Ticket, Waiting, whole_of
from dfai_core.keeping import Keeper
from dfai_core.lanes import Lanes
from dfai_core.loop import after_fork
from dfai_core.peers import peer_of
from dfai_core.report import counters_of
from dfai_core.service import Document, Failure, Part, Values
from dfai_core.shape import Shape
from dfai_core.store import Keyer, open_store
from dfai_core.turns import Turns

__all__ = ["Dispatcher", "join"]

# A request that is not full waits this long for more documents while some caller still reads its input.
_LINGER_S = 0.25
# Answers of this many documents, or of this much input, are remembered for rows that ask the same later.
_REMEMBERED = 50_000
_REMEMBERED_BYTES = 64_000_000
# A call that nobody uses is forgotten after this time: another partition may still come.
_IDLE_S = 5.0
# How long a document waits that another process is asking for, before it looks again.
_FIRST_CLAIM_WAIT_S = 0.01
_LONGEST_CLAIM_WAIT_S = 0.2
# max_error_ratio says nothing before this many documents.
_LEAST_FOR_RATIO = 100


class Dispatcher:
    """One call's requests. Callers in several threads may share it, as Dask's partitions do."""

    def __init__(self, call: Call) -> None:
        config = call.config
        target = config.target.resolve(call.service)
        self.call = call
        self.loop = asyncio.get_running_loop()
        self.users = 0
        self.readers = 0  # callers that still read their input: what is not full yet may become so
        self.counters = counters_of(call.id)
        peer = peer_of(target, config)
        self._turns = Turns(peer, config.rate_per_s, config.deadline_s)
        # A model that computes in this process cannot be cut short, and a slow machine is no fault: there only
        # the deadline holds.
        adaptive = None if target.kind == "local" else AttemptTimeout(config.timeout_s)
        retry = Retry(attempts=config.attempts)
        # What the user allows is where we start: only a target that cannot bear it is asked less at once.
        self._window = ConcurrencyWindow(config.concurrency, first=config.concurrency)
        self._attempter = Attempter(peer, retry, self.counters, adaptive, self._window, config.deadline_s)
        self._shape = Shape(len(call.schema), detail="error_detail" in call.include)
        self._lanes = Lanes(call, self._joined)
        self._waiting = Waiting()
        self._known: dict[Document, Values] = {}  # documents that have ended
        self._known_bytes = 0
        self._tickets: set[Ticket] = set()
        self._ready: deque[Job] = deque()
        self._timers: dict[asyncio.TimerHandle, Job] = {}  # jobs that wait before they are tried again
        self._linger: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._chores: set[asyncio.Task[None]] = set()
        store = open_store(config.store)
        self._keeper: Keeper | None = None
        if store is not None:
            keyer = Keyer(call.service, call.wiring(), target.identity(call.service))
            self._keeper = Keeper(store, keyer, self._shape.columns)
        self._failed = 0
        self._stopped: Values | None = None  # what the rest ends with, once the call is stopped
        self._error: BaseException | None = None  # why the whole call cannot go on

    # ---- documents come in -------------------------------------------------------------------------------

    def accept(self, ticket: Ticket, batch: pa.RecordBatch) -> None:
        """Asks what *batch* asks; the ticket is done when each of its documents has ended."""
        self._tickets.add(ticket)
        try:
            self._accept(ticket, batch)
        except Exception as error:  # noqa: BLE001  nobody else would tell the caller, who would wait for ever
            self._fail(error)

    def _accept(self, ticket: Ticket, batch: pa.RecordBatch) -> None:
        if self._error is not None:
            ticket.fail(self._error)
            return
        if self._known_bytes > _REMEMBERED_BYTES or len(self._known) > _REMEMBERED:
            self._known.clear()
            self._known_bytes = 0
        asked = ask(self.call, batch)
        # Not at once: requests that may leave now should not wait for columns to be built.
        ticket.start(asked, lambda ticket: self.loop.call_soon(self._complete, ticket, asked))
        documents: Sequence[Document] = asked.documents
        known = self._known
        if known:
            ended = [document for document in documents if document in known]
            for document in ended:
                ticket.settle(document, known[document])
            if ended:
                documents = [document for document in documents if document not in known]
        new = self._waiting.add(documents, ticket)
        ticket.new = len(new)
        self.counters.documents += ticket.new
        self._known_bytes += asked.bytes * len(new) // max(1, len(asked.documents))
        if self._keeper is not None and new:
            self.readers += 1
            self._chore(self._look_up(self._keeper, new, asked.longest))
            return
        self._enqueue(new, asked.longest)
        if self._failed:
            self._stop_at_ratio()
        self._go()

    def _complete(self, ticket: Ticket, asked: Asked) -> None:
        """Joins the answers of *ticket* to its rows."""
        self._tickets.discard(ticket)
        try:
            answer = answer_batch(self.call, asked, ticket.answers())
            asking = len(asked.codes) - asked.codes.null_count
            self.counters.add_rows(asked.rows, asking - ticket.new, errors_in(answer))
            ticket.finish(answer)
        except Exception as error:  # noqa: BLE001  as above
            ticket.fail(error)

    def _enqueue(self, documents: Sequence[Document], longest: int) -> None:
        """Queues *documents*; *longest* is the length of the longest text among them, in code points."""
        if self._stopped is not None:
            self._drop(documents)
            return
        if self._lanes.add(documents, longest):
            return
        for document in documents:
            try:
                self._lanes.add_one(document)
            except ConfigError as error:
                self._settle(document, self._shape.refused(Refused(Failure("refused", str(error)), 0, None)))

    # ---- requests go out ---------------------------------------------------------------------------------

    def _go(self) -> None:
        """Sees that as many requests are in flight as may be."""
        room = self._window.limit - len(self._tasks)
        while room > 0 and (job := self._next()) is not None:
            task = self.loop.create_task(self._work(job))
            self._tasks.add(task)
            task.add_done_callback(self._done)
            room -= 1

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if task.cancelled():  # the last caller has left, or the process is leaving: nothing more may leave
            return
        if (error := task.exception()) is not None:
            self._fail(error)
        else:
            self._go()

    def _next(self) -> Job | None:
        if self._ready:
            return self._ready.popleft()
        if (job := self._lanes.next_full()) is not None or not self.readers:
            return job or self._lanes.next_partial()
        if self._linger is None and len(self._lanes):
            self._linger = self.loop.call_later(_LINGER_S, self.flush)
        return None

    def flush(self) -> None:
        """Sends what waits for company."""
        if self._linger is not None:
            self._linger.cancel()
            self._linger = None
        while (job := self._lanes.next_partial()) is not None:
            self._ready.append(job)
        self._go()

    async def _work(self, job: Job | None) -> None:
        """A worker: takes jobs one after the other while there are any."""
        while job is not None:
            ours = job if self._keeper is None or job.claimed else await self._claim(self._keeper, job)
            if ours is not None:
                if await self._turns.wait(ours):
                    outcome = await self._attempter.attempt(ours)
                else:
                    outcome = self._attempter.too_late(ours, "rate_limited", "the service asked to wait longer")
                await self._take(ours.lane, outcome)
            if len(self._tasks) > self._window.limit:  # the target bears less than it did: one worker fewer
                return
            job = self._next()
            if len(self._tasks) < self._window.limit:  # or more again
                self._go()

    # ---- what a store knows ------------------------------------------------------------------------------

    async def _look_up(self, keeper: Keeper, documents: Sequence[Document], longest: int) -> None:
        """Takes what is kept, and asks for the rest."""
        found = await keeper.look_up(documents)
        self._settle_known(found)
        if self.users:  # else the caller has left meanwhile
            kept = {document for document, _ in found}
            self._enqueue([document for document in documents if document not in kept], longest)
        self.read()  # what is queued was held back for what might have come from the store
        self._go()

    async def _claim(self, keeper: Keeper, job: Job) -> Job | None:
        """What of *job* is ours to ask: not what was answered meanwhile, nor what another is just asking."""
        reserved = await keeper.reserve(job.documents)
        self._settle_known(reserved.known)
        if reserved.theirs:
            job.start(self.loop.time() + self.call.config.deadline_s)
            theirs = job.of(reserved.theirs, job.tries)
            theirs.waits = job.waits + 1
            wait_s = min(_LONGEST_CLAIM_WAIT_S, _FIRST_CLAIM_WAIT_S * 2.0**job.waits)
            if self.loop.time() + wait_s < job.deadline:
                self._later(theirs, wait_s)
            else:
                late = self._attempter.too_late(theirs, reason="another process asks for it and does not end")
                await self._take(theirs.lane, late)
        if not reserved.mine:
            return None
        ours = job.of(reserved.mine, job.tries)
        ours.claimed = True
        return ours

    def _settle_known(self, found: Sequence[tuple[Document, Values]]) -> None:
        self.counters.from_store += len(found)
        for document, values in found:
            self._settle(document, values)
        if self._failed:
            self._stop_at_ratio()

    def _chore(self, work: Coroutine[Any, Any, None]) -> None:
        """Work besides requests; where it fails, the call does."""
        task = self.loop.create_task(work)
        self._chores.add(task)
        task.add_done_callback(self._chore_done)

    def _chore_done(self, task: asyncio.Task[None]) -> None:
        self._chores.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(error)

    # ---- answers come back -------------------------------------------------------------------------------

    async def _take(self, lane: Lane, outcome: Outcome) -> None:
        if outcome.fatal is not None:
            self._fail(outcome.fatal)
            return
        answered = self._final(lane, outcome.answered)
        refused = [(document, self._shape.refused(refused)) for document, refused in outcome.refused]
        if self._keeper is not None:  # before anybody sees it: what was paid for outlives us
            lasting = [(document, values) for document, values in refused if values[-2] in LASTING_CODES]
            passing = [document for document, values in refused if values[-2] not in LASTING_CODES]
            good = [(document, values) for document, values in answered if values[-1] is None]
            await self._keeper.keep([*good, *lasting], passing)
        self._settle_all(lane, answered)
        for document, values in refused:
            self._settle(document, values)
        if self._failed:
            self._stop_at_ratio()
        for job, wait_s in outcome.again:
            if self._stopped is not None:
                self._drop(job.documents)
            elif wait_s > 0:
                self._later(job, wait_s)
            else:
                self._ready.appendleft(job)

    def _final(self, lane: Lane, answered: Sequence[tuple[Document, Values]]) -> list[tuple[Document, Values]]:
        """Answers with all their columns; those of pieces stay as they are until their text is whole."""
        finish, no_error = lane.exchange.finish, self._shape.no_error
        if finish is None:
            return [(document, values + no_error) for document, values in answered]
        return [
            (
                document,
                values + no_error if isinstance(document, Piece) else self._shape.made(partial(finish, values)),
            )
            for document, values in answered
        ]

    def _settle_all(self, lane: Lane, ended: Sequence[tuple[Document, Values]]) -> None:
        if lane.pieces or lane.exchange.finish is not None:
            for document, values in ended:
                self._settle(document, values)
            return
        # The way of nearly all documents: in bulk.
        self.counters.settled += len(ended)
        self._known.update(ended)
        self._waiting.settle(ended)

    def _later(self, job: Job, wait_s: float) -> None:
        """Puts *job* back in the queue in a while; nobody waits for it, so its place in flight is free."""

        def again() -> None:
            del self._timers[timer]
            self._ready.append(job)
            self._go()

        timer = self.loop.call_later(wait_s, again)
        self._timers[timer] = job

    def _settle(self, document: Document, values: Values) -> None:
        """Ends one document, errors included."""
        if isinstance(document, Piece):
            whole = document.whole
            joined = whole.settle(document, values)
            if joined is None:  # other pieces of the same text are still on their way
                return
            document, values = whole.document, joined
        self.counters.settled += 1
        if values[-1] is not None:
            self._failed += 1
        self._known[document] = values
        self._waiting.settle([(document, values)])

    def _stop_at_ratio(self) -> None:
        """Stops the call once more of its documents have failed than it may."""
        ratio, settled = self.call.config.max_error_ratio, self.counters.settled
        if ratio < 1.0 and settled >= _LEAST_FOR_RATIO and self._failed > ratio * settled:
            self._stop(f"{self._failed:,} of the first {settled:,} documents failed: more than max_error_ratio")

    def _joined(self, lane: Lane, parts: Sequence[Part]) -> Values:
        """A long text's answer out of its pieces'."""
        errors = len(self._shape.no_error)
        bare = [Part(offset, text, values and values[:-errors]) for offset, text, values in parts]

        def merged() -> Values:
            values = lane.exchange.merge(bare)
            return lane.exchange.finish(values) if lane.exchange.finish else values

        return self._shape.made(merged)

    # ---- the end -----------------------------------------------------------------------------------------

    def _stop(self, message: str) -> None:
        """Sends no more: what has not ended ends as "stopped"."""
        if self._stopped is not None:
            return
        self._stopped = self._shape.refused(Refused(Failure("stopped", message, retryable=True), 0, None))
        self._drop(self._lanes.clear())
        for timer, job in self._timers.items():
            timer.cancel()
            self._drop(job.documents)
        self._timers.clear()
        for job in self._ready:
            self._drop(job.documents)
        self._ready.clear()

    def _drop(self, documents: Sequence[Document]) -> None:
        assert self._stopped is not None
        for document in documents:
            self._settle(document, self._stopped)
        if self._keeper is not None:
            self._chore(self._keeper.keep([], documents))

    def _fail(self, error: BaseException) -> None:
        """Ends every caller with *error*: a setting is wrong, or the core is."""
        self._error = self._error or error
        for ticket in self._tickets:
            ticket.fail(error)
        self._stop(f"the call failed: {type(error).__name__}")

    def read(self) -> None:
        """A caller has read its input to the end."""
        self.readers -= 1
        if not self.readers:
            self.flush()

    def leave(self, tickets: Sequence[Ticket], still_reading: bool) -> None:
        """A caller is through, perhaps early: what nobody waits for any more is not sent."""
        self._tickets.difference_update(tickets)
        self.users -= 1
        if self.users:
            self._withdraw(tickets)
        else:
            self._cancel()
            if self._stopped is None:  # another partition may still come
                self.loop.call_later(_IDLE_S, self._forget_if_idle)
            else:  # who runs the same call again starts afresh
                self._forget_if_idle()
        if still_reading:
            self.read()

    def _withdraw(self, tickets: Sequence[Ticket]) -> None:
        """Takes out of the queue what only *tickets* waited for."""
        for ticket in tickets:
            self._waiting.leave(ticket)
        unwanted = self._lanes.keep(lambda document: self._waiting.awaited(whole_of(document)))
        withdrawn = set(map(whole_of, unwanted))
        for job in [*self._ready]:
            asked = {whole_of(document) for document in job.documents}
            if not any(map(self._waiting.awaited, asked)):
                self._ready.remove(job)
                withdrawn |= asked
        for document in withdrawn:
            self._waiting.drop(document)  # who asks for it again asks anew
        self.counters.documents -= len(withdrawn)

    def _cancel(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self._ready.clear()
        self._lanes.clear()
        for task in self._tasks:
            task.cancel()
        if self._keeper is not None:
            self._chore(_give_up(self._keeper, [*self._tasks]))
        self._tasks.clear()  # they end in the loop's next round, and take no place of a caller who comes then
        self._waiting.clear()

    def _forget_if_idle(self) -> None:
        if not self.users and _dispatchers.get(self.call.id) is self:
            del _dispatchers[self.call.id]


async def _give_up(keeper: Keeper, ending: Sequence[asyncio.Task[None]]) -> None:
    """Gives back all claims, those too that the *ending* workers were just making."""
    await asyncio.gather(*ending, return_exceptions=True)
    await keeper.give_up()


_dispatchers: dict[str, Dispatcher] = {}
# A child must not collect its parent's tasks: they would complain of being destroyed.
_inherited: list[dict[str, Dispatcher]] = []


async def join(call: Call) -> Dispatcher:
    """The dispatcher of *call* in this process, with one more user and reader."""
    dispatcher = _dispatchers.get(call.id)
    if dispatcher is None:
        dispatcher = _dispatchers[call.id] = Dispatcher(call)
    dispatcher.users += 1
    dispatcher.readers += 1
    return dispatcher


def _forget() -> None:
    global _dispatchers
    _inherited.append(_dispatchers)
    _dispatchers = {}


after_fork(_forget)
