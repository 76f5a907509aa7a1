"""Addresses that a row must not lead to: those of this machine and of the networks behind it."""

from __future__ import annotations

import ipaddress

__all__ = ["is_public"]


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the public internet, also where it hides another inside.

    Source: the IANA registries of special-purpose addresses, as `ipaddress` has them; RFC 6052 for NAT64.

    >>> [is_public(one) for one in ("93.184.215.14", "10.0.0.7", "169.254.169.254", "::1", "::ffff:10.0.0.7")]
    [True, False, False, False, False]
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if found.is_multicast or not found.is_global:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        hidden = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in _NAT64:
            hidden.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
        return all(inner is None or is_public(str(inner)) for inner in hidden)
    return True


_NAT64 = ipaddress.ip_network("64:ff9b::/96")
