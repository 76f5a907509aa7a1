"""TensorFlow's frozen graphs: nodes by name, and the constants in them. Reads the file's own bytes; no TensorFlow.

Sources: TensorFlow's graph.proto, node_def.proto, attr_value.proto, tensor.proto.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dfai_engine.lite.protobuf import fields, text

__all__ = ["Frozen", "Node"]

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
        (numbers,) = (held for field, held in fields(_list(self.attributes["strides"])) if field == _INTEGERS)
        assert isinstance(numbers, memoryview)
        return int(numbers[1])  # of batch, rows, columns, channels; none is above 127, so each is one byte


class Frozen:
    """A graph whose weights are constants."""

    def __init__(self, path: Path) -> None:
        whole = memoryview(path.read_bytes())
        self.nodes = dict(_node(held) for field, held in fields(whole) if field == _NODE)
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
    for field, held in fields(written):
        if field == _ATTRIBUTE:
            entry = dict(fields(held))
            attributes[text(entry[_KEY])] = _list(entry[_VALUE], of=None)
        elif field == _INPUT:
            inputs.append(text(held).partition(":")[0])
        elif field == _NAME:
            name = text(held)
        elif field == _OP:
            op = text(held)
    return name, Node(op, tuple(inputs), attributes)


def _list(written: int | memoryview, *, of: int | None = _LIST) -> memoryview:
    """The bytes of a field, or, with *of*, of the field of that number in it."""
    assert isinstance(written, memoryview)
    if of is None:
        return written
    return _list(next(held for field, held in fields(written) if field == of), of=None)


def _tensor(attribute: memoryview) -> NDArray[np.float32]:
    """A tensor of floats; one number alone stands for as many as the shape has."""
    shape: list[int] = []
    numbers = np.zeros(0, np.float32)
    for field, held in fields(_list(attribute, of=_TENSOR)):
        if field == _SHAPE:
            shape = [_size(dimension) for number, dimension in fields(held) if number == _DIMENSION]
        elif field in (_CONTENT, _FLOATS) and isinstance(held, memoryview):
            numbers = np.frombuffer(held, "<f4")
    count = int(np.prod(shape, dtype=np.int64))
    return np.asarray(numbers if len(numbers) == count else np.resize(numbers, count)).reshape(shape)


def _size(dimension: int | memoryview) -> int:
    return next((held for field, held in fields(dimension) if field == _SIZE and isinstance(held, int)), 0)
