"""The engine behind a real socket, for clients that know nothing of ASGI."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from dfai_engine.serve import server

__all__ = ["serving"]


@contextmanager
def serving(**options: Any) -> Iterator[str]:
    """A server on a free port of the loopback address, in a thread; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # The kernel takes connections from here on, so no client comes too early.
        made = server(**options)
        thread = threading.Thread(target=made.run, kwargs={"sockets": [listening]}, name="engine-under-test")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            made.should_exit = True
            thread.join(30)
            assert not thread.is_alive()
