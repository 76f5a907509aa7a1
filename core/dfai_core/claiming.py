"""What of a call is still to be asked, where a store knows what others have asked and are asking."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dfai_core.groups import Batch, Group, Places
from dfai_core.jobs import Job
from dfai_core.keeping import Keeper
from dfai_core.lanes import Lanes
from dfai_core.service import Values
from dfai_core.store import Pending

__all__ = ["Claiming"]

# How long a document waits that another process is asking for, before it looks again.
_FIRST_WAIT_S = 0.01
_LONGEST_WAIT_S = 0.2


class Claiming:
    """Takes answers out of a store, and says what is ours to ask.

    Parameters
    ----------
    keeper
        The call's store.
    lanes
        Make jobs of operations that are under way.
    settle
        Ends documents whose answers were kept.
    first
        Puts a job at the head of the line.
    stopped
        Whether the call is: then nothing is resumed.
    """

    __slots__ = ("_first", "_keeper", "_lanes", "_settle", "_stopped")

    def __init__(
        self,
        keeper: Keeper,
        lanes: Lanes,
        settle: Callable[[Group, Places, Sequence[Values]], None],
        first: Callable[[Job], None],
        stopped: Callable[[], bool],
    ) -> None:
        self._keeper = keeper
        self._lanes = lanes
        self._settle = settle
        self._first = first
        self._stopped = stopped

    async def look_up(self, batch: Batch, places: Places, wanted: Callable[[], bool]) -> Places:
        """Ends what is kept, goes on with what was begun if it is still *wanted*; what is left is to be asked."""
        found = await self._keeper.look_up(batch, places)
        if found.known:
            self._settle(batch, found.known, found.rows)
        if not wanted():
            return ()
        begun = set(found.known) | self._resume(batch, found.pending)
        return [place for place in places if place not in begun] if begun else places

    async def claim(self, job: Job) -> tuple[Job | None, Job | None]:
        """What of *job* is ours to ask, and what another is just asking; what was answered meanwhile has ended."""
        reserved = await self._keeper.reserve(job)
        if len(reserved.mine) == job.count:
            job.claimed = True
            return job, None
        for position, values in reserved.known:
            for group, places in job.only((position,)).origin:
                self._settle(group, places, (values,))
        for position, pending in reserved.pending:
            for group, places in job.only((position,)).origin:
                if not self._resume(group, [(places[0], pending)]):
                    reserved.mine.append(position)
        reserved.mine.sort()
        theirs = None
        if reserved.theirs:
            theirs = job.only(reserved.theirs)
            theirs.waits = job.waits + 1
        if not reserved.mine:
            return None, theirs
        ours = job.only(reserved.mine)
        ours.claimed = True
        return ours, theirs

    @staticmethod
    def wait_s(waits: int) -> float:
        """Seconds before looking again, after so many looks.

        >>> [Claiming.wait_s(waits) for waits in (0, 1, 9)]
        [0.01, 0.02, 0.2]
        """
        return min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0**waits)

    def _resume(self, group: Group, pending: Sequence[tuple[int, Pending]]) -> set[int]:
        """Asks about operations that are under way; says of which places."""
        if not pending or self._stopped():
            return set()
        jobs, anew = self._lanes.resumed(group, pending)
        for job in jobs:
            self._first(job)
        return {place for place, _ in pending}.difference(anew)
