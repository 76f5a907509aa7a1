"""Forms that bring a file, read as they come: no more of them in memory than they may have. Source: RFC 7578."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dfai_engine.failures import ServiceFailure

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["parts_of"]

MOST_PARTS = 16


class _Parts:
    """What the parser tells, put together: each part's content by its name."""

    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}
        self._head: dict[bytes, bytes] = {}
        self._field = self._value = b""
        self._content: list[bytes] = []

    def on_part_begin(self) -> None:
        self._head, self._content = {}, []
        if len(self.found) >= MOST_PARTS:
            raise _bad(f"The form has more than {MOST_PARTS} parts.")

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._head[self._field.lower()] = self._value
        self._field = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._content.append(data[start:end])

    def on_part_end(self) -> None:
        from python_multipart.multipart import parse_options_header

        _, options = parse_options_header(self._head.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        self.found.setdefault(name, b"".join(self._content))
        self._content = []

    @property
    def callbacks(self) -> dict[str, Any]:
        names = ("part_begin", "header_field", "header_value", "header_end", "part_data", "part_end")
        return {f"on_{name}": getattr(self, f"on_{name}") for name in names}


async def parts_of(request: Request, max_bytes: int) -> dict[str, bytes]:
    """The parts of a form, by name; the first of each name.

    Raises
    ------
    ServiceFailure
        It is no form, or larger than *max_bytes* (413).
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise ServiceFailure(
            "The Content-Type must be multipart/form-data, with a boundary.", status=415, code="UnsupportedMediaType"
        )
    parts = _Parts()
    held = 0
    try:
        parser = MultipartParser(boundary, parts.callbacks)  # type: ignore[arg-type]
        async for chunk in request.stream():
            held += len(chunk)
            if held > max_bytes:
                raise ServiceFailure(f"The request body is larger than {max_bytes:,} bytes.", status=413)
            parser.write(chunk)
        parser.finalize()
    except FormParserError as fault:
        raise _bad(f"The form cannot be read ({fault}).") from None
    return parts.found


def _bad(message: str) -> ServiceFailure:
    return ServiceFailure(message, inner_code="InvalidRequestBodyFormat")
