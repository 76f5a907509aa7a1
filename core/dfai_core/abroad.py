"""What an answer says stands elsewhere: at a host that is not the target's, to which no key of the target's may go."""

from __future__ import annotations

import asyncio

from dfai_core.jobs import Job
from dfai_core.media import Unread
from dfai_core.service import Ask
from dfai_core.transports.base import Answer
from dfai_core.urls import same_host
from dfai_core.verdict import Action, Verdict

__all__ = ["is_abroad", "read_abroad"]


def is_abroad(ask: Ask, base: str) -> bool:
    """Whether *ask* is for a URL at another host than that of *base*."""
    return ask.url is not None and not same_host(ask.url, base)


async def read_abroad(job: Job, max_bytes: int) -> Answer | Verdict:
    """What stands there, or why it cannot be had: read as a row's own URL is: from public places, without a key."""
    from dfai_core.media.web import read_url  # brings the HTTP library

    ask = job.ask
    assert ask is not None
    assert ask.url is not None
    try:
        async with asyncio.timeout_at(job.deadline):
            return Answer(200, {}, await read_url(ask.url, max_bytes, allow_private=ask.private))
    except TimeoutError:
        return Verdict(Action.REFUSE, "timeout", "what the service gave a URL for could not be read in time")
    except Unread as error:
        action = Action.RETRY if error.retryable else Action.REFUSE
        why = error.message or "it is too large"
        return Verdict(action, "unavailable", f"what the service gave a URL for cannot be read: {why}")
