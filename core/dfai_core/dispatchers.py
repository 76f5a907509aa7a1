"""The dispatchers of this process: one for each call, whoever joins it. Used on the loop's thread only."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from dfai_core.call import Call
from dfai_core.dispatch import Dispatcher
from dfai_core.loop import after_fork

__all__ = ["join"]

# A call that nobody uses is forgotten after this time: another partition may still come.
_IDLE_S = 5.0


@dataclass(slots=True)
class _Kept:
    dispatcher: Dispatcher
    idle_since: float = 0.0
    timer: asyncio.TimerHandle | None = None  # it stays while partitions come: a new one for each would cost more


_kept: dict[str, _Kept] = {}
# A child must not collect its parent's tasks: they would complain of being destroyed.
_inherited: list[dict[str, _Kept]] = []


def join(call: Call) -> Dispatcher:
    """The dispatcher of *call* in this process, with one more user and reader."""
    kept = _kept.get(call.id)
    if kept is None:
        kept = _kept[call.id] = _Kept(Dispatcher(call, _idle))
    kept.dispatcher.enter()
    return kept.dispatcher


def _idle(dispatcher: Dispatcher, stopped: bool) -> None:
    """Nobody uses *dispatcher* any more; *stopped*: it asks no more, whoever comes."""
    kept = _kept.get(dispatcher.call.id)
    if kept is None or kept.dispatcher is not dispatcher:
        return
    kept.idle_since = dispatcher.loop.time()
    if stopped:  # who runs the same call again starts afresh
        _close(kept)
    elif kept.timer is None:
        kept.timer = dispatcher.loop.call_later(_IDLE_S, _look, kept)


def _look(kept: _Kept) -> None:
    kept.timer = None
    dispatcher = kept.dispatcher
    left_s = kept.idle_since + _IDLE_S - dispatcher.loop.time()
    if dispatcher.users:
        return  # the last to leave will say so
    if left_s > 0:
        kept.timer = dispatcher.loop.call_later(left_s, _look, kept)
    else:
        _close(kept)


def _close(kept: _Kept) -> None:
    if kept.timer is not None:
        kept.timer.cancel()
    if _kept.get(kept.dispatcher.call.id) is kept:
        del _kept[kept.dispatcher.call.id]
    kept.dispatcher.close()


def _forget() -> None:
    global _kept
    _inherited.append(_kept)
    _kept = {}


after_fork(_forget)
