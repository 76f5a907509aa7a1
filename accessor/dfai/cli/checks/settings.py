"""What the environment says: settings, proxies, authorities."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from dfai._settings import effective
from dfai.cli.checks.check import Check
from dfai_core import Settings
from dfai_core.errors import DfaiError

__all__ = ["settings", "unknown_names"]

# Variables of ours that are no settings of a call.
_OTHERS = ("DFAI_DATA", "DFAI_DEBUG", "DFAI_IMAGES", "DFAI_MODELS", "DFAI_PULL", "DFAI_WORKERS")
_PROXIES = ("https_proxy", "http_proxy", "all_proxy")


def settings() -> Iterator[Check]:
    """What is set, what of it cannot be, and what looks like a slip of the pen."""
    for name, near in unknown_names(os.environ):
        yield Check("settings", "warning", f"{name} is no setting of dfai's", f"Did you mean {near}?")
    try:
        config, sources = effective({})
    except DfaiError as error:
        yield Check("settings", "problem", str(error), "It comes from a variable DFAI_…: change it, or unset it.")
        return
    told = [f"{name}={getattr(config, name)}" for name, source in sources.items() if source != "default"]
    yield Check("settings", "ok", ", ".join(told) or "none: every default holds")
    yield from _proxies(os.environ)
    authority = os.environ.get("SSL_CERT_FILE")
    if authority and not Path(authority).is_file():
        yield Check(
            "network",
            "problem",
            f"SSL_CERT_FILE={authority} is no file: no https target can be asked",
            "Name a PEM file, or unset it.",
        )
    elif authority:
        yield Check("network", "ok", f"authorities of {authority} (SSL_CERT_FILE)")


def unknown_names(environment: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables that are nearly one of ours, each with that one.

    >>> list(unknown_names({"DFAI_CONCURENCY": "8", "DFAI_STORE": "answers", "HOME": "/root"}))
    [('DFAI_CONCURENCY', 'DFAI_CONCURRENCY')]
    """
    known = [*(f"DFAI_{name.upper()}" for name in Settings.__annotations__), *_OTHERS]
    for name in environment:
        if name.startswith("DFAI_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
            if near:
                yield name, near[0]


def _proxies(environment: Mapping[str, str]) -> Iterator[Check]:
    """Proxies, without the passwords that may stand in them."""
    found = [(name, environment.get(name) or environment.get(name.upper())) for name in _PROXIES]
    told = [f"{name}={_place(value)}" for name, value in found if value]
    if told:
        past = environment.get("no_proxy") or environment.get("NO_PROXY")
        yield Check(
            "network",
            "ok",
            f"requests pass {', '.join(told)}, but for {past or 'nothing'} (no_proxy) and this machine itself",
        )


def _place(url: str) -> str:
    parts = urlsplit(url if "://" in url else f"http://{url}")
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
