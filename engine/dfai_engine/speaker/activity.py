"""Where in a sound somebody speaks: the Silero detector, as the package faster-whisper ships it.

Its file is found beside that package, which is not imported. The detector looks at 32 ms at a time, with the 4 ms
before, and remembers what came earlier; what it is given, and what it gives, is told by the file itself.
"""

from __future__ import annotations

import threading
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dfai_engine.speaker.spectra import Samples

__all__ = ["BLOCK", "chances", "session_options"]

PACKAGE, FILE = "faster_whisper", "silero_vad_v6.onnx"
BLOCK, BEFORE = 512, 64  # samples
STATE = (1, 1, 128)
_loading = threading.Lock()


def chances(samples: Samples) -> NDArray[np.float32]:
    """For each block of 512 samples how likely it is speech, from 0 to 1; the last block is filled with zeros.

    >>> chances(np.zeros(1_000, np.float32)).shape
    (2,)
    """
    with _loading:
        session = _load()
    blocks = -(-len(samples) // BLOCK)
    padded = np.pad(samples, (BEFORE, blocks * BLOCK - len(samples)))
    seen = np.lib.stride_tricks.sliding_window_view(padded, BEFORE + BLOCK)[::BLOCK]
    state = np.zeros(STATE, np.float32)
    found: NDArray[np.float32] = session.run(
        None, {"input": np.ascontiguousarray(seen, np.float32), "h": state, "c": state}
    )[0]
    return found.reshape(-1)


@cache
def _load() -> Any:
    import onnxruntime

    return onnxruntime.InferenceSession(str(_file()), session_options(), providers=["CPUExecutionProvider"])


def session_options() -> Any:
    """How our sessions run: each computation in the thread that asked for it."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3  # errors alone
    return options


def _file() -> Path:
    found = find_spec(PACKAGE)
    for place in (found and found.submodule_search_locations) or ():
        if (path := Path(place) / "assets" / FILE).is_file():
            return path
    raise ImportError(f"{PACKAGE} with its {FILE}", name=PACKAGE)
