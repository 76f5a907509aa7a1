"""How well the embedded engine tells faces apart, and how fast.

    python -m benchmarks.quality_face [--samples FOLDER]
    python -m benchmarks.quality_face --speed

The portraits of the tests are always looked at; *samples* are further pictures whose names say who is in them
(``Family1-Dad1.jpg``, ``Family1-Dad2.jpg``): the same name before the last digits is the same person. Group pictures
(``faces.jpg``) hold different persons. Every figure in ``docs/models-face.md`` comes from here.
"""

from __future__ import annotations

import argparse
import io
import itertools
import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter

from dfai_engine.face.finding import Found, describe, find
from dfai_engine.face.pose import head_pose
from dfai_engine.face.similarity import SAME_CONFIDENCE, SAME_DISTANCE, confidences, distances

ROOT = Path(__file__).resolve().parents[1]
PORTRAITS = {"face_a1": "Eileen Collins", "face_a2": "Eileen Collins", "face_b1": "Grace Hopper"}
GROUPS = ("faces",)


@dataclass(frozen=True)
class Known:
    """A face whose person is known."""

    picture: str
    person: str
    image: Image.Image
    face: Found
    embedding: Any


def pictures(samples: Path | None) -> Iterator[tuple[str, str | None, Image.Image]]:
    """Name, person and pixels; the person is None where all faces are different persons'."""
    for name, person in PORTRAITS.items():
        yield name, person, Image.open(ROOT / "tests" / "media" / f"{name}.jpg").convert("RGB")
    for path in sorted(samples.glob("*.jpg")) if samples is not None else ():
        if path.stem.startswith("Family"):
            yield path.stem, path.stem.rstrip("0123456789"), Image.open(path).convert("RGB")
        elif path.stem in GROUPS:
            yield path.stem, None, Image.open(path).convert("RGB")


def known(samples: Path | None) -> list[Known]:
    """Every face that is found."""
    found = []
    for name, person, image in pictures(samples):
        pixels = np.asarray(image)
        for place, face in enumerate(find(pixels)):
            who = person or f"{name}#{place}"
            found.append(Known(name, who, image, face, describe(pixels, face)))
    return found


def pairs(faces: list[Known]) -> None:
    """Distances of pairs, and who is taken for whom."""
    same, different, wrong = [], [], []
    for one, other in itertools.combinations(faces, 2):
        distance = float(distances(one.embedding, other.embedding[None])[0])
        alike = confidences(np.array([distance]))[0] >= SAME_CONFIDENCE
        (same if one.person == other.person else different).append(distance)
        if alike != (one.person == other.person):
            wrong.append(f"{one.person} ({one.picture}) and {other.person} ({other.picture}): {distance:.2f}")
    print(f"faces {len(faces)}, persons {len({face.person for face in faces})}")
    print(f"same person: {len(same)} pairs, distance {min(same):.2f} to {max(same):.2f}")
    print(f"different:   {len(different)} pairs, distance {min(different):.2f} to {max(different):.2f}")
    print(f"judged wrongly at the default threshold: {len(wrong)}", *wrong, sep="\n  ")


def changes() -> dict[str, Callable[[Image.Image], Image.Image]]:
    """What is done to a picture."""
    dice = np.random.default_rng(7)

    def jpeg(image: Image.Image) -> Image.Image:
        file = io.BytesIO()
        image.save(file, "JPEG", quality=20)
        return Image.open(file).convert("RGB")

    def grain(image: Image.Image) -> Image.Image:
        pixels = np.asarray(image, dtype=np.float64)
        return Image.fromarray(np.clip(pixels + dice.normal(0, 15, pixels.shape), 0, 255).astype(np.uint8))

    return {
        "mirrored": lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        "half the size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
        "a third of the light": lambda image: image.point(lambda value: value / 3),
        "turned by 15 degrees": lambda image: image.rotate(-15, Image.Resampling.BICUBIC, fillcolor=(90, 90, 90)),
        "JPEG of quality 20": jpeg,
        "grain of 15": grain,
        "blurred, radius 2": lambda image: image.filter(ImageFilter.GaussianBlur(2)),
        "grey": lambda image: image.convert("L").convert("RGB"),
    }


def robustness(faces: list[Known]) -> None:
    """The largest face of each portrait, after a change: found again, and taken for the same person?"""
    portraits = [face for face in faces if face.picture not in GROUPS]
    print(f"\n{'change':24} found  same person  distance")
    for name, change in changes().items():
        found, alike, far = 0, 0, []
        for known_face in portraits:
            pixels = np.asarray(change(known_face.image))
            if again := find(pixels):
                found += 1
                far.append(float(distances(known_face.embedding, describe(pixels, again[0])[None])[0]))
                alike += confidences(np.array(far[-1:]))[0] >= SAME_CONFIDENCE
        span = f"{min(far):.2f} to {max(far):.2f}" if far else ""
        print(f"{name:24} {found}/{len(portraits)}    {alike}/{len(portraits)}          {span}")


def margins(faces: list[Known]) -> None:
    """Each portrait, changed, against every other picture as it is: how near the line the nearest pairs are."""
    portraits = [face for face in faces if face.picture not in GROUPS]
    same, different = [], []
    for change in changes().values():
        for face in portraits:
            pixels = np.asarray(change(face.image))
            again = find(pixels)
            if not again:
                continue
            changed = describe(pixels, again[0])
            for other in faces:
                if other.picture != face.picture:
                    distance = float(distances(changed, other.embedding[None])[0])
                    (same if other.person == face.person else different).append(distance)
    print(f"\nchanged portraits against other pictures; the line is at a distance of {SAME_DISTANCE}")
    for name, found, wrong in (
        ("same person", same, sum(distance > SAME_DISTANCE for distance in same)),
        ("different", different, sum(distance <= SAME_DISTANCE for distance in different)),
    ):
        print(f"  {name:12} {len(found):5} pairs, {min(found):.2f} to {max(found):.2f}; on the wrong side {wrong}")


def pose(faces: list[Known]) -> None:
    """Errors of angles where the truth is known: turning in the plane, and mirroring."""
    portraits = [face for face in faces if face.picture not in GROUPS]
    rolls, yaws, pitches = [], [], []
    for face in portraits:
        upright = head_pose(face.face.points)
        for degrees in (-15, -8, 8, 15):
            turned = face.image.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=(90, 90, 90))
            if again := find(np.asarray(turned)):
                told = head_pose(again[0].points)
                rolls.append(abs(told["roll"] - upright["roll"] - degrees))
                pitches.append(abs(told["pitch"] - upright["pitch"]))
        if again := find(np.asarray(face.image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))):
            yaws.append(abs(head_pose(again[0].points)["yaw"] + upright["yaw"]))
    print("\nhead pose, mean and worst error in degrees, where the truth is known by what was done to the picture")
    for name, errors in (("roll", rolls), ("yaw, mirrored", yaws), ("pitch, turned in the plane", pitches)):
        print(f"  {name:28} {statistics.mean(errors):.1f}, {max(errors):.1f}  ({len(errors)} pictures)")
    every = [head_pose(face.face.points)["pitch"] for face in portraits]
    print(f"  pitch of the portraits as they are: {min(every):.0f} to {max(every):.0f}")


def speed() -> None:
    """Milliseconds of processor time on one core, warm, medians of 15: others on the machine hardly change it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {next(iter(os.sched_getaffinity(0)))})
    image = Image.open(ROOT / "tests" / "media" / "face_b1.jpg").convert("RGB")
    print("\none core, milliseconds of processor time, median of 15")
    total = 0.0
    wide = Image.new("RGB", (1_920, 1_080), (120, 120, 120))
    wide.paste(image, (600, 200))
    for name, made in (("512 × 600", image), ("1,920 × 1,080", wide)):
        pixels = np.asarray(made)
        face = find(pixels)[0]
        looking = _median(lambda pixels=pixels: find(pixels))
        print(f"  find faces in {name:14} {looking:6.1f}")
        if not total:
            telling = _median(lambda pixels=pixels, face=face: describe(pixels, face))
            print(f"  describe a face            {telling:6.1f}")
            total = looking + telling
    print(f"  find and describe, 512 × 600 {total:4.1f}")


def _median(work: Callable[[], object]) -> float:
    work()
    times = []
    for _ in range(15):
        began = time.process_time()
        work()
        times.append(1_000 * (time.process_time() - began))
    return statistics.median(times)


def main() -> None:
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, default=None)
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args()
    if asked.speed:
        speed()
        return
    faces = known(asked.samples)
    pairs(faces)
    robustness(faces)
    margins(faces)
    pose(faces)


if __name__ == "__main__":
    main()
