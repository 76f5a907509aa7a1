"""The page's files as responses: named by what is in them, kept by browsers for good, asked for nothing elsewhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dfai_engine import protocol

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

__all__ = ["FILES", "HEADERS", "Page", "wants_page"]

FILES = Path(__file__).parent / "files"
DOCUMENT = "index.html"
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Nothing from elsewhere, nothing written into the page, no frame around it; pictures and sounds that the page itself
# holds are blobs. Texts become nodes, never markup, which the last rule has the browser see to.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src blob:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}
_FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class _File:
    body: bytes
    media_type: str
    tag: str
    cache: str


class Page:
    """The page of one server.

    Parameters
    ----------
    guarded
        Whether requests need a key, for which the page then asks.
    version
        What the server is, for those who ask for no page.
    """

    def __init__(self, *, guarded: bool, version: str) -> None:
        self._about = {
            "service": "dfai-engine",
            "version": version,
            "message": "A page to try the services is here for browsers. For programs: /swagger, /services, /status.",
        }
        self._files = _read(guarded=guarded)
        self.paths = frozenset(self._files)
        """What may be read without a key: it is the same on every machine."""

    def routes(self) -> list[Route]:
        """The Starlette routes, one a file."""
        from starlette.routing import Route

        return [Route(path, self._answer, methods=["GET"]) for path in self._files]

    async def _answer(self, request: Request) -> Response:
        from starlette.responses import Response

        path = request.url.path
        if path == "/" and not wants_page(request.headers.get("accept", "")):
            made = protocol.reply(self._about)
            return Response(made.body, headers={"Vary": "Accept"}, media_type=protocol.JSON)
        file = self._files[path]
        headers = {**HEADERS, "Cache-Control": file.cache, "ETag": file.tag}
        if path == "/":
            headers["Vary"] = "Accept"
        if file.tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(file.body, headers=headers, media_type=file.media_type)


def wants_page(accept: str) -> bool:
    """Whether who sends this header is a browser that would show a page: all of them name its type.

    >>> wants_page("text/html,application/xhtml+xml,*/*;q=0.8"), wants_page("*/*"), wants_page("")
    (True, False, False)
    """
    return "text/html" in accept.lower()


def _read(*, guarded: bool) -> dict[str, _File]:
    """The files by their paths: the document at the root, the others below a name made of all that they hold."""
    bodies = {path.name: path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in _MEDIA_TYPES}
    whole = hashlib.sha256()
    for name, body in bodies.items():
        whole.update(f"{name} {len(body)}\n".encode() + body)
    below = f"page/{whole.hexdigest()[:16]}"
    # Relative addresses: a proxy may serve all of this below a path of its own.
    document = bodies.pop(DOCUMENT).replace(b"{{files}}", below.encode())
    document = document.replace(b"{{key}}", b"needed" if guarded else b"none")
    found = {f"/{below}/{name}": _file(name, body, _FOR_GOOD) for name, body in bodies.items()}
    return {"/": _file(DOCUMENT, document, "no-cache"), **found}


def _file(name: str, body: bytes, cache: str) -> _File:
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    return _File(body, _MEDIA_TYPES[Path(name).suffix], tag, cache)
