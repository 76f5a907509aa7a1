"""The form of the speech-to-text services' errors and times, and the desk at which sounds are taken in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from dfai_engine import lacking, protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.protocol import Reply
from dfai_engine.speech.limits import Limits
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = [
    "AZURE",
    "Desk",
    "all_here",
    "answering",
    "declared",
    "endpoint",
    "iso_duration",
    "model_named",
    "moment",
    "refusal",
    "refused",
    "ticks",
]

T = TypeVar("T")
AZURE = "an Azure AI Speech resource does (dfai.azure)"
TICKS_PER_S = 10_000_000
# What is said of one argument; anything else is said of the request.
_ARGUMENTS = frozenset(("InvalidParameterValue", "InvalidLocale", "InvalidChannels", "InvalidModel", "InvalidPayload"))


class Desk:
    """Where sounds come in: threads to work in, limits, and how many bytes are held at a time."""

    def __init__(self, threads: Threads, limits: Limits) -> None:
        self.threads = threads
        self.limits = limits
        self._held_bytes = 0

    @contextmanager
    def holding(self, size: int) -> Iterator[None]:
        """So many bytes of the desk's, for as long as the block takes.

        Raises
        ------
        ServiceFailure
            429: with these it would be more than it holds.
        """
        if self._held_bytes and self._held_bytes + size > self.limits.held_bytes:
            raise ServiceFailure(
                "As many sounds are under way as this server holds. Send fewer at a time.",
                status=429,
                code="TooManyRequests",
            )
        self._held_bytes += size
        try:
            yield
        finally:
            self._held_bytes -= size


def declared(request: Request, most: int) -> int:
    """How many bytes a request says that it brings, or all that it may: what to hold before the first one comes."""
    said = request.headers.get("content-length", "")
    size = int(said) if said.isdecimal() and len(said) < 16 else most
    return max(1, min(size, most))


def answering(work: Callable[[], T]) -> T:
    """What *work* gives, where all that it needs is here."""
    with all_here():
        return work()


@contextmanager
def all_here() -> Iterator[None]:
    """What the block lacks on this machine becomes a sentence.

    Raises
    ------
    ServiceFailure
        Also for missing packages and weights, as ``FeatureNotAvailable``: no other request would fare better.
    """
    with lacking.all_here("Hearing speech", "speech", partial(refused, lacking.CODE)):
        yield


def refused(inner_code: str, message: str, *, status: int = 400) -> ServiceFailure:
    """A failure with the particular code; the general one follows from it.

    >>> refused("InvalidLocale", "No such locale.").code, refused("InvalidAudio", "Damaged.").code
    ('InvalidArgument', 'InvalidRequest')
    """
    outer = "InvalidArgument" if inner_code in _ARGUMENTS else "NotFound" if status == 404 else "InvalidRequest"
    return ServiceFailure(message, status=status, code=outer, inner_code=inner_code)


def refusal(failure: ServiceFailure) -> Reply:
    """The response for a request that has no answer: the contracts' ``Error``, which stands alone in the body."""
    said: dict[str, object] = {"code": failure.code, "message": failure.message}
    if failure.inner_code:
        said["innerError"] = {"code": failure.inner_code, "message": failure.message}
    return protocol.failed(said, failure, failure.code)


def endpoint(respond: Callable[[Request], Awaitable[Reply]]) -> Callable[[Request], Awaitable[Response]]:
    """A route's function whose errors are the speech-to-text services'."""
    return protocol.endpoint(respond, refusal)


def model_named() -> dict[str, str]:
    """The header that tells which model spoke; the contracts have no place for it."""
    from dfai_engine.speech.whisper import VERSION

    return {"x-ms-model-version": VERSION}


def ticks(seconds: float) -> int:
    """A time in units of 100 ns, as the services count it; never finer than a millisecond.

    >>> ticks(1.2345)
    12340000
    """
    return round(seconds * 1_000) * (TICKS_PER_S // 1_000)


def iso_duration(seconds: float) -> str:
    """A time as ISO 8601 writes durations.

    >>> iso_duration(2.58), iso_duration(42), iso_duration(3_723.5)
    ('PT2.58S', 'PT42S', 'PT1H2M3.5S')
    """
    whole_ms = round(seconds * 1_000)
    hours, rest = divmod(whole_ms, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    said = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if rest or not said:
        said += f"{rest / 1_000:g}S"
    return f"PT{said}"


def moment(seconds: float) -> str:
    """A time of day, UTC, to the second.

    >>> moment(0)
    '1970-01-01T00:00:00Z'
    """
    return dt.datetime.fromtimestamp(seconds, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
