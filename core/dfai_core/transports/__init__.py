"""How a request travels: three small adapters behind one interface."""

from dfai_core.transports.base import (
    Answer,
    BadAnswer,
    MaybeSent,
    NotAllowed,
    NotSent,
    Request,
    Transport,
    TransportError,
)

__all__ = ["Answer", "BadAnswer", "MaybeSent", "NotAllowed", "NotSent", "Request", "Transport", "TransportError"]
