"""Checkpoints in PyTorch's old form, made without PyTorch: good ones, damaged ones, and hostile ones."""

from __future__ import annotations

import io
import pickle
import struct
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["MAGIC", "SHAPES", "Held", "checkpoint", "random_weights"]

MAGIC = 0x1950A86A20F9469CFC6C
SHAPES: Mapping[str, tuple[int, ...]] = {
    **{
        f"lstm.{name}_l{layer}": shape
        for layer in range(3)
        for name, shape in (
            ("weight_ih", (1_024, 40 if layer == 0 else 256)),
            ("weight_hh", (1_024, 256)),
            ("bias_ih", (1_024,)),
            ("bias_hh", (1_024,)),
        )
    },
    "linear.weight": (256, 256),
    "linear.bias": (256,),
}


def random_weights() -> dict[str, Any]:
    """Weights of the encoder's shapes."""
    dice = np.random.default_rng(1)
    return {name: dice.normal(0, 0.05, shape).astype("<f4") for name, shape in SHAPES.items()}


class Held:
    """A tensor as the pickle says it: where in which storage its values are."""

    def __init__(self, key: str, offset: int, shape: Sequence[int], strides: Sequence[int] | None = None) -> None:
        natural = [int(np.prod(shape[place + 1 :], dtype=np.int64)) for place in range(len(shape))]
        self.said = (key, offset, tuple(shape), tuple(natural if strides is None else strides))


@contextmanager
def _torch_by_name() -> Iterator[tuple[Any, Any]]:
    """Modules that are found under PyTorch's names while a pickle is written."""
    torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")

    def rebuild(*_: Any) -> None: ...

    rebuild.__module__, rebuild.__qualname__, rebuild.__name__ = "torch._utils", *["_rebuild_tensor_v2"] * 2
    floats = type("FloatStorage", (), {"__module__": "torch"})
    utils._rebuild_tensor_v2 = rebuild  # type: ignore[attr-defined]
    torch.FloatStorage = floats  # type: ignore[attr-defined]
    before = {name: sys.modules.get(name) for name in ("torch", "torch._utils")}
    sys.modules.update({"torch": torch, "torch._utils": utils})
    try:
        yield rebuild, floats
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def checkpoint(
    state: Mapping[str, Any],
    storages: Mapping[str, bytes] | None = None,
    *,
    magic: int = MAGIC,
    more: Mapping[str, Any] | None = None,
    counts: Mapping[str, int] | None = None,
    kind: str = "FloatStorage",
) -> bytes:
    """The file. *state* holds arrays, each with a storage of its own, or `Held` with *storages* beside them.

    *more* stands beside the state dictionary; *counts* are what the file says of its storages' lengths, if not the
    truth.
    """
    held = dict(storages or {})
    tensors: dict[str, Any] = {}
    for name, value in state.items():
        if isinstance(value, np.ndarray):
            held[name] = value.tobytes()
            tensors[name] = Held(name, 0, value.shape)
        else:
            tensors[name] = value
    file = io.BytesIO()
    with _torch_by_name() as (rebuild, floats):
        floats.__name__ = floats.__qualname__ = kind
        setattr(sys.modules["torch"], kind, floats)

        class Writer(pickle.Pickler):
            def reducer_override(self, value: Any) -> Any:
                if not isinstance(value, Held):
                    return NotImplemented
                key, offset, shape, strides = value.said
                return rebuild, (_Key(key), offset, shape, strides, False, OrderedDict())

            def persistent_id(self, value: Any) -> Any:
                return ("storage", floats, value.key, "cpu", 0, None) if isinstance(value, _Key) else None

        for part in (magic, 1001, {"protocol_version": 1001, "little_endian": True}):
            pickle.dump(part, file, protocol=2)
        Writer(file, protocol=2).dump({"step": 1, "model_state": OrderedDict(tensors), **(more or {})})
        pickle.dump(list(held), file, protocol=2)
    for key, values in held.items():
        file.write(struct.pack("<Q", (counts or {}).get(key, len(values) // 4)) + values)
    return file.getvalue()


class _Key:
    def __init__(self, key: str) -> None:
        self.key = key
