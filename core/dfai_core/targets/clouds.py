"""Azure's clouds: the hosts of their regions by what is asked, the domains of their resources, the scope of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dfai_core.service import Service

__all__ = [
    "CLOUDS",
    "Cloud",
    "cloud_of_host",
    "cloud_of_region",
    "offering_of_host",
    "prefix_of",
    "region_of_host",
]

COMMON = "common"


@dataclass(frozen=True, slots=True)
class Cloud:
    """One of Azure's clouds.

    *hosts* are templates of a region's hosts: by a service's own ``host``, else by its family, else the common one.
    """

    hosts: Mapping[str, str]
    scope: str  # of Entra tokens
    search: str  # the domain of search services
    search_scope: str  # of Entra tokens for them
    resources: str  # the domain under which resources have hosts of their own
    domains: tuple[str, ...]  # which belong to this cloud and to no other
    regions: tuple[str, ...]  # how its regions' names begin; () where that does not tell

    def host(self, region: str, service: Service) -> str:
        """The host in *region* that answers *service*."""
        return self.hosts[_host_of(service, self.hosts)].format(region=region)


# Sources: Azure AI services documentation, "Azure Government" and "Azure operated by 21Vianet" (hosts of the common
# services and of speech), "Authenticate with Microsoft Entra ID" (scopes), read 2026-11-22. Azure AI Search: the
# audiences that azure-search-documents 12.0.0 names, and its documentation's endpoints, read 2026-11-26.
CLOUDS: dict[str, Cloud] = {
    "public": Cloud(
        hosts={
            COMMON: "{region}.api.cognitive.microsoft.com",
            "stt": "{region}.stt.speech.microsoft.com",
            "tts": "{region}.tts.speech.microsoft.com",
        },
        scope="https://cognitiveservices.azure.com/.default",
        search="search.windows.net",
        search_scope="https://search.azure.com/.default",
        resources="cognitiveservices.azure.com",
        domains=("azure.com", "microsoft.com", "search.windows.net"),
        regions=(),
    ),
    "us-government": Cloud(
        hosts={
            COMMON: "{region}.api.cognitive.microsoft.us",
            "stt": "{region}.stt.speech.azure.us",
            "tts": "{region}.tts.speech.azure.us",
        },
        scope="https://cognitiveservices.azure.us/.default",
        search="search.azure.us",
        search_scope="https://search.azure.us/.default",
        resources="cognitiveservices.azure.us",
        domains=("azure.us", "microsoft.us"),
        regions=("usgov", "usdod"),
    ),
    "china": Cloud(
        hosts={
            COMMON: "{region}.api.cognitive.azure.cn",
            "stt": "{region}.stt.speech.azure.cn",
            "tts": "{region}.tts.speech.azure.cn",
        },
        scope="https://cognitiveservices.azure.cn/.default",
        search="search.azure.cn",
        search_scope="https://search.azure.cn/.default",
        resources="cognitiveservices.azure.cn",
        domains=("azure.cn",),
        regions=("china",),
    ),
}


def cloud_of_region(region: str) -> str | None:
    """The cloud that a region's name tells, if it does.

    >>> cloud_of_region("usgovvirginia"), cloud_of_region("westeurope")
    ('us-government', None)
    """
    return next((name for name, cloud in CLOUDS.items() if region.startswith(cloud.regions)), None)


def cloud_of_host(host: str) -> str | None:
    """The cloud to which *host* belongs; None for hosts of one's own, such as a gateway.

    >>> cloud_of_host("me.cognitiveservices.azure.cn"), cloud_of_host("gateway.example.us")
    ('china', None)
    """
    return next((name for name, cloud in CLOUDS.items() if any(_below(host, d) for d in cloud.domains)), None)


def region_of_host(host: str) -> tuple[str, str] | None:
    """Region and cloud of a region's common host, which portals show as the endpoint of many resources.

    >>> region_of_host("westeurope.api.cognitive.microsoft.com")
    ('westeurope', 'public')
    """
    region, _, rest = host.partition(".")
    for name, cloud in CLOUDS.items():
        if "{region}." + rest == cloud.hosts[COMMON]:
            return region, name
    return None


def offering_of_host(host: str) -> Literal["ai", "search"] | None:
    """Which of Azure's offerings has *host*; None for hosts of one's own.

    >>> offering_of_host("mine.search.windows.net"), offering_of_host("me.cognitiveservices.azure.com")
    ('search', 'ai')
    """
    for cloud in CLOUDS.values():
        if _below(host, cloud.search):
            return "search"
        if _below(host, cloud.resources):
            return "ai"
    return None if region_of_host(host) is None else "ai"


def prefix_of(host: str, service: Service) -> str:
    """What stands before a service's path at a resource's own *host*.

    Source: Speech service documentation, "Use Speech service through a private endpoint": the offering, which is
    part of a region's host, becomes the first part of the path.

    >>> from dfai_core.services import services
    >>> prefix_of("me.cognitiveservices.azure.com", services()["sentiment"])
    ''
    """
    for cloud in CLOUDS.values():
        if _below(host, cloud.resources):
            chosen = _host_of(service, cloud.hosts)
            return "" if chosen == COMMON else f"/{chosen}"
    return ""


def _host_of(service: Service, hosts: Mapping[str, str]) -> str:
    return next((name for name in (service.host, service.family) if name in hosts), COMMON)


def _below(host: str, domain: str) -> bool:
    return host.endswith(f".{domain}")
