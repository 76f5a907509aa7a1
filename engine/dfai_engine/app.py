"""The embedded engine as an ASGI application: every family's routes behind one gate."""

from __future__ import annotations

import hmac
import time
import uuid
from collections.abc import Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import Response

from dfai_engine import browsers, inventory, protocol, signed, status
from dfai_engine.cores import usable_cores
from dfai_engine.failures import ServiceFailure
from dfai_engine.families import LimitsName, Room, families, operations
from dfai_engine.jobs import Jobs
from dfai_engine.page import Page
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads
from dfai_engine.version import version

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["App", "create_app"]


def create_app(
    *,
    key: str | None = None,
    limits: LimitsName = "azure",
    kinds: Mapping[str, Any] | None = None,
    workers: int | None = None,
    max_in_flight: int | None = None,
    data: str | Path | None = None,
    images: Sequence[str | Path] = (),
    home: str | Path | None = None,
    page: bool = False,
    known_as: Collection[str] | None = None,
) -> App:
    """The engine, ready to be called in process or to be served.

    Parameters
    ----------
    key
        What requests must bring in ``Ocp-Apim-Subscription-Key``; None asks for none.
    limits
        How much a request may hold: as the service has it ("azure") or larger batches ("wide").
    kinds
        Handlers to use in place of the built-in ones, by kind.
    workers
        Threads that compute; as many as there are processors to use when not given.
    max_in_flight
        Requests that may be under way; one more is refused with 429. None leaves it to the queue
        before the threads.
    data
        The folder whose files requests may name, and where what they make is kept. Without one, files are
        refused and what is made ends with the app.
    images
        Folders whose pictures searches for images find.
    home
        Where lists of faces and groups of persons are kept if there is no such folder; no request names files of it.
    page
        Serve the page to try the services at ``/``.
    known_as
        Names of this server besides those of the loopback interface. With any collection, also an empty one, requests
        of other sites' pages are refused where no *key* is asked for; None lets whoever reaches the app ask.

    Returns
    -------
    An ASGI application. It needs no lifespan events; where they come, shutdown ends its threads.
    """
    if unknown := sorted(set(kinds or ()) - set(operations())):
        raise ValueError(f"no kind {', '.join(unknown)}; there are: {', '.join(operations())}")
    threads = Threads(workers)
    job_threads = Threads(workers or max(1, usable_cores() // 2), waiting=1_000)
    jobs: Jobs[Any, Any] = Jobs(job_threads)
    room = Room(
        threads,
        jobs,
        limits,
        kinds or {},
        None if data is None else Path(data),
        tuple(map(Path, images)),
        None if home is None else Path(home),
    )
    served = [(route, family.QUERY) for family in families() for route in family.routes(room)]
    guarded = key is not None

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        threads.close()
        job_threads.close()

    shown = Page(guarded=guarded, version=version()) if page else None
    inner = Starlette(
        routes=[
            *(route for route, _ in served),
            *status.routes(served, guarded=guarded, version=version()),
            *inventory.routes(room, service=status.SERVICE, version=version()),
            *(shown.routes() if shown else ()),
        ],
        exception_handlers={HTTPException: _not_routed},
        lifespan=lifespan,
    )
    inner.router.redirect_slashes = False
    return App(
        inner,
        jobs,
        key=key,
        max_in_flight=max_in_flight,
        closes=(threads, job_threads),
        open_paths=shown.paths if shown else (),
        known_as=known_as,
    )


class App:
    """The gate before the routes: who may ask, the number of requests under way, the headers of every response."""

    def __init__(
        self,
        inner: ASGIApp,
        jobs: Jobs[Any, Any],
        *,
        key: str | None,
        max_in_flight: int | None,
        closes: tuple[Threads, ...] = (),
        open_paths: Collection[str] = (),
        known_as: Collection[str] | None = None,
    ) -> None:
        self.jobs = jobs
        self._inner = inner
        self._key = None if key is None else key.encode()
        self._max_in_flight = max_in_flight
        self._in_flight = 0
        self._closes = closes
        self._open_paths = open_paths
        self._known_as = known_as

    def close(self) -> None:
        """Drop what waits; let running computations end."""
        for threads in self._closes:
            threads.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_named(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(raw=message["headers"])
                headers.setdefault("apim-request-id", str(uuid.uuid4()))
                headers["x-envoy-upstream-service-time"] = str(int((time.perf_counter() - began) * 1_000))
                headers["x-content-type-options"] = "nosniff"
            await send(message)

        refused = self._refused(scope)
        if refused is not None:
            await _response(refused)(scope, receive, send_named)
            return
        self._in_flight += 1
        try:
            await self._inner(scope, receive, send_named)
        finally:
            self._in_flight -= 1

    def _refused(self, scope: Scope) -> Reply | None:
        if scope["path"] in status.OPEN_PATHS:
            # An orchestrator that is refused here would restart a server for being busy.
            return None
        if self._key is None and self._known_as is not None:
            foreign = browsers.foreign(scope["method"], Headers(scope=scope), self._known_as)
            if foreign is not None:
                return protocol.reply({"error": {"code": "403", "message": foreign}}, status=403)
        if scope["path"] in self._open_paths:
            return None
        if self._key is not None and not scope["path"].startswith(signed.PREFIX):
            headers = Headers(scope=scope)
            # The second name is what clients of Azure AI Search send.
            brought = headers.get("ocp-apim-subscription-key") or headers.get("api-key")
            if brought is None and "authorization" in headers:
                return protocol.unauthorized(
                    "This server knows no tokens. Bring its key in the header Ocp-Apim-Subscription-Key."
                )
            # Compared in constant time: how long a refusal takes tells nothing of the key.
            if brought is None or not hmac.compare_digest(brought.encode("latin-1"), self._key):
                return protocol.unauthorized()
        if self._max_in_flight is not None and self._in_flight >= self._max_in_flight:
            return protocol.refusal(
                ServiceFailure(
                    "As many requests are under way as this server takes.", status=429, code="TooManyRequests"
                )
            )
        return None


async def _not_routed(_: Request, fault: Exception) -> Response:
    """Paths and methods that nothing serves, in the gateway's form."""
    if not isinstance(fault, HTTPException):
        raise fault
    message = "Resource not found" if fault.status_code == 404 else fault.detail
    body = {"error": {"code": str(fault.status_code), "message": message}}
    return _response(protocol.reply(body, status=fault.status_code, headers=fault.headers))


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, {**reply.headers}, media_type=protocol.JSON)
