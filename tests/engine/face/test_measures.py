"""Pose, sharpness, light and grain: they move as what they measure does."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from dfai_engine.face import measures
from dfai_engine.face.finding import Found, find
from dfai_engine.face.pose import CHIN, FOREHEAD, LEFT, RIGHT, head_pose
from engine.face.portraits import image, pixels, turned


def largest(data: bytes) -> Found:
    return find(pixels(data))[0]


def portrait() -> Image.Image:
    return Image.open(io.BytesIO(image("face_b1"))).convert("RGB")


def luma(made: Image.Image, side_px: int | None = measures.SIDE_PX) -> measures.Luma:
    box = largest(image("face_b1")).box
    return measures.luma_of(np.asarray(made), box, side_px=side_px)


@pytest.mark.parametrize("name", ["face_a1", "face_b1"])
def test_a_picture_turned_by_twelve_degrees_rolls_by_as_much(name: str) -> None:
    upright, rolled = (head_pose(largest(turned(image(name), degrees)).points)["roll"] for degrees in (0, 12))

    assert rolled - upright == pytest.approx(12, abs=4)


@pytest.mark.parametrize("name", ["face_a1", "face_b1"])
def test_a_mirrored_face_looks_the_other_way(name: str) -> None:
    one, other = (head_pose(largest(turned(image(name), mirrored=flag)).points) for flag in (False, True))

    assert one["yaw"] == pytest.approx(-other["yaw"], abs=8)
    assert one["roll"] == pytest.approx(-other["roll"], abs=4)


@pytest.mark.parametrize(
    ("pitch", "yaw", "roll"), [(0, 0, 0), (12, 0, 0), (0, 25, 0), (0, -70, 0), (0, 0, 170), (-10, -20, 15), (5, 30, -8)]
)
def test_the_pose_of_a_head_that_was_turned_is_found_again(pitch: float, yaw: float, roll: float) -> None:
    found = head_pose(turned_head(pitch, yaw, roll))

    assert found == pytest.approx({"pitch": pitch, "yaw": yaw, "roll": roll}, abs=0.1)


def turned_head(pitch: float, yaw: float, roll: float) -> Any:
    """A mesh, the same left and right, that looks into the camera; then turned: by pitch, by yaw, by roll."""
    dice = np.random.default_rng(3)
    mesh = np.zeros((468, 3))
    mesh[list(FOREHEAD)] = (0, -80, 5)
    mesh[list(CHIN)] = (0, 80, 5)
    places = np.abs(dice.normal(0, 40, (len(LEFT), 3)))
    mesh[list(RIGHT)] = places
    mesh[list(LEFT)] = places * (-1, 1, 1)
    (ps, pc), (ys, yc), (rs, rc) = ((np.sin(angle), np.cos(angle)) for angle in np.radians((pitch, yaw, roll)))
    # What is near (of small depth) goes up as the head looks up, and to the right as it looks there.
    up = np.array([[1, 0, 0], [0, pc, ps], [0, -ps, pc]])
    right = np.array([[yc, 0, -ys], [0, 1, 0], [ys, 0, yc]])
    clockwise = np.array([[rc, -rs, 0], [rs, rc, 0], [0, 0, 1]])
    return 1.7 * mesh @ (clockwise @ right @ up).T + (300, 200, 10)


def test_points_in_one_place_have_no_pose() -> None:
    assert set(head_pose(np.ones((468, 3))).values()) == {0.0}


def test_blur_grows_as_the_picture_is_blurred() -> None:
    found = [measures.blur(luma(portrait().filter(ImageFilter.GaussianBlur(radius)))) for radius in (0, 2, 4, 8)]

    assert found == sorted(found)
    assert found[0] < 0.25
    assert found[-1] > 0.75


def test_exposure_falls_in_the_dark_and_rises_in_the_light() -> None:
    dark, good, bright = (
        measures.exposure(luma(portrait().point(lambda value, by=by: min(255, value * by)))) for by in (0.12, 1, 3)
    )

    assert dark < 0.25 < good < 0.75 < bright


def test_noise_grows_with_grain() -> None:
    dice = np.random.default_rng(0)
    clean = np.asarray(portrait(), dtype=np.float64)
    found = [
        measures.noise(
            luma(Image.fromarray(np.clip(clean + dice.normal(0, grain, clean.shape), 0, 255).astype(np.uint8)), None)
        )
        for grain in (0, 10, 30, 60)
    ]

    assert found == sorted(found)
    assert found[0] < 0.3
    assert found[-1] > 0.7
