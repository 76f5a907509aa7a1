"""From the published pickle to ONNX: the same numbers, the same bytes, and nothing that a pickle may ask for."""

from __future__ import annotations

import hashlib
import os
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfai_engine import weights
from dfai_engine.speaker.checkpoint import CheckpointRefused, tensors_of
from dfai_engine.speaker.conversion import INPUT, convert
from engine.speaker.checkpoints import MAGIC, SHAPES, Held, checkpoint, random_weights


def test_the_network_computes_what_the_weights_mean() -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    state = random_weights()
    windows = np.random.default_rng(2).random((2, 160, 40), dtype=np.float32)
    (found,) = onnxruntime.InferenceSession(convert(checkpoint(state))).run(None, {INPUT: windows})
    layer = windows
    for number in range(3):
        of_input, of_state, *biases = (state[f"lstm.{name}_l{number}"] for name in ("weight_ih", "weight_hh", *BIASES))
        layer = lstm(layer, of_input, of_state, sum(biases))
    expected = np.maximum(0, layer[:, -1] @ state["linear.weight"].T + state["linear.bias"])

    assert found.shape == (2, 256)
    assert np.abs(found - expected).max() < 1e-5


BIASES = ("bias_ih", "bias_hh")


def lstm(inputs: Any, of_input: Any, of_state: Any, bias: Any) -> Any:
    """A layer step by step, gates as PyTorch orders them."""
    state = cell = np.zeros((len(inputs), 256), np.float32)
    outputs = []
    for step in range(inputs.shape[1]):
        gates = inputs[:, step] @ of_input.T + state @ of_state.T + bias
        come, keep, new, show = (gates[:, at * 256 : (at + 1) * 256] for at in range(4))
        cell = cell / (1 + np.exp(-keep)) + np.tanh(new) / (1 + np.exp(-come))
        state = np.tanh(cell) / (1 + np.exp(-show))
        outputs.append(state)
    return np.stack(outputs, 1)


def test_equal_weights_make_equal_bytes_however_they_are_stored() -> None:
    state = random_weights()
    together = b"".join(state[name].tobytes() for name in SHAPES)
    places = np.cumsum([0, *(state[name].size for name in SHAPES)])
    views = {name: Held("all", int(place), SHAPES[name]) for name, place in zip(SHAPES, places, strict=False)}
    # The published file holds an optimiser's state besides, which is left alone.
    other = checkpoint(views, {"all": together}, more={"optimizer_state": {"lr": 0.1, "of": Held("all", 3, (2,))}})

    assert convert(other) == convert(checkpoint(state))


def test_the_pinned_file_is_what_is_here() -> None:
    member = next(one for one in weights.model("ge2e-speaker").members if one.made is not None)
    here = weights.folder("ge2e-speaker") / member.name

    assert hashlib.sha256(here.read_bytes()).hexdigest() == member.sha256
    assert not (here.parent / "pretrained.pt").exists()


class Ran:
    """What nobody should run."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> Any:
        return os.system, (f"touch {self.mark}",)


class Asks:
    """A pickle that asks for any name."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.said = function, arguments

    def __reduce__(self) -> Any:
        return self.said


@pytest.mark.parametrize("place", range(5))
def test_a_pickle_that_would_run_something_is_refused_wherever_it_stands(place: int, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    parts: list[Any] = [MAGIC, 1001, {"little_endian": True}, {"model_state": {}}, []]
    parts[place] = Ran(mark)
    hostile = b"".join(pickle.dumps(part, protocol=2) for part in parts)

    with pytest.raises(CheckpointRefused, match=r"asks for '(posix|nt)\.system'"):
        tensors_of(hostile, "model_state")
    assert not mark.exists()


@pytest.mark.parametrize("asks", [Asks(eval, "1"), Asks(getattr, "", "join"), Asks(bytearray, 10**12)])
def test_no_other_name_is_known(asks: Asks) -> None:
    with pytest.raises(CheckpointRefused, match=r"asks for '(builtins|__builtin__)\."):
        convert(checkpoint(random_weights(), more={"extra": asks}))


ONE = np.zeros(4, np.float32)
FLAT = Held("k", 0, (4,))


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (b"", "cannot be read"),
        (b"PK\x03\x04 a newer checkpoint is a zip", "cannot be read"),
        (checkpoint({"t": ONE}, magic=7), "no PyTorch checkpoint"),
        (checkpoint({"t": ONE})[:-3], "ends behind the file"),
        (checkpoint({"t": ONE}) + b"more", "something follows"),
        (checkpoint({"t": ONE}, counts={"t": 2**61}), "ends behind the file"),
        (checkpoint({"t": Held("k", 1, (4,))}, {"k": bytes(16)}), "outside its storage"),
        (checkpoint({"t": Held("k", 2**62, (4,))}, {"k": bytes(16)}), "outside its storage"),
        (checkpoint({"t": Held("other", 0, (4,))}, {"k": bytes(16)}), "outside its storage"),
        (checkpoint({"t": Held("k", 0, (2, 2), (1, 2))}, {"k": bytes(16)}), "not in a row"),
        (checkpoint({"t": Held("k", 0, (0,), (1,))}, {"k": bytes(16)}), "not in a row"),
        (checkpoint({"t": Held("k", -4, (4,))}, {"k": bytes(16)}), "without a storage"),
        (checkpoint({"t": FLAT}, {"k": bytes(16)}, kind="DoubleStorage"), "asks for 'torch.DoubleStorage'"),
        (checkpoint({"t": 5}), "t is no tensor"),
        (checkpoint({"t": ONE}), "another network"),
    ],
)
def test_what_is_no_checkpoint_of_this_network_is_refused(damaged: bytes, words: str) -> None:
    with pytest.raises(CheckpointRefused, match=words):
        convert(damaged)
