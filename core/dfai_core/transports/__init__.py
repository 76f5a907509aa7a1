"""How a request travels: three small adapters behind one interface."""

from dfai_core.transports.base import (
    MAX_ANSWER_BYTES,
    Answer,
    BadAnswer,
    MaybeSent,
    NotAllowed,
    NotSent,
    Request,
    Transport,
    TransportError,
    too_large,
)

__all__ = [
    "MAX_ANSWER_BYTES",
    "Answer",
    "BadAnswer",
    "MaybeSent",
    "NotAllowed",
    "NotSent",
    "Request",
    "Transport",
    "TransportError",
    "too_large",
]
