"""What the layers of the detector of objects span, and what is lost when they are kept in 8 bits.

    python -m benchmarks.calibrate_objects [--pictures FOLDER …] > engine/dfai_engine/vision/ranges.tsv

The ranges are measured on scikit-image's pictures, each in six variants; the loss, which goes to the error stream, on
the pictures of the folders (without any: on those of the tests), which the ranges have not seen.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from dfai_engine import weights
from dfai_engine.lite.frozen import Frozen
from dfai_engine.lite.running import Runner
from dfai_engine.vision import ssd
from dfai_engine.vision.detector import MODELS
from dfai_engine.vision.labels import objects

TESTS = Path(__file__).resolve().parents[1] / "tests" / "engine" / "vision" / "media"
NAMES = (
    "astronaut",
    "brick",
    "camera",
    "chelsea",
    "clock",
    "coffee",
    "coins",
    "colorwheel",
    "grass",
    "gravel",
    "hubble_deep_field",
    "immunohistochemistry",
    "logo",
    "page",
    "retina",
    "rocket",
    "text",
)
FAINT, LIKELY = 0.3, 0.5


def variants(pixels: Any) -> Iterator[Any]:
    """The picture, mirrored, its middle, its left, its lower part, and darker, each of the network's size."""
    rows, columns = pixels.shape[:2]
    for part in (
        pixels,
        pixels[:, ::-1],
        pixels[rows // 8 : -rows // 8, columns // 8 : -columns // 8],
        pixels[:, : columns * 2 // 3],
        pixels[rows // 4 :],
        pixels // 2,
    ):
        yield cv2.resize(np.ascontiguousarray(part), (ssd.SIDE_PX, ssd.SIDE_PX))


def of_library() -> Iterator[Any]:
    """scikit-image's pictures, in colour."""
    from skimage import data

    for name in NAMES:
        pixels = np.asarray(getattr(data, name)())
        yield pixels[..., :3] if pixels.ndim == 3 else np.stack([pixels] * 3, -1)


def of_folders(folders: list[Path]) -> Iterator[Any]:
    """Every JPEG of the folders."""
    for path in sorted(path for folder in folders for path in folder.glob("*.jpg")):
        yield np.asarray(Image.open(path).convert("RGB"))


def floats(picture: Any) -> Any:
    """A picture as the network in 32 bits takes it."""
    return (picture.astype(np.float32) * (2 / 255) - 1)[None]


def measured(path: Path, numbers: list[int]) -> dict[str, tuple[float, float]]:
    """What each layer spans, over all pictures."""
    writer = ssd._Writer(Frozen(path), numbers, None)
    runner = Runner(writer.written())
    found: dict[str, tuple[float, float]] = dict.fromkeys(writer.named, (0.0, 0.0))
    for pixels in of_library():
        for picture in variants(pixels):
            values = runner(floats(picture))[2 * ssd.PREDICTORS :]
            for name, value in zip(found, (each.values for each in values), strict=True):
                low, high = found[name]
                found[name] = min(low, float(value.min())), max(high, float(value.max()))
    return found


def surest(values: list[Any], count: int) -> Any:
    """The confidence of each class, where it is surest."""
    logits = np.concatenate([each.values.reshape(-1, count) for each in values[1 : 2 * ssd.PREDICTORS : 2]])
    return 1 / (1 + np.exp(-logits.max(axis=0)))


def main() -> None:
    """Prints the ranges, and then what they cost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=Path, action="append", default=[])
    folders = parser.parse_args().pictures or [TESTS]
    path = weights.folder(MODELS[0]) / "frozen_inference_graph.pb"
    numbers = list(objects())
    ranges = {name: (round(low, 2), round(high, 2)) for name, (low, high) in measured(path, numbers).items()}
    for name, (low, high) in ranges.items():
        print(name, low, high, sep="\t")
    whole, eight = Runner(ssd.network(path, numbers, None)), Runner(ssd.network(path, numbers, ranges))
    off, crossed = [], 0
    for pixels in of_folders(folders):
        for picture in variants(pixels):
            here = surest(whole(floats(picture)), len(numbers))
            there = surest(eight((picture.astype(np.int16) - 128).astype(np.int8)[None]), len(numbers))
            seen = (here >= FAINT) | (there >= FAINT)
            off += (there - here)[seen].tolist()
            crossed += int(((here >= LIKELY) != (there >= LIKELY)).sum())
    each = np.abs(off)
    print(
        f"{len(off)} classes with a confidence of {FAINT} or more: off by {each.mean():.3f} in the mean, "
        f"by {np.quantile(each, 0.95):.3f} at the 95th percentile, by {each.max():.3f} at most; "
        f"{crossed} on the other side of {LIKELY}.",
        file=sys.stderr,
    )


if __name__ == "__main__":
    main()
