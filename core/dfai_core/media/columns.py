"""A column's values as references: paths, URLs, bytes that stand in the row, pixels, samples."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dfai_core.media.samples import Samples, holds_samples, numbers_of, rate_of, samples_by_row
from dfai_core.text_columns import MISSING, arrow_texts

__all__ = ["Bytes", "Pixels", "Reference", "References", "arrow_media", "media_references", "weight"]

# The Arrow form of a column of Python objects that are not all texts, nor all bytes. Spark's own image structs have the
# same fields but for the order of colours.
_MIXED = "__dfai_media"
_FIELDS = (
    pa.field(_MIXED, pa.string()),  # what the value is, where it is no reference to a picture
    pa.field("text", pa.string()),
    pa.field("content", pa.large_binary()),
    pa.field("height", pa.int64()),
    pa.field("width", pa.int64()),
    pa.field("channels", pa.int64()),
    pa.field("samples", pa.string()),  # their dtype, where the content is samples
    pa.field("rate_hz", pa.int64()),
    pa.field("picture_hint", pa.string()),  # how it would be one
    pa.field("sound_hint", pa.string()),
)
# OpenCV's numbers of types with eight bits unsigned, by channels. Source: opencv2/core/hal/interface.h.
_EIGHT_BITS = {0: 1, 16: 3, 24: 4}
_SPARKS_IMAGE = frozenset({"height", "width", "nChannels", "mode", "data"})
_CONTENT_NAMES = ("content", "bytes", "data")


@dataclass(frozen=True, slots=True, eq=False)
class Bytes:
    """Bytes that stand in the row itself, in Arrow's memory until they are wanted."""

    column: pa.Array
    row: int

    def data(self) -> bytes:
        """A copy of them."""
        value: bytes = self.column[self.row].as_py()
        return value


@dataclass(frozen=True, slots=True, eq=False)
class Pixels:
    """A picture as pixels of eight bits, row by row. *reversed*: blue comes first, as OpenCV has it."""

    height: int
    width: int
    channels: int
    reversed: bool
    column: pa.Array
    row: int

    def array(self) -> np.ndarray[Any, Any]:
        """Height × width × channels, red first."""
        flat = np.frombuffer(self.column[self.row].as_buffer(), np.uint8)
        pixels = flat.reshape(self.height, self.width, self.channels)
        if not self.reversed or self.channels == 1:
            return pixels
        order = [2, 1, 0, 3][: self.channels]
        return np.ascontiguousarray(pixels[:, :, order])


Reference = str | Bytes | Pixels | Samples
"""What leads to a content; a text is a path or a URL."""


class References(NamedTuple):
    """A column's references by row, None where there is nothing; and what is none, by row."""

    rows: list[Reference | None]
    wrong: dict[int, str]  # what the value is, with its article
    empty: set[int]  # rows whose content has no bytes


# ---- Python's values to Arrow ---------------------------------------------------------------------------------------


class _Value(NamedTuple):
    wrong: str | None = None
    text: str | None = None
    content: bytes | None = None
    height: int | None = None
    width: int | None = None
    channels: int | None = None
    samples: str | None = None
    rate_hz: int | None = None
    picture_hint: str | None = None
    sound_hint: str | None = None


_NOTHING = _Value()


def arrow_media(values: Sequence[Any]) -> pa.Array:
    """Python objects as an Arrow array that `media_references` reads: texts, bytes, or a struct of either and pixels.

    Paths (``os.PathLike``) become texts. Of a PIL image and of an array of numbers the pixels are taken, the former
    turned as its EXIF orientation says, since a PNG carries none. Numbers that are no pixels may be samples: which of
    the two is wanted is known later. What is no reference is marked, not refused.

    >>> arrow_media(["a.jpg", None]).type, arrow_media([b"GIF89a", None]).type
    (DataType(string), DataType(large_binary))
    """
    kinds = set(map(type, values)) - {type(None)}
    if kinds <= {str}:
        return arrow_texts(values)
    if kinds == {bytes}:
        return pa.array(values, pa.large_binary())
    parts = [_value(value) for value in values]
    columns = zip(*parts, strict=True)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, _FIELDS, strict=True)]
    missing = pa.array([part is _NOTHING for part in parts], pa.bool_())
    return pa.StructArray.from_arrays(arrays, fields=list(_FIELDS), mask=missing)


def weight(value: Any) -> int:
    """About how many bytes *value* takes as Arrow, told without touching its content.

    >>> weight(b"abc"), weight("a/path.jpg"), weight(np.zeros((4, 4, 3), np.uint8))
    (3, 10, 48)
    """
    if isinstance(value, (str, bytes, bytearray)):
        return len(value)
    if isinstance(value, (memoryview, np.ndarray)):
        return int(value.nbytes)
    if _is_picture(value):
        width, height = value.size
        return int(width * height * 4)
    if isinstance(value, Mapping):
        return sum(map(weight, value.values()))
    if isinstance(value, (list, tuple)):
        return len(value) * (8 * len(value[0]) if value and isinstance(value[0], (list, tuple)) else 8)
    return 0


def _value(value: Any) -> _Value:
    """One value as the fields of a mixed column."""
    if value is None or type(value).__name__ in MISSING or (isinstance(value, float) and value != value):
        return _NOTHING
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _Value(content=bytes(value))
    if isinstance(value, str):
        return _Value(text=value.encode("utf-8", "replace").decode())
    if isinstance(value, os.PathLike):
        return _Value(text=os.fsdecode(value).encode("utf-8", "replace").decode())
    if isinstance(value, np.ndarray):
        return _array(value)
    if _is_picture(value):
        return _picture(value)
    if isinstance(value, (list, tuple)) and not hasattr(value, "asDict"):
        return _samples(value, f"a value of type {type(value).__name__}")
    fields = value.asDict() if hasattr(value, "asDict") else value  # a row of Spark's
    return _struct(fields) if isinstance(fields, Mapping) else _Value(f"a value of type {type(value).__name__}")


def _is_picture(value: Any) -> bool:
    return type(value).__module__.startswith("PIL.") and hasattr(value, "getbands")


def _picture(picture: Any) -> _Value:
    """A PIL image's pixels."""
    from PIL import ImageOps

    try:
        upright = ImageOps.exif_transpose(picture)
        has_alpha = "transparency" in picture.info or picture.mode in ("LA", "La", "PA", "RGBa", "RGBA")
        grey = picture.mode in ("1", "L") and not has_alpha
        return _array(np.asarray(upright.convert("L" if grey else "RGBA" if has_alpha else "RGB")))
    except (OSError, SyntaxError, ValueError) as error:  # opened, but its data cannot be read
        return _Value(f"a PIL image that cannot be read ({type(error).__name__})")


def _array(array: np.ndarray[Any, Any]) -> _Value:
    if array.dtype == np.uint8 and array.ndim == 1:  # a file's bytes
        return _Value(content=array.tobytes())
    pixels = array[:, :, None] if array.ndim == 2 else array
    if array.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] not in (1, 3, 4):
        shape = " × ".join(map(str, array.shape))
        scaled = " (to scale it: (255 * x).astype('uint8'))" if array.dtype.kind in "fb" else None
        return _samples(array, f"an array of {array.dtype} with the shape {shape or '()'}")._replace(
            picture_hint=scaled
        )
    height, width, channels = pixels.shape
    return _Value(content=pixels.tobytes(), height=height, width=width, channels=channels)


def _samples(value: Any, what: str, rate_hz: int | None = None) -> _Value:
    """Numbers that are no pixels: *what* they are where a picture is wanted."""
    array, hint = numbers_of(value)
    if array is None:
        return _Value(what, sound_hint=hint or None)
    frames, channels = array.shape
    return _Value(
        what, content=array.tobytes(), height=frames, channels=channels, samples=array.dtype.name, rate_hz=rate_hz
    )


def _struct(fields: Mapping[Any, Any]) -> _Value:
    """A struct as a Python dictionary: an image of Spark's, or a path and a content."""
    if fields.keys() >= _SPARKS_IMAGE:
        channels = _EIGHT_BITS.get(fields["mode"])
        if channels is None or not isinstance(fields["data"], (bytes, bytearray)):
            return _Value(f"an image struct of mode {fields['mode']}, not of eight bits")
        flat = np.frombuffer(fields["data"], np.uint8)
        if len(flat) != fields["height"] * fields["width"] * channels:
            return _Value("an image struct whose data does not have the size that it says")
        pixels = flat.reshape(fields["height"], fields["width"], channels)
        return _array(pixels if channels == 1 else pixels[:, :, [2, 1, 0, 3][:channels]])
    if isinstance(fields.get("array"), (list, tuple, np.ndarray)):  # as Hugging Face's datasets have sounds
        return _samples(fields["array"], "a struct of other fields", rate_of(fields))
    held = next((fields[name] for name in _CONTENT_NAMES if fields.get(name) is not None), fields.get("path"))
    if held is None and (fields.keys() & {"path", *_CONTENT_NAMES}):
        return _NOTHING
    return _value(held) if isinstance(held, (str, bytes, bytearray)) else _Value("a struct of other fields")


# ---- Arrow to references --------------------------------------------------------------------------------------------


def media_references(column: pa.Array, *, samples: bool = False) -> References:
    """The references in any Arrow spelling of them. *samples*: numbers that are no pixels are references too."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if isinstance(column, pa.ExtensionArray):
        column = column.storage
    kind = column.type
    if pa.types.is_null(kind):
        return References([None] * len(column), {}, set())
    if _is_text(kind):
        return _texts(column)
    if _is_binary(kind):
        return _bytes(column)
    if samples and holds_samples(kind):
        found, empty = samples_by_row(column)
        return References(list(found), {}, empty)
    if pa.types.is_struct(kind):
        names = {field.name for field in kind}
        if _MIXED in names:
            return _mixed(column, samples)
        if names >= _SPARKS_IMAGE:
            return _sparks(column)
        chosen = _path_and_content(column, names)
        if chosen is not None:
            return chosen
    there = column.is_valid().to_pylist()
    what = "a struct of other fields" if pa.types.is_struct(kind) else f"a value of type {kind}"
    return References([None] * len(column), {row: what for row, held in enumerate(there) if held}, set())


def _is_text(kind: pa.DataType) -> bool:
    return any(test(kind) for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view))


def _is_binary(kind: pa.DataType) -> bool:
    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def _texts(column: pa.Array) -> References:
    values = column.to_pylist()
    empty = {row for row, value in enumerate(values) if value is not None and not value.strip()}
    return References([None if row in empty else value for row, value in enumerate(values)], {}, empty)


def _bytes(column: pa.Array) -> References:
    if pa.types.is_binary_view(column.type):
        column = column.cast(pa.large_binary())
    sizes = pc.binary_length(column).to_pylist()
    rows: list[Reference | None] = [Bytes(column, row) if size else None for row, size in enumerate(sizes)]
    return References(rows, {}, {row for row, size in enumerate(sizes) if size == 0})


def _field(column: pa.Array, name: str) -> pa.Array:
    """A struct's field, null where the struct is."""
    return pc.struct_field(column, [column.type.get_field_index(name)])


def _mixed(column: pa.Array, samples: bool) -> References:
    found = _chosen(column, "text", "content")
    contents = _field(column, "content")
    read = (_MIXED, "height", "width", "channels", "samples", "rate_hz", "sound_hint" if samples else "picture_hint")
    values = zip(*(_field(column, name).to_pylist() for name in read), strict=True)
    for row, (kind, height, width, channels, dtype, rate_hz, hint) in enumerate(values):
        if samples and dtype is not None:
            if row not in found.empty:
                found.rows[row] = Samples(contents, row, rate_hz, dtype, channels)
        elif kind is not None:
            found.wrong[row] = kind + (hint or "")
            found.rows[row] = None
            found.empty.discard(row)
        elif height is not None and row not in found.empty:
            found.rows[row] = Pixels(height, width, channels, False, contents, row)
    return found


def _path_and_content(column: pa.Array, names: set[str]) -> References | None:
    """Rows of Spark's ``binaryFile``, and any struct of a path and a content: the path counts where that is all."""

    def named(wanted: Sequence[str], test: Callable[[pa.DataType], bool]) -> str | None:
        return next((name for name in wanted if name in names and test(column.type.field(name).type)), None)

    path, content = named(("path",), _is_text), named(_CONTENT_NAMES, _is_binary)
    return None if path is None and content is None else _chosen(column, path, content)


def _chosen(column: pa.Array, path: str | None, content: str | None) -> References:
    rows: list[Reference | None] = [None] * len(column)
    empty: set[int] = set()
    for name, read in ((path, _texts), (content, _bytes)):  # a content goes before its path
        if name is None:
            continue
        found = read(_field(column, name))
        for row, reference in enumerate(found.rows):
            if reference is not None:
                rows[row] = reference
                empty.discard(row)
        if name == content:
            rows = [None if row in found.empty else reference for row, reference in enumerate(rows)]
        empty |= {row for row in found.empty if rows[row] is None}
    return References(rows, {}, empty)


def _sparks(column: pa.Array) -> References:
    """Spark's image structs, whose pixels are in OpenCV's order."""
    data = _field(column, "data")
    found = _bytes(data)
    sizes = pc.binary_length(data).to_pylist()
    shapes = zip(*(_field(column, name).to_pylist() for name in ("height", "width", "mode")), strict=True)
    for row, (height, width, mode) in enumerate(shapes):
        if found.rows[row] is None:
            continue
        channels = _EIGHT_BITS.get(mode)
        if channels is None:
            found.wrong[row] = f"an image struct of mode {mode}, not of eight bits"
        elif height * width * channels != sizes[row]:
            found.wrong[row] = "an image struct whose data does not have the size that it says"
        else:
            found.rows[row] = Pixels(height, width, channels, True, data, row)
            continue
        found.rows[row] = None
    return found
