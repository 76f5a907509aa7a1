"""A small web service of tests, straight on the core: each row gives the URL that it asks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from dfai_core import Call
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Service, Values, Web, Wiring
from dfai_core.settings import resolve
from dfai_core.targets import Web as WebTarget
from dfai_core.transports.base import Answer
from dfai_core.whole import Sealed, Whole
from faults.server import Step, Turn, status

__all__ = ["asking", "path", "redirect", "service_of"]


def service_of(
    method: str = "GET",
    *,
    headers: dict[str, str | Sealed] | None = None,
    request: Callable[[Sequence[Document]], Whole | Failure] | None = None,
    documents: int = 1,
    repeatable: bool | None = None,
    shareable: bool | None = None,
    **web: Any,
) -> Service:
    """A service whose only input is a URL, and whose answer is the body as text."""
    safe = method in ("GET", "HEAD")

    def make(asked: Sequence[Document]) -> Whole | Failure:
        return Whole(method, asked[0][0], headers or {}, None if safe else b"{}")

    def read(answer: Answer, count: int) -> list[Values | Failure | None]:
        return [(answer.body.decode(),)] * count

    def wire(wiring: Wiring) -> Exchange:
        return Exchange(
            path="",
            write=lambda documents: b"",
            read=read,
            merge=lambda parts: (),
            web=Web(request or make, web.pop("accepts", lambda status: 200 <= status < 300), **web),
        )

    return Service(
        name="http",
        family="web",
        noun="response",
        inputs=("url",),
        columns=(Column("", pa.string(), "The body."),),
        options=(),
        limits={"web": Limits(documents, None, 10_000_000, "a test")},
        operation=method,
        wire=wire,
        api_version="",
        web=True,
        reads="any",
        shareable=safe if shareable is None else shareable,
        repeatable=safe if repeatable is None else repeatable,
    )


def asking(service: Service, **settings: Any) -> Call:
    """A call of *service*."""
    config = resolve([("test", {"target": WebTarget(), **settings})])[0]
    return Call(service, ("url",), "response", config=config)


async def _path(turn: Turn) -> None:
    await turn.answer(200, turn.received.path.encode())


path = Step(_path)
"""Answers with the path that was asked."""


def redirect(code: int, where: str) -> Step:
    return status(code, b"elsewhere", Location=where)
