"""Sentence encoders: texts to unit vectors whose dot product says how alike they are.

An encoder is there when its weights are on this disk and its tokenizer's library is installed. Each loads once
per process, on first use, and may be called from several threads.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from dfai_engine import weights

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["ENCODERS", "Encoder", "available", "load"]


class Encoder(Protocol):
    """What every encoder does."""

    @property
    def dimensions(self) -> int:
        """Numbers in a vector."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One unit vector a text, in the texts' order."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an encoder comes from."""

    model: str  # in the manifest of weights
    library: str  # reads its vocabulary
    read: Callable[[Path], Encoder]


def _read_e5(folder: Path) -> Encoder:
    from dfai_engine.language.encoders.e5 import read_e5

    return read_e5(folder)


def _read_use(folder: Path) -> Encoder:
    from dfai_engine.language.encoders.use import read_use

    return read_use(folder)


ENCODERS = {  # best first
    "e5": Source("e5-small-q4", "tokenizers", _read_e5),
    "use": Source("use-multilingual-v3", "sentencepiece", _read_use),
}

_lock = threading.Lock()
_loaded: dict[tuple[str, Path], Encoder] = {}


def available() -> list[str]:
    """The encoders that can be loaded here and now, best first."""
    return [
        name
        for name, source in ENCODERS.items()
        if find_spec(source.library) is not None and weights.present(source.model)
    ]


def load(name: str) -> Encoder:
    """The encoder of that name, read once per process.

    Raises
    ------
    ModelMissing
        Its weights are not on this disk; the message says how to get them.
    """
    source = ENCODERS[name]
    folder = weights.folder(source.model)
    with _lock:
        if (name, folder) not in _loaded:
            _loaded[name, folder] = source.read(folder)
        return _loaded[name, folder]
