"""References to contents: read, measured, looked at; and nothing that a file holds breaks more than its own row."""

from __future__ import annotations

import io
import os
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from dfai_core.loop import loop_thread
from dfai_core.media import IMAGE, SOUND, Content, Reader, Room, Unread, arrow_media, media_references
from dfai_core.media.files import local_path, scheme_of
from dfai_core.media.png import png_of

ROOM = Room(100_000, ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF"), "a test")


def read(value: Any, room: Room = ROOM) -> Content | str | Unread:
    """What *value* leads to, or why it leads nowhere."""
    (reference,) = media_references(arrow_media([value])).rows
    assert reference is not None
    reader = Reader(IMAGE, room, timeout_s=20.0, allow_private=False)
    try:
        return loop_thread().run(reader.read(reference, "worker"))
    except Unread as error:
        return error


def code(value: Any, room: Room = ROOM) -> str:
    found = read(value, room)
    assert isinstance(found, Unread)
    assert found.message
    return found.code


def photo(form: str = "JPEG", size: tuple[int, int] = (160, 120)) -> bytes:
    pixels = np.random.default_rng(3).integers(0, 255, (size[1], size[0], 3)).astype(np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


@settings(derandomize=True, max_examples=80, deadline=None)
@given(arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3, 4]))))
def test_a_png_holds_the_very_pixels(pixels: np.ndarray[Any, Any]) -> None:
    opened = np.asarray(Image.open(io.BytesIO(png_of(pixels))))

    assert np.array_equal(opened.reshape(pixels.shape), pixels)


def test_equal_pixels_and_equal_bytes_have_equal_hashes(tmp_path: Path) -> None:
    pixels = np.zeros((2, 3, 3), np.uint8)
    (tmp_path / "a.jpg").write_bytes(photo())

    assert read(pixels) == read(pixels.copy()) == read(Image.fromarray(pixels))
    assert read(pixels) != read(np.zeros((3, 2, 3), np.uint8))
    assert read(photo()) == read(tmp_path / "a.jpg")
    assert read(photo()) != read(photo("PNG"))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "ICO", "AVIF", "JPEG2000", "PDF"])
def test_formats_are_told_by_their_bytes(form: str) -> None:
    found = IMAGE.format_of(photo(form))

    assert found is not None
    assert found.name == {"JPEG2000": "JPEG 2000"}.get(form, form)
    if form not in ROOM.formats:
        assert code(photo(form)) == "unsupported"
    else:
        content = read(photo(form))
        assert isinstance(content, Content)
        assert content.type == found.type


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"RIFF\0\0\0\0WAVEfmt ", "WAV"),
        (b"OggS\0", "OGG"),
        (b"ID3\x04", "MP3"),
        (b"\xff\xfb\x90", "MP3"),
        (b"fLaC\0", "FLAC"),
    ],
)
def test_sounds_are_told_by_their_bytes(data: bytes, name: str) -> None:
    found = SOUND.format_of(data)

    assert found is not None
    assert found.name == name
    assert IMAGE.format_of(data) is None


def test_a_service_without_pngs_takes_no_pixels() -> None:
    assert code(np.zeros((2, 2, 3), np.uint8), Room(1_000, ("JPEG",), "a test")) == "unsupported"


def test_ways_that_lead_nowhere_are_told_apart(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # whose reader would wait for ever
    (tmp_path / "large.png").write_bytes(photo("PNG") * 3)
    (tmp_path / "empty").touch()
    (tmp_path / "good.png").write_bytes(photo("PNG", (20, 20)))

    assert code(str(tmp_path / "gone.png")) == "unreadable"
    assert code(str(tmp_path)) == "unreadable"
    assert code(str(tmp_path / "pipe")) == "unreadable"
    assert code(str(tmp_path / "large.png")) == "too_large"
    assert code(str(tmp_path / "empty")) == "empty"
    assert code("a\0b.png") == "unreadable"
    assert code("x" * 5_000) == "unreadable"
    assert code("file://elsewhere/a.png") == "unreadable"
    for url in ("ftp://example.com/a.png", "zip://a.png::https://example.com/a.zip", "simplecache::s3://a/b.png"):
        assert code(url) == "unreadable"
    assert isinstance(read(f"file://{tmp_path}/good.png"), Content)
    assert isinstance(read(f"file:{tmp_path}/good.png"), Content)  # as Spark writes it


def test_object_stores_are_read_through_fsspec() -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    store.pipe("/pictures/a.jpg", photo())
    store.pipe("/pictures/large.jpg", photo() * 20)

    assert read("memory://pictures/a.jpg") == read(photo())
    assert code("memory://pictures/large.jpg") == "too_large"
    assert code("memory://pictures/gone.jpg") == "unreadable"


def test_a_store_whose_package_is_not_here_is_named() -> None:
    found = read("oci://bucket/a.jpg")

    assert isinstance(found, Unread)
    assert "oci" in found.message


def test_arrays_that_would_be_too_large_are_refused_as_files_are() -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 300, 3)).astype(np.uint8)

    assert code(noise) == "too_large"


@pytest.mark.parametrize("form", ["JPEG", "PNG", "GIF", "TIFF", "WEBP"])
def test_no_broken_file_breaks_its_reader(form: str) -> None:
    whole, dice = photo(form), random.Random(1)
    broken = [whole[:size] for size in range(1, len(whole), 1_024)]
    for _ in range(40):
        flipped = bytearray(whole)
        for _ in range(dice.randrange(1, 9)):
            flipped[dice.randrange(min(64, len(flipped)))] ^= 1 << dice.randrange(8)
        broken.append(bytes(flipped))

    for data in broken:
        found = read(data)

        assert isinstance(found, Content) or found.code in ("unreadable", "unsupported")


def test_a_picture_whose_file_is_broken_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    path.write_bytes(photo()[:2_000])

    with Image.open(path) as opened:
        found = media_references(arrow_media([opened]))

    assert found.rows == [None]
    assert "cannot be read" in found.wrong[0]


def test_a_path_s_scheme_is_told_from_a_colon_in_its_name() -> None:
    assert [scheme_of(one) for one in ("s3a://b/k", "HTTP://h/", "c:/a.png", "photos/a:b.png", "a:b", "data:,x")] == [
        "s3a",
        "http",
        "",
        "",
        "",
        "",
    ]
    assert local_path("file:///a%20b.png") == Path("/a b.png")
