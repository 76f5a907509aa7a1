"""What all web services have in common on the wire, and what two equal ones have in common at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from hashlib import blake2b
from typing import Any

from dfai_core.errors import ConfigError
from dfai_core.service import Document, Exchange, Failure, Part, Values, Web
from dfai_core.services.web.going_on import Pages, Poll
from dfai_core.services.web.reading import Statuses
from dfai_core.store import canonical
from dfai_core.transports.base import Answer
from dfai_core.whole import Whole

__all__ = ["exchange_of", "fingerprint_of"]


def exchange_of(
    request: Callable[[Sequence[Document]], Whole | Failure],
    accepts: Statuses,
    read: Callable[[Answer, int], list[Values | Failure | None]],
    pages: Pages | None,
    poll: Poll | None,
) -> Exchange:
    """An exchange of whole requests."""
    web = Web(
        request=request,
        accepts=accepts,
        next_page=None if pages is None else pages.link,
        max_pages=1 if pages is None else pages.most,
        joined=None if pages is None else pages.joined,
        progress=None if poll is None else poll.progress,
    )
    return Exchange(path="", write=_unwritten, read=read, merge=_unmerged, web=web)


def _unwritten(_: Iterable[Document]) -> bytes:
    raise TypeError("a whole request has no body apart")


def _unmerged(_: Sequence[Part]) -> Values:
    raise TypeError("an answer of any service has no parts")


def fingerprint_of(*question: Any) -> str:
    """A text that equal questions have in common, and that shows nothing of them.

    Raises
    ------
    ConfigError
        For a value of no plain type.
    """
    try:
        return blake2b(canonical(question), digest_size=16).hexdigest()
    except TypeError as error:
        raise ConfigError(f"a value that is the same for all rows is of no plain type: {error}") from None
