"""Who answers: what the core asks of a target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

from dfai_core.secrets import Secret
from dfai_core.transports.base import Transport

if TYPE_CHECKING:
    from dfai_core.flow.adaptive import LearnedRate
    from dfai_core.service import Service

__all__ = ["KEY_HEADER", "Credentials", "OnePlace", "Rated", "Target", "joined", "key_credentials"]

KEY_HEADER = "Ocp-Apim-Subscription-Key"
# Of Azure AI Search. Source: its REST documentation, "Security", read 2026-11-26.
SEARCH_KEY_HEADER = "api-key"
# A key may change in its file: it is read again every so often.
_KEY_S = 60.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """The headers that let a request in, and for how long they may be sent without asking the target again."""

    headers: Mapping[str, str] = field(repr=False)
    good_for_s: float = float("inf")


@runtime_checkable
class Target(Protocol):
    """A frozen, picklable value: where requests go, under which credential, and what is served there."""

    @property
    def kind(self) -> str:
        """Which of a service's limits hold here: "azure", "container" or "local"."""
        ...

    def resolve(self, service: Service) -> Target:
        """The target that answers *service* (itself, unless it is a route)."""
        ...

    def check(self, service: Service) -> None:
        """Raises ConfigError or NotOffered, before any request, where this target cannot serve *service*."""
        ...

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        """Called once on the driver before a call: fetches what workers will need."""
        ...

    def url(self, service: Service) -> str:
        """Scheme, host and prefix; a service's path follows."""
        ...

    def identity(self, service: Service) -> str:
        """Who answers, as far as answers depend on it: a store's keys hold it."""
        ...

    async def credentials(self, *, renew: bool = False) -> Credentials:
        """The credential, resolved in the sending process; with *renew* anew, since the last one was refused."""
        ...

    def transport(self) -> Transport:
        """A new transport on the running loop."""
        ...

    def shipped(self) -> Target:
        """This target as it may travel to other processes; ConfigError where it must not."""
        ...


@runtime_checkable
class Rated(Protocol):
    """A target that knows itself how fast it may be asked: its rate is not learned with other processes."""

    def rate(self) -> LearnedRate:
        """What each process goes by; made once for each."""
        ...


async def key_credentials(key: Secret, offering: str = "ai") -> Credentials:
    """*key*, read now, in the header that Azure's AI services, or Azure AI Search, read it from."""
    header = SEARCH_KEY_HEADER if offering == "search" else KEY_HEADER
    return Credentials({header: await key.revealed()}, _KEY_S)


class OnePlace:
    """What a target has in common with others that are one place, offer whatever they are asked, and need no model."""

    __slots__ = ()

    def resolve(self, service: Service) -> Self:
        """Itself."""
        return self

    def check(self, service: Service) -> None:
        """Nothing is known beforehand of what is served there."""

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        """Workers need nothing."""


def joined(base: str, path: str) -> str:
    """*path* below *base*, with one slash between.

    >>> joined("http://localhost:5000/", "/language/:analyze-text")
    'http://localhost:5000/language/:analyze-text'
    """
    return f"{base.rstrip('/')}/{path.lstrip('/')}"
