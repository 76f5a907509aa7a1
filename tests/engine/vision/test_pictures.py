"""From bytes to pixels: turned, opaque, bounded; and no bytes bring it down."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from typing import Any

import numpy as np
import pytest

from dfai_engine.failures import ServiceFailure
from dfai_engine.vision.limits import LIMITS, MAX_PIXELS
from engine.vision.made import CAT, Image, drawn, encoded, noise

pictures = pytest.importorskip("dfai_engine.vision.pictures")

# Pillow warns of what is odd in a file; that is no fault of this engine's.
pytestmark = pytest.mark.filterwarnings("ignore:::PIL")

ALL = LIMITS["azure"].analysis
OLDER = LIMITS["azure"].older
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def corners(picture: Any) -> list[tuple[int, ...]]:
    """The colours in the corners: top left, top right, bottom left, bottom right, each pure again after JPEG."""
    pixels = np.where(picture.pixels > 127, 255, 0)
    rows, columns = pixels.shape[:2]
    places = [(5, 5), (5, columns - 6), (rows - 6, 5), (rows - 6, columns - 6)]
    return [tuple(pixels[place].tolist()) for place in places]


def refusal(data: bytes, accepted: Any = ALL) -> str:
    with pytest.raises(ServiceFailure) as caught:
        pictures.read(data, accepted)
    return str(caught.value.inner_code)


@pytest.mark.parametrize(
    ("orientation", "wanted"),
    [
        (1, [RED, GREEN, BLUE, WHITE]),
        (2, [GREEN, RED, WHITE, BLUE]),
        (3, [WHITE, BLUE, GREEN, RED]),
        (4, [BLUE, WHITE, RED, GREEN]),
        (5, [RED, BLUE, GREEN, WHITE]),
        (6, [BLUE, RED, WHITE, GREEN]),
        (7, [WHITE, GREEN, BLUE, RED]),
        (8, [GREEN, WHITE, RED, BLUE]),
        (99, [RED, GREEN, BLUE, WHITE]),
    ],
)
def test_a_picture_stands_as_its_camera_was_held(orientation: int, wanted: list[tuple[int, ...]]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    found = pictures.read(encoded(drawn(), "JPEG", quality=95, subsampling=0, exif=exif), ALL)

    assert corners(found) == wanted
    assert (found.width, found.height) == ((60, 80) if orientation in (5, 6, 7, 8) else (80, 60))
    assert found.pixels.shape == (found.height, found.width, 3)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO"])
def test_every_format_gives_the_same_picture(kind: str) -> None:
    options: dict[str, Any] = {"lossless": True} if kind == "WEBP" else {"sizes": [(60, 60)]} if kind == "ICO" else {}
    if kind == "MPO":
        options = {"save_all": True, "append_images": [drawn(60, 60)], "quality": 95}
    found = pictures.read(encoded(drawn(60, 60), kind, **options), ALL)

    assert corners(found) == [RED, GREEN, BLUE, WHITE]
    assert found.format.upper() == kind


@pytest.mark.parametrize("kind", ["WEBP", "ICO", "TIFF"])
def test_the_older_service_takes_four_formats(kind: str) -> None:
    assert refusal(encoded(drawn(60, 60), kind), OLDER) == "InvalidImageFormat"


def test_what_is_transparent_is_white() -> None:
    clear = Image.new("RGBA", (60, 60), (0, 0, 0, 0))
    indexed = clear.convert("P")
    indexed.info["transparency"] = 0

    assert (pictures.read(encoded(clear), ALL).pixels == 255).all()
    assert pictures.read(encoded(indexed, transparency=0), ALL).pixels.min() == 255


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "YCbCr"])
def test_every_way_to_write_colours_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    found = pictures.read(encoded(Image.new("L", (60, 60), 255).convert("RGB").convert(mode), kind), ALL)

    assert found.pixels.shape == (60, 60, 3)
    assert found.pixels.min() > 250


def test_sixteen_bits_of_grey_keep_their_shades() -> None:
    levels = np.linspace(0, 65_535, 60 * 60).reshape(60, 60).astype(np.uint16)
    found = pictures.read(encoded(Image.fromarray(levels)), ALL)

    assert np.allclose(found.pixels[:, :, 0], levels / 257, atol=1)


def test_sides_are_from_fifty_to_sixteen_thousand() -> None:
    assert refusal(encoded(drawn(49, 60))) == "InvalidImageSize"
    assert refusal(encoded(drawn(60, 49))) == "InvalidImageSize"
    assert refusal(encoded(Image.new("1", (16_001, 60)))) == "InvalidImageSize"
    assert pictures.read(encoded(drawn(50, 50)), ALL).width == 50


def bomb(width: int, height: int) -> bytes:
    """A small PNG that claims to be enormous."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(1 << 20), 9) * 4
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize("side", [9_000, 12_000, 15_999])
def test_a_bomb_is_refused_before_it_is_decoded(side: int) -> None:
    data = bomb(side, side)
    tracemalloc.start()
    code = refusal(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert side * side > MAX_PIXELS
    assert code == "InvalidImageSize"
    assert peak < 2_000_000


def test_a_large_photo_is_decoded_smaller_and_keeps_its_size() -> None:
    found = pictures.read(encoded(drawn(7_000, 3_000), "JPEG"), ALL)

    assert (found.width, found.height) == (7_000, 3_000)
    assert max(found.pixels.shape) <= pictures.WORKING_SIDE_PX
    assert found.scale == pytest.approx((7_000 / found.pixels.shape[1], 3_000 / found.pixels.shape[0]))


@pytest.mark.parametrize(
    "data", [b"", b"\x00", b"not a picture", b"GIF89a", b"\xff\xd8\xff\xe0", b"%PDF-1.4", b"II*\x00"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    assert refusal(data) == "InvalidImageFormat"


def outcome(data: bytes) -> str:
    """ "read", or the code of the refusal; anything else that is raised fails the test."""
    try:
        found = pictures.read(data, ALL)
    except ServiceFailure as failure:
        return failure.inner_code
    return "read" if found.pixels.dtype == np.uint8 and found.pixels.ndim == 3 else "broken"


def files() -> dict[str, bytes]:
    picture = noise(7, 64)
    return {kind: encoded(picture, kind) for kind in ("JPEG", "PNG", "GIF", "BMP", "WEBP", "ICO", "TIFF", "MPO")}


def test_truncated_files_are_refused_never_worse() -> None:
    cases = [CAT[:end] for end in range(0, len(CAT), 1_024)]
    cases += [data[:end] for data in files().values() for end in range(0, len(data), max(1, len(data) // 24))]
    found = {outcome(case) for case in cases}

    assert found <= {"read", "InvalidImageFormat", "InvalidImageSize"}
    assert outcome(CAT[: len(CAT) // 2]) == "InvalidImageFormat"


def test_flipped_bits_are_refused_or_read_never_worse() -> None:
    dice = np.random.default_rng(11)
    found = set()
    for data in (*files().values(), CAT):
        for _ in range(40):
            spoilt = bytearray(data)
            for place in dice.integers(0, min(len(data), 4_096), 6):
                spoilt[place] ^= 1 << int(dice.integers(8))
            found.add(outcome(bytes(spoilt)))

    assert found <= {"read", "InvalidImageFormat", "InvalidImageSize"}


def test_a_broken_exif_block_does_not_cost_the_picture() -> None:
    good = encoded(drawn(), "JPEG", exif=b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\xff\xff" + b"\xff" * 40)

    assert outcome(good) == "read"
    assert Image.open(io.BytesIO(good)).size == (80, 60)
