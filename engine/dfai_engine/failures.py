"""A request that has no answer as a whole. Any family's code may raise it; the routes write it down."""

from __future__ import annotations

__all__ = ["ServiceFailure"]


class ServiceFailure(Exception):
    """The whole request has no answer: an error body with its own HTTP status."""

    def __init__(
        self, message: str, *, status: int = 400, code: str = "InvalidRequest", inner_code: str = "", target: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.inner_code = inner_code
        self.target = target
