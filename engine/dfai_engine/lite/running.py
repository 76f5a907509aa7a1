"""A network that is ready to run, for one thread at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Given", "Runner"]


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """One of a network's outputs: numbers that stand for *step* × (number − *zero*); in floats *step* is 1."""

    numbers: NDArray[Any]
    step: float
    zero: int

    @property
    def values(self) -> NDArray[np.float32]:
        """What the numbers stand for."""
        return np.asarray((self.numbers.astype(np.float32) - self.zero) * np.float32(self.step), dtype=np.float32)


class Runner:
    """One interpreter of a network written by `Graph`, on one core."""

    def __init__(self, network: bytes) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter: Any = Interpreter(model_content=network, num_threads=1)
        self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = self._interpreter.get_output_details()

    def __call__(self, given: NDArray[Any]) -> list[Given]:
        """What comes out, in the order in which the network's outputs were named; other threads run meanwhile."""
        self._interpreter.set_tensor(self._input, given)
        self._interpreter.invoke()
        return [
            Given(self._interpreter.get_tensor(each["index"]), each["quantization"][0] or 1.0, each["quantization"][1])
            for each in self._outputs
        ]
