"""Rules that learn from a target's answers: its rate, how much it bears at once, how long it takes.

Times are seconds on the caller's monotonic clock; clock and dice are passed in.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

from dfai_core.flow.limiter import DEPTH_S

__all__ = ["AttemptTimeout", "ConcurrencyWindow", "LearnedRate"]

# After a refusal. A deeper cut wastes more of each climb, a shallower one is refused more often.
_CUT = 0.85
# Refused again so soon after a pause, the rate is far too high, not a little.
_SOON_S = 0.75
_DEEP_CUT = 0.6
# Each client climbs by the same requests a second each second: that, and no climb in proportion to the rate, makes
# clients that know nothing of each other end with equal shares. A low rate climbs by a fifth instead, which meets the
# equal climb at 7.5 requests a second. A quicker climb finds a raised quota sooner and is refused more often.
_CLIMB = 1.5
_LOW_CLIMB = 0.2
_LOW_PER_S = _CLIMB / _LOW_CLIMB
_LOWEST_PER_S = 0.1
# After cuts that may have gone too far, the way back is in proportion.
_SEARCH_CLIMB = 0.04
# How much the latest refusal says about who is refused.
_LATEST = 0.2
# What a refusal proves is about the rate really sent, not about one that nobody used.
_UNUSED = 1.25
# Pauses where a refusal names none: the first of a row, and the longest.
_FIRST_PAUSE_S = 0.25
_LONGEST_PAUSE_S = 5.0
# A pause ends up to this share of it later, never sooner, so that clients do not all come back together.
_PAUSE_JITTER = 0.1


@dataclass(slots=True)
class LearnedRate:
    """How fast a target may be asked, learned from its 429s; says how long the next request must wait.

    Until the first refusal nothing is slowed. Then requests leave evenly, at a rate that climbs steadily and is cut
    by each new refusal. One of these serves all calls of a process to one target; `HostRate` keeps one for all
    processes of a host, which is why its state is numbers only.

    >>> rate = LearnedRate()
    >>> [rate.reserve(0.0) for _ in range(50)] == [0.0] * 50
    True
    >>> rate.refused(0.5, sent_at=0.4, retry_after_s=1.0, draw=0.0)
    >>> rate.rate_per_s(1.5)
    85.0
    >>> rate.rate_per_s(2.5)
    89.0
    >>> rate.reserve(0.6)
    0.9
    """

    peak_per_s: float = math.inf  # the rate at the last cut; infinite before the first refusal
    climb: float = _CLIMB  # requests a second, each second
    resumed_at: float = -math.inf  # the end of the last pause, from which the rate climbs
    cut_at: float = -math.inf
    paused_until: float = -math.inf
    next_at: float = -math.inf  # the next free place in line
    refusals: float = 0.0  # one soon after the other
    second_at: float = -math.inf  # when the second began in which sendings are being counted
    sent: float = 0.0
    sent_before: float = 0.0  # in the second before
    share: float = 1.0  # of the latest refusals that we know of, those that were ours

    def rate_per_s(self, now: float) -> float:
        """Requests a second from *now* on; infinite before the first refusal."""
        if self.peak_per_s == math.inf:
            return math.inf
        base, since_s = self.peak_per_s * _CUT, max(0.0, now - self.resumed_at)
        if base < _LOW_PER_S:
            low_s = math.log(_LOW_PER_S / base) / _LOW_CLIMB
            if since_s < low_s:
                return base * math.exp(_LOW_CLIMB * since_s)
            base, since_s = _LOW_PER_S, since_s - low_s
        return base + self.climb * since_s

    def is_free(self, now: float) -> bool:
        """Whether nothing is known against sending at once."""
        return self.peak_per_s == math.inf and self.paused_until <= now

    def reserve(self, now: float, rate_per_s: float | None = None) -> float:
        """Takes the next place in line and says how many seconds to wait for it.

        *rate_per_s* is the caller's own limit, which holds besides. Who has waited looks whether `paused_until` has
        passed; if it has not, the place is void and another must be reserved. Let one waiter at a time hold a place,
        and the others stand behind it: places reserved far ahead know nothing of a later refusal.
        """
        moment = max(now, self.paused_until)
        if rate_per_s is not None or self.peak_per_s < math.inf:
            moment = max(moment, self.next_at)
            step_s = self._step_s(moment)
            if rate_per_s is not None:
                step_s = max(step_s, 1.0 / rate_per_s)
            # Places that went unused may be caught up, but only a twentieth of a second's worth of them.
            self.next_at = max(self.next_at, moment - max(0.0, DEPTH_S - step_s)) + step_s
        self.count(moment)
        return moment - now

    def count(self, moment: float, sent: float = 1.0) -> None:
        """Notes that *sent* requests leave at *moment*; `reserve` does it for its own."""
        if moment - self.second_at >= 1.0:
            adjacent = moment - self.second_at < 2.0
            self.sent_before = self.sent if adjacent else 0.0
            self.second_at = self.second_at + 1.0 if adjacent else moment
            self.sent = 0.0
        self.sent += sent

    def refused(self, now: float, *, sent_at: float, retry_after_s: float | None, draw: float) -> None:
        """The target answered 429 to a request that left at *sent_at*; *draw*, in [0, 1), spreads clients."""
        if sent_at > self.cut_at:  # of one burst of refusals the first counts
            self._cut(now, max(0.0, sent_at - self.resumed_at))
        own_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(self.refusals - 1.0, 10.0))
        self.pause(now + (retry_after_s or own_s) * (1.0 + _PAUSE_JITTER * draw))
        self.resumed_at = self.paused_until
        self.next_at = max(self.next_at, self.paused_until)  # nothing is caught up after a pause

    def heard(self, now: float, *, sent_at: float, pause_s: float, per_s: float) -> None:
        """Another client with the same quota was refused a request that had left at *sent_at*, and takes a pause.

        That is our refusal too, as if both were one. *per_s* is the rate that it keeps to from now on: ours comes half
        the way towards it, so that all end with equal shares, and who has learned nothing yet begins there.
        """
        if self.peak_per_s == math.inf:
            self.peak_per_s = max(_LOWEST_PER_S, per_s / _CUT, self.sent_per_s(now))
            self.climb, self.cut_at = max(_CLIMB, _SEARCH_CLIMB * self.peak_per_s), now
        # Clients that are refused at the same time tell each other so: what left in the first half of our pause is no
        # news. Later it may have left after a pause, theirs having ended a little sooner.
        elif sent_at > (self.cut_at + self.resumed_at) / 2.0:
            self._cut(now, max(0.0, sent_at - self.resumed_at), ours=False)
            self.peak_per_s = (self.peak_per_s + per_s / _CUT) / 2.0
        if now + pause_s > self.paused_until:
            self.pause(now + pause_s)
            self.resumed_at = self.paused_until
            self.next_at = max(self.next_at, self.paused_until)

    def pause(self, until: float) -> None:
        """Nothing leaves before *until*; a shorter pause never undoes a longer one."""
        self.paused_until = max(self.paused_until, until)

    def sent_per_s(self, now: float) -> float:
        """Requests a second that really left, over the last second or so."""
        elapsed_s = now - self.second_at
        if elapsed_s >= 2.0:
            return 0.0
        if elapsed_s >= 1.0:
            return self.sent / elapsed_s
        if not self.sent_before:
            return self.sent / max(0.5, elapsed_s)
        return self.sent + self.sent_before * (1.0 - max(0.0, elapsed_s))

    def _cut(self, now: float, since_s: float, *, ours: bool = True) -> None:
        """Lowers the rate: a request was refused that had left *since_s* after the last pause."""
        # Of each refusal that all hear of one share rises and the others fall: together they stay 1, so that all climb
        # as one would, however many they are.
        self.share += _LATEST * (ours - self.share)
        climb = _CLIMB * self.share
        soon = since_s < _SOON_S
        self.refusals = self.refusals + 1.0 if soon else 1.0
        rate = self.rate_per_s(now)
        if rate == math.inf:
            rate, soon = max(1.0, self.sent_per_s(now)), True
        elif soon:
            # What the service saved up in the pause was used up in since_s: a bucket's own rate is this share of ours.
            paused_s = self.resumed_at - self.cut_at
            rate *= max(_DEEP_CUT, since_s / (since_s + paused_s) if since_s > 0 else 0.0)
        elif ours:  # what we did not use says nothing of another's refusal
            rate = min(rate, max(1.0, self.sent_per_s(now) * _UNUSED))
        self.peak_per_s = max(_LOWEST_PER_S, rate)
        self.climb = max(climb, _SEARCH_CLIMB * rate) if soon else climb
        self.cut_at = now

    def _step_s(self, moment: float) -> float:
        """Seconds in which the climbing rate makes room for one request."""
        rate = self.rate_per_s(moment)
        if rate == math.inf:
            return 0.0
        # The root of rate * t + climb * t * t / 2 = 1, in the form that keeps its digits.
        return 2.0 / (rate + math.sqrt(rate * rate + 2.0 * min(self.climb, _LOW_CLIMB * rate)))


# Answers in a window: a share of them says little below this.
_LEAST_ANSWERS = 40
_FIRST_LIMIT = 16
_OVERLOADED = 0.2
_OVERLOAD_CUT = 0.7
_HOLD_WINDOWS = 5
_SLOWER = 2.0
_FASTER = 1.1
_LATENCY_CUT = 0.9
_GROWTH = 0.1


class ConcurrencyWindow:
    """How many requests a target bears at once, judged over whole windows of answers.

    Single failures and single slow answers say nothing: reacting to each of them is what makes a client crawl.
    Refusals by quota (429) are none of this rule's business: they move the rate.

    >>> window = ConcurrencyWindow(allowed=64)
    >>> window.limit
    16
    >>> for n in range(40):
    ...     window.ended(n * 0.01, latency_s=0.1, overloaded=n % 3 == 0)
    >>> window.limit
    11
    """

    __slots__ = (
        "_allowed",
        "_began_at",
        "_best_latency_s",
        "_best_per_s",
        "_floor",
        "_hold",
        "_latencies_s",
        "_overloads",
        "_slower",
        "limit",
    )

    def __init__(self, allowed: int, first: int = _FIRST_LIMIT) -> None:
        self.limit: int = min(allowed, first)
        self._floor = min(allowed, _FIRST_LIMIT)
        self._allowed = allowed
        self._hold = 0
        self._began_at: float | None = None
        self._latencies_s: list[float] = []
        self._overloads = 0
        self._best_latency_s = math.inf
        self._best_per_s = 0.0
        self._slower = False

    def ended(self, now: float, *, latency_s: float, overloaded: bool) -> None:
        """A request came to its end; *overloaded*: with 502, 503, 504, or no answer in time."""
        if self._began_at is None:
            self._began_at = now
        if overloaded:
            self._overloads += 1
        else:
            self._latencies_s.append(latency_s)
        answers = self._overloads + len(self._latencies_s)
        if answers >= max(_LEAST_ANSWERS, self.limit):
            self.limit = self._next_limit(answers, now - self._began_at)
            self._began_at = now
            self._latencies_s.clear()
            self._overloads = 0

    def _next_limit(self, answers: int, elapsed_s: float) -> int:
        if self._overloads > _OVERLOADED * answers:
            self._hold = _HOLD_WINDOWS
            return max(1, int(self.limit * _OVERLOAD_CUT))
        good = sorted(self._latencies_s)
        latency_s = good[len(good) // 2]
        per_s = len(good) / elapsed_s if elapsed_s > 0 else math.inf
        # At the start's limit a latency is the service's own, even where it was a better one once.
        if latency_s < self._best_latency_s or self.limit <= self._floor:
            self._best_latency_s, self._best_per_s = latency_s, 0.0
        slower = latency_s > _SLOWER * self._best_latency_s
        if not slower:
            self._best_per_s = max(self._best_per_s, per_s)
        twice, self._slower = slower and self._slower, slower
        if self._hold:
            self._hold -= 1
            return self.limit
        if slower and not twice:  # once may be chance
            return self.limit
        if slower and per_s < _FASTER * self._best_per_s:
            # Not below the start: latency alone never brings a client to a halt.
            return max(min(self.limit, self._floor), int(self.limit * _LATENCY_CUT))
        return min(self._allowed, self.limit + max(1, int(self.limit * _GROWTH)))


# Of answers lognormal with a sigma of 2, one in a thousand takes longer; of most services', none. Each hang takes up
# a place in flight for so long: at 50 ms, ten times and a second at least cost a fifth of the throughput where one
# request in a hundred hangs. Less than half a second would cut what waits for one lost packet, or for a handshake.
_TIMES_P99 = 5.0
_SHORTEST_S = 0.5
_QUANTILE = 0.99
# Before so many answers, nothing is known.
_LEAST_KNOWN = 20
# Between two looks at the quantile.
_LOOK = 50
# Halved once there are as many: what counts is how the target answers now.
_REMEMBERED = 2_000
# Latencies are counted in bins whose borders are this factor apart.
_BIN = math.log(2.0) / 4.0
# More than 2 % cut: of as many requests, as many may be. Fewer would mistake one hang in a hundred for slowness.
_JUDGED = 500
_MAY_BE_CUT = 10


class AttemptTimeout:
    """How long to wait for an answer: five times what 99 % of the answers take, from half a second to *longest_s*.

    Answers that were cut short are not among those measured; but where more than 2 % are cut, the target is slow, not
    hung, and the timeout doubles. The attribute `timeout_s` is the timeout as of now.

    >>> timeout = AttemptTimeout(longest_s=60.0)
    >>> timeout.timeout_s
    60.0
    >>> for _ in range(100):
    ...     timeout.answered(0.5)
    >>> 2.5 <= timeout.timeout_s < 3.0
    True
    """

    __slots__ = ("_bins", "_cut", "_doubling", "_ended", "_to_look", "_total", "longest_s", "timeout_s")

    def __init__(self, longest_s: float) -> None:
        self.longest_s: float = longest_s
        self.timeout_s: float = longest_s
        self._bins: Counter[int] = Counter()
        self._total = 0
        self._to_look = _LEAST_KNOWN
        self._doubling = 1.0
        self._ended = self._cut = 0  # requests since the doubling was last judged

    def answered(self, latency_s: float) -> None:
        """An answer came after *latency_s*."""
        self._bins[math.ceil(math.log(max(latency_s, 1e-6)) / _BIN)] += 1
        self._total += 1
        self._to_look -= 1
        self._ended += 1
        if self._ended >= _JUDGED:  # few enough were cut
            self._judge(self._doubling / 2.0)
        if not self._to_look:
            self._look()

    def cut(self) -> None:
        """No answer came within the timeout."""
        self._ended += 1
        self._cut += 1
        if self._cut > _MAY_BE_CUT:
            self._judge(self._doubling * 2.0)
            self._look()

    def p99_s(self) -> float | None:
        """What 99 % of the answers take at most, to a fifth; None before the first."""
        above = self._total - math.ceil(self._total * _QUANTILE)
        for place in sorted(self._bins, reverse=True):
            above -= self._bins[place]
            if above < 0:
                return math.exp(place * _BIN)
        return None

    def _judge(self, doubling: float) -> None:
        longest = self.longest_s / _SHORTEST_S  # as much as can make a difference
        self._doubling = min(max(1.0, doubling), max(1.0, longest))
        self._ended = self._cut = 0

    def _look(self) -> None:
        self._to_look = _LOOK
        p99_s = self.p99_s()
        if p99_s is None or self._total < _LEAST_KNOWN:
            return
        wanted_s = max(_SHORTEST_S, _TIMES_P99 * p99_s) * self._doubling
        self.timeout_s = min(wanted_s, self.longest_s)
        if self._total >= _REMEMBERED:
            self._bins = Counter({place: count // 2 for place, count in self._bins.items() if count > 1})
            self._total = sum(self._bins.values())
