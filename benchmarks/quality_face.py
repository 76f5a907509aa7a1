"""How well the embedded engine tells faces apart, and how fast.

    python -m benchmarks.quality_face [--samples FOLDER]... [--labelled FOLDER] [--poses FILE]
    python -m benchmarks.quality_face --speed

The portraits of the tests are always looked at; *samples* are further pictures whose names say who is in them
(``Family1-Dad1.jpg``, ``Family1-Dad2.jpg``): the same name before the last digits is the same person. A picture of
several faces holds different persons. *labelled* pictures have 68 points beside them (``NAME.pts``, the form of iBUG);
*poses* is another network that tells angles (``fr_pose.onnx``, for onnxruntime). Every figure in
``docs/models-face.md`` comes from here.
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
from dfai_engine.face.iris import pupils
from dfai_engine.face.mesh import mesh
from dfai_engine.face.points import landmarks
from dfai_engine.face.pose import head_pose
from dfai_engine.face.similarity import SAME_CONFIDENCE, SAME_DISTANCE, confidences, distances

ROOT = Path(__file__).resolve().parents[1]
PORTRAITS = {"face_a1": "Eileen Collins", "face_a2": "Eileen Collins", "face_b1": "Grace Hopper"}
# Where the 68 points of iBUG have what is among the 27; the middle, where they have two.
LABELLED = {
    "eyeLeftOuter": (36,),
    "eyeLeftTop": (37, 38),
    "eyeLeftInner": (39,),
    "eyeLeftBottom": (40, 41),
    "eyeRightInner": (42,),
    "eyeRightTop": (43, 44),
    "eyeRightOuter": (45,),
    "eyeRightBottom": (46, 47),
    "eyebrowLeftOuter": (17,),
    "eyebrowLeftInner": (21,),
    "eyebrowRightInner": (22,),
    "eyebrowRightOuter": (26,),
    "noseTip": (30,),
    "mouthLeft": (48,),
    "mouthRight": (54,),
    "upperLipTop": (51,),
    "upperLipBottom": (62,),
    "underLipTop": (66,),
    "underLipBottom": (57,),
}


@dataclass(frozen=True)
class Known:
    """A face whose person is known."""

    picture: str
    person: str
    image: Image.Image
    face: Found
    embedding: Any
    alone: bool


def pictures(samples: list[Path]) -> Iterator[tuple[str, str, Image.Image]]:
    """Name, person and pixels."""
    for name, person in PORTRAITS.items():
        yield name, person, Image.open(ROOT / "tests" / "media" / f"{name}.jpg").convert("RGB")
    for path in sorted(path for folder in samples for path in folder.iterdir()):
        if path.suffix in (".jpg", ".png", ".ppm"):
            yield path.stem, path.stem.rstrip("0123456789"), Image.open(path).convert("RGB")


def known(samples: list[Path]) -> list[Known]:
    """Every face that is found."""
    found = []
    for name, person, image in pictures(samples):
        pixels = np.asarray(image)
        faces = find(pixels)
        for place, face in enumerate(faces):
            alone = len(faces) == 1
            who = person if alone else f"{name}#{place}"
            found.append(Known(name, who, image, face, describe(pixels, face), alone))
    return found


def pairs(faces: list[Known]) -> None:
    """Distances of pairs, and who is taken for whom."""
    same, different, wrong = [], [], []
    for one, other in itertools.combinations(faces, 2):
        distance = float(distances(one.embedding, other.embedding[None])[0])
        alike = confidences(np.array([distance]))[0] >= SAME_CONFIDENCE
        words = f"{one.person} ({one.picture}) and {other.person} ({other.picture}): {distance:.2f}"
        (same if one.person == other.person else different).append((distance, words))
        if alike != (one.person == other.person):
            wrong.append(words)
    same.sort()
    different.sort()
    print(f"faces {len(faces)}, persons {len({face.person for face in faces})}; the line is at {SAME_DISTANCE}")
    print(f"same person: {len(same)} pairs, distance {same[0][0]:.2f} to {same[-1][0]:.2f}; the farthest")
    print(*(words for _, words in same[-3:]), sep="\n  ")
    print(f"different:   {len(different)} pairs, distance {different[0][0]:.2f} to {different[-1][0]:.2f}; the nearest")
    print(*(words for _, words in different[:4]), sep="\n  ")
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
    portraits = [face for face in faces if face.alone]
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
    portraits = [face for face in faces if face.alone]
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


def groups(faces: list[Known]) -> None:
    """How near different persons of a group picture are, as it is and after every change."""
    print(
        "\nthe nearest two faces of a group picture, after every change; and the nearest to another as the picture was"
    )
    for name in dict.fromkeys(face.picture for face in faces if not face.alone):
        known_faces = np.stack([face.embedding for face in faces if face.picture == name])
        image = next(face.image for face in faces if face.picture == name)
        near, crossed = [], []
        for change in (lambda image: image, *changes().values()):
            pixels = np.asarray(change(image))
            found = [describe(pixels, face) for face in find(pixels)]
            pairs_of = itertools.combinations(found, 2)
            near.append(min(float(distances(one, other[None])[0]) for one, other in pairs_of))
            # Of those in the picture as it was the nearest is the face itself.
            crossed += [float(np.sort(distances(one, known_faces))[1]) for one in found]
        print(f"  {name:12} {min(near):.2f} to {max(near):.2f} in {len(near)} versions; {min(crossed):.2f}")


def pose(faces: list[Known]) -> None:
    """Errors of angles where the truth is known: turning in the plane, and mirroring."""
    portraits = [face for face in faces if face.alone]
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


def mirrored_points(faces: list[Known]) -> None:
    """How far a mirrored picture's landmarks are from the mirrored landmarks, as a share of the pupils' distance."""
    missed = []
    for face in (face for face in faces if face.alone):
        told = _points(np.asarray(face.image), face.face.points)
        pixels = np.ascontiguousarray(np.asarray(face.image)[:, ::-1])
        again = find(pixels)
        if again:
            turned = _points(pixels, again[0].points)
            between = _apart(told["pupilLeft"], told["pupilRight"])
            for name, point in told.items():
                other = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
                back = {"x": face.image.width - 1 - turned[other]["x"], "y": turned[other]["y"]}
                missed.append(_apart(point, back) / between)
    print(
        f"\n27 landmarks, mirrored: off by {statistics.mean(missed):.1%} of the pupils' distance on average, "
        f"95 of 100 by less than {np.percentile(missed, 95):.1%} ({len(missed)} points)"
    )


def labelled(folder: Path) -> None:
    """How far landmarks are from where people put them, as a share of the distance of the eyes' outer corners.

    Where a face is, its labels say: whether it is found is another question.
    """
    missed: dict[str, list[float]] = {}
    print("\nlandmarks beside labels, mean error as a share of the eyes' distance")
    for path in sorted(folder.glob("*.pts")):
        picture = next(other for other in folder.glob(f"{path.stem}.*") if other.suffix != ".pts")
        where = np.array(path.read_text().split("{")[1].split("}")[0].split(), np.float64).reshape(-1, 2)
        if len(where) != 68:
            continue
        left, top, right, bottom = (round(edge) for edge in (*where.min(axis=0), *where.max(axis=0)))
        pixels = np.asarray(Image.open(picture).convert("RGB"))
        told = _points(pixels, mesh(pixels, (left, top, right, bottom)))
        eyes = float(np.linalg.norm(where[36] - where[45]))
        for name, places in LABELLED.items():
            x, y = where[list(places)].mean(axis=0)
            missed.setdefault(name, []).append(_apart(told[name], {"x": x, "y": y}) / eyes)
        print(f"  {path.stem:18} {statistics.mean(each[-1] for each in missed.values()):.1%}")
    if not missed:
        print("  there is none of 68 points")
        return
    every = [share for each in missed.values() for share in each]
    print(f"  {'all':18} {statistics.mean(every):.1%}, {len(every)} points")
    for name, each in sorted(missed.items(), key=lambda item: -statistics.mean(item[1])):
        print(f"    {name:18} {statistics.mean(each):.1%}")


def _points(pixels: Any, found: Any) -> dict[str, dict[str, float]]:
    return landmarks(found, pupils(pixels, found))


def _apart(one: dict[str, float], other: dict[str, float]) -> float:
    return float(np.hypot(one["x"] - other["x"], one["y"] - other["y"]))


def other_poses(faces: list[Known], network: Path) -> None:
    """Angles beside those of a network that was trained to tell them: three outputs of 66 steps of 3 degrees."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(network))
    theirs, ours = [], []
    for face in faces:
        left, top, right, bottom = face.face.box
        wide, high = right - left, bottom - top
        seen = face.image.crop(
            (round(left - wide / 4), round(top - 0.45 * high), round(right + wide / 4), round(bottom + 0.15 * high))
        ).resize((224, 224), Image.Resampling.BILINEAR)
        levels = (np.asarray(seen, np.float32) / 255 - (0.485, 0.456, 0.406)) / (0.229, 0.224, 0.225)
        answers = session.run(None, {"input": np.ascontiguousarray(levels.transpose(2, 0, 1)[None], np.float32)})
        yaw, pitch, roll = (_expected(answer[0]) for answer in answers)
        theirs.append(_upright(-yaw, pitch, roll))
        told = head_pose(face.face.points)
        ours.append((told["yaw"], told["pitch"], told["roll"]))
    print(f"\nhead pose beside another network's, {len(faces)} faces: correlation, mean difference, mean of its amount")
    for place, name in enumerate(("yaw", "pitch", "roll")):
        one, other = np.array(ours)[:, place], np.array(theirs)[:, place]
        off = one - other
        told = f"{np.corrcoef(one, other)[0, 1]:.2f}, {off.mean():.1f}, {np.abs(off).mean():.1f}"
        print(f"  {name:6} {told}; {one.min():.0f} to {one.max():.0f}")


def _upright(yaw: float, pitch: float, roll: float) -> tuple[float, float, float]:
    """Angles of which yaw and pitch say where in the picture a face looks, as those of the head held upright."""
    y, p, r = np.radians((yaw, pitch, roll))
    aside, up, ahead = np.sin(y), np.sin(p) * np.cos(y), np.cos(p) * np.cos(y)
    across, above = aside * np.cos(r) - up * np.sin(r), up * np.cos(r) + aside * np.sin(r)
    return (
        float(np.degrees(np.arctan2(across, ahead))),
        float(np.degrees(np.arctan2(above, np.hypot(across, ahead)))),
        roll,
    )


def _expected(steps: Any) -> float:
    share = np.exp(steps - steps.max())
    return float((share / share.sum() * np.arange(len(steps))).sum() * 3 - 99)


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
            naming = _median(lambda pixels=pixels, face=face: _points(pixels, face.points))
            print(f"  its landmarks              {naming:6.1f}")
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
    parser.add_argument("--samples", type=Path, action="append", default=[])
    parser.add_argument("--labelled", type=Path, default=None)
    parser.add_argument("--poses", type=Path, default=None)
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args()
    if asked.speed:
        speed()
        return
    faces = known(asked.samples)
    pairs(faces)
    robustness(faces)
    margins(faces)
    groups(faces)
    pose(faces)
    if asked.poses is not None:
        other_poses(faces, asked.poses)
    mirrored_points(faces)
    if asked.labelled is not None:
        labelled(asked.labelled)


if __name__ == "__main__":
    main()
