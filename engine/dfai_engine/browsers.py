"""Who asks through a browser, where no key is asked for: this server's own page may, pages of other sites may not.

Without a key, whoever is on this machine may ask. A browser on this machine lends that permission to every page that it
shows: such a page can send requests here (without reading the answers), and one whose name is made to lead to 127.0.0.1
reads them, too. Both tell on themselves by headers that no page can change. Where a key is asked for, no page has it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

__all__ = ["foreign", "is_loopback"]

_LONGEST_SHOWN = 100
_WHO = "It answers programs and its own page alone; with a key (dfai serve --key env:NAME), whoever brings the key."
_READS = frozenset(("GET", "HEAD"))


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches *host*.

    >>> [is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "", "example.org")]
    [True, True, True, False, False, False]
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def foreign(method: str, headers: Mapping[str, str], known_as: Collection[str] = ()) -> str | None:
    """Why a request is another site's, as a sentence; None for programs and for this server's own page.

    Parameters
    ----------
    method
        Of the request, in capitals.
    headers
        Of the request, found whatever the case of their names.
    known_as
        Names that lead to this server besides those of the loopback interface.

    >>> foreign("POST", {"host": "localhost:5000", "origin": "http://localhost:5000"}) is None
    True
    >>> print(foreign("POST", {"host": "localhost:5000", "origin": "https://example.org"}))
    A page of https://example.org asks this server. It answers programs and its own page alone; with a key
    (dfai serve --key env:NAME), whoever brings the key.
    """
    host = headers.get("host", "")
    # A program of HTTP/1.0 may name no host; browsers always do.
    if host and not _ours(host, known_as):
        return (
            f"This server does not know itself as {host[:_LONGEST_SHOWN]}: another site's name may be made to lead "
            "here. If the name is yours: dfai serve --known-as NAME, or --key env:NAME."
        )
    came_from = headers.get("origin")
    if came_from is not None:
        if came_from.partition("://")[2].lower() == host.lower():
            return None
        shown = "another site" if came_from == "null" else came_from[:_LONGEST_SHOWN]
        return f"A page of {shown} asks this server. {_WHO}"
    # Browsers name the origin of whatever changes something; those that did not would still say this.
    if method not in _READS and headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        return f"A page of another site asks this server. {_WHO}"
    return None


def _ours(host: str, known_as: Collection[str]) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return False
    # Browsers never ask a resolver for names below localhost. Source: RFC 6761, section 6.3.
    return is_loopback(name) or name.endswith(".localhost") or name in known_as
