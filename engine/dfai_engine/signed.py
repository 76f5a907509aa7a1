"""Addresses that bear their own permission: whoever has one may read what it names, for a while, without the key.

So a client hands the address of a result to another program, as it does with a blob's on Azure. Permissions end with
the process that gave them.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

__all__ = ["PREFIX", "permits", "query_for"]

PREFIX = "/signed/"  # the gate asks for no key below it; each route there must ask for a permission
_SECRET = secrets.token_bytes(32)


def query_for(path: str, lifetime_s: float, clock: Callable[[], float] = time.time) -> str:
    """The query string that lets *path* be read for so long."""
    until = str(int(clock() + lifetime_s))
    return urlencode({"se": until, "sig": _signature(path, until)})


def permits(path: str, query: Mapping[str, str], clock: Callable[[], float] = time.time) -> bool:
    """Whether a query string lets *path* be read now.

    >>> from urllib.parse import parse_qsl
    >>> permits("/signed/x", dict(parse_qsl(query_for("/signed/x", 60)))), permits("/signed/x", {"se": "9" * 12})
    (True, False)
    """
    until = query.get("se", "")
    if not until.isascii() or not until.isdecimal() or len(until) > 12 or int(until) < clock():
        return False
    return hmac.compare_digest(query.get("sig", "").encode(), _signature(path, until).encode())


def _signature(path: str, until: str) -> str:
    return hmac.new(_SECRET, f"{path}\n{until}".encode(), hashlib.sha256).hexdigest()
