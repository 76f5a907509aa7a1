"""The target: whether it can be reached, and whether it takes the key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping
from typing import Any

from dfai._run_text import milliseconds
from dfai._settings import effective
from dfai._signatures import known_verb
from dfai.cli.checks.check import Check
from dfai.cli.engine import local_state
from dfai.cli.words import not_found
from dfai_core import Service, services
from dfai_core.errors import DfaiError, SecretNotFound
from dfai_core.loop import loop_thread
from dfai_core.service import Wiring
from dfai_core.targets import Target, joined
from dfai_core.transports.base import Answer, Request, TransportError

__all__ = ["judged", "target"]

_PATIENCE_S = 15.0
# Asked of every target in the name of a verb whose own request has no fixed address.
_SPARE = "detect_language"


def target(verb: str, given: Mapping[str, Any]) -> Iterator[Check]:
    """Sends one request without a document, in which there is nothing to bill, and reads how it is refused."""
    service = services()[known_verb(verb)]
    try:
        config, _ = effective(given)
        config.target.check(service)
        chosen = config.target.resolve(service)
    except DfaiError as error:
        yield Check("target", "problem", str(error))
        return
    if chosen.kind == "local":
        state, need = local_state(service)
        found = f"local: models in this process answer {verb}; nothing leaves this machine"
        if state in ("no", "install"):
            yield Check("target", "problem", f"local does not answer {verb}", need)
        else:
            yield Check("target", "ok", found)
        return
    yield from _asked(chosen, service, config.api_version)


def _asked(chosen: Target, service: Service, api_version: str | None) -> Iterator[Check]:
    url = joined(chosen.url(service), _path(service, chosen.kind, api_version))
    host = url.partition("?")[0].partition("://")[2].partition("/")[0]
    started_s = time.monotonic()
    try:
        answer = loop_thread().run(_answer(chosen, url))
    except SecretNotFound as error:
        found, remedy = not_found(error)
        yield Check("key", "problem", f"{chosen}: {found}", remedy)
        return
    except DfaiError as error:
        yield Check("target", "problem", f"{chosen}: {error}")
        return
    except TransportError as error:
        yield Check(
            "target",
            "problem",
            f"{host} cannot be reached: {_short(error)}",
            "Is its address right, is it running, does a proxy or a firewall stand between?",
        )
        return
    except TimeoutError:
        yield Check(
            "target",
            "problem",
            f"{host} does not answer within {_PATIENCE_S:g} s",
            "Does a proxy or a firewall stand between?",
        )
        return
    yield Check("target", "ok", f"{host} answers in {milliseconds(1_000 * (time.monotonic() - started_s))}")
    yield judged(answer, service, chosen)


def _short(error: TransportError) -> str:
    """What went wrong, without the words around it.

    >>> _short(TransportError("no connection to a:9: Connect call failed"))
    'Connect call failed'
    """
    return str(error).partition(": ")[2] or str(error)


def judged(answer: Answer, service: Service, chosen: Target) -> Check:
    """What a target says by how it refuses a request without a document."""
    key = getattr(chosen, "key", None)
    who = (
        "its credential" if getattr(chosen, "credential", None) else "no key" if key is None else f"the key from {key}"
    )
    match answer.status:
        case 401 | 403:
            return Check(
                "key",
                "problem",
                f"{who} is refused ({answer.status})",
                f"Is it the key of a resource at this address that serves {service.family}?",
            )
        case 404 | 405:
            return Check(
                "service",
                "problem",
                f"nothing there serves {service.name} ({answer.status})",
                f"Is it a resource for {service.family}? Another verb: --verb NAME.",
            )
        case 429:
            return Check(
                "key",
                "warning",
                f"{who} is taken, but the target asks for patience (429)",
                "It is being asked elsewhere, or its quota is used up.",
            )
        case status if status >= 500:
            return Check("service", "warning", f"the target is not well just now ({status})", "Try again in a while.")
        case status if 300 <= status < 400:
            return Check(
                "service",
                "problem",
                f"the address leads elsewhere ({status})",
                f"Use the address itself: {answer.headers.get('location', 'it does not say which')}.",
            )
        case status:
            return Check(
                "key", "ok", f"{who} is taken, and {service.name} is served ({status} to a request without a document)"
            )


def _path(service: Service, kind: str, api_version: str | None) -> str:
    """Where a verb's requests go; those whose way depends on what is asked send one in another's name."""
    for one in (service, services()[_SPARE]):
        wiring = Wiring(
            options={option.name: option.default for option in one.options},
            varying=(),
            include=(),
            api_version=(api_version if one is service else None) or one.api_version,
            model_version=None,
            keep_logs=False,
            target_kind=kind,
        )
        exchange = one.wire(wiring)
        if exchange.path and not exchange.several and exchange.method == "POST":
            return exchange.path
    raise AssertionError("every service of Language has a path of its own")


async def _answer(chosen: Target, url: str) -> Answer:
    transport = chosen.transport()
    try:
        async with asyncio.timeout(_PATIENCE_S):
            credentials = await chosen.credentials()
            headers = {**credentials.headers, "Content-Type": "application/json"}
            return await transport.send(Request("POST", url, headers, b"{}"))
    finally:
        await transport.aclose()
