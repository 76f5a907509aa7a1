"""The routes of Computer Vision v3.2 that answer at once: ``/vision/v3.2/…``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from dfai_engine import protocol
from dfai_engine.protocol import Reply
from dfai_engine.vision import wire
from dfai_engine.vision.elsewhere import DOMAINS
from dfai_engine.vision.refusals import refused
from dfai_engine.vision.wire import Desk

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.routing import Route

    from dfai_engine.vision.pictures import Picture

__all__ = ["MODEL_VERSION", "PATH", "ComputerVision", "routes"]

PATH = "/vision/v3.2"
# The contract has room for a date alone; docs/models-vision.md says which models it stands for.
MODEL_VERSION = "2026-11-26"
FEATURES = ("ImageType", "Faces", "Adult", "Categories", "Color", "Tags", "Description", "Objects", "Brands")
UNSEEN = frozenset(("Faces", "Brands"))
DETAILS = ("Celebrities", "Landmarks")
MOST_THUMBNAIL_PX = 1_024
# Source: ComputerVision.json of v3.2. Of these, some have letters that the recogniser does not know.
OCR_LANGUAGES = (
    *("unk", "zh-Hans", "zh-Hant", "cs", "da", "nl", "en", "fi", "fr", "de", "el", "hu", "it", "ja", "ko", "nb", "pl"),
    *("pt", "ru", "es", "sv", "tr", "ar", "ro", "sr-Cyrl", "sr-Latn", "sk"),
)
UNREADABLE = frozenset(("ar", "el", "ko", "ru", "sr-Cyrl"))

Look = Callable[["Picture"], dict[str, Any]]


def routes(desk: Desk) -> list[Route]:
    """The Starlette routes of v3.2."""
    from starlette.routing import Route

    served = ComputerVision(desk)
    made = {
        "analyze": served.analyze,
        "tag": served.tag,
        "describe": served.describe,
        "detect": served.detect,
        "ocr": served.ocr,
        "areaOfInterest": served.area,
        "generateThumbnail": served.thumbnail,
        "models/{model}/analyze": served.by_domain,
    }
    posts = [Route(f"{PATH}/{name}", wire.endpoint(answer), methods=["POST"]) for name, answer in made.items()]
    return [*posts, Route(f"{PATH}/models", wire.endpoint(served.models), methods=["GET"])]


class ComputerVision:
    """One picture, one answer."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def analyze(self, request: Request) -> Reply:
        """Several features; the service's default is Categories."""
        query = request.query_params
        _language(query)
        features = _words(query, "visualFeatures", FEATURES, "NotSupportedVisualFeature")
        details = _words(query, "details", DETAILS, "InvalidDetails")
        _words(query, "descriptionExclude", DETAILS, "BadArgument")
        if details and "Categories" not in features:
            features.append("Categories")
        features = features or ["Categories"]
        if UNSEEN.issuperset(features):
            raise refused("NotSupportedVisualFeature", f"No model here sees {' or '.join(features).lower()}.")

        def look(picture: Picture) -> dict[str, Any]:
            from dfai_engine.vision import older

            return older.analyze(picture, features, details)

        return await self._said(request, "Image analysis", look, transactions=len(features))

    async def tag(self, request: Request) -> Reply:
        """Words for the picture."""
        _language(request.query_params)

        def look(picture: Picture) -> dict[str, Any]:
            from dfai_engine.vision import older

            return older.tag(picture)

        return await self._said(request, "Tagging", look)

    async def describe(self, request: Request) -> Reply:
        """A caption by template."""
        query = request.query_params
        _language(query)
        _words(query, "descriptionExclude", DETAILS, "BadArgument")
        _whole(query, "maxCandidates", 1, least=1, most=100, code="BadArgument")

        def look(picture: Picture) -> dict[str, Any]:
            from dfai_engine.vision import older

            return older.describe(picture)

        return await self._said(request, "Describing", look)

    async def detect(self, request: Request) -> Reply:
        """Objects and where they are."""

        def look(picture: Picture) -> dict[str, Any]:
            from dfai_engine.vision import older

            return older.detect(picture)

        return await self._said(request, "Detection of objects", look)

    async def area(self, request: Request) -> Reply:
        """The part that matters."""

        def look(picture: Picture) -> dict[str, Any]:
            from dfai_engine.vision import older

            return older.area(picture)

        return await self._said(request, "The area of interest", look)

    async def ocr(self, request: Request) -> Reply:
        """Printed text in regions, lines and words."""
        query = request.query_params
        language = query.get("language", "") or "unk"
        if language not in OCR_LANGUAGES or language in UNREADABLE:
            raise refused("NotSupportedLanguage", "The requested language is not read here.")
        # Found in any case: it costs nothing here.
        told = wire.flag(query, "detectOrientation", default="true")

        def look(picture: Picture) -> dict[str, Any]:
            from dfai_engine.vision import printed

            return printed.regions(picture, language, orientation=told)

        return await self._said(request, "Reading text", look, about=False)

    async def thumbnail(self, request: Request) -> Reply:
        """A smaller picture, as JPEG."""
        query = request.query_params
        width, height = (
            _whole(query, name, 0, least=1, most=MOST_THUMBNAIL_PX, code="InvalidThumbnailSize")
            for name in ("width", "height")
        )
        smart = wire.flag(query, "smartCropping")
        wire.version_named(query, MODEL_VERSION)

        def work(data: bytes) -> bytes:
            from dfai_engine.vision import crops, jpeg, pictures

            picture = pictures.read(data, self._desk.limits.older)
            return jpeg.written(crops.thumbnail(picture.pixels, width, height, smart=smart))

        async with self._desk.picture(request, self._desk.limits.older) as data:
            made = await self._desk.threads.run(wire.answering, "A thumbnail", lambda: work(data))
        return Reply(200, made, {"content-type": "image/jpeg", **wire.billed(1)})

    async def models(self, _: Request) -> Reply:
        """There are no domain models."""
        return protocol.reply({"models": []})

    async def by_domain(self, request: Request) -> Reply:
        """An error: there are no domain models."""
        if request.path_params["model"].lower() in ("celebrities", "landmarks"):
            raise refused("NotSupportedFeature", DOMAINS)
        raise refused("InvalidModel", "There is no such domain model; GET /vision/v3.2/models lists them.")

    async def _said(
        self, request: Request, what: str, look: Look, *, transactions: int = 1, about: bool = True
    ) -> Reply:
        """The answer of *look*; *about*: with the request's id and the picture's size, as most answers have them."""
        wire.version_named(request.query_params, MODEL_VERSION)
        identity = wire.new_id()

        def work(data: bytes) -> dict[str, Any]:
            from dfai_engine.vision import older, pictures

            picture = pictures.read(data, self._desk.limits.older)
            said = look(picture)
            if about:
                said |= {"requestId": identity, "metadata": older.metadata(picture)}
            return {**said, "modelVersion": MODEL_VERSION}

        async with self._desk.picture(request, self._desk.limits.older) as data:
            said = await self._desk.threads.run(wire.answering, what, lambda: work(data))
        return protocol.reply(said, headers={"apim-request-id": identity, **wire.billed(transactions)})


def _language(query: Mapping[str, str]) -> None:
    if (query.get("language", "") or "en") != "en":
        raise refused("NotSupportedLanguage", "The requested language is not served: tags and captions are English.")


def _words(query: Mapping[str, str], name: str, known: tuple[str, ...], code: str) -> list[str]:
    spelt = {word.lower(): word for word in known}
    found = []
    for word in wire.listed(query, name):
        if word.lower() not in spelt:
            raise refused(code, f"A value of {name} is not known. Known: {', '.join(known)}.")
        found.append(spelt[word.lower()])
    return list(dict.fromkeys(found))


def _whole(query: Mapping[str, str], name: str, default: int, *, least: int, most: int, code: str) -> int:
    written = query.get(name, "")
    number = int(written) if written.isascii() and written.isdecimal() and len(written) <= 9 else -1
    if not written:
        number = default
    if not least <= number <= most:
        raise refused(code, f"{name} must be a whole number from {least} to {most:,}.")
    return number
