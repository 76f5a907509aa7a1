"""One attempt at a request: send, judge, and say what follows. Queues and waiting are the dispatcher's."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import NamedTuple

from dfai_core.errors import DfaiError, Unauthorized
from dfai_core.flow.retry import Retry, retry_after_s
from dfai_core.jobs import Entry, Job
from dfai_core.operations import Progress, location_of, poll_wait_s, progress_of, same_host
from dfai_core.peers import Peer
from dfai_core.report import Counters
from dfai_core.service import Failure, Values
from dfai_core.transports.base import Answer, Request, TransportError
from dfai_core.verdict import Action, Verdict, judge_answer, judge_error, request_id

__all__ = ["Attempter", "Outcome", "Refused"]


class Refused(NamedTuple):
    """A document's error with all that is known of it."""

    failure: Failure
    attempts: int
    request_id: str | None


@dataclass(slots=True)
class Outcome:
    """What one attempt led to."""

    settled: list[tuple[Entry, Values | Refused]] = field(default_factory=list)
    again: list[tuple[Job, float]] = field(default_factory=list)  # jobs, and seconds before they may leave
    fatal: DfaiError | None = None  # the whole call is over


@dataclass(slots=True)
class Attempter:
    """Sends a call's jobs to its peer, one attempt at a time."""

    peer: Peer
    retry: Retry
    counters: Counters
    timeout_s: float
    deadline_s: float
    answered: bool = False  # whether the target ever answered a document: then its key is right

    async def attempt(self, job: Job) -> Outcome:
        """Makes one attempt at *job*."""
        clock = asyncio.get_running_loop().time
        now = clock()
        job.deadline = min(job.deadline, now + self.deadline_s)
        if now >= job.deadline:
            return self._give_up(job, Verdict(Action.REFUSE, "timeout", f"no answer within {self.deadline_s:g} s"))
        exchange = job.lane.exchange
        headers = await self.peer.headers(now)
        if job.operation is None:
            job.tries += 1
            body = exchange.write([entry.document for entry in job.entries])
            request = Request(exchange.method, job.lane.url, {**exchange.headers, **headers}, body)
        else:
            job.polls += 1
            request = Request("GET", job.operation, headers)
        self.counters.requests += 1
        answer: Answer | None = None
        try:
            # One deadline for the whole attempt: a library's own timeout does not say what had been sent.
            async with asyncio.timeout_at(min(job.deadline, now + self.timeout_s)):
                answer = await self.peer.transport.send(request)
        except (TransportError, TimeoutError) as error:
            verdict = judge_error(error)
        else:
            verdict = judge_answer(answer)
            if verdict.action is Action.READ:
                try:
                    return self._read(job, answer)
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    message = f"the answer cannot be read ({type(error).__name__}: {error})"
                    verdict = Verdict(Action.RETRY, "bad_answer", message, 200, maybe_billed=True)
        if verdict.maybe_billed:
            self.counters.maybe_billed += 1
        return self._follow(job, verdict, answer, clock())

    def _read(self, job: Job, answer: Answer) -> Outcome:
        if job.operation is not None:
            progress = progress_of(answer)
            if progress.state == "running":
                wait = retry_after_s(answer.headers)
                return Outcome(again=[(job, poll_wait_s(job.polls) if wait is None else wait)])
            if progress.state == "failed":
                verdict = Verdict(Action.REFUSE, "refused", progress.message, 200, request_id=request_id(answer))
                return self._give_up(job, verdict)
            if pages := self._page(job, progress, answer):
                return pages
        found = job.lane.exchange.read(answer, len(job.entries))
        if job.found is not None:
            found = [new if old is None else old for old, new in zip(job.found, found, strict=True)]
        return self._settle(job, found, answer)

    def _page(self, job: Job, progress: Progress, answer: Answer) -> Outcome | None:
        """Keeps what this page holds and asks for the next; None on the last page."""
        if not progress.next_page or not same_host(progress.next_page, job.lane.url):
            return None
        found = job.lane.exchange.read(answer, len(job.entries))
        if job.found is not None:
            found = [new if old is None else old for old, new in zip(job.found, found, strict=True)]
        job.found, job.operation = found, progress.next_page
        return Outcome(again=[(job, 0.0)])

    def _settle(self, job: Job, found: list[Values | Failure | None], answer: Answer) -> Outcome:
        outcome = Outcome()
        settled = outcome.settled
        missing: list[Entry] = []
        failure: Failure | None = None
        for entry, result in zip(job.entries, found, strict=True):
            if result is None:
                missing.append(entry)
            elif isinstance(result, Failure):
                if result.retryable:
                    missing.append(entry)
                    failure = result
                else:
                    settled.append((entry, Refused(result, job.tries, request_id(answer))))
            else:
                settled.append((entry, result))
        if settled:
            self.answered = True
        if missing:
            reason = failure or Failure("bad_answer", "the answer does not hold this document", 200)
            verdict = Verdict(
                Action.RETRY, reason.code, reason.message, 200, None, reason.service_code, request_id(answer)
            )
            rest = self._again(job.of(missing, job.tries), verdict)
            settled += rest.settled
            outcome.again = rest.again
        return outcome

    def _follow(self, job: Job, verdict: Verdict, answer: Answer | None, now: float) -> Outcome:
        match verdict.action:
            case Action.WAIT:
                return self._wait_for(job, answer)
            case Action.SPLIT if len(job.entries) > 1 and job.operation is None:
                # Halves are new requests: that the whole was refused is no failed try of theirs.
                half = len(job.entries) // 2
                return Outcome(again=[(job.of(job.entries[:half], 0), 0.0), (job.of(job.entries[half:], 0), 0.0)])
            case Action.UNAUTHORIZED if not self.answered:
                return Outcome(fatal=Unauthorized(self._refused_key(verdict)))
            case Action.RETRY:
                if verdict.code == "rate_limited":
                    self.counters.throttled += 1
                    if verdict.retry_after_s:
                        self.peer.pause(now + verdict.retry_after_s)
                return self._again(job, verdict)
            case _:
                return self._give_up(job, verdict)

    def _wait_for(self, job: Job, answer: Answer | None) -> Outcome:
        assert answer is not None
        location = location_of(answer)
        if location is None or not same_host(location, job.lane.url):
            where = "nowhere" if location is None else "to another host"
            return self._give_up(job, Verdict(Action.REFUSE, "bad_answer", f"the operation's link leads {where}", 202))
        job.operation = location
        wait = retry_after_s(answer.headers)
        return Outcome(again=[(job, poll_wait_s(1) if wait is None else wait)])

    def _again(self, job: Job, verdict: Verdict) -> Outcome:
        tries = job.tries if job.operation is None else 1
        wait = self.retry.wait_s(tries, retry_after_s=verdict.retry_after_s, draw=random.random())
        now = asyncio.get_running_loop().time()
        if wait is None or now + wait >= job.deadline:
            return self._give_up(job, verdict)
        self.counters.retries += 1
        return Outcome(again=[(job, wait)])

    def _give_up(self, job: Job, verdict: Verdict) -> Outcome:
        retryable = verdict.action is Action.RETRY
        failure = Failure(verdict.code, verdict.message, verdict.status, retryable, verdict.service_code)
        refused = Refused(failure, job.tries, verdict.request_id)
        return Outcome(settled=[(entry, refused) for entry in job.entries])

    def _refused_key(self, verdict: Verdict) -> str:
        target = self.peer.target
        key = getattr(target, "key", None)
        named = (
            f"the key from {key}"
            if key is not None and ":" in str(key)
            else "the credential"
            if key is None
            else str(key)
        )
        return (
            f"{target} refused {named} before anything was answered ({verdict.status}: {verdict.message}); "
            "no more was sent. Is it the key of a resource in this place that serves this?"
        )
