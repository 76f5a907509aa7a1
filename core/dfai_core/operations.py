"""Long-running operations: what a poll's answer says. Waiting and sending are the dispatcher's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

import orjson

from dfai_core.service import Progress
from dfai_core.transports.base import Answer
from dfai_core.urls import same_host

__all__ = ["Progress", "link_at", "location_of", "poll_wait_s", "progress_of", "same_host"]

# The service says nothing of when to ask again: often at first, since many jobs take a second, then seldom.
FIRST_POLL_S = 0.2
LONGEST_POLL_S = 5.0
_GROWTH = 1.5


def location_of(answer: Answer) -> str | None:
    """Where an accepted operation can be asked about."""
    return answer.headers.get("Operation-Location") or answer.headers.get("Location")


def link_at(url: str, link: str) -> str | None:
    """Where *link*, in an answer from *url*, leads; None for another host, to which no key may follow.

    >>> link_at("https://a.example/jobs", "/jobs/7?skip=20")
    'https://a.example/jobs/7?skip=20'
    >>> link_at("https://a.example/jobs", "https://b.example/jobs/7") is None
    True
    """
    try:
        target = urljoin(url, link)
    except ValueError:  # half a bracket
        return None
    return target if same_host(target, url) else None


def progress_of(answer: Answer) -> Progress:
    """What a poll's answer says. Raises ValueError for a body that makes no sense."""
    body: Any = orjson.loads(answer.body)
    if not isinstance(body, dict) or "status" not in body:
        raise ValueError("not the state of an operation")
    status = str(body["status"]).lower()
    if status in ("succeeded", "partiallycompleted", "partiallysucceeded"):
        return Progress("done", next_page=body.get("nextLink") or body.get("@nextLink"))
    if status in ("failed", "cancelled", "canceled", "rejected"):
        properties = body.get("properties")
        error = body.get("error") or (isinstance(properties, dict) and properties.get("error")) or {}
        errors = body.get("errors") or [error]
        words = "; ".join(str(error["message"]) for error in errors if isinstance(error, dict) and error.get("message"))
        return Progress("failed", words or f"the operation ended as {status}")
    return Progress("running")


def poll_wait_s(polls: int) -> float:
    """Seconds before poll number *polls* (from 1) where the service does not say.

    >>> [poll_wait_s(n) for n in (1, 2, 30)]
    [0.2, 0.3, 5.0]
    """
    return round(min(LONGEST_POLL_S, FIRST_POLL_S * _GROWTH ** min(polls - 1, 60)), 3)
