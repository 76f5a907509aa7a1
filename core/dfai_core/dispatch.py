"""All requests of one call in this process: packed, paced, kept in flight, brought to their end.

Everything here runs on the loop's thread, so nothing is locked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import pyarrow as pa

from dfai_core.attempters import attempter_at
from dfai_core.call import Call
from dfai_core.chores import Chores
from dfai_core.claiming import Claiming
from dfai_core.crew import Crew
from dfai_core.documents import Asked, answer_batch, ask, errors_in
from dfai_core.ending import Ending
from dfai_core.errors import LASTING_CODES
from dfai_core.fetching import fetching_of
from dfai_core.groups import Batch, Group, Pieces, Places, References, Ticket
from dfai_core.jobs import Job
from dfai_core.keeping import Keeper
from dfai_core.known import Known
from dfai_core.lanes import Lanes
from dfai_core.line import Line
from dfai_core.origins import Origins
from dfai_core.outcome import Outcome
from dfai_core.peers import hear, peer_at, peer_of
from dfai_core.report import Counters, counters_of
from dfai_core.service import Failure, Values
from dfai_core.spending import Spending, budget_of
from dfai_core.store import Keyer, open_store
from dfai_core.turns import Turns
from dfai_core.under_way import UnderWay

__all__ = ["Dispatcher"]

# Answers of this many documents, or of this much input, are remembered for rows that ask the same later.
_REMEMBERED = 50_000
_REMEMBERED_BYTES = 64_000_000


class Dispatcher:
    """One call's requests. Callers in several threads may share it, as Dask's partitions do: see `dispatchers.join`."""

    def __init__(self, call: Call, idle: Callable[[Dispatcher, bool], None]) -> None:
        config = call.config
        target = config.target.resolve(call.service)
        self.call = call
        self._idle = idle  # told when nobody uses it any more, and whether it is stopped
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.users: int = 0
        self.readers: int = 0  # callers that still read their input: what is not full yet may become so
        self.counters: Counters = counters_of(call.part_of or call.id)
        peer = peer_of(target, config)
        self._budget = budget_of(call, f"{call.id} {target}", hear)
        self._spending = Spending.of(call, self._budget, self.counters)
        counts = call.service.limits_at(target.kind).counts
        self._turns = Turns(peer, self._budget, counts, config.deadline_s)
        tell = self._budget.refused
        self._attempter = attempter_at(peer, call, self.counters, self.loop, tell)
        self._window = self._attempter.window
        store = open_store(config.store) if call.service.shareable and call.service.keeps else None
        self._keeper: Keeper | None = None
        if store is not None:
            keyer = Keyer(call.service, call.wiring(), target.identity(call.service))
            # What any service refuses today may be there tomorrow.
            lasting = () if call.service.web else LASTING_CODES
            self._keeper = Keeper(store, keyer, len(call.schema), lasting)
        self._chores = Chores(self._fail)
        self._ending = Ending(call, self.counters)
        self._lanes = Lanes(call, self._ending.join, self._ending.refuse)
        self._line = Line(self.loop, self._lanes, self._go)
        self._claiming: Claiming | None = None
        if self._keeper is not None:
            self._claiming = Claiming(
                self._keeper,
                self._lanes,
                self._settle_known,
                self._line.put_first,
                lambda: self._ending.stopped is not None,
            )
        self._crew = Crew(
            self._window,
            self._budget,
            next_job=lambda: self._line.next(patient=self.readers > 0),
            put_back=self._line.put_first,
            do=self._do,
            failed=self._fail,
        )
        self._origins: Origins | None = None
        if call.service.web:
            once = not call.service.repeatable
            self._origins = Origins(
                lambda place: attempter_at(peer_at(place, config, once=once), call, self.counters, self.loop, tell),
                self._budget,
                self._turns.cost,
                config.deadline_s,
                self._admit,
            )
        self._fetching = fetching_of(call, self.counters, self._ask, self._unread, self._chores.start)
        self._known = Known(min(_REMEMBERED, 10 * call.service.rows_at_once), _REMEMBERED_BYTES)
        self._tickets: set[Ticket] = set()
        self._under_way = UnderWay(peer, self.counters, self._chores.start)
        self._error: BaseException | None = None  # why the whole call cannot go on

    # ---- documents come in -------------------------------------------------------------------------------

    def accept(self, ticket: Ticket, batch: pa.RecordBatch, *, last: bool = False) -> None:
        """Asks what *batch* asks, the *last* of its caller's; the ticket is done when all its documents have ended."""
        self._tickets.add(ticket)
        if last:  # first: what it asks need not wait for more
            self.readers -= 1
        try:
            self._accept(ticket, batch)
        except Exception as error:  # noqa: BLE001  nobody else would tell the caller, who would wait for ever
            self._fail(error)
        if last and not self.readers:
            self._line.flush()

    def _accept(self, ticket: Ticket, batch: pa.RecordBatch) -> None:
        if self._error is not None:
            ticket.fail(self._error)
            return
        self._known.trim()
        asked = ask(self.call, batch)
        new = 0

        def complete() -> None:
            # Not at once: requests that may leave now should not wait for columns to be built.
            self.loop.call_soon(self._complete, ticket, asked, batch, new)

        parts = asked.inputs, self._ending.shape.columns, complete, asked.names
        batch = Batch(*parts) if self._fetching is None else References(*parts, self._fetching.ended)
        ticket.batch = batch
        if not batch.size:
            batch.whole()
            return
        places = self._known.add(batch, asked.bytes) if self.call.service.shareable else range(batch.size)
        new = len(places)
        self.counters.documents += new
        if self._fetching is None:
            self._ask(batch, places, asked.longest)
        elif self._ending.stopped is None:
            self._fetching.add(batch, places)
        else:
            self._drop([(batch, places)])

    def _complete(self, ticket: Ticket, asked: Asked, batch: Batch, new: int) -> None:
        """Joins the answers of *batch*, of whose documents *new* were asked for it alone, to its rows."""
        self._tickets.discard(ticket)
        try:
            answer = answer_batch(self.call, asked, batch.columns)
            if self.call.part_of is None:
                self.counters.add_rows(asked.rows, asked.askers - new, errors_in(answer))
            ticket.finish(answer)
        except Exception as error:  # noqa: BLE001  as above
            ticket.fail(error)

    def _ask(self, batch: Batch, places: Places, longest: int = 0) -> None:
        """Asks for documents of *batch*, unless a store knows their answers."""
        if self._claiming is not None and places:
            self.readers += 1
            self._chores.start(self._look_up(self._claiming, batch, places, longest))
            return
        self._enqueue(batch, places, longest)
        self._stop_if_doomed()
        self._go()

    def _unread(self, batch: References, place: int, why: Failure) -> None:
        self._ending.unread(batch, place, why)
        self._stop_if_doomed()

    def _enqueue(self, batch: Batch, places: Places, longest: int) -> None:
        if self._ending.stopped is not None:
            self._drop([(batch, places)])
        else:
            self._lanes.add(batch, places, longest)

    # ---- requests go out ---------------------------------------------------------------------------------

    def _go(self) -> None:
        """Sees that as many requests are in flight as may be."""
        self._crew.go()

    def flush(self) -> None:
        """Sends what waits for company."""
        self._line.flush()

    def _admit(self, job: Job) -> None:
        """*job* has waited for its place, and may leave."""
        if self._ending.stopped is not None:
            self._drop(job.origin, job)
        else:
            self._line.put_first(job)
            self._go()

    async def _do(self, job: Job) -> None:
        """Brings *job* one step on."""
        if self._claiming is not None and not job.claimed:
            ours = await self._claim(self._claiming, job)
            if ours is None:
                return
            job = ours
        if self._spending is not None and not (job.paid or self._spending.counted(job)):
            ours, rest = await self._spending.admit(job)
            if rest is not None:
                await self._take(rest, self._spending.refused(rest))
            if ours is None:
                return
            job = ours
        outcome: list[Values] | Outcome | None
        if self._origins is not None:
            outcome = await self._origins.attempt(job)
            if outcome is None:
                return
        elif self._turns.at_once(now := self.loop.time()):
            outcome = await self._attempter.attempt(job, now)
        elif await self._turns.wait(job):
            outcome = await self._attempter.attempt(job, self.loop.time())
        else:
            outcome = self._attempter.too_late(job, "rate_limited", "the service asked to wait longer")
        if type(outcome) is list:
            self._under_way.discard(job)
            rows = self._ending.final(job, outcome)
            if self._keeper is not None:
                await self._keeper.keep(job, rows)
            self._settle(job, rows)
        else:
            assert isinstance(outcome, Outcome)
            await self._take(job, outcome)

    # ---- what a store knows ------------------------------------------------------------------------------

    async def _look_up(self, claiming: Claiming, batch: Batch, places: Places, longest: int) -> None:
        """Takes what is kept, and asks for the rest, unless the caller has left meanwhile."""
        left = await claiming.look_up(batch, places, lambda: self.users > 0)
        if left:
            self._enqueue(batch, left, longest)
        self.read()  # what is queued was held back for what might have come from the store
        self._go()

    async def _claim(self, claiming: Claiming, job: Job) -> Job | None:
        """What of *job* is ours to ask now."""
        ours, theirs = await claiming.claim(job)
        if theirs is not None:
            theirs.start(self.loop.time() + self.call.config.deadline_s)
            wait_s = claiming.wait_s(job.waits)
            if self.loop.time() + wait_s < theirs.deadline:
                self._line.put_later(theirs, wait_s)
            else:
                late = self._attempter.too_late(theirs, reason="another process asks for it and does not end")
                await self._take(theirs, late)
        return ours

    def _settle_known(self, group: Group, places: Places, rows: Sequence[Values]) -> None:
        self.counters.from_store += len(places)
        self._ending.end(group, places, rows)
        self._stop_if_doomed()

    # ---- answers come back -------------------------------------------------------------------------------

    async def _take(self, job: Job, outcome: Outcome) -> None:
        """What follows where not simply every document was answered."""
        if outcome.fatal is not None:
            self._fail(outcome.fatal)
            return
        if all(again is not job for again, _ in outcome.again):
            self._under_way.discard(job)
        if outcome.down:
            self._line.hurry(job.place)
        if outcome.accepted is not None:
            if self._keeper is None:
                self._under_way.add(outcome.accepted)
            else:  # whatever becomes of us, its answers can be fetched
                await self._keeper.keep_operation(outcome.accepted)
            if self._fetching is not None:
                self._fetching.sent(outcome.accepted)
        if self._spending is not None and outcome.refused:
            await self._spending.end(job, outcome)
        answered = job.only([position for position, _ in outcome.answered])
        refused = job.only([position for position, _ in outcome.refused])
        for part, rows in (
            (answered, self._ending.final(answered, [values for _, values in outcome.answered])),
            (refused, [self._ending.shape.refused(why) for _, why in outcome.refused]),
        ):
            if rows and self._keeper is not None:
                await self._keeper.keep(part, rows)
            if rows:
                self._settle(part, rows)
        for again, wait_s in outcome.again:
            if self._ending.stopped is not None:
                self._drop(again.origin, again)
            elif wait_s > 0:
                self._line.put_later(again, wait_s)
            else:
                self._line.put_first(again)

    def _settle(self, job: Job, rows: Sequence[Values]) -> None:
        """Ends the documents of *job*; with a store, once they are kept: what was paid for outlives us."""
        self._ending.settle(job, rows)
        self._stop_if_doomed()

    def _stop_if_doomed(self) -> None:
        if (reason := self._ending.doom()) is not None:
            self._stop(reason)

    # ---- the end -----------------------------------------------------------------------------------------

    def _stop(self, message: str) -> None:
        """Sends no more: what has not ended ends as "stopped"."""
        if self._ending.stopped is not None:
            return
        self._ending.stop(message)
        self._under_way.call_off()
        jobs, parts = self._line.clear()
        self._drop(parts if self._fetching is None else [*parts, *self._fetching.clear()])
        for job in [*jobs, *(self._origins.clear() if self._origins is not None else ())]:
            self._drop(job.origin, job)

    def _drop(self, parts: Sequence[tuple[Group, Places]], job: Job | None = None) -> None:
        """Ends documents that will not be asked, since the call is stopped; *job* may hold claims on them."""
        for group, places in parts:
            self._ending.drop(group, places)
        if self._keeper is not None and job is not None:
            self._chores.start(self._keeper.release(job))

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
            self._line.flush()

    def enter(self) -> None:
        """A caller comes, and begins to read."""
        self.users += 1
        self.readers += 1

    def leave(self, tickets: Sequence[Ticket], still_reading: bool) -> None:
        """A caller is through, perhaps early: what nobody waits for any more is not sent."""
        self._tickets.difference_update(tickets)
        for ticket in tickets:
            if ticket.batch is not None:
                ticket.batch.given_up = True
        self.users -= 1
        if self.users:
            if tickets:
                self._withdraw()
        else:
            self._cancel()
            self._idle(self, self._ending.stopped is not None)
        if still_reading:
            self.read()

    def _withdraw(self) -> None:
        withdrawn: dict[Group, set[int]] = {}
        waiting = [] if self._origins is None else self._origins.withdraw()
        if self._fetching is not None:
            waiting += self._fetching.withdraw()
        for group, places in self._line.withdraw() + waiting:
            if isinstance(group, Pieces):  # it is the text that is not asked
                withdrawn.setdefault(group.parent, set()).add(group.place)
            else:
                withdrawn.setdefault(group, set()).update(places)
        for group, gone in withdrawn.items():
            self._known.forget(group, gone)
            if self._fetching is not None:
                self._fetching.forget(group, gone)
            self.counters.documents -= len(gone)

    async def called_off(self) -> None:
        """Waits until the service was told, where it can be, that nobody waits any more."""
        await self._under_way.called_off()

    def _cancel(self) -> None:
        self._under_way.call_off()
        self._line.clear()
        if self._origins is not None:
            self._origins.clear()
        if self._fetching is not None:
            self._fetching.abandon()
        ending = self._crew.dismiss()
        if self._keeper is not None:
            self._chores.start(self._keeper.give_up(ending))
        self._known.clear()

    def close(self) -> None:
        """Gives back its share of the limits: nobody will join it any more."""
        self._chores.start(self._budget.aclose())
