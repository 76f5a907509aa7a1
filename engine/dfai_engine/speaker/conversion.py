"""The published weights of the GE2E speaker encoder, once and for all, as an ONNX file.

The file is written here, byte for byte the same on every machine, so that its hash is pinned like a download's. Only
the little of ONNX and of protobuf's wire form that these three layers need is spoken.

Sources: the encoder of Resemblyzer 0.1.4 (three LSTM layers of 256, the last state through a linear layer and a ReLU);
onnx.proto of ONNX 1.15 for the numbers of fields; the operators LSTM-7, Squeeze-13, Transpose-13, Gemm-13, Relu-13; and
"Encoding" of the protobuf documentation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dfai_engine.speaker.checkpoint import FLOAT_BYTES, CheckpointRefused, Tensor, tensors_of

__all__ = ["EMBEDDING", "FRAMES", "INPUT", "MELS", "OUTPUT", "convert"]

INPUT, OUTPUT = "mels", "embeddings"
MELS, FRAMES = 40, 160  # of one window
HIDDEN, EMBEDDING, LAYERS = 256, 256, 3
IR_VERSION, OPSET = 7, 13
_FLOAT, _INT64 = 1, 7  # TensorProto.DataType
_INT, _INTS = 2, 7  # AttributeProto.AttributeType
# PyTorch has a layer's gates in the order input, forget, cell, output; ONNX wants input, output, forget, cell.
GATES = (0, 3, 1, 2)


def convert(content: bytes) -> bytes:
    """The ONNX file of a checkpoint: windows of mel spectra (N × 160 × 40) to N × 256, not yet of length 1.

    Raises
    ------
    CheckpointRefused
        It is no checkpoint of this encoder.
    """
    tensors = tensors_of(content, "model_state")
    made: list[bytes] = []
    nodes = [_node("Transpose", [INPUT], ["frames_first"], _ints("perm", (1, 0, 2)))]
    made.append(_integers("states", (0,)))
    made.append(_integers("direction", (1,)))
    source = "frames_first"
    for layer in range(LAYERS):
        width = MELS if layer == 0 else HIDDEN
        names = [f"{part}{layer}" for part in "WRB"]
        made += _layer(tensors, layer, width, names)
        last = layer == LAYERS - 1
        outputs = ["", f"last{layer}"] if last else [f"all{layer}"]
        nodes.append(_node("LSTM", [source, *names], outputs, _int("hidden_size", HIDDEN)))
        before, axis = (f"last{layer}", "states") if last else (f"all{layer}", "direction")
        source = f"out{layer}"
        nodes.append(_node("Squeeze", [before, axis], [source]))
    made.append(_floats("weight", _of(tensors, "linear.weight", (EMBEDDING, HIDDEN)), (EMBEDDING, HIDDEN)))
    made.append(_floats("bias", _of(tensors, "linear.bias", (EMBEDDING,)), (EMBEDDING,)))
    nodes.append(_node("Gemm", [source, "weight", "bias"], ["raw"], _int("transB", 1)))
    nodes.append(_node("Relu", ["raw"], [OUTPUT]))
    graph = b"".join(
        (
            *(_bytes(1, node) for node in nodes),
            _bytes(2, b"ge2e"),
            *(_bytes(5, tensor) for tensor in made),
            _bytes(11, _value(INPUT, ("windows", FRAMES, MELS))),
            _bytes(12, _value(OUTPUT, ("windows", EMBEDDING))),
        )
    )
    return _number(1, IR_VERSION) + _bytes(2, b"dfai") + _bytes(7, graph) + _bytes(8, _number(2, OPSET))


def _layer(tensors: Mapping[str, Tensor], layer: int, width: int, names: list[str]) -> Iterable[bytes]:
    """The weights of one layer as ONNX has them: of the input, of the state, and both biases."""
    rows = 4 * HIDDEN
    of_input = _of(tensors, f"lstm.weight_ih_l{layer}", (rows, width))
    of_state = _of(tensors, f"lstm.weight_hh_l{layer}", (rows, HIDDEN))
    biases = [_of(tensors, f"lstm.bias_{part}_l{layer}", (rows,)) for part in ("ih", "hh")]
    yield _floats(names[0], _gates(of_input), (1, rows, width))
    yield _floats(names[1], _gates(of_state), (1, rows, HIDDEN))
    yield _floats(names[2], b"".join(map(_gates, biases)), (1, 2 * rows))


def _of(tensors: Mapping[str, Tensor], name: str, shape: tuple[int, ...]) -> bytes:
    found = tensors.get(name)
    if found is None or found.shape != shape:
        raise CheckpointRefused(f"it is another network: {name} is not {' × '.join(map(str, shape))}")
    return found.data


def _gates(data: bytes) -> bytes:
    """The four equal blocks of a layer's values in ONNX's order."""
    size = len(data) // 4
    return b"".join(data[gate * size : (gate + 1) * size] for gate in GATES)


# ---- ONNX ------------------------------------------------------------------------------------------------------------


def _node(kind: str, inputs: Iterable[str], outputs: Iterable[str], *attributes: bytes) -> bytes:
    """NodeProto."""
    return b"".join(
        (
            *(_bytes(1, name.encode()) for name in inputs),
            *(_bytes(2, name.encode()) for name in outputs),
            _bytes(4, kind.encode()),
            *(_bytes(5, attribute) for attribute in attributes),
        )
    )


def _int(name: str, value: int) -> bytes:
    """AttributeProto of a whole number."""
    return _bytes(1, name.encode()) + _number(3, value) + _number(20, _INT)


def _ints(name: str, values: Iterable[int]) -> bytes:
    """AttributeProto of several."""
    return _bytes(1, name.encode()) + b"".join(_number(8, value) for value in values) + _number(20, _INTS)


def _floats(name: str, data: bytes, shape: tuple[int, ...]) -> bytes:
    """TensorProto of floats."""
    assert len(data) % FLOAT_BYTES == 0
    return _tensor(name, shape, _FLOAT, data)


def _integers(name: str, values: tuple[int, ...]) -> bytes:
    """TensorProto of whole numbers."""
    data = b"".join(value.to_bytes(8, "little") for value in values)
    return _tensor(name, (len(values),), _INT64, data)


def _tensor(name: str, shape: tuple[int, ...], kind: int, data: bytes) -> bytes:
    sizes = b"".join(_number(1, size) for size in shape)
    return sizes + _number(2, kind) + _bytes(8, name.encode()) + _bytes(9, data)


def _value(name: str, shape: Iterable[int | str]) -> bytes:
    """ValueInfoProto; a size that is a word may be any."""
    sizes = b"".join(
        _bytes(1, _bytes(2, size.encode()) if isinstance(size, str) else _number(1, size)) for size in shape
    )
    tensor = _number(1, _FLOAT) + _bytes(2, sizes)
    return _bytes(1, name.encode()) + _bytes(2, _bytes(1, tensor))


# ---- protobuf --------------------------------------------------------------------------------------------------------


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    """Seven bits a byte, the least significant first; the high bit says that more follow."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
