"""Who asks a peer for a call, with all that is learned of it meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dfai_core.attempt import Attempter
from dfai_core.call import Call
from dfai_core.flow.adaptive import AttemptTimeout, ConcurrencyWindow
from dfai_core.flow.cutting import Cutter
from dfai_core.flow.refusals import Refusal
from dfai_core.flow.retry import Retry
from dfai_core.patience import Patience
from dfai_core.peers import Peer
from dfai_core.report import Counters

__all__ = ["attempter_at"]


def attempter_at(
    peer: Peer,
    call: Call,
    counters: Counters,
    loop: asyncio.AbstractEventLoop,
    tell: Callable[[Refusal], None],
) -> Attempter:
    """Who asks *peer* for *call*; *tell* is told what other hosts should know."""
    config = call.config
    # A model that computes in this process cannot be cut short, and a slow machine is no fault: there only
    # the deadline holds.
    patience, cutter = None, Cutter(loop)
    if peer.target.kind != "local":
        patience = Patience(AttemptTimeout(config.timeout_s), cutter, repeatable=call.service.repeatable)
    # What the user allows is where we start: only a target that cannot bear it is asked less at once.
    window = ConcurrencyWindow(config.concurrency, first=config.concurrency)
    return Attempter(
        peer,
        Retry(attempts=config.attempts),
        counters,
        patience,
        window,
        cutter,
        config.deadline_s,
        config.operation_deadline_s,
        tell,
        config.max_answer_bytes,
        call.service.repeatable,
    )
