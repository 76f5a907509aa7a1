"""How long an attempt may take: as answers have taken before, and longer for what was cut, or is long itself."""

from __future__ import annotations

from dfai_core.flow.adaptive import AttemptTimeout
from dfai_core.flow.cutting import Cutter
from dfai_core.jobs import Job

__all__ = ["Patience"]

# After each cut the next attempt waits this many times longer, up to timeout_s.
_LONGER = 4.0


class Patience:
    """How long attempts at one peer may take.

    Parameters
    ----------
    timeout
        What is learned of the peer's answers.
    cutter
        Cuts attempts under way.
    repeatable
        Whether an attempt may be cut early: else it would stay open whether it was carried out.
    """

    __slots__ = ("_cutter", "_given_s", "_repeatable", "_timeout")

    def __init__(self, timeout: AttemptTimeout, cutter: Cutter, *, repeatable: bool) -> None:
        self._timeout = timeout
        self._cutter = cutter
        self._repeatable = repeatable
        self._given_s = timeout.timeout_s  # what attempts under way were last given

    def seconds(self, job: Job) -> float:
        """How long the next attempt at *job* may take: longer after each cut, for the slow answer that is no hang."""
        timeout, longer_s = self._timeout, job.lane.exchange.longer_s
        more_s = 0.0 if longer_s is None or job.operation is not None else longer_s(job.documents())
        if not self._repeatable:
            return timeout.longest_s + more_s
        if not job.cuts:
            return timeout.timeout_s + more_s
        return min(timeout.timeout_s * _LONGER ** min(10, job.cuts), timeout.longest_s) + more_s

    def answered(self, latency_s: float) -> None:
        """An answer came. Attempts under way know what it tells: what began to hang before hangs no longer."""
        self._timeout.answered(latency_s)
        timeout_s, given_s = self._timeout.timeout_s, self._given_s
        if timeout_s == given_s or not self._repeatable or given_s / 2.0 <= timeout_s < given_s:
            return
        if timeout_s < given_s:
            self._cutter.shorten(timeout_s / given_s)
        self._given_s = timeout_s

    def cut(self, job: Job) -> None:
        """An attempt at *job* took too long."""
        job.cuts += 1
        self._timeout.cut()
