"""One caller's words to the dispatcher of its call: said in the caller's thread, done on the loop's, in order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.dispatch import Dispatcher
from dfai_core.dispatchers import join
from dfai_core.groups import Ticket
from dfai_core.loop import loop_thread

__all__ = ["Caller"]


class Caller:
    """Whoever has rows of *call* to be answered, in a thread of its own.

    It waits for its answers and for nothing else, since each wait costs two changes of threads: in a graph of many
    small partitions that is most of what a verb costs. So a dispatcher that cannot be made is an error of the caller's
    tickets, and a caller that has read its input leaves by itself, behind its last answer.

    Raises
    ------
    RuntimeError
        In the loop's own thread, which would wait for itself.
    """

    __slots__ = ("_call", "_dispatcher", "_error", "_reading", "_thread", "_waits_for")

    def __init__(self, call: Call) -> None:
        self._thread = loop_thread()
        self._thread.refuse_itself()
        self._call = call
        # From here on: used on the loop's thread only.
        self._dispatcher: Dispatcher | None = None  # while this caller is there
        self._error: Exception | None = None
        self._reading = True
        self._waits_for = 0  # tickets

    def enter(self) -> None:
        """Says that input will be read: what others have asked may wait a little for company."""
        self._thread.soon(self._enter)

    def accept(self, ticket: Ticket, batch: pa.RecordBatch, *, last: bool) -> None:
        """Asks what *batch* asks; *last*: nothing comes after it. Who did not enter does so with the first."""
        self._thread.soon(self._accept, ticket, batch, last)

    def entered(self) -> None:
        """Waits until it is there, and raises what keeps it out: for whoever has nothing to ask."""
        self._thread.run(self._entered())

    def flush(self) -> None:
        """Sends what waits for company."""
        self._thread.soon(self._flush)

    def read(self) -> None:
        """Says that all input has been read."""
        self._thread.soon(self._read)

    def leave(self, tickets: Sequence[Ticket]) -> None:
        """Leaves before the end: nobody waits for *tickets* any more.

        Where there are any, returns once the service was told, where it can be: it should not go on for nobody.
        """
        if tickets:
            self._thread.run(self._called_off(tickets))
        else:
            self._thread.soon(self._leave)

    # ---- on the loop's thread ------------------------------------------------------------------------------

    def _enter(self) -> None:
        if self._dispatcher is not None or self._error is not None:
            return
        try:
            self._dispatcher = join(self._call)
        except Exception as error:  # noqa: BLE001  nobody else would tell the caller, who would wait for ever
            self._error = error

    async def _entered(self) -> None:
        self._enter()
        if self._error is not None:
            raise self._error

    def _accept(self, ticket: Ticket, batch: pa.RecordBatch, last: bool) -> None:
        self._enter()
        if self._dispatcher is None:
            assert self._error is not None
            ticket.fail(self._error)
            return
        self._waits_for += 1
        ticket.done.add_done_callback(self._answered)
        if last:
            self._reading = False
        self._dispatcher.accept(ticket, batch, last=last)

    def _flush(self) -> None:
        if self._dispatcher is not None:
            self._dispatcher.flush()

    def _read(self) -> None:
        if self._dispatcher is None:
            return
        self._reading = False
        self._dispatcher.read()
        self._go_if_through()

    def _answered(self, _answer: Future[Any]) -> None:
        self._waits_for -= 1
        if not self._waits_for and not self._reading:
            # Behind what ends in this round of the loop: workers that are through need not be dismissed.
            self._thread.loop.call_soon(self._go_if_through)

    def _go_if_through(self) -> None:
        if not self._waits_for and not self._reading:
            self._leave()

    def _leave(self, tickets: Sequence[Ticket] = ()) -> None:
        dispatcher, self._dispatcher = self._dispatcher, None
        if dispatcher is not None:
            dispatcher.leave(tickets, self._reading)

    async def _called_off(self, tickets: Sequence[Ticket]) -> None:
        dispatcher = self._dispatcher
        self._leave(tickets)
        if dispatcher is not None:
            await dispatcher.called_off()
