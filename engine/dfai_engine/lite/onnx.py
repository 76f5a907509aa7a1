"""ONNX's graphs: operators in the order in which they run, and the constants they take. No ONNX library.

Source: ONNX's onnx.proto.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dfai_engine.lite.protobuf import fields, integers, text

__all__ = ["Onnx", "Operator"]

_GRAPH = 7  # of a model
_OPERATOR, _CONSTANT = 1, 5  # of a graph
_INPUT, _OUTPUT, _KIND, _ATTRIBUTE = 1, 2, 4, 5  # of an operator
_NAME, _INTEGER, _INTEGERS = 1, 3, 8  # of an attribute
_DIMENSION, _TYPE, _TITLE, _CONTENT = 1, 2, 8, 9  # of a tensor
_FLOAT = 1  # a type


@dataclass(frozen=True, slots=True)
class Operator:
    """One operator: what it is, the names of what goes in and comes out, and those of its settings that are numbers."""

    kind: str
    inputs: tuple[str, ...]
    output: str
    numbers: Mapping[str, tuple[int, ...]]


class Onnx:
    """A graph: its *operators*, and its *constants* (those of 32-bit floats) by name."""

    def __init__(self, path: Path) -> None:
        (graph,) = (held for field, held in fields(memoryview(path.read_bytes())) if field == _GRAPH)
        self.operators: list[Operator] = []
        self.constants: dict[str, NDArray[np.float32]] = {}
        for field, held in fields(graph):
            if field == _OPERATOR:
                self.operators.append(_operator(held))
            elif field == _CONSTANT:
                self.constants |= _constant(held)


def _operator(written: int | memoryview) -> Operator:
    kind, inputs, output, numbers = "", [], "", {}
    for field, held in fields(written):
        if field == _INPUT:
            inputs.append(text(held))
        elif field == _OUTPUT:
            output = text(held)
        elif field == _KIND:
            kind = text(held)
        elif field == _ATTRIBUTE:
            entries = list(fields(held))
            (name,) = (text(entry) for number, entry in entries if number == _NAME)
            numbers[name] = tuple(
                found for number, entry in entries if number in (_INTEGER, _INTEGERS) for found in integers(entry)
            )
    return Operator(kind, tuple(inputs), output, numbers)


def _constant(written: int | memoryview) -> dict[str, NDArray[np.float32]]:
    shape: list[int] = []
    name, content, kind = "", memoryview(b""), 0
    for field, held in fields(written):
        if field == _DIMENSION:
            shape += integers(held)
        elif field == _TYPE and isinstance(held, int):
            kind = held
        elif field == _TITLE:
            name = text(held)
        elif field == _CONTENT and isinstance(held, memoryview):
            content = held
    return {name: np.frombuffer(content, "<f4").reshape(shape)} if kind == _FLOAT else {}
