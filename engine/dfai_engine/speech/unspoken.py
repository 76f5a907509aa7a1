"""Requests for speech that have no answer."""

from __future__ import annotations

from dfai_engine.failures import ServiceFailure

__all__ = ["refused"]


def refused(code: str, message: str, *, status: int = 400) -> ServiceFailure:
    """A failure with the particular *code*; the general one says only that the request was at fault."""
    return ServiceFailure(message, status=status, code="BadRequest", inner_code=code)
