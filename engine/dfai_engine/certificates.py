"""A server's certificate, read again when its files change: renewed ones last some weeks, servers last longer."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

__all__ = ["keep_fresh"]

Stamp = tuple[tuple[int, int, int], ...]


def keep_fresh(context: ssl.SSLContext, files: tuple[Path, Path], make: Callable[[], ssl.SSLContext]) -> None:
    """Have *context* serve each handshake with the certificate that is in the *files* by then.

    Parameters
    ----------
    context
        What the server listens with; it has read the files already.
    files
        The certificate and its private key.
    make
        A context with the files as they are now. Files that it cannot read change nothing: the last good pair
        is served on, and what is half written now is whole at a later handshake.
    """
    serving, seen = context, _stamp(files)

    def at_handshake(connection: ssl.SSLObject | ssl.SSLSocket, _: str | None, __: ssl.SSLContext) -> None:
        nonlocal serving, seen
        found = _stamp(files)
        if found is not None and found != seen:
            try:
                serving = make()
            except (OSError, ssl.SSLError):
                pass
            else:
                seen = found
        connection.context = serving

    # Called for every handshake, whether the client names a host or not.
    context.sni_callback = at_handshake


def _stamp(files: tuple[Path, Path]) -> Stamp | None:
    """What changes with the files' contents; None while one is not there."""
    try:
        found = [path.stat() for path in files]
    except OSError:
        return None
    return tuple((status.st_mtime_ns, status.st_size, status.st_ino) for status in found)
