"""Who answers: the embedded engine, Azure, a container, or a route over several."""

from __future__ import annotations

from dfai_core.errors import ConfigError
from dfai_core.targets.azure import Azure, azure
from dfai_core.targets.base import Credentials, Target, joined
from dfai_core.targets.container import Container, container
from dfai_core.targets.local import Local, local
from dfai_core.targets.route import Route, route
from dfai_core.targets.web import Web

__all__ = [
    "Azure",
    "Container",
    "Credentials",
    "Local",
    "Route",
    "Target",
    "Web",
    "azure",
    "container",
    "joined",
    "local",
    "route",
    "target_from",
]


def target_from(value: Target | str) -> Target:
    """A target from its short form, as in ``DFAI_TARGET``.

    >>> str(target_from("azure:westeurope"))
    'https://westeurope.api.cognitive.microsoft.com'
    >>> str(target_from("container:http://localhost:5000"))
    'http://localhost:5000'
    """
    if not isinstance(value, str):
        if isinstance(value, Target):
            return value
        raise ConfigError(f"target= takes a target or its short form, not a {type(value).__name__}.")
    kind, _, rest = value.partition(":")
    if value == "local":
        return local()
    if kind == "azure" and rest:
        return azure(endpoint=rest) if rest.lower().startswith(("http:", "https:")) else azure(rest)
    if kind == "container" and rest:
        return container(rest)
    raise ConfigError(
        f"target={value!r} is not known: write 'local', 'azure:westeurope', "
        "'azure:https://name.cognitiveservices.azure.com' or 'container:http://localhost:5000'."
    )
