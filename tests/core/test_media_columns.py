"""Values to references: whatever a column holds, each row is a reference, nothing, or told what it is instead."""

from __future__ import annotations

import math
from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from dfai_core.media import arrow_media, media_references, weight
from dfai_core.media.columns import Bytes, Pixels

PIXELS = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
VALUES: dict[str, Any] = {
    "path": "a/b.png",
    "blank": "  ",
    "surrogate": "a\udcff.png",
    "pathlike": PurePosixPath("c.png"),
    "bytes": b"GIF89a",
    "bytearray": bytearray(b"GIF89a"),
    "view": memoryview(b"GIF89a"),
    "no bytes": b"",
    "colours": PIXELS,
    "grey": PIXELS[:, :, 0],
    "alpha": np.zeros((2, 2, 4), np.uint8),
    "flat": np.frombuffer(b"GIF89a", np.uint8),
    "no pixels": np.zeros((0, 3), np.uint8),
    "picture": Image.fromarray(PIXELS),
    "palette": Image.fromarray(PIXELS).convert("P"),
    "none": None,
    "nan": math.nan,
    "struct": {"path": "a", "content": b"GIF89a"},
    "reference": {"bytes": None, "path": "a.png"},
    "nothing": {"path": None, "content": None},
    "floats": PIXELS / 255,
    "two channels": np.zeros((2, 2, 2), np.uint8),
    "number": 7,
    "list": ["a"],
    "other struct": {"a": 1},
}
WRONG = {"floats", "two channels", "number", "list", "other struct"}
EMPTY = {"blank", "no bytes", "no pixels"}
MISSING = {"none", "nan", "nothing"}


@settings(derandomize=True, max_examples=300)
@given(st.lists(st.sampled_from(sorted(VALUES)), max_size=12))
def test_every_row_is_one_thing(names: list[str]) -> None:
    found = media_references(arrow_media([VALUES[name] for name in names]))

    assert len(found.rows) == len(names)
    for row, name in enumerate(names):
        assert (row in found.wrong) == (name in WRONG), name
        assert (row in found.empty) == (name in EMPTY), name
        assert (found.rows[row] is None) == (name in WRONG | EMPTY | MISSING), name


@settings(derandomize=True, max_examples=100)
@given(st.lists(st.one_of(st.none(), st.binary(max_size=20)), max_size=8), st.booleans())
def test_bytes_come_back_as_they_were(values: list[bytes | None], mixed: bool) -> None:
    array = arrow_media([*values, "a path"] if mixed else values)

    for value, reference in zip(values, media_references(array).rows, strict=False):
        assert (reference is None) == (not value)
        if value:
            assert isinstance(reference, Bytes)
            assert reference.data() == value


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.binary(),
        pa.large_binary(),
        pa.binary_view(),
        pa.binary(6),
        pa.dictionary(pa.int8(), pa.binary()),
    ],
    ids=str,
)
def test_every_arrow_spelling_of_texts_and_bytes_is_read(kind: pa.DataType) -> None:
    inner = kind.value_type if pa.types.is_dictionary(kind) else kind
    is_text = "string" in str(inner)
    plain = pa.array(["GIF89a", None] if is_text else [b"GIF89a", None], pa.string() if is_text else pa.binary())
    array = plain.dictionary_encode() if pa.types.is_dictionary(kind) else plain.cast(kind)

    first, second = media_references(array).rows

    assert second is None
    assert first == "GIF89a" if is_text else isinstance(first, Bytes) and first.data() == b"GIF89a"


def test_pixels_come_back_as_they_were() -> None:
    alpha = np.random.default_rng(1).integers(0, 255, (3, 2, 4)).astype(np.uint8)

    colours, grey, with_alpha = media_references(arrow_media([PIXELS, PIXELS[:, :, 0], alpha])).rows

    assert isinstance(colours, Pixels)
    assert isinstance(grey, Pixels)
    assert isinstance(with_alpha, Pixels)
    assert np.array_equal(colours.array(), PIXELS)
    assert np.array_equal(grey.array()[:, :, 0], PIXELS[:, :, 0])
    assert np.array_equal(with_alpha.array(), alpha)


def test_a_picture_is_turned_as_its_exif_says() -> None:
    lying = Image.fromarray(PIXELS)
    exif = lying.getexif()
    exif[0x0112] = 6  # to be turned by 90 degrees
    lying.info["exif"] = exif.tobytes()

    (reference,) = media_references(arrow_media([lying])).rows

    assert isinstance(reference, Pixels)
    assert (reference.height, reference.width) == (4, 2)


def test_opencv_s_order_of_colours_is_turned_round() -> None:
    fields = [("height", pa.int32()), ("width", pa.int32()), ("nChannels", pa.int32()), ("mode", pa.int32())]
    kind = pa.struct([("origin", pa.string()), *fields, ("data", pa.binary())])
    row = {"height": 2, "width": 4, "nChannels": 3, "mode": 16, "data": PIXELS[:, :, ::-1].tobytes()}
    rows = [row, row | {"mode": 21}, row | {"height": 9}, None, row | {"data": None}]

    found = media_references(pa.array(rows, kind))

    (reference, *others) = found.rows
    assert isinstance(reference, Pixels)
    assert np.array_equal(reference.array(), PIXELS)
    assert others == [None] * 4
    assert set(found.wrong) == {1, 2}


def test_what_a_value_weighs_is_about_what_arrow_takes() -> None:
    for name in ("bytes", "colours", "picture", "flat", "struct"):
        array = arrow_media([VALUES[name]])

        assert array.nbytes / 3 - 64 <= weight(VALUES[name]) <= 2 * array.nbytes
