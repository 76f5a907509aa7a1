"""The dispatchers of this process: one for each call, whoever joins it. Used on the loop's thread only."""

from __future__ import annotations

from dfai_core.call import Call
from dfai_core.dispatch import Dispatcher
from dfai_core.loop import after_fork

__all__ = ["join"]

_dispatchers: dict[str, Dispatcher] = {}
# A child must not collect its parent's tasks: they would complain of being destroyed.
_inherited: list[dict[str, Dispatcher]] = []


async def join(call: Call) -> Dispatcher:
    """The dispatcher of *call* in this process, with one more user and reader."""
    dispatcher = _dispatchers.get(call.id)
    if dispatcher is None:
        dispatcher = _dispatchers[call.id] = Dispatcher(call, _leave)
    dispatcher.enter()
    return dispatcher


def _leave(dispatcher: Dispatcher) -> bool:
    if _dispatchers.get(dispatcher.call.id) is not dispatcher:
        return False
    del _dispatchers[dispatcher.call.id]
    return True


def _forget() -> None:
    global _dispatchers
    _inherited.append(_dispatchers)
    _dispatchers = {}


after_fork(_forget)
