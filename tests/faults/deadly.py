"""A transport that kills its own process, once: what a worker looks like that ran out of memory."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from dfai_core.transports import Answer, Request
from dfai_core.transports.aiohttp import AiohttpTransport

__all__ = ["Deadly"]


class Deadly(AiohttpTransport):
    """Sends *harmless* requests, then kills the process that it is in, unless *marker* says that this was done."""

    def __init__(self, marker: str, harmless: int) -> None:
        super().__init__()
        self._marker = Path(marker)
        self._harmless = harmless

    async def send(self, request: Request) -> Answer:
        if not self._marker.exists():
            self._harmless -= 1
            if self._harmless < 0:
                self._marker.touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return await super().send(request)
