"""What a job asks next, also where an answer takes several requests, each made of the answers before. No I/O.

A job stands in line anew for each of them, so that limits count requests. What was answered before is kept with the
job: a request that fails is tried again alone. One deadline holds for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dfai_core.jobs import Job
from dfai_core.service import Ask, Body, Failure, Values
from dfai_core.targets import joined
from dfai_core.transports.base import Answer, Request

__all__ = ["begin", "goes_on", "request_of"]


def begin(job: Job) -> Sequence[Values | Failure | None] | None:
    """What is said of *job*'s documents where no request is needed; None where there is one to send."""
    if job.ask is not None:
        return None
    said = _said(job, ())
    if not isinstance(said, Ask):
        return said
    job.ask = said
    return None


def request_of(job: Job, credential: Mapping[str, str]) -> Request:
    """The request that *job* has come to."""
    lane, whole = job.lane, job.whole
    if whole is not None:
        return (whole if job.operation is None else whole.following(job.operation)).request(credential)
    ask = job.ask
    if ask is None:
        return lane.request(credential, job) if job.operation is None else Request("GET", job.operation, credential)
    content, kind = (ask.body.content, ask.body.type) if isinstance(ask.body, Body) else (ask.body, None)
    headers = lane.headers(credential, kind)
    base = lane.at(ask.host) if ask.host else lane.base
    url = joined(base, ask.path) if ask.url is None else ask.url
    return Request(ask.method, url, {**headers, **ask.headers} if ask.headers else headers, content or None)


def goes_on(job: Job, answer: Answer) -> Sequence[Values | Failure | None] | None:
    """What *answer*, with those before it, says of *job*'s documents; None where another request follows."""
    answers = [*(job.pages or ()), answer]
    said = _said(job, answers)
    if not isinstance(said, Ask):
        return said
    job.pages, job.ask, job.tries, job.misses = answers, said, 0, 0
    return None


def _said(job: Job, answers: Sequence[Answer]) -> Ask | Sequence[Values | Failure | None]:
    exchange = job.lane.exchange
    if exchange.steps is not None:
        return exchange.steps(list(job.documents()), answers)
    assert exchange.paged is not None
    path = exchange.paged.path(next(iter(job.documents())), answers)
    return exchange.read(exchange.paged.joined(answers), job.count) if path is None else Ask(path, method="GET")
