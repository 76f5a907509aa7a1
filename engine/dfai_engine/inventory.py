"""What a server can answer now, and what the rest lacks: ``/services``.

The protocol has no place for it. Without it a client learns of a missing package only by asking for what needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, NamedTuple

from dfai_engine import protocol, weights
from dfai_engine.families import FAMILIES, Operation, Room, families
from dfai_engine.protocol import Reply
from dfai_engine.pull import as_megabytes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["PATH", "Held", "held", "routes"]

PATH = "/services"
State = Literal["ready", "packagesMissing", "modelsMissing", "nothingToSearch", "elsewhere"]


class Held(NamedTuple):
    """One operation: whether it is answered here, and what to do where it is not, or not well."""

    name: str
    family: str
    state: State
    message: str


def routes(room: Room, *, service: str, version: str) -> list[Route]:
    """The one route."""
    from starlette.routing import Route

    def said() -> Reply:
        found = [one._asdict() for one in held(room)]
        return protocol.reply({"service": service, "version": version, "services": found})

    async def services(_: Request) -> Reply:
        # In a thread: modules are imported and files looked at.
        return await room.threads.run(said)

    return [Route(PATH, protocol.endpoint(services), methods=["GET"])]


def held(room: Room) -> list[Held]:
    """Every operation of every family, as it is at this moment: packages and weights may come while a server runs."""
    packages: dict[str, bool] = {}
    found = []
    for name, family in zip(FAMILIES, families(), strict=True):
        # A family whose answers come out of something that may not be there yet says so.
        empty: Mapping[str, str] = getattr(family, "empty", _full)(room)
        for operation in family.OPERATIONS.values():
            state, message = _state(operation, room.handlers, packages)
            if state == "ready" and operation.name in empty:
                state, message = "nothingToSearch", empty[operation.name]
            found.append(Held(operation.name, name, state, message))
    return found


def _full(_: Room) -> Mapping[str, str]:
    return {}


def _state(operation: Operation, handlers: Collection[str], packages: dict[str, bool]) -> tuple[State, str]:
    if operation.name in handlers:
        return "ready", ""
    for package in operation.packages:
        if package not in packages:
            packages[package] = find_spec(package) is not None
    missing = [package for package in operation.packages if not packages[package]]
    if missing:
        return "packagesMissing", _to_install(", ".join(missing), operation.extra)
    try:
        module = operation.load()
    except ImportError as fault:
        return "packagesMissing", _to_install(str(fault.name), operation.extra)
    if refused := getattr(module, "REFUSED", None):
        return "elsewhere", str(refused)
    models = [weights.model(name) for name in getattr(module, "MODELS", ()) if not weights.present(name)]
    if models:
        names, size = ", ".join(model.name for model in models), sum(model.fetch_bytes for model in models)
        wanted = " ".join(dict.fromkeys(model.family for model in models))
        said = f"The weights of {names} are not here ({as_megabytes(size)}). dfai models pull {wanted}"
        makeshift = getattr(module, "WITHOUT_MODELS", "")
        return ("ready", f"{makeshift} {said}") if makeshift else ("modelsMissing", said)
    return "ready", ""


def _to_install(names: str, extra: str) -> str:
    return f'Packages are not here ({names}). pip install "dfai[{extra}]"'
