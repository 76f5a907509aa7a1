"""Azure, played by the embedded engine: what samples send there is answered in this process, key and all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from dfai_core import peers
from dfai_core.ledger import LEDGER
from dfai_core.targets.azure import Azure
from dfai_core.transports.asgi import AsgiTransport
from dfai_engine.app import create_app

__all__ = ["azure_here"]

_KEY = "0123456789abcdef0123456789abcdef"


@contextmanager
def azure_here() -> Iterator[None]:
    """While it lasts every target of Azure's is this process's engine, and ``AZURE_AI_KEY`` holds the key it wants."""
    app = create_app(key=_KEY)

    def transport(_: Azure) -> AsgiTransport:
        return AsgiTransport(app)

    with (
        mock.patch.dict(os.environ, AZURE_AI_KEY=_KEY),
        mock.patch.object(Azure, "transport", transport),
    ):
        before = _taken()
        try:
            yield
        finally:
            _taken()
            peers._peers.update(before)
            LEDGER.clear()  # or later estimates would take this engine's latency for Azure's


def _taken() -> dict[Any, peers.Peer]:
    """What this process knows of Azure's targets, no longer known."""
    return {key: peers._peers.pop(key) for key in list(peers._peers) if isinstance(key[0], Azure)}
