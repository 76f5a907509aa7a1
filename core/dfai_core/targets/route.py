"""Several targets as one: containers and Azure resources often serve one family each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dfai_core.errors import ConfigError
from dfai_core.targets.base import Credentials, Target
from dfai_core.transports.base import Transport

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["Route", "route"]


@dataclass(frozen=True, slots=True)
class Route:
    """Chooses by verb, then by family, then *default*. Only `resolve` and `shipped` are its own."""

    choices: tuple[tuple[str, Target], ...]
    default: Target

    @property
    def kind(self) -> str:
        return "route"

    def resolve(self, service: Service) -> Target:
        choices = dict(self.choices)
        chosen = choices.get(service.name) or choices.get(service.family) or self.default
        return chosen.resolve(service)

    def check(self, service: Service) -> None:
        self.resolve(service).check(service)

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        self.resolve(service).prepare(service, announce)

    def url(self, service: Service) -> str:
        return self.resolve(service).url(service)

    def identity(self, service: Service) -> str:
        return self.resolve(service).identity(service)

    async def credentials(self, *, renew: bool = False) -> Credentials:
        raise TypeError("a route sends nothing itself: resolve it for a service first")

    def transport(self) -> Transport:
        raise TypeError("a route sends nothing itself: resolve it for a service first")

    def shipped(self) -> Route:
        return Route(tuple((name, target.shipped()) for name, target in self.choices), self.default.shipped())

    def __str__(self) -> str:
        return ", ".join(f"{name}: {target}" for name, target in self.choices) + f"; else {self.default}"


def route(choices: Mapping[str, Target], default: Target) -> Route:
    """Sends each verb or family to a target of its own.

    >>> from dfai_core.targets import container, local
    >>> str(route({"sentiment": container("http://localhost:5000")}, default=local()))
    'sentiment: http://localhost:5000; else local'
    """
    from dfai_core.services import families, services

    known = {*families(), *services()}
    for name, target in choices.items():
        if name not in known:
            raise ConfigError(f"route(…): {name!r} is neither a verb nor a family; families: {', '.join(families())}.")
        if not isinstance(target, Target):
            raise ConfigError(f"route(…): {name!r} leads to a {type(target).__name__}, not to a target.")
    return Route(tuple(choices.items()), default)
