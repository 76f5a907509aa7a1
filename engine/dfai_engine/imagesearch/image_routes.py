"""The routes of image search: search, details (what is alike), trending (refused), and the pictures themselves."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.failures import ServiceFailure
from dfai_engine.imagesearch import wire
from dfai_engine.imagesearch.catalogue import Catalogue, Picture
from dfai_engine.imagesearch.family import NO_FOLDER
from dfai_engine.imagesearch.indexing import Freshness
from dfai_engine.imagesearch.looking import sight_here
from dfai_engine.imagesearch.searching import alike, found
from dfai_engine.protocol import Reply
from dfai_engine.threads import Threads

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

__all__ = ["ImageRoutes", "routes"]

_PATH = "/bing/v7.0/images"
_THUMBNAIL_PX = 300
_TOKEN = re.compile(r"(?:^|\*)mid_([0-9A-F]{32})(?:\*|$)")


def routes(threads: Threads, folders: Callable[[], tuple[Path, ...]], data: Path | None) -> list[Route]:
    """The Starlette routes."""
    from starlette.routing import Route

    served = ImageRoutes(threads, folders, data)
    answers = (
        ("search", served.search),
        ("details", served.details),
        ("trending", served.trending),
        ("content/{id}", served.content),
        ("thumbnail/{id}", served.thumbnail),
    )
    made = [Route(f"{_PATH}/{path}", wire.endpoint(answer), methods=["GET"]) for path, answer in answers]
    return [*made, Route(f"{_PATH}/details", wire.endpoint(served.like), methods=["POST"])]


class ImageRoutes:
    """Answers what is asked of the pictures in some folders."""

    def __init__(self, threads: Threads, folders: Callable[[], tuple[Path, ...]], data: Path | None) -> None:
        self._threads = threads
        self._folders = folders
        self._catalogue = Catalogue(data)
        self._freshness = Freshness(self._catalogue)

    async def search(self, request: Request) -> Reply:
        """Pictures that have the words."""
        asked = wire.asked(request.query_params)
        return await self._threads.run(self._search, asked, _Writing(wire.base_of(request), wire.is_here(request)))

    def _search(self, asked: wire.Asked, writing: _Writing) -> Reply:
        folders = self._known_folders()
        self._freshness.see_to(folders)
        pictures, total = found(self._catalogue, folders, asked)
        return protocol.reply(
            {
                "_type": "Images",
                "totalEstimatedMatches": total,
                "nextOffset": asked.offset + len(pictures),
                "value": [writing.image(picture) for picture in pictures],
            }
        )

    async def details(self, request: Request) -> Reply:
        """What is alike a picture of an earlier answer, named by its token, and its tags."""
        query = request.query_params
        token = query.get("insightsToken", "")
        named = _TOKEN.search(token)
        identity = named[1] if named else query.get("id", "")
        if not identity:
            raise wire.wrong("Name a picture by its insightsToken or id.", "insightsToken", "ParameterMissing")
        writing = _Writing(wire.base_of(request), wire.is_here(request))
        return await self._threads.run(self._details, identity, writing)

    def _details(self, identity: str, writing: _Writing) -> Reply:
        folders = self._known_folders()
        picture = self._picture(identity)
        said: dict[str, Any] = {"_type": "ImageInsights", "imageInsightsToken": _token(picture)}
        said["visuallySimilarImages"] = {
            "value": [writing.image(one) for one in alike(self._catalogue, folders, picture.vector, besides=picture.id)]
        }
        if picture.shown.get("tags"):
            said["imageTags"] = {"value": [{"name": tag} for tag in picture.shown["tags"]]}
        return protocol.reply(said)

    async def like(self, request: Request) -> Reply:
        """What is alike a picture that comes along, as a form's part "image"."""
        data = await wire.picture_in(request)
        return await self._threads.run(self._like, data, _Writing(wire.base_of(request), wire.is_here(request)))

    def _like(self, data: bytes, writing: _Writing) -> Reply:
        folders = self._known_folders()
        sight = sight_here()
        if sight is None:
            raise ServiceFailure(
                'Whether pictures are alike is told by models whose packages are not here: pip install "dfai[vision]"',
                status=501,
                inner_code="NotImplemented",
            )
        self._freshness.see_to(folders)
        pictures = alike(self._catalogue, folders, sight.vector(data))
        similar = {"value": [writing.image(picture) for picture in pictures]}
        return protocol.reply({"_type": "ImageInsights", "visuallySimilarImages": similar})

    async def trending(self, request: Request) -> Reply:
        """Nobody here knows what others look for."""
        raise ServiceFailure(
            "What is trending is the web's to say: the embedded engine knows the pictures of its folders alone.",
            status=501,
            inner_code="NotImplemented",
        )

    async def content(self, request: Request) -> Reply:
        """A picture's file as it is."""
        return await self._threads.run(self._content, request.path_params["id"])

    def _content(self, identity: str) -> Reply:
        picture = self._picture(identity)
        try:
            data = picture.path.read_bytes()
        except OSError:
            raise _gone() from None
        return Reply(200, data, {"Content-Type": f"image/{picture.format}"})

    async def thumbnail(self, request: Request) -> Reply:
        """The same, small."""
        return await self._threads.run(self._thumbnail, request.path_params["id"])

    def _thumbnail(self, identity: str) -> Reply:
        try:
            from PIL import Image, ImageOps
        except ImportError:
            return self._content(identity)
        try:
            with Image.open(self._picture(identity).path) as image:
                image.draft("RGB", (2 * _THUMBNAIL_PX, 2 * _THUMBNAIL_PX))
                small = ImageOps.exif_transpose(image).convert("RGB")
                small.thumbnail((_THUMBNAIL_PX, _THUMBNAIL_PX))
        except (OSError, ValueError, Image.DecompressionBombError):
            raise _gone() from None
        written = io.BytesIO()
        small.save(written, "JPEG", quality=85)
        return Reply(200, written.getvalue(), {"Content-Type": "image/jpeg"})

    def _picture(self, identity: str) -> Picture:
        """A picture of one of the folders that are served now."""
        roots = {str(folder.expanduser().resolve()) for folder in self._folders()}
        with self._catalogue.opened() as connection:
            picture = self._catalogue.picture(connection, identity)
        if picture is None or str(picture.root) not in roots:
            raise _gone()
        return picture

    def _known_folders(self) -> tuple[Path, ...]:
        folders = self._folders()
        if not folders:
            raise ServiceFailure(NO_FOLDER, inner_code="ResourceError")
        return folders


class _Writing:
    """Writes pictures down for one client: with places on disk for one in this process, else with our own URLs."""

    def __init__(self, base: str, here: bool) -> None:
        self._base = base
        self._here = here

    def image(self, picture: Picture) -> dict[str, Any]:
        """An ImageObject."""
        content = picture.path.as_uri() if self._here else f"{self._base}/content/{picture.id}"
        said: dict[str, Any] = {
            "name": picture.shown.get("name") or picture.path.stem,
            "thumbnailUrl": content if self._here else f"{self._base}/thumbnail/{picture.id}",
            "datePublished": picture.published,
            "contentUrl": content,
            "hostPageUrl": picture.path.parent.as_uri() if self._here else content,
            "contentSize": f"{picture.known.size} B",
            "encodingFormat": picture.format,
            "hostPageDisplayUrl": picture.place,
            "imageInsightsToken": _token(picture),
            "imageId": picture.id,
        }
        if picture.width and picture.height:
            share = min(1.0, _THUMBNAIL_PX / max(picture.width, picture.height))
            small = {"width": max(1, round(picture.width * share)), "height": max(1, round(picture.height * share))}
            said |= {"width": picture.width, "height": picture.height, "thumbnail": small}
        return said


def _token(picture: Picture) -> str:
    return f"mid_{picture.id}"


def _gone() -> ServiceFailure:
    return ServiceFailure("There is no such picture.", status=404, inner_code="ResourceError")
