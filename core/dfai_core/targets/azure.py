"""Azure AI services: regions, clouds, endpoints, keys and Entra tokens."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from dfai_core.errors import ConfigError, NotOffered
from dfai_core.secrets import Secret, as_secret
from dfai_core.targets.base import Credentials, key_credentials
from dfai_core.targets.clouds import CLOUDS, cloud_of_host, cloud_of_region, offering_of_host, prefix_of, region_of_host
from dfai_core.targets.entra import TokenSource, token_credentials, token_source
from dfai_core.transports.base import Transport
from dfai_core.urls import base_url, refuse_open_way

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["Azure", "azure"]

# "australiacentral2" is the longest of today's. A key that is given as a region by mistake is longer.
_REGION = re.compile(r"[a-z][a-z0-9]{1,23}")
_WANTED = {
    "ai": "a resource for AI services",
    "search": 'a search service, dfai.azure(endpoint="https://NAME.search.windows.net", key=…)',
}


@dataclass(frozen=True, slots=True)
class Azure:
    """One Azure resource: its place, its cloud, and a key or a credential.

    *base* is the resource's endpoint, or its region's common host; *region* is "" for an endpoint.
    """

    base: str
    region: str = ""
    cloud: str = "public"
    key: Secret | None = None
    credential: TokenSource | None = None
    offering: Literal["ai", "search"] = "ai"

    def __post_init__(self) -> None:
        refuse_open_way(self.base)

    @property
    def kind(self) -> str:
        return "azure"

    def resolve(self, service: Service) -> Azure:
        return self if service.offering == self.offering else replace(self, offering=service.offering)

    def check(self, service: Service) -> None:
        if service.retired:
            raise NotOffered(service.retired)
        other = offering_of_host(self.base.partition("://")[2].partition("/")[0].partition(":")[0])
        if self.region:
            other = "ai"
        if other is not None and other != service.offering:
            raise NotOffered(
                f"{service.name} needs {_WANTED[service.offering]}, and {self.base} is none. Where a call asks both: "
                'dfai.route({"search": …}, default=…).'
            )

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        return None

    def url(self, service: Service) -> str:
        if self.region:
            return f"https://{CLOUDS[self.cloud].host(self.region, service)}"
        return self.base + prefix_of(self.base.partition("://")[2].partition("/")[0], service)

    def identity(self, service: Service) -> str:
        return self.url(service)

    async def credentials(self, *, renew: bool = False) -> Credentials:
        if self.credential is not None:
            cloud = CLOUDS[self.cloud]
            scope = cloud.search_scope if self.offering == "search" else cloud.scope
            return await token_credentials(self.credential, scope, renew=renew)
        assert self.key is not None  # azure() made sure of one or the other
        return await key_credentials(self.key, self.offering)

    def transport(self) -> Transport:
        from dfai_core.transports.aiohttp import AiohttpTransport

        return AiohttpTransport()

    def shipped(self) -> Azure:
        return replace(
            self,
            key=None if self.key is None else self.key.shipped(),
            credential=None if self.credential is None else self.credential.shipped(),
        )

    def __str__(self) -> str:
        return self.base


def azure(
    region: str | None = None,
    endpoint: str | None = None,
    *,
    key: str | Secret | None = None,
    credential: object = None,
    cloud: str | None = None,
) -> Azure:
    """Azure AI services in one region, or at one resource's endpoint.

    Parameters
    ----------
    region
        Such as "westeurope"; the cloud follows from it ("usgov…": US government, "china…": China).
    endpoint
        Such as "https://name.cognitiveservices.azure.com".
    key
        The resource's key, best as a reference (``dfai.env("NAME")``). Default: ``env:AZURE_AI_KEY``. The key of a
        resource for several services serves them all.
    credential
        Instead of a key: a class such as ``azure.identity.DefaultAzureCredential``, or a function without
        arguments that makes a credential, called where requests are sent. Needs the resource's own *endpoint*:
        regional hosts refuse tokens.
    cloud
        "public", "us-government" or "china", where neither region nor endpoint tells.

    Raises
    ------
    ConfigError
        Where it is not clear what is meant, or where a key would travel without TLS to another machine.
    """
    if (region is None) == (endpoint is None):
        raise ConfigError('azure(…) takes a region or an endpoint: azure("westeurope") or azure(endpoint="https://…").')
    if key is not None and credential is not None:
        raise ConfigError("azure(…) takes a key or a credential, not both.")
    if cloud is not None and cloud not in CLOUDS:
        raise ConfigError(f"cloud={cloud!r}: choose {', '.join(map(repr, CLOUDS))}.")
    if region is None:
        assert endpoint is not None
        base, region, told = _of_endpoint(endpoint)
    else:
        base, region, told = "", _checked_region(region), cloud_of_region(region.lower())
    if cloud is not None and told is not None and cloud != told:
        raise ConfigError(f"cloud={cloud!r}, but {region or base} is in the cloud {told!r}.")
    chosen = cloud or told or "public"
    if region:
        if credential is not None:
            raise ConfigError("Entra tokens need the resource's own endpoint: azure(endpoint=…, credential=…).")
        base = f"https://{CLOUDS[chosen].hosts['common'].format(region=region)}"
    if credential is not None:
        return Azure(base, region, chosen, credential=token_source(credential))
    return Azure(base, region, chosen, as_secret(key) or Secret("env:AZURE_AI_KEY"))


def _of_endpoint(endpoint: str) -> tuple[str, str, str | None]:
    """An endpoint's base URL, its region if it is a region's common host, and the cloud that it tells."""
    parts = base_url(endpoint, "azure(endpoint=…)", "https://name.cognitiveservices.azure.com")
    host = parts.hostname or ""
    found = region_of_host(host)
    if found is not None and parts.scheme == "https" and not parts.path:
        return parts.geturl(), *found
    return parts.geturl(), "", cloud_of_host(host)


def _checked_region(region: str) -> str:
    name = region.lower() if isinstance(region, str) else ""
    if not _REGION.fullmatch(name):
        # Not quoted where it is long: it may be the key, given in the wrong place.
        shown = f"region={region!r}" if len(name) <= 24 else "region=…"
        raise ConfigError(f"{shown}: expected a region's short name, such as 'westeurope'.")
    return name
