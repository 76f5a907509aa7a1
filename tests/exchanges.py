"""A call's exchange as a target would be asked, without a call: for tests of what is written and read."""

from __future__ import annotations

from typing import Any

from dfai_core.service import Exchange, Service, Wiring

__all__ = ["bound", "wired"]


def bound(service: Service, **chosen: Any) -> tuple[Service, dict[str, Any]]:
    """The service of one call, and its options: those that are not *chosen* as they come."""
    options: Any = {option.name: option.default for option in service.options} | chosen
    if service.bind is not None:
        service, _, options = service.bind(service, lambda name: name, (), "out", options)
    return service, dict(options)


def wired(
    service: Service,
    version: str | None = None,
    include: tuple[str, ...] = (),
    *,
    varying: tuple[str, ...] = (),
    kind: str = "azure",
    **chosen: Any,
) -> Exchange:
    """What a target of this *kind* is asked; *varying* are options that a column holds."""
    service, options = bound(service, **chosen)
    return service.wire(Wiring(options, varying, include, version or service.api_version, None, False, kind))
