"""Tensors out of a PyTorch checkpoint of the old form, without PyTorch, and without running what a pickle may ask for.

The form (``torch.save`` before 1.6): five pickles one after the other (a magic number, the protocol's number, facts
about the machine, the object itself, the keys of its storages), then for each key the number of its values and the
values. A pickle is a program. This reader knows the three names that a checkpoint of float tensors needs and refuses
all others; the tensors that it gives are bytes, bounded by the storages that are there.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

__all__ = ["CheckpointRefused", "Tensor", "tensors_of"]

MAGIC = 0x1950A86A20F9469CFC6C
PROTOCOL = 1001
FLOAT_BYTES = 4
_FLOATS = "torch.FloatStorage"
# What a damaged or a hostile pickle makes the unpickler raise.
_BROKEN = (
    pickle.UnpicklingError,
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
)


class CheckpointRefused(ValueError):
    """The file is no such checkpoint, or asks for more than its tensors."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """Numbers of 32 bits in row-major order, little-endian."""

    shape: tuple[int, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class _Storage:
    key: str


@dataclass(frozen=True, slots=True)
class _View:
    """A tensor as the pickle describes it: where in a storage its values are."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def tensors_of(content: bytes, state: str) -> Mapping[str, Tensor]:
    """The tensors of the state dictionary called *state* in a checkpoint.

    Raises
    ------
    CheckpointRefused
        The file is no checkpoint of this form, names something else than float tensors, or a tensor lies outside its
        storage.
    """
    file = io.BytesIO(content)
    try:
        if _unpickled(file) != MAGIC or _unpickled(file) != PROTOCOL:
            raise CheckpointRefused("it is no PyTorch checkpoint of the old form")
        machine, whole, keys = _unpickled(file), _unpickled(file), _unpickled(file)
        if not (isinstance(machine, dict) and machine.get("little_endian") is True):
            raise CheckpointRefused("its numbers are not little-endian")
        views = whole.get(state) if isinstance(whole, dict) else None
        if not (isinstance(views, dict) and isinstance(keys, list)):
            raise CheckpointRefused(f"it holds no dictionary {state!r}")
        storages = _storages(file, keys)
        return {str(name): _tensor(str(name), view, storages) for name, view in views.items()}
    except CheckpointRefused:
        raise
    except _BROKEN as fault:
        raise CheckpointRefused(f"it cannot be read ({type(fault).__name__})") from None


def _storages(file: io.BytesIO, keys: list[object]) -> dict[object, memoryview]:
    """The values of each storage, in the order in which they follow."""
    rest = file.getbuffer()
    at = file.tell()
    found: dict[object, memoryview] = {}
    for key in keys:
        (count,) = struct.unpack_from("<Q", rest, at)
        start, at = at + 8, at + 8 + count * FLOAT_BYTES
        if at > len(rest):
            raise CheckpointRefused("a storage ends behind the file")
        found[key] = rest[start:at]
    if at != len(rest):
        raise CheckpointRefused("something follows the storages")
    return found


def _tensor(name: str, view: object, storages: Mapping[object, memoryview]) -> Tensor:
    if not isinstance(view, _View):
        raise CheckpointRefused(f"{name} is no tensor")
    natural = tuple(prod(view.shape[place + 1 :]) for place in range(len(view.shape)))
    if min(view.shape, default=1) < 1 or view.strides != natural:
        raise CheckpointRefused(f"the values of {name} are not in a row")
    held = storages.get(view.storage.key)
    start, stop = view.offset * FLOAT_BYTES, (view.offset + prod(view.shape)) * FLOAT_BYTES
    if held is None or not 0 <= start < stop <= len(held):
        raise CheckpointRefused(f"{name} lies outside its storage")
    return Tensor(view.shape, bytes(held[start:stop]))


def _view(storage: object, offset: object, shape: object, strides: object, *_: object) -> _View:
    """In place of PyTorch's own function, which would make a tensor: it notes what it is given."""
    if not isinstance(storage, _Storage) or not _is_index(offset):
        raise CheckpointRefused("a tensor without a storage")
    for numbers in (shape, strides):
        if not isinstance(numbers, tuple) or not all(map(_is_index, numbers)):
            raise CheckpointRefused("a tensor without a shape")
    return _View(storage, offset, shape, strides)  # type: ignore[arg-type]


def _is_index(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


_KNOWN: Mapping[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _view,
    ("torch", "FloatStorage"): _FLOATS,
}


class _Restricted(pickle.Unpickler):
    """Knows the names of a checkpoint of float tensors, and refuses every other."""

    def find_class(self, module: str, name: str, /) -> Any:
        if (module, name) not in _KNOWN:
            # Not shown as it is: a name may be anything.
            raise CheckpointRefused(f"its pickle asks for {(module + '.' + name)[:80]!r}, which no checkpoint needs")
        return _KNOWN[module, name]

    def persistent_load(self, pid: Any, /) -> _Storage:
        if not (isinstance(pid, tuple) and len(pid) >= 3 and pid[0] == "storage" and pid[1] == _FLOATS):
            raise CheckpointRefused("it holds a storage of another kind than 32-bit floats")
        if not isinstance(pid[2], str):
            raise CheckpointRefused("a storage without a key")
        return _Storage(pid[2])

    # An extension's code is a name by another way.
    def get_extension(self, _: int) -> Any:
        raise CheckpointRefused("its pickle asks for an extension")


def _unpickled(file: io.BytesIO) -> Any:
    """The object that the pickle at this place of *file* describes."""
    return _Restricted(file).load()
