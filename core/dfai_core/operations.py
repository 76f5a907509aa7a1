"""Long-running operations: what a poll's answer says. Waiting and sending are the dispatcher's."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from dfai_core.transports.base import Answer

__all__ = ["Progress", "location_of", "progress_of", "same_host"]

# The service says nothing of when to ask again: often at first, since many jobs take a second, then seldom.
FIRST_POLL_S = 0.2
LONGEST_POLL_S = 5.0
_GROWTH = 1.5
_PORTS = {"http": 80, "https": 443}


class Progress(NamedTuple):
    """Where an operation stands."""

    state: str  # "running", "done" or "failed"
    message: str = ""
    next_page: str | None = None


def location_of(answer: Answer) -> str | None:
    """Where an accepted operation can be asked about."""
    return answer.headers.get("Operation-Location") or answer.headers.get("Location")


def same_host(one: str, other: str) -> bool:
    """Whether both URLs lead to one host by one scheme: a key must never follow a link elsewhere.

    >>> same_host("https://a.example/x", "https://a.example/y"), same_host("https://a.example/", "http://a.example/")
    (True, False)
    """
    return _origin(one) == _origin(other)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


def progress_of(answer: Answer) -> Progress:
    """What a poll's answer says. Raises ValueError for a body that makes no sense."""
    body: Any = orjson.loads(answer.body)
    if not isinstance(body, dict) or "status" not in body:
        raise ValueError("not the state of an operation")
    status = str(body["status"]).lower()
    if status in ("succeeded", "partiallycompleted", "partiallysucceeded"):
        return Progress("done", next_page=body.get("nextLink") or body.get("@nextLink"))
    if status in ("failed", "cancelled", "canceled", "rejected"):
        errors = body.get("errors") or [body.get("error") or {}]
        words = "; ".join(str(error["message"]) for error in errors if isinstance(error, dict) and error.get("message"))
        return Progress("failed", words or f"the operation ended as {status}")
    return Progress("running")


def poll_wait_s(polls: int) -> float:
    """Seconds before poll number *polls* (from 1) where the service does not say.

    >>> [poll_wait_s(n) for n in (1, 2, 30)]
    [0.2, 0.3, 5.0]
    """
    return round(min(LONGEST_POLL_S, FIRST_POLL_S * _GROWTH ** min(polls - 1, 60)), 3)
