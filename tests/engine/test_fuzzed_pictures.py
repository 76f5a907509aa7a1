"""Broken, odd and trapped pictures at every endpoint that takes one: each gets an answer, and nothing dies of it."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from dfai_engine.app import App, create_app
from engine.vision.made import CAT, Image, encoded, needs_models
from engine.wire import ask

pytest.importorskip("dlib", reason="the extra face is not installed")

from PIL import ImageCms  # isort: skip

pytestmark = needs_models

FACES = Path(__file__).resolve().parents[1] / "media"
V3, FACE = "/vision/v3.2", "/face/v1.2"
EVERY = "Adult,Brands,Categories,Color,Description,Faces,ImageType,Objects,Tags"
ANALYSIS = "/computervision/imageanalysis:analyze?api-version=2024-02-01"
# Every endpoint that takes a picture as its body.
PATHS = {
    "4.0 analysis": f"{ANALYSIS}&features=tags,caption,denseCaptions,objects,people,smartCrops",
    "4.0 reading": f"{ANALYSIS}&features=read",
    "4.0 vector": "/computervision/retrieval:vectorizeImage?api-version=2024-02-01&model-version=latest",
    "analyze": f"{V3}/analyze?visualFeatures={EVERY}",
    "tag": f"{V3}/tag",
    "describe": f"{V3}/describe",
    "detect": f"{V3}/detect",
    "ocr": f"{V3}/ocr",
    "area": f"{V3}/areaOfInterest",
    "thumbnail": f"{V3}/generateThumbnail?width=40&height=30&smartCropping=true",
    "read": f"{V3}/read/analyze",
    "faces": f"{FACE}/detect?returnFaceId=true&returnFaceAttributes=headPose,blur,exposure,noise",
    "faces of old": "/face/v1.0/detect?returnFaceLandmarks=true",
    "face list": f"{FACE}/facelists/fuzzed/persistedfaces",
    "large face list": f"{FACE}/largefacelists/fuzzed/persistedfaces",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    photos = tmp_path_factory.mktemp("photos")
    (photos / "cat.jpg").write_bytes(small())
    made = create_app(workers=1, images=[photos], data=tmp_path_factory.mktemp("data"))
    for kind in ("facelists", "largefacelists"):
        assert ask(made, "PUT", f"{FACE}/{kind}/fuzzed", json={"name": "fuzzed"}).status_code == 200
    yield made
    made.close()


def small(name: str = "face_a2") -> bytes:
    """A portrait of a few kilobytes."""
    image = Image.open(FACES / f"{name}.jpg").convert("RGB")
    return encoded(image.resize((image.width // 2, image.height // 2)), "JPEG", quality=80)


def sent(app: App, path: str, data: bytes) -> httpx.Response:
    """The answer; of an operation, that of its end."""
    answer = ask(app, "POST", path, content=data, headers={"content-type": "application/octet-stream"})
    if answer.status_code == 202:
        where = answer.headers["operation-location"]
        future = app.jobs.get(where.rpartition("/")[2]).future
        assert future is not None
        future.result(timeout=120)
        answer = ask(app, "GET", where)
    return answer


def alike(app: App, _: str, data: bytes) -> httpx.Response:
    """What looks like the picture: it comes in a form."""
    return ask(app, "POST", "/bing/v7.0/images/details", files={"image": ("any.jpg", data)})


ENDPOINTS: dict[str, tuple[Callable[[App, str, bytes], httpx.Response], str]] = {
    **{name: (sent, path) for name, path in PATHS.items()},
    "search": (alike, ""),
}


def broken() -> Iterator[bytes]:
    """Cut off at every kilobyte, with bits flipped, and with bytes of another picture in it."""
    whole, dice = small(), random.Random(3)
    yield from (whole[:end] for end in range(0, len(whole), 1_024))
    for _ in range(3):
        spoilt = bytearray(whole)
        for place in dice.sample(range(len(whole)), 12):
            spoilt[place] ^= 1 << dice.randrange(8)
        yield bytes(spoilt)
    yield whole[: len(whole) // 2] + CAT[len(CAT) // 2 :]


def png(width: int, height: int, data: bytes) -> bytes:
    """A grey PNG that says that it is of this size, whatever its *data* hold."""

    def chunk(kind: bytes, held: bytes) -> bytes:
        return struct.pack(">I", len(held)) + kind + held + struct.pack(">I", zlib.crc32(kind + held))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def traps() -> Iterator[bytes]:
    """Few bytes that would be a great deal of memory."""
    zeros = zlib.compress(bytes(9_000_000), 9)
    yield png(15_000, 15_000, zeros)
    yield png(65_535, 65_535, zeros)
    yield png(2**31 - 1, 2**31 - 1, zeros)
    yield b"GIF89a" + struct.pack("<HH", 65_535, 65_535) + small()[:400]


def odd() -> Iterator[bytes]:
    """Sound pictures of kinds that are seldom seen."""
    picture = Image.open(io.BytesIO(small())).convert("RGB")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    turned = Image.Exif()
    turned[0x0112] = 6
    yield encoded(picture, "GIF", save_all=True, append_images=[picture.rotate(90)] * 3, duration=20, loop=0)
    yield encoded(picture.convert("CMYK"), "JPEG")
    yield encoded(picture.convert("L").convert("I;16"), "PNG")
    yield encoded(picture, "JPEG", exif=turned)
    yield encoded(picture, "JPEG", icc_profile=profile)
    yield encoded(picture, "PNG", icc_profile=profile[: len(profile) // 2])


@pytest.mark.parametrize("name", ENDPOINTS)
def test_no_picture_takes_the_engine_down(app: App, name: str) -> None:
    endpoint, path = ENDPOINTS[name]

    for data in (*broken(), *traps()):
        answer = endpoint(app, path, data)
        assert answer.status_code in (200, 400, 413), (answer.status_code, answer.text)
        assert answer.content
    for data in traps():
        assert endpoint(app, path, data).status_code != 200 or name == "read"
    assert endpoint(app, path, small("face_a1")).status_code == 200


@pytest.mark.parametrize("name", ENDPOINTS)
def test_every_kind_of_sound_picture_is_looked_at(app: App, name: str) -> None:
    endpoint, path = ENDPOINTS[name]

    found = [endpoint(app, path, data) for data in odd()]

    # Read knows no GIF, and a face is not found lying on its side.
    unknown = {"read": 1}.get(name, 0)
    lying = {"face list": 1, "large face list": 1}.get(name, 0)
    assert sum(answer.status_code != 200 for answer in found) <= unknown + lying, [a.text[:200] for a in found]
