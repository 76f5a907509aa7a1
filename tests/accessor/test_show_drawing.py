"""Where `show` draws what was found, by pixels."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageColor

import dfai
from dfai._show.labels import Rect, placed
from show_frames import FIRST, GREY, HIGH, SCALE, SHOWN_PX, WIDE, answered, blank, box, drawn, frame, near


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import matplotlib as mpl

    mpl.use("Agg")
    with dfai.using(progress="off"):
        yield


def test_a_box_is_where_it_was_found_however_the_picture_is_scaled() -> None:
    pixels = drawn(frame([blank()], things=[[box(40, 30, 80, 50)]]))
    left, top, right, bottom = (SCALE * side for side in (40, 30, 120, 80))
    edges = [(left, 55 * SCALE), (right, 55 * SCALE), (80 * SCALE, top), (80 * SCALE, bottom)]

    assert pixels.shape == (HIGH * SCALE, WIDE * SCALE, 3)
    assert all(near(pixels, x, y, FIRST) for x, y in edges)
    assert tuple(pixels[round(55 * SCALE), round(80 * SCALE)]) == GREY
    assert tuple(pixels[5, 5]) == GREY


def test_a_picture_that_was_held_sideways_is_turned_before_boxes_are_drawn() -> None:
    upright = Image.fromarray(blank((60, 120)))
    upright.paste((255, 255, 255), (10, 80, 30, 110))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    file = io.BytesIO()
    upright.transpose(Image.Transpose.ROTATE_90).save(file, "JPEG", quality=95, exif=exif)
    pixels = drawn(frame([file.getvalue()], things=[[box(10, 80, 20, 30)]]))
    scale = pixels.shape[1] / 60

    assert pixels.shape[0] == pytest.approx(2 * pixels.shape[1], abs=1)
    assert pixels[round(95 * scale), round(20 * scale)].min() > 240
    assert near(pixels, 10 * scale, 95 * scale, FIRST)
    assert near(pixels, 20 * scale, 110 * scale, FIRST)


def test_a_large_jpeg_that_is_decoded_smaller_keeps_its_boxes() -> None:
    file = io.BytesIO()
    large = Image.new("RGB", (4_000, 2_000), GREY)
    large.paste((255, 255, 255), (800, 600, 2_400, 1_600))
    large.save(file, "JPEG")
    pixels = drawn(frame([file.getvalue()], things=[[box(800, 600, 1_600, 1_000)]]))
    scale = pixels.shape[1] / 4_000

    assert near(pixels, 800 * scale, 1_100 * scale, FIRST)
    assert near(pixels, 1_600 * scale, 1_600 * scale, FIRST)
    assert tuple(pixels[round(1_100 * scale), round(1_600 * scale)]) == (255, 255, 255)


def test_polygons_and_landmarks_are_drawn_too() -> None:
    line = {"text": "now", "page": 1, "polygon": [20.0, 60.0, 100.0, 50.0, 104.0, 80.0, 24.0, 90.0]}
    second = {**line, "page": 2, "polygon": [150.0, 10.0, 190.0, 10.0, 190.0, 30.0, 150.0, 30.0]}
    made = answered([blank(), blank()], faces=[[], [box(40, 20, 60, 60)]])
    made["faces_landmarks"] = pd.Series([[], [[{"name": "nose", "x_px": 70.0, "y_px": 50.0}]]], dtype=object)
    made["text_lines"] = pd.Series([[line, second], None], dtype=object)
    shown: Any = made.ai.show("p", width_px=SHOWN_PX)
    colours = {name: ImageColor.getrgb(colour) for name, colour in shown.tiles[0].colours.items()}
    text, face = (np.asarray(tile.views[0].image) for tile in shown.tiles)

    assert near(text, 60 * SCALE, 55 * SCALE, colours["text_lines"])
    assert near(text, 64 * SCALE, 85 * SCALE, colours["text_lines"])
    assert not near(text, 170 * SCALE, 10 * SCALE, colours["text_lines"])  # another page's
    assert near(face, 70 * SCALE, 50 * SCALE, colours["faces"])
    assert colours["text_lines"] != colours["faces"]


rects = st.tuples(*[st.integers(-20, 220)] * 2, *[st.integers(1, 120)] * 2).map(
    lambda r: Rect(r[0], r[1], r[0] + r[2], r[1] + r[3])
)


@given(st.lists(st.tuples(rects, st.tuples(st.integers(1, 250), st.integers(1, 30))), max_size=30))
def test_labels_stay_inside_the_picture_and_off_each_other(wanted: list[Any]) -> None:
    places = placed(wanted, Rect(0, 0, 200, 100))
    there = [place for place in places if place is not None]

    assert len(places) == len(wanted)
    assert all(p.left >= 0 and p.top >= 0 and p.right <= 200 and p.bottom <= 100 for p in there)
    assert not any(one.overlap(two) for at, one in enumerate(there) for two in there[:at])


def test_many_boxes_leave_the_picture_to_be_seen_and_are_counted() -> None:
    dice = np.random.default_rng(3)
    many = [
        box(int(x), int(y), 90, 60, name=str(name), confidence=0.5)
        for x, y, name in zip(dice.integers(0, 500, 60), dice.integers(0, 300, 60), ["cat", "dog"] * 30, strict=True)
    ]
    shown: Any = frame([blank((600, 400))], things=[many]).ai.show("p", width_px=300)
    pixels = np.asarray(shown.tiles[0].views[0].image)

    assert (pixels == GREY).all(axis=2).mean() > 0.5
    assert shown.tiles[0].notes[0].text == "30 × cat, 30 × dog"
    assert len(shown.tiles[0].views[0].spots) == 60  # the page tells each of them
