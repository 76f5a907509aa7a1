"""How calls run: batched requests to a service, and the services' wire protocol.

The way of a request: `call.py`, `run.py`, `dispatch.py` (`documents.py`, `groups.py`, `line.py`), `attempt.py`,
`transports/`, and back through `ending.py`.
"""

from __future__ import annotations

from dfai_core.backend import Backend, Run, backend_of, backends
from dfai_core.call import Call, Col, col
from dfai_core.run import run
from dfai_core.secrets import Secret
from dfai_core.service import Column, Exchange, Failure, Limits, Option, Service
from dfai_core.services import families, services
from dfai_core.services.web.batch import Batch
from dfai_core.services.web.going_on import Pages, Poll
from dfai_core.settings import Config, Settings

__all__ = [
    "Backend",
    "Batch",
    "Call",
    "Col",
    "Column",
    "Config",
    "Exchange",
    "Failure",
    "Limits",
    "Option",
    "Pages",
    "Poll",
    "Run",
    "Secret",
    "Service",
    "Settings",
    "backend_of",
    "backends",
    "col",
    "families",
    "run",
    "services",
]
