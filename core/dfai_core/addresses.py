"""Which machines a URL out of a row may lead to: none that only the worker can reach, unless the user says so.

A worker stands inside a network, and rows come from anywhere: an address of that network, of the machine itself or of
a cloud's metadata service must not be asked for them. Names are looked up and their addresses checked as the
connection is made, so that no second lookup can give another one.
"""

from __future__ import annotations

import ipaddress
from typing import Literal

__all__ = ["Addresses", "is_public", "refused_host"]

Addresses = Literal["public", "any"]

# Source: RFC 6052, section 2.1: IPv4 behind a translator, in the last 32 bits.
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
# What the standard library of some Python versions still calls global. Source: IANA's registries of special-purpose
# addresses, read 2026-11-26; and tunnels into IPv4 (Teredo, 6to4) and IPv4 written as IPv6, where no website is.
_SPECIAL = tuple(
    map(
        ipaddress.ip_network,
        (
            *("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "240.0.0.0/4"),
            *("::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10"),
        ),
    )
)

# Names that mean something only where they are asked. Source: RFC 6762, section 3; ICANN's resolution of 2024-07-29.
_INNER = (".local", ".internal")


def is_public(address: str) -> bool:
    """Whether *address*, in its numeric form, is one of the public internet.

    Not so are private, link-local, loopback, shared, reserved and multicast ones, and IPv6 addresses that lead to such
    an IPv4 address.

    >>> [is_public(a) for a in ("93.184.215.14", "10.0.0.7", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::a00:7")]
    [True, False, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (found.ipv4_mapped or found in _TRANSLATED):
        return is_public(str(ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)))
    special = any(found in network for network in _SPECIAL if network.version == found.version)
    return found.is_global and not found.is_multicast and not special


def refused_host(host: str) -> str | None:
    """Why *host*, as it stands in a URL, must not be asked; None where only its lookup can tell, or it is public.

    >>> refused_host("127.0.0.1")
    '127.0.0.1 is no public address'
    >>> refused_host("metadata.google.internal")
    'metadata.google.internal is a name of an inner network'
    >>> refused_host("example.org") is None
    True
    """
    name = host.rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return f"{host} is this machine"
    if name.endswith(_INNER):
        return f"{host} is a name of an inner network"
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return None
    return None if is_public(name) else f"{host} is no public address"
