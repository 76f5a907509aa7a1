"""URLs that a key may follow: read in one way only, and protected on their way."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, urlsplit

from dfai_core.errors import ConfigError

__all__ = ["base_url", "is_loopback", "origin_of", "refuse_open_way", "same_host"]

# Libraries differ in what they make of blanks, backslashes and of letters that look like others: nothing but plain
# ASCII, so that the host that is checked is the host that is asked.
_PLAIN = re.compile(r"[!-\[\]-~]+")
_HEAD = re.compile(r"[^/?#]*://[^/?#]*")
_PORTS = {"http": 80, "https": 443}


def base_url(url: str, place: str, example: str) -> SplitResult:
    """The parts of a target's URL, which has a host and nothing but a path behind it.

    Scheme and host are in lower case and no slash stands at the end, so that ``geturl()`` is one text for one place.

    Parameters
    ----------
    url
        As the user gave it.
    place, example
        Named in errors.

    Raises
    ------
    ConfigError
        Which does not quote the URL: a password may stand anywhere in a wrong one.

    >>> base_url("HTTPS://Name.Example:5000/ai/", "azure(endpoint=…)", "https://name.example").geturl()
    'https://name.example:5000/ai'
    """
    parts = _read(url)
    if parts is None:
        raise ConfigError(f"{place}: expected a URL such as {example}.")
    if "@" in parts.netloc:
        raise ConfigError(f"{place}: a URL must not carry a user or a password; use key=.")
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise ConfigError(f"{place}: a URL must end with its path; expected one such as {example}.")
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/"))


def refuse_open_way(url: str) -> None:
    """Raises ConfigError where a key would leave this machine without TLS."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
        raise ConfigError(f"a key would travel unprotected to {parts.hostname}: use https, or leave out the key.")


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine.

    >>> [is_loopback(h) for h in ("localhost", "127.0.0.1", "::1", "10.0.0.7", "localhost.example")]
    [True, True, True, False, False]
    """
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # a name: 127.example.com is not this machine
        return False
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (inner or address).is_loopback


def same_host(one: str, other: str) -> bool:
    """Whether both URLs lead to one host by one scheme: a key must never follow a link elsewhere.

    A link that is no plain URL leads nowhere.

    >>> same_host("https://a.example/x", "https://a.example:443/y"), same_host("https://a.example/", "http://a.example/")
    (True, False)
    """
    origin = _origin(one)
    return origin is not None and origin == _origin(other)


def origin_of(url: str) -> str | None:
    """Scheme, host and port of *url* as one text for one place; None for what is no plain http or https URL.

    >>> origin_of("HTTPS://Name.Example/x?y"), origin_of("http://[::1]:8080/"), origin_of("http://a@b.example/")
    ('https://name.example:443', 'http://[::1]:8080', None)
    """
    head = _HEAD.match(url) if isinstance(url, str) and _PLAIN.fullmatch(url) else None
    return None if head is None else _origin_text(head[0])


@lru_cache(maxsize=1_000)
def _origin_text(head: str) -> str | None:
    """The same, of a plain URL that ends where its path would begin: those of many rows are the same."""
    found = _origin(head)
    if found is None:
        return None
    scheme, host, port = found
    return f"{scheme}://[{host}]:{port}" if host and ":" in host else f"{scheme}://{host}:{port}"


def _origin(url: str) -> tuple[str, str | None, int | None] | None:
    parts = _read(url)
    if parts is None or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme]


def _read(url: str) -> SplitResult | None:
    """The parts of an http or https URL with a host, or None."""
    if not isinstance(url, str) or not _PLAIN.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        well_formed = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port number, or half a bracket
        return None
    return parts if well_formed and "%" not in parts.netloc else None
