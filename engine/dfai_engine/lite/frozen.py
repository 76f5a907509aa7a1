"""TensorFlow's frozen graphs: nodes by name, and the constants in them. Reads the file's own bytes; no TensorFlow.

Sources: Protocol Buffers, "Encoding"; TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

__all__ = ["Frozen", "Node"]

Field = tuple[int, int | memoryview]

_VARINT, _EIGHT_BYTES, _BYTES, _FOUR_BYTES = 0, 1, 2, 5
_NODE = 1  # of a graph
_NAME, _OP, _INPUT, _ATTRIBUTE = 1, 2, 3, 5  # of a node
_KEY, _VALUE = 1, 2  # of an entry of a map
_LIST, _TENSOR = 1, 8  # of an attribute
_INTEGERS = 3  # of a list
_SHAPE, _CONTENT, _FLOATS = 2, 4, 5  # of a tensor
_DIMENSION, _SIZE = 2, 1  # of a shape, of a dimension


@dataclass(frozen=True, slots=True)
class Node:
    """One node; its attributes as they stand in the file."""

    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, memoryview]

    @property
    def stride(self) -> int:
        """How far a window moves: the same down and across."""
        (numbers,) = (held for field, held in _fields(_list(self.attributes["strides"])) if field == _INTEGERS)
        assert isinstance(numbers, memoryview)
        return int(numbers[1])  # of batch, rows, columns, channels; none is above 127, so each is one byte


class Frozen:
    """A graph whose weights are constants."""

    def __init__(self, path: Path) -> None:
        whole = memoryview(path.read_bytes())
        self.nodes = dict(_node(held) for field, held in _fields(whole) if field == _NODE)
        self._known: dict[str, NDArray[np.float32] | None] = {}

    def constant(self, name: str) -> NDArray[np.float32] | None:
        """The value of a node that comes to the same for every picture; None for others."""
        if name not in self._known:
            self._known[name] = self._computed(self.nodes[name])
        return self._known[name]

    def _computed(self, node: Node) -> NDArray[np.float32] | None:
        if node.op == "Const":
            return _tensor(node.attributes["value"])
        if node.op not in _ARITHMETIC:
            return None
        given = [self.constant(name) for name in node.inputs]
        known = [each for each in given if each is not None]
        return _ARITHMETIC[node.op](*known) if len(known) == len(given) else None


_ARITHMETIC: Mapping[str, Callable[..., NDArray[np.float32]]] = {
    "Identity": lambda one: one,
    "Add": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "Rsqrt": lambda one: 1 / np.sqrt(one),
}


def _node(written: int | memoryview) -> tuple[str, Node]:
    name, op, inputs, attributes = "", "", [], {}
    for field, held in _fields(written):
        if field == _ATTRIBUTE:
            entry = dict(_fields(held))
            attributes[_text(entry[_KEY])] = _list(entry[_VALUE], of=None)
        elif field == _INPUT:
            inputs.append(_text(held).partition(":")[0])
        elif field == _NAME:
            name = _text(held)
        elif field == _OP:
            op = _text(held)
    return name, Node(op, tuple(inputs), attributes)


def _list(written: int | memoryview, *, of: int | None = _LIST) -> memoryview:
    """The bytes of a field, or, with *of*, of the field of that number in it."""
    assert isinstance(written, memoryview)
    if of is None:
        return written
    return _list(next(held for field, held in _fields(written) if field == of), of=None)


def _tensor(attribute: memoryview) -> NDArray[np.float32]:
    """A tensor of floats; one number alone stands for as many as the shape has."""
    shape: list[int] = []
    numbers = np.zeros(0, np.float32)
    for field, held in _fields(_list(attribute, of=_TENSOR)):
        if field == _SHAPE:
            shape = [_size(dimension) for number, dimension in _fields(held) if number == _DIMENSION]
        elif field in (_CONTENT, _FLOATS) and isinstance(held, memoryview):
            numbers = np.frombuffer(held, "<f4")
    count = int(np.prod(shape, dtype=np.int64))
    return np.asarray(numbers if len(numbers) == count else np.resize(numbers, count)).reshape(shape)


def _size(dimension: int | memoryview) -> int:
    return next((held for field, held in _fields(dimension) if field == _SIZE and isinstance(held, int)), 0)


def _text(written: int | memoryview) -> str:
    assert isinstance(written, memoryview)
    return str(written, "utf-8")


def _fields(written: int | memoryview) -> Iterator[Field]:
    """A message's fields, by number, in their order."""
    assert isinstance(written, memoryview)
    place = 0
    while place < len(written):
        key, place = _varint(written, place)
        kind = key & 7
        if kind == _VARINT:
            number, place = _varint(written, place)
            yield key >> 3, number
            continue
        if kind == _BYTES:
            length, place = _varint(written, place)
        else:
            length = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}[kind]
        yield key >> 3, written[place : place + length]
        place += length


def _varint(written: memoryview, place: int) -> tuple[int, int]:
    """The number that begins at *place*, and where it ends."""
    number = shift = 0
    while True:
        byte = written[place]
        place += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, place
        shift += 7
