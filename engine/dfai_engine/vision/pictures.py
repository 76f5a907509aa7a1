"""From bytes to pixels, in one place: RGB, upright, opaque, and never more of them than memory is meant for.

A picture keeps the size that its file has; the pixels that models look at may be fewer. What they find is in
shares of the picture, or is scaled back by :attr:`Picture.scale`.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dfai_engine.failures import ServiceFailure
from dfai_engine.vision.limits import MAX_PIXELS, Accepted
from dfai_engine.vision.refusals import not_an_image, refused

__all__ = ["WORKING_SIDE_PX", "Picture", "Pixels", "frame_count", "frames", "opened", "read", "upright"]

Pixels = NDArray[np.uint8]

# A page of A4 at 270 dots an inch; no model here sees finer detail.
WORKING_SIDE_PX = 3_200
# Pictures above this are decoded one at a time.
LARGE_PIXELS = 16_000_000
ORIENTATION = 0x0112
_TURNS = {
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_270,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_90,),
}
_large = threading.Lock()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One picture: its size as people see it, and its pixels (rows, columns, red-green-blue)."""

    width: int
    height: int
    format: str  # in the service's spelling: Jpeg, Png, …
    pixels: Pixels

    @property
    def scale(self) -> tuple[float, float]:
        """Picture units a pixel, across and down: 1.0 unless the picture was made smaller."""
        rows, columns = self.pixels.shape[:2]
        return self.width / columns, self.height / rows


def read(data: bytes, accepted: Accepted) -> Picture:
    """The picture in *data*; of several frames the first.

    Raises
    ------
    ServiceFailure
        ``InvalidImageFormat`` or ``InvalidImageSize``, before anything large is decoded.
    """
    for picture in frames(data, accepted, [0]):
        return picture
    raise not_an_image()


def frames(data: bytes, accepted: Accepted, wanted: list[int]) -> Iterator[Picture]:
    """The pictures in *data* at the positions *wanted*, from 0 on, one in memory at a time."""
    image = opened(data, accepted)
    for place in wanted:
        try:
            image.seek(place)
        except Exception as fault:
            raise not_an_image(f"Frame {place + 1} cannot be read.") from fault
        yield _decoded(image, accepted)


def frame_count(image: Image.Image) -> int:
    """How many frames a file has.

    Raises
    ------
    ServiceFailure
        ``InvalidImageFormat``: they cannot be counted.
    """
    try:
        return int(getattr(image, "n_frames", 1))
    except Exception as fault:
        raise not_an_image("Its pages cannot be counted.") from fault


def opened(data: bytes, accepted: Accepted) -> Image.Image:
    """The file's header, read and checked; no pixel is decoded yet."""
    try:
        image = Image.open(io.BytesIO(data), formats=accepted.formats)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_many_pixels() from None
    except Exception as fault:
        raise not_an_image(f"Accepted: {', '.join(accepted.formats)}.") from fault
    _check_size(image.size, accepted)
    return image


def _check_size(size: tuple[int, int], accepted: Accepted) -> None:
    if min(size) < accepted.least_side_px or max(size) > accepted.most_side_px:
        raise refused(
            "InvalidImageSize",
            f"The image dimension is not allowed to be smaller than {accepted.least_side_px} and larger than "
            f"{accepted.most_side_px}.",
        )
    if size[0] * size[1] > MAX_PIXELS:
        raise _too_many_pixels()


def _too_many_pixels() -> ServiceFailure:
    return refused("InvalidImageSize", f"Input image is too large: this server decodes {MAX_PIXELS:,} pixels at most.")


def _decoded(image: Image.Image, accepted: Accepted) -> Picture:
    # A later frame may be larger than the first.
    _check_size(image.size, accepted)
    if image.size[0] * image.size[1] > LARGE_PIXELS:
        with _large:
            return _pixels_of(image)
    return _pixels_of(image)


def _pixels_of(image: Image.Image) -> Picture:
    kind = "Mpo" if image.format == "MPO" else str(image.format).capitalize()
    try:
        turn = _TURNS.get(_orientation(image), ())
        width, height = image.size
        # JPEG can be decoded at a half, a quarter or an eighth: no more work than models need.
        image.draft("RGB", (WORKING_SIDE_PX, WORKING_SIDE_PX))
        made = _opaque(image)
        for each in turn:
            made = made.transpose(each)
            width, height = (height, width) if each in _SWAPS else (width, height)
        return Picture(width, height, kind, np.ascontiguousarray(np.asarray(made, dtype=np.uint8)))
    except MemoryError:
        raise _too_many_pixels() from None
    except Exception as fault:
        raise not_an_image("It cannot be decoded.") from fault


_SWAPS = frozenset(
    (Image.Transpose.TRANSPOSE, Image.Transpose.TRANSVERSE, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_270)
)


def _orientation(image: Image.Image) -> int:
    """What the camera wrote about how it was held; 1 (as it is) where that cannot be read."""
    try:
        written: Any = image.getexif().get(ORIENTATION, 1)
    except Exception:  # noqa: BLE001 - a picture with broken notes about it is still a picture
        return 1
    return written if isinstance(written, int) else 1


def _opaque(image: Image.Image) -> Image.Image:
    """As RGB at the working size, on white where it is transparent."""
    if image.mode.startswith("I") or image.mode == "F":
        return _smaller(_from_deep(image))
    transparent = "A" in image.getbands() or "transparency" in image.info
    # Smaller first, so that further copies are small; but neither palettes nor single bits can be averaged.
    averaged = image.mode in ("L", "LA", "RGB", "RGBA", "CMYK", "YCbCr") and "transparency" not in image.info
    made = _smaller(image if averaged else image.convert("RGBA" if transparent else "RGB"))
    if not transparent:
        return made.convert("RGB")
    layered = made.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layered.size, "white"), layered).convert("RGB")


def _smaller(image: Image.Image) -> Image.Image:
    """At the working size, if it is larger."""
    scale = WORKING_SIDE_PX / max(image.size)
    if scale >= 1:
        return image
    size = max(1, round(image.size[0] * scale)), max(1, round(image.size[1] * scale))
    return image.resize(size, Image.Resampling.BOX)


def _from_deep(image: Image.Image) -> Image.Image:
    """Grey levels of 16 bits or more as 8: by their type's range, or their own where the type has none."""
    levels = np.asarray(image).astype(np.float64)
    levels[~np.isfinite(levels)] = 0
    top = 65_535.0 if levels.min() >= 0 and 255 < levels.max() <= 65_535 else max(255.0, float(levels.max()))
    return Image.fromarray((levels.clip(0, top) * (255 / top)).astype(np.uint8)).convert("RGB")


def upright(pixels: Pixels, quarter_turns: int) -> Pixels:
    """The pixels turned counterclockwise by so many quarters."""
    return np.ascontiguousarray(np.rot90(pixels, quarter_turns)) if quarter_turns % 4 else pixels
