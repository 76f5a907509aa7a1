"""Azure AI services: regions, clouds, endpoints, keys and Entra tokens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dfai_core.errors import ConfigError, NotOffered, Unauthorized
from dfai_core.secrets import Secret, as_secret
from dfai_core.targets.container import KEY_HEADER, checked_url, is_loopback
from dfai_core.transports.base import Transport

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = ["Azure", "azure"]

# Source: Azure AI services documentation, "Azure Government" and "Azure operated by 21Vianet", read 2026-11-22.
_HOSTS = {
    "public": "{region}.api.cognitive.microsoft.com",
    "us-government": "{region}.api.cognitive.microsoft.us",
    "china": "{region}.api.cognitive.azure.cn",
}
_SCOPES = {
    "public": "https://cognitiveservices.azure.com/.default",
    "us-government": "https://cognitiveservices.azure.us/.default",
    "china": "https://cognitiveservices.azure.cn/.default",
}
_REFRESH_BEFORE_S = 300.0


@dataclass(frozen=True, slots=True)
class Azure:
    """One Azure resource: its base URL, its cloud, and a key or a credential."""

    base: str
    cloud: str = "public"
    key: Secret | None = None
    credential: Any = field(default=None, repr=False)

    @property
    def kind(self) -> str:
        return "azure"

    def resolve(self, service: Service) -> Azure:
        return self

    def check(self, service: Service) -> None:
        if service.retired:
            raise NotOffered(service.retired)

    def prepare(self, service: Service, announce: Callable[[str], None]) -> None:
        return None

    def url(self, service: Service) -> str:
        return self.base

    def identity(self, service: Service) -> str:
        return self.base

    async def headers(self) -> Mapping[str, str]:
        if self.credential is None:
            assert self.key is not None  # azure() made sure of one or the other
            return {KEY_HEADER: self.key.reveal()}
        return {"Authorization": f"Bearer {await _token(self.credential, _SCOPES[self.cloud])}"}

    def transport(self) -> Transport:
        from dfai_core.transports.aiohttp import AiohttpTransport

        return AiohttpTransport()

    def shipped(self) -> Azure:
        if self.credential is not None and not _is_factory(self.credential):
            raise ConfigError(
                f"credential= holds a {type(self.credential).__name__} instance: pickling it would carry its secret to "
                "the workers. Give its class, or a function without arguments that makes one there."
            )
        return self

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
        The resource's key, best as a reference (``dfai.env("NAME")``). Default: ``env:AZURE_AI_KEY``.
    credential
        Instead of a key: a class such as ``azure.identity.DefaultAzureCredential``, or a function without
        arguments, called where requests are sent. Needs *endpoint*: regional hosts refuse tokens.
    cloud
        "public", "us-government" or "china".
    """
    if (region is None) == (endpoint is None):
        raise ConfigError('azure(…) takes a region or an endpoint: azure("westeurope") or azure(endpoint="https://…").')
    if key is not None and credential is not None:
        raise ConfigError("azure(…) takes a key or a credential, not both.")
    host = None
    if endpoint is not None:
        host = checked_url(endpoint, "azure(endpoint=…)", "https://name.cognitiveservices.azure.com").hostname or ""
    cloud = cloud or _cloud_of((region or "").lower(), host or "")
    if cloud not in _HOSTS:
        raise ConfigError(f"cloud={cloud!r}: choose {', '.join(map(repr, _HOSTS))}.")
    if region is not None:
        if not (region.isascii() and region.isalnum()):
            raise ConfigError(f"region={region!r}: expected a region's short name, such as 'westeurope'.")
        if credential is not None:
            raise ConfigError("Entra tokens need the resource's own endpoint: azure(endpoint=…, credential=…).")
        base = "https://" + _HOSTS[cloud].format(region=region.lower())
    else:
        assert endpoint is not None
        assert host is not None
        base = endpoint.rstrip("/")
        if base.lower().startswith("http:") and not is_loopback(host):
            raise ConfigError(f"a key would travel unprotected to {host}: use https.")
    chosen = None if credential is not None else as_secret(key) or Secret("env:AZURE_AI_KEY")
    return Azure(base, cloud, chosen, credential)


def _cloud_of(region: str, host: str) -> str:
    if region.startswith(("usgov", "usdod")) or host.endswith(".us"):
        return "us-government"
    if region.startswith("china") or host.endswith(".cn"):
        return "china"
    return "public"


def _is_factory(credential: object) -> bool:
    return isinstance(credential, type) or (callable(credential) and not hasattr(credential, "get_token"))


# Tokens of this process, by credential and scope: (token, when it ends in Unix seconds).
_tokens: dict[tuple[int, str], tuple[str, float, object]] = {}


async def _token(credential: Any, scope: str) -> str:
    held = _tokens.get((id(credential), scope))
    if held is not None and held[1] - time.time() > _REFRESH_BEFORE_S:
        return held[0]
    source = credential() if _is_factory(credential) else credential
    try:
        # azure-identity's clients block: they ask the network, a subprocess or a browser.
        token = await asyncio.to_thread(source.get_token, scope)
    except Exception as error:  # whatever the credential's library raises, to callers it is this
        name = type(source).__name__
        raise Unauthorized(f"{name} gave no token for {scope}: {type(error).__name__}: {error}") from error
    _tokens[id(credential), scope] = (token.token, float(token.expires_on), credential)
    return str(token.token)
