"""The embedded engine: open models behind the same protocol, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from dfai_core.errors import MissingExtra, ModelMissing, NotOffered
from dfai_core.targets.base import Credentials
from dfai_core.transports.asgi import AsgiTransport
from dfai_core.transports.base import Transport

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["Local", "local"]


@dataclass(frozen=True, slots=True)
class Local:
    """Answers on this machine, without a key; nothing leaves it."""

    @property
    def kind(self) -> str:
        return "local"

    def resolve(self, service: Service) -> Local:
        return self

    def check(self, service: Service) -> None:
        engine = _engine()
        if reason := engine.refuses(service.operation):
            raise NotOffered(reason)
        if extra := engine.lacks(service.operation):
            raise MissingExtra(
                f'{service.name} on the local target needs packages that are not here. pip install "dfai[{extra}]"'
            )

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        try:
            _engine().prepare([service.operation], announce)
        except FileNotFoundError as error:
            raise ModelMissing(str(error)) from error
        except ImportError as error:
            raise MissingExtra(
                f"{service.name} on the local target needs packages that are not here. {error}"
            ) from error

    def url(self, service: Service) -> str:
        return "http://local"

    def identity(self, service: Service) -> str:
        return f"local: {_engine().versions([service.operation])[service.operation]}"

    async def credentials(self, *, renew: bool = False) -> Credentials:
        return Credentials({})

    def transport(self) -> Transport:
        return AsgiTransport(_app())

    def shipped(self) -> Local:
        return self

    def __str__(self) -> str:
        return "local"


@cache
def _engine() -> Any:
    """The engine is found by entry point: the core imports none of its code."""
    for point in entry_points(group="dfai.engines", name="local"):
        try:
            return point.load()
        except ModuleNotFoundError as error:
            raise MissingExtra(
                f'the local target needs the package {error.name}, which is not here. pip install "dfai[local]"'
            ) from error
    raise MissingExtra('no embedded engine is installed. pip install "dfai[local]"')


@cache
def _app() -> Any:
    try:
        return _engine().create_app(limits="wide")
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f'the local target needs the package {error.name}, which is not here. pip install "dfai[local]"'
        ) from error


def local() -> Local:
    """The embedded engine in this process: open models, no key, no network."""
    return Local()
