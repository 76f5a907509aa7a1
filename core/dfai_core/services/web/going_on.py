"""Answers that are not all: pages that follow one another, and operations that take their time."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from dfai_core.errors import ConfigError
from dfai_core.service import Progress
from dfai_core.services.web.json_path import json_path
from dfai_core.transports.base import Answer

__all__ = ["Pages", "Poll", "pages_of", "poll_of"]

# RFC 8288, section 3: <target>; parameters, and the next link after a comma.
_LINK = re.compile(r"<([^>]*)>((?:[^,\"]|\"[^\"]*\")*)")
_NEXT = re.compile(r";\s*rel\s*=\s*(?:\"[^\"]*\bnext\b[^\"]*\"|next\b)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pages:
    """Pages that are joined into one answer.

    Parameters
    ----------
    next
        Where the link to the next page stands: a JSON path, or "link" for the header ``Link`` with ``rel="next"``
        (RFC 8288). It may be relative, and must lead to the same origin. The last page has none.
    items
        JSON path to the list of which each page holds a part: then the answer is that list, whole. Without it, pages
        that are lists are joined to one, and of any others the answer is a list.
    most
        A row whose answer has more pages ends with the error "too_large": nothing is left out silently.
    """

    next: str
    items: str | None = None
    most: int = 100

    def __post_init__(self) -> None:
        if self.next != "link":
            json_path(self.next)
        if self.items is not None:
            json_path(self.items)
        if not isinstance(self.most, int) or isinstance(self.most, bool) or self.most < 1:
            raise ConfigError(f"Pages(most={self.most!r}): expected a whole number from 1.")

    def link(self, answer: Answer) -> str | None:
        """The link to the page after *answer*. Raises ValueError for what is no JSON."""
        if self.next == "link":
            header = ", ".join(value for name, value in answer.headers.items() if name.lower() == "link")
            return next((target for target, parameters in _LINK.findall(header) if _NEXT.search(parameters)), None)
        found = json_path(self.next).of(orjson.loads(answer.body))
        return found if isinstance(found, str) and found else None

    def joined(self, answers: Sequence[Answer]) -> Answer:
        """One answer, with the last one's status and headers. Raises ValueError for what is no JSON."""
        pages = [orjson.loads(answer.body) for answer in answers]
        whole: list[Any]
        if self.items is not None:
            parts = [json_path(self.items).of(page) for page in pages]
            if not all(isinstance(part, list) for part in parts):
                raise ValueError(f"a page has no list at {self.items}")
            whole = [item for part in parts for item in part]
        elif all(isinstance(page, list) for page in pages):
            whole = [item for page in pages for item in page]
        else:
            whole = pages
        return Answer(answers[-1].status, answers[-1].headers, orjson.dumps(whole))


@dataclass(frozen=True, slots=True)
class Poll:
    """An operation that a service accepts with 202 and works on: it is asked about until it has ended.

    It is asked at ``Operation-Location``, or else ``Location``, as often as ``Retry-After`` says, for
    ``operation_deadline_s`` at most, and holds no place in flight while it waits. The answer is what the last question
    brought.

    Parameters
    ----------
    status
        JSON path to the state. An answer without one is the result itself.
    done, failed
        The states with which it ends, in any case of letters. Every other state means that it goes on.
    message
        JSON path to why it failed.
    """

    status: str = "$.status"
    done: tuple[str, ...] = ("succeeded", "success", "completed", "done")
    failed: tuple[str, ...] = ("failed", "error", "cancelled", "canceled", "rejected")
    message: str = "$.error.message"

    def __post_init__(self) -> None:
        json_path(self.status)
        json_path(self.message)
        for states in (self.done, self.failed):
            if isinstance(states, str) or not all(isinstance(state, str) for state in states):
                raise ConfigError(f"Poll(…): {states!r} is no list of states.")

    def progress(self, answer: Answer) -> Progress:
        """What an answer says of how the operation stands."""
        try:
            body = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            return Progress("done")  # sound, a picture: the result itself
        state = json_path(self.status).of(body)
        if not isinstance(state, str) or state.lower() in {word.lower() for word in self.done}:
            return Progress("done")
        if state.lower() in {word.lower() for word in self.failed}:
            words = json_path(self.message).of(body)
            return Progress("failed", words if isinstance(words, str) and words else f"the operation ended as {state}")
        return Progress("running")


def pages_of(given: Any) -> Pages | None:
    """Reads ``pages=``: a place of links, `Pages`, or None."""
    if given is None or isinstance(given, Pages):
        return given
    if isinstance(given, str):
        return Pages(given)
    raise ConfigError('pages= takes "link", a JSON path such as "$.next", or dfai.Pages(…).')


def poll_of(given: Any) -> Poll | None:
    """Reads ``poll=``: `Poll` or None."""
    if given is None or isinstance(given, Poll):
        return given
    raise ConfigError("poll= takes dfai.Poll(…), which says how an operation's states are called.")
