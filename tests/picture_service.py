"""A vision service on a real loopback socket that tells the pictures that it is sent by their bytes, and counts them.

It speaks both generations: Image Analysis 4.0 and Computer Vision v3.2 with its Read operation. A picture's answer
follows from its bytes alone, so that a test can say what it expects. It also gives pictures away, for URLs in rows.
"""

from __future__ import annotations

import asyncio
import io
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from PIL import Image
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

import dfai
from served import served

__all__ = ["PictureScene", "PictureService", "Sent", "name_of", "picture", "pictures_running"]


def picture(number: int, form: str = "PNG", size: tuple[int, int] = (60, 50)) -> bytes:
    """A picture like no other."""
    image = Image.new("RGB", size, (number % 256, number // 256 % 256, 7))
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


def name_of(data: bytes | str) -> str:
    """What the service calls a picture, or the URL that it is told of."""
    return f"at {data}" if isinstance(data, str) else sha256(data).hexdigest()[:12]


@dataclass(frozen=True)
class Sent:
    """A request as it arrived: the picture's bytes, or the URL that stands for them."""

    path: str
    query: dict[str, str]
    type: str
    picture: bytes | str

    @property
    def name(self) -> str:
        return name_of(self.picture)


@dataclass
class PictureScene:
    """What one test asked, and how the service behaves towards it.

    *fault* is given a request and says with which status, or with which answer, to refuse it.
    """

    url: str
    fault: Callable[[Sent], int | Response | None] | None = None
    latency_s: float = 0.0
    sent: list[Sent] = field(default_factory=list)
    given: dict[str, bytes | Response] = field(default_factory=dict)  # what stands at url/files/…
    fetched: list[str] = field(default_factory=list)  # of it, what was asked for
    fetched_with: list[dict[str, str]] = field(default_factory=list)  # the headers of these requests
    in_flight: int = 0
    most_in_flight: int = 0
    operations: dict[str, Sent] = field(default_factory=dict)
    polls: int = 0

    @property
    def target(self) -> dfai.Target:
        return dfai.container(self.url)

    @property
    def names(self) -> list[str]:
        """What was asked, sorted: workers ask in any order."""
        return sorted(sent.name for sent in self.sent)

    def at(self, name: str, content: bytes | Response) -> str:
        """The URL at which *content* stands from now on."""
        self.given[name] = content
        return f"{self.url}/files/{name}"


class PictureService:
    """The scenes, and the application that plays them."""

    def __init__(self) -> None:
        self.base = ""
        self._scenes: dict[str, PictureScene] = {}
        self._numbers = itertools.count(1)
        self.app = Starlette(
            routes=[
                Route("/{scene}/computervision/imageanalysis:analyze", self._asked(_analysis), methods=["POST"]),
                Route("/{scene}/vision/v3.2/read/analyze", self._asked(_submitted), methods=["POST"]),
                Route("/{scene}/vision/v3.2/read/analyzeResults/{id}", self._poll, methods=["GET"]),
                Route("/{scene}/vision/v3.2/{operation}", self._asked(_v3), methods=["POST"]),
                Route("/{scene}/files/{name:path}", self._file, methods=["GET"]),
            ]
        )

    def scene(self, **behaviour: Any) -> PictureScene:
        """A new scene."""
        name = f"scene{next(self._numbers)}"
        scene = self._scenes[name] = PictureScene(f"{self.base}/{name}", **behaviour)
        return scene

    def _asked(self, answer: Callable[[PictureScene, Sent], Response]) -> Callable[[Request], Any]:
        async def handle(request: Request) -> Response:
            scene = self._scenes[request.path_params["scene"]]
            kind = request.headers["content-type"]
            body: bytes | str = await request.body()
            if kind == "application/json":
                body = (await request.json())["url"]
            path = request.url.path.removeprefix(f"/{request.path_params['scene']}")
            sent = Sent(path, dict(request.query_params), kind, body)
            scene.sent.append(sent)
            scene.in_flight += 1
            scene.most_in_flight = max(scene.most_in_flight, scene.in_flight)
            try:
                await asyncio.sleep(scene.latency_s)
                refusal = scene.fault(sent) if scene.fault else None
                if isinstance(refusal, int):
                    error = {"code": "Planned", "message": f"planned {refusal}"}
                    refusal = JSONResponse({"error": error}, refusal)
                return refusal or answer(scene, sent)
            finally:
                scene.in_flight -= 1

        return handle

    async def _poll(self, request: Request) -> Response:
        scene = self._scenes[request.path_params["scene"]]
        scene.polls += 1
        sent = scene.operations[request.path_params["id"]]
        pages = [_page(number, sent.name) for number in ((1, 2) if sent.picture[:5] == b"%PDF-" else (1,))]
        result = {"version": "3.2.0", "modelVersion": "2022-04-30", "readResults": pages}
        return JSONResponse({"status": "succeeded", "analyzeResult": result})

    async def _file(self, request: Request) -> Response:
        scene = self._scenes[request.path_params["scene"]]
        scene.fetched.append(request.path_params["name"])
        scene.fetched_with.append(dict(request.headers))
        content = scene.given.get(request.path_params["name"])
        if content is None:
            return Response(status_code=404)
        return content if isinstance(content, Response) else Response(content, media_type="application/octet-stream")


_BOX = {"x": 1, "y": 2, "w": 30, "h": 40}
_META = {"width": 60, "height": 50}


def _analysis(scene: PictureScene, sent: Sent) -> Response:
    """Image Analysis 4.0: only what was asked for."""
    tags = [{"name": sent.name, "confidence": 0.9}, {"name": "outdoor", "confidence": 0.8}]
    corners = [{"x": 1, "y": 2}, {"x": 31, "y": 2}, {"x": 31, "y": 42}, {"x": 1, "y": 42}]
    words = [{"text": word, "boundingPolygon": corners, "confidence": 0.7} for word in ("see", sent.name)]
    line = {"text": f"see {sent.name}", "boundingPolygon": corners, "words": words}
    second = {"text": "twice", "boundingPolygon": corners, "words": []}
    crops = [
        {"aspectRatio": float(ratio), "boundingBox": _BOX}
        for ratio in sent.query.get("smartcrops-aspect-ratios", "1.5").split(",")
    ]
    every = {
        "tags": ("tagsResult", {"values": tags}),
        "caption": ("captionResult", {"text": f"a picture of {sent.name}", "confidence": 0.6}),
        "denseCaptions": (
            "denseCaptionsResult",
            {"values": [{"text": "a corner", "confidence": 0.5, "boundingBox": _BOX}]},
        ),
        "objects": ("objectsResult", {"values": [{"boundingBox": _BOX, "tags": tags[:1]}]}),
        "read": ("readResult", {"blocks": [{"lines": [line, second]}]}),
        "people": ("peopleResult", {"values": [{"boundingBox": _BOX, "confidence": 0.4}]}),
        "smartCrops": ("smartCropsResult", {"values": crops}),
    }
    found = dict(every[feature] for feature in sent.query["features"].split(","))
    return JSONResponse({"modelVersion": "2023-10-01", "metadata": _META, **found})


def _submitted(scene: PictureScene, sent: Sent) -> Response:
    number = str(len(scene.operations))
    scene.operations[number] = sent
    where = f"{scene.url}/vision/v3.2/read/analyzeResults/{number}"
    return Response(status_code=202, headers={"Operation-Location": where})


def _page(number: int, name: str) -> dict[str, Any]:
    corners = [1, 2, 31, 2, 31, 42, 1, 42]
    words = [{"boundingBox": corners, "text": word, "confidence": 0.7} for word in ("page", str(number))]
    lines = [
        {"boundingBox": corners, "text": f"page {number}", "words": words},
        {"boundingBox": corners, "text": name, "words": []},
    ]
    size = {"width": 60, "height": 50, "unit": "pixel", "angle": 0.5}
    return {"page": number, "language": "en", **size, "lines": lines}


def _v3(scene: PictureScene, sent: Sent) -> Response:
    """Computer Vision v3.2."""
    tags = [{"name": sent.name, "confidence": 0.9}, {"name": "outdoor", "confidence": 0.8, "hint": "place"}]
    captions = [{"text": f"a picture of {sent.name}", "confidence": 0.6}]
    parent = {"object": "furniture", "confidence": 0.8, "parent": {"object": "thing", "confidence": 0.9}}
    objects = [{"rectangle": _BOX, "object": sent.name, "confidence": 0.9, "parent": parent}]
    adult = {"isAdultContent": False, "isRacyContent": True, "isGoryContent": False}
    colours = {"dominantColorForeground": "Brown", "dominantColorBackground": "Black"}
    operation = sent.path.rpartition("/")[2]
    if operation == "generateThumbnail":
        size = (int(sent.query["width"]), int(sent.query["height"]))
        return Response(picture(3, "JPEG", size), media_type="image/jpeg")
    if operation == "areaOfInterest":
        return JSONResponse({"areaOfInterest": _BOX, "requestId": "7", "metadata": {**_META, "format": "Png"}})
    if operation == "ocr":
        words = [{"boundingBox": "1,2,30,40", "text": word} for word in ("see", sent.name)]
        regions = [{"boundingBox": "1,2,30,40", "lines": [{"boundingBox": "1,2,30,40", "words": words}]}]
        return JSONResponse({"language": "en", "textAngle": 0.0, "orientation": "Right", "regions": regions})
    every = {
        "Tags": {"tags": tags},
        "Description": {"description": {"tags": ["outdoor"], "captions": captions}},
        "Objects": {"objects": objects},
        "Categories": {"categories": [{"name": "outdoor_", "score": 0.5}]},
        "Color": {"color": {**colours, "dominantColors": ["Brown"], "accentColor": "873B59", "isBWImg": False}},
        "ImageType": {"imageType": {"clipArtType": 3, "lineDrawingType": 0}},
        "Adult": {"adult": {**adult, "adultScore": 0.1, "racyScore": 0.8, "goreScore": 0.01}},
        "Brands": {"brands": [{"name": "Contoso", "confidence": 0.7, "rectangle": _BOX}]},
    }
    wanted = {"tag": "Tags", "describe": "Description", "detect": "Objects"}.get(
        operation, sent.query.get("visualFeatures", "")
    )
    found: dict[str, Any] = {}
    for feature in wanted.split(","):
        found |= every[feature]
    return JSONResponse({"requestId": "7", "metadata": {**_META, "format": "Png"}, **found})


@contextmanager
def pictures_running() -> Iterator[PictureService]:
    """A service on a free port of the loopback interface, in a thread of its own."""
    service = PictureService()
    with served(service.app) as service.base:
        yield service
