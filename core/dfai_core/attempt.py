"""One attempt at a request: send, judge, and say what follows. Queues and waiting are the dispatcher's."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dfai_core.abroad import is_abroad, read_abroad
from dfai_core.elsewhere import to_next_page, to_redirect
from dfai_core.errors import RETRYABLE_CODES, Unauthorized
from dfai_core.flow.adaptive import ConcurrencyWindow
from dfai_core.flow.cutting import Cutter
from dfai_core.flow.refusals import Refusal
from dfai_core.flow.retry import Retry, retry_after_s
from dfai_core.jobs import Job
from dfai_core.operations import link_at, location_of, poll_wait_s, progress_of
from dfai_core.outcome import Outcome
from dfai_core.patience import Patience
from dfai_core.peers import Peer
from dfai_core.report import Counters
from dfai_core.service import UNREADABLE, Failure, Values
from dfai_core.shape import Refused
from dfai_core.steps import begin, goes_on, request_of
from dfai_core.transports.base import MAX_ANSWER_BYTES, Answer, Request, TransportError, too_large
from dfai_core.verdict import Action, Verdict, judge_answer, judge_error, judge_web, refusal, request_id

__all__ = ["Attempter"]

_HELD_BACK_S = 0.5  # how long, on average, a request is held back from a target that seems to be down
# What a server says that has more to do than it can.
_OVERLOADED = frozenset({502, 503, 504})
_ABSENT = Failure("bad_answer", "the answer does not hold this document", 200, retryable=True)
_WHOLE = {tuple}
_PERHAPS_DONE = "it may have been carried out, so it was not sent again"
_NO_ANSWER = frozenset({"timeout", "unavailable"})  # of a target that is not there, as far as one request can tell
_Found = Sequence[Values | Failure | None]


@dataclass(slots=True)
class Attempter:
    """Sends a call's jobs to its peer, one attempt at a time."""

    peer: Peer
    retry: Retry
    counters: Counters
    patience: Patience | None  # None: only the deadline holds
    window: ConcurrencyWindow
    cutter: Cutter
    deadline_s: float
    operation_deadline_s: float
    tell: Callable[[Refusal], None]  # what other hosts should know
    max_answer_bytes: int = MAX_ANSWER_BYTES
    repeatable: bool = True  # else a request is sent again only if it was certainly not carried out
    answered: bool = False  # whether the target ever answered a document: then its key is right
    _loop: asyncio.AbstractEventLoop = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._loop = asyncio.get_running_loop()

    async def attempt(self, job: Job, now: float) -> list[Values] | Outcome:
        """Makes one attempt at *job*, which leaves *now*: all its documents' values, or whatever else came of it."""
        job.start(now + (self.deadline_s if job.operation is None else self.operation_deadline_s))
        credential = self.peer.headers(now)
        if credential is None:
            try:
                async with asyncio.timeout_at(job.deadline):
                    credential = await self.peer.look_up(now)
            except TimeoutError:
                return self.too_late(job)
            now = self._loop.time()
        if now >= job.deadline:
            return self.too_late(job)
        breaker = self.peer.breaker
        exchange, whole = job.lane.exchange, job.whole
        if job.operation is None:
            if breaker.open and (why := breaker.refusal(now)) is not None:
                return self._down(job, why)
            if not job.tries and breaker.holds_back(now):
                return Outcome(again=[(job, _HELD_BACK_S * (0.5 + random.random()))])
            if exchange.several and (known := begin(job)) is not None:
                return self._told(job, known, None)
            job.tries += 1
        else:
            job.polls += 1
            job.misses += 1
            self.counters.polls += 1
        self.counters.requests += 1
        if job.ask is not None and is_abroad(job.ask, job.lane.base):
            return await self._abroad(job, now)
        request = request_of(job, credential)
        request.max_answer_bytes = (whole and whole.max_bytes) or self.max_answer_bytes
        answer, ended_at = await self._sent(job, request, now)
        if isinstance(answer, Answer) and answer.status == 401:
            credential, answer, ended_at = await self._once_more(job, request, credential, answer, ended_at)
        if isinstance(answer, Answer):
            if self.patience is not None:
                self.patience.answered(ended_at - now)
                if answer.status != 429:  # that moves the rate
                    self.window.ended(ended_at, latency_s=ended_at - now, overloaded=answer.status in _OVERLOADED)
            if exchange.web is None or whole is None:
                verdict = judge_answer(answer, credential, exchange.codes, exchange.accepts)
            else:
                verdict = judge_web(answer, credential, exchange.web, request.method)
            if verdict.code != "unavailable":
                breaker.answered(ended_at)
            if verdict.action is Action.READ:
                self.answered = True
                try:
                    return self._read(job, answer)
                except UNREADABLE as error:
                    message = f"the answer cannot be read ({type(error).__name__}: {error})"
                    identity = request_id(answer)
                    verdict = Verdict(Action.RETRY, "bad_answer", message, 200, request_id=identity, maybe_billed=True)
        else:
            verdict = judge_error(answer, None if whole is None else whole.max_bytes)
            if self.patience is not None and isinstance(answer, TimeoutError):
                self.patience.cut(job)
                self.window.ended(ended_at, latency_s=ended_at - now, overloaded=True)
        if verdict.code in _NO_ANSWER:
            breaker.failed(ended_at)
        if verdict.maybe_billed and job.operation is None:  # asking how an operation stands costs nothing
            self.counters.maybe_billed += 1
            job.paid = False
        return self._follow(job, verdict, answer, sent_at=now)

    async def _abroad(self, job: Job, now: float) -> list[Values] | Outcome:
        """What comes of what stands at another host: neither its speed nor its refusals are the target's."""
        found = await read_abroad(job, self.max_answer_bytes)
        if isinstance(found, Answer):
            try:
                return self._read(job, found)
            except UNREADABLE as error:
                found = Verdict(Action.RETRY, "bad_answer", f"{type(error).__name__}: {error}", 200)
        return self._follow(job, found, None, sent_at=now)

    async def _once_more(
        self, job: Job, request: Request, credential: Mapping[str, str], answer: Answer, ended_at: float
    ) -> tuple[Mapping[str, str], Answer | TransportError | TimeoutError, float]:
        """What follows a 401: where the key was replaced, or the token ended, one more answer with what holds now."""
        try:
            async with asyncio.timeout_at(job.deadline):
                renewed = await self.peer.renewed(credential, ended_at)
        except TimeoutError:
            renewed = None
        if renewed is None:
            return credential, answer, ended_at
        self.counters.requests += 1
        again = request_of(job, renewed)
        again.max_answer_bytes = request.max_answer_bytes
        return renewed, *await self._sent(job, again, self._loop.time())

    async def _sent(
        self, job: Job, request: Request, now: float
    ) -> tuple[Answer | TransportError | TimeoutError, float]:
        """The answer to *request*, or why there is none; and when that was known."""
        task = asyncio.current_task(self._loop)
        assert task is not None
        # One deadline for the whole attempt: a library's own timeout does not say what had been sent.
        patience_s = math.inf if self.patience is None else self.patience.seconds(job)
        self.cutter.begin(task, now, patience_s, job.deadline)
        try:
            answer = await self.peer.transport.send(request)
        except (TransportError, TimeoutError) as error:
            broken = error
        except asyncio.CancelledError:
            if not self.cutter.cut(task):
                raise
            broken = TimeoutError()
        else:
            ended_at = self._loop.time()
            self.counters.answered(request, answer, ended_at - now)
            if len(answer.body) > request.max_answer_bytes:  # a transport of somebody's own may know no bound
                return too_large(request), ended_at
            return answer, ended_at
        finally:
            self.cutter.end(task)
        ended_at = self._loop.time()
        self.counters.unanswered(request, broken, ended_at - now)
        return broken, ended_at

    def too_late(self, job: Job, code: str = "timeout", reason: str = "") -> Outcome:
        """The end of *job* where its documents have no time left."""
        message = f"no answer within {self.deadline_s:g} s" + (f": {reason}" if reason else "")
        if job.operation is not None:
            message = f"the operation did not end within {self.operation_deadline_s:g} s"
        return self._give_up(job, Verdict(Action.REFUSE, code, message))

    def _down(self, job: Job, why: str) -> Outcome:
        outcome = self._give_up(job, Verdict(Action.REFUSE, "unavailable", f"not sent: the target is down ({why})"))
        outcome.down = True
        return outcome

    def _read(self, job: Job, answer: Answer) -> list[Values] | Outcome:
        exchange = job.lane.exchange
        web = exchange.web
        if exchange.begun is not None and job.operation is None:
            return self._accepted(job, answer, exchange.begun(answer))
        if job.operation is not None and job.ask is None:
            progress = (exchange.progress or (web and web.progress) or progress_of)(answer)
            if progress.state == "running":
                return self._poll_again(job, answer)
            if progress.state == "failed":
                verdict = Verdict(Action.REFUSE, "refused", progress.message, 200, request_id=request_id(answer))
                return self._give_up(job, verdict)
            if progress.next_page:
                return self._page(job, progress.next_page, answer)
        if web is not None and web.next_page is not None:
            link = web.next_page(answer)
            if link is not None:
                refused = to_next_page(job, link, answer)
                return Outcome(again=[(job, 0.0)]) if refused is None else self._give_up(job, refused)
            assert web.joined is not None
            answer = web.joined([*(job.pages or ()), answer])
        found = self._found(job, answer) if not exchange.several else goes_on(job, answer)
        return Outcome(again=[(job, 0.0)]) if found is None else self._told(job, found, answer)

    def _told(self, job: Job, found: _Found, answer: Answer | None) -> list[Values] | Outcome:
        """What comes of *found*, which *answer*, where one was needed, says of all documents that were asked."""
        if job.places is not None:  # of the documents that an earlier run sent, these are still wanted
            found = [found[place] for place in job.places]
        # An answer without its headline is none. A failure is a tuple too, but of a class of its own.
        if set(map(type, found)) == _WHOLE and None not in [values[0] for values in found]:  # type: ignore[index]
            return found  # type: ignore[return-value]
        return self._sorted(job, found, answer)

    def _found(self, job: Job, answer: Answer) -> _Found:
        """What this answer holds, and the pages before it."""
        found = job.lane.exchange.read(answer, job.asked if job.places is not None else job.count)
        if job.found is None:
            return found
        return [new if old is None else old for old, new in zip(job.found, found, strict=True)]

    def _page(self, job: Job, next_page: str, answer: Answer) -> Outcome:
        """Keeps what this page holds and asks for the next."""
        link = link_at(job.url, next_page)
        if link is None:
            raise ValueError("the next page is at another host")
        found = list(self._found(job, answer))
        if found == (job.found or [None] * len(found)):
            raise ValueError("a page holds nothing new")  # a link in a circle would never end
        job.found, job.operation, job.misses = found, link, 0
        return Outcome(again=[(job, 0.0)])

    def _sorted(self, job: Job, found: _Found, answer: Answer | None) -> Outcome:
        """Tells what was answered from what was refused and from what is missing."""
        outcome = Outcome()
        identity = None if answer is None else request_id(answer)
        missing: list[tuple[int, Failure]] = []
        for position, result in enumerate(found):
            if isinstance(result, Failure):
                if result.retryable:
                    missing.append((position, result))
                else:
                    outcome.refused.append((position, Refused(result, job.tries, identity)))
            elif result is None or result[0] is None:
                missing.append((position, _ABSENT))
            else:
                outcome.answered.append((position, result))
        if missing:
            wait = self._wait_s(job, None) if self.repeatable or job.operation is not None else None
            if wait is None:
                outcome.refused += [(place, Refused(failure, job.tries, identity)) for place, failure in missing]
            else:
                anew = job.only([place for place, _ in missing])
                anew.paid = False  # what was answered is billed, as much as was missing
                outcome.again = [(anew, wait)]
        return outcome

    def _follow(
        self, job: Job, verdict: Verdict, answer: Answer | TransportError | TimeoutError | None, *, sent_at: float
    ) -> Outcome:
        match verdict.action:
            case Action.WAIT:
                assert isinstance(answer, Answer)
                return self._accepted(job, answer)
            case Action.REDIRECT:
                refused = to_redirect(job, verdict)
                later_s = 0.0 if job.operation is None else poll_wait_s(job.polls)
                return Outcome(again=[(job, later_s)]) if refused is None else self._give_up(job, refused)
            case Action.SPLIT if job.count > 1 and job.operation is None and (self.repeatable or verdict.undone):
                # Halves are new requests: that the whole was refused is no failed try of theirs.
                count = job.count
                halves = (range(count // 2), range(count // 2, count))
                return Outcome(again=[(job.only(half, tries=0), 0.0) for half in halves])
            case Action.UNAUTHORIZED | Action.QUOTA if not self.answered:
                return Outcome(fatal=Unauthorized(refusal(self.peer.target, verdict)))
            case Action.RETRY:
                if verdict.code == "rate_limited":
                    self.counters.throttled += 1
                    now, asked_s = self._loop.time(), verdict.retry_after_s
                    news = self.peer.refused(now, sent_at=sent_at, retry_after_s=asked_s, draw=random.random())
                    if news is not None:
                        self.tell(news)
                if not (self.repeatable or verdict.undone or job.operation is not None):
                    return self._give_up(job, verdict._replace(message=f"{verdict.message}; {_PERHAPS_DONE}"))
                wait = self._wait_s(job, verdict.retry_after_s, sent_at=sent_at, cut=verdict.code == "timeout")
                return self._give_up(job, verdict) if wait is None else Outcome(again=[(job, wait)])
            case _ if job.operation is not None and job.ask is None and verdict.status in (404, 410):
                return self._gone(job, verdict)
            case _:
                return self._give_up(job, verdict)

    def _accepted(self, job: Job, answer: Answer, location: str | None = None) -> Outcome:
        """The service works on it: *answer* says where to ask, with its headers or as *location*."""
        self.answered = True
        location = location or location_of(answer)
        link = link_at(job.url, location) if location else job.operation
        if link is None:
            where = "to another host" if location else "nowhere"
            return self._give_up(job, Verdict(Action.REFUSE, "bad_answer", f"the operation's link leads {where}", 202))
        if job.operation is not None:
            return self._poll_again(job, answer)
        job.operation, job.ask = link, None
        self.counters.operations += 1
        job.deadline = job.later = self._loop.time() + self.operation_deadline_s
        outcome = self._poll_again(job, answer)
        outcome.accepted = job
        return outcome

    def _gone(self, job: Job, verdict: Verdict) -> Outcome:
        """The service knows nothing of the operation any more."""
        if job.places is None:
            message = f"the operation is gone: {verdict.message}"
            return self._give_up(job, verdict._replace(code="bad_answer", message=message))
        anew = job.only(range(job.count), tries=0)
        anew.deadline, anew.claimed, anew.paid, anew.afresh = float("inf"), False, False, True
        return Outcome(again=[(anew, 0.0)])

    def _poll_again(self, job: Job, answer: Answer) -> Outcome:
        job.misses = 0
        wait = retry_after_s(answer.headers)
        left = max(0.0, job.deadline - self._loop.time())
        return Outcome(again=[(job, min(left, poll_wait_s(job.polls + 1) if wait is None else wait))])

    def _wait_s(
        self, job: Job, asked_s: float | None, *, sent_at: float = -math.inf, cut: bool = False
    ) -> float | None:
        """Seconds before *job* is tried again (and counts that); None where its tries or its time are used up."""
        failures = job.tries if job.operation is None else job.misses
        breaker = self.peer.breaker
        alone, amid, draw = not breaker.failing, breaker.answered_since(sent_at), random.random()
        wait = self.retry.wait_s(failures, retry_after_s=asked_s, draw=draw, alone=alone, amid=amid, cut=cut)
        if wait is None or self._loop.time() + wait >= job.deadline:
            return None
        self.counters.retries += 1
        return wait

    def _give_up(self, job: Job, verdict: Verdict) -> Outcome:
        if job.ask is not None and job.ask.optional:
            found = goes_on(job, Answer(verdict.status or 0, {}, b""))
            assert found is not None
            told = self._told(job, found, None)
            return told if isinstance(told, Outcome) else Outcome(answered=list(enumerate(told)))
        if verdict.code in _NO_ANSWER and job.tries and job.operation is None and (self.repeatable or verdict.undone):
            now = self._loop.time()
            self.peer.breaker.gave_up(now, since=job.deadline - self.deadline_s, why=verdict.message)
        retryable = verdict.code in RETRYABLE_CODES
        failure = Failure(verdict.code, verdict.message, verdict.status, retryable, verdict.service_code)
        refused = Refused(failure, job.tries, verdict.request_id)
        # It may be the time of one document that is up, and not that of those beside it.
        left = job.in_time() if retryable and job.tries < self.retry.attempts else []
        outcome = Outcome(refused=[(position, refused) for position in range(job.count) if position not in left])
        if left:
            others = job.only(left)
            others.deadline = float("inf")
            others.start(job.later)
            outcome.again = [(others, 0.0)]
        return outcome
