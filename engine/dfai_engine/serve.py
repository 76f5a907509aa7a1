"""The engine as a server, for other languages, other processes and tests."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfai_engine.browsers import is_loopback
from dfai_engine.certificates import keep_fresh
from dfai_engine.families import LimitsName

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import uvicorn

__all__ = ["MAX_IN_FLIGHT", "NotGuarded", "is_loopback", "server", "server_context"]

# Requests under way at a time; each may hold one body in memory.
MAX_IN_FLIGHT = 256
KEEP_ALIVE_S = 75
# What a client gets to end its requests when the server is told to stop.
FAREWELL_S = 10


class NotGuarded(ValueError):
    """The server was asked to listen where others can reach it, without a key."""


def server(
    host: str = "127.0.0.1",
    port: int = 5000,
    *,
    key: str | None = None,
    limits: LimitsName = "azure",
    workers: int | None = None,
    kinds: Mapping[str, Any] | None = None,
    data: str | Path | None = None,
    images: Sequence[Path] = (),
    tls: tuple[Path, Path] | None = None,
    known_as: Sequence[str] = (),
) -> uvicorn.Server:
    """A server that has not begun to listen; its ``run()`` serves until it is interrupted.

    Parameters
    ----------
    host, port
        Where to listen. Beyond this machine only with a *key*.
    key
        What requests must bring in ``Ocp-Apim-Subscription-Key``.
    limits
        How much a request may hold: as the service has it ("azure") or larger batches ("wide").
    workers
        Threads that compute.
    kinds
        Handlers to use in place of the built-in ones, by kind.
    data
        The folder whose files requests may name, and where what they make is kept.
    images
        Folders whose pictures searches for images find.
    tls
        The files of a certificate (with its chain) and of its private key, both PEM: then https is spoken, which keys
        need beyond this machine. Read again when they change.
    known_as
        Names that lead to this server besides ``localhost``: without a key it answers to no others.

    Raises
    ------
    NotGuarded
        *host* is not a loopback address and there is no key.
    """
    if key is None and not is_loopback(host):
        raise NotGuarded(
            f"{host or 'every interface'} can be reached from other machines, so requests must bring a key: "
            "--key env:NAME. Without one: --host 127.0.0.1"
        )
    import uvicorn

    from dfai_engine.app import create_app

    app = create_app(
        key=key,
        limits=limits,
        kinds=kinds,
        workers=workers,
        max_in_flight=MAX_IN_FLIGHT,
        data=data,
        images=images,
        page=True,
        known_as=known_as,
    )
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        access_log=False,  # query strings of other services may carry what nobody should log
        log_level="warning",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=FAREWELL_S,
        backlog=1_024,
        ws="none",
        ssl_certfile=None if tls is None else tls[0],
        ssl_keyfile=None if tls is None else tls[1],
    )
    if tls is not None:
        config.load()
        assert config.ssl is not None
        keep_fresh(config.ssl, tls, lambda: server_context(tls))
    return uvicorn.Server(config)


def server_context(tls: tuple[Path, Path]) -> ssl.SSLContext:
    """What a server needs to show a certificate and to prove that it is its own.

    Raises
    ------
    OSError, ssl.SSLError
        A file cannot be read, or is no such thing.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*tls)
    return context
