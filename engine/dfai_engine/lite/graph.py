"""A network layer by layer, in the form that LiteRT's interpreter loads: 32-bit floats, or 8-bit integers.

A value that has a scale is kept in 8 bits, and so is what is computed from it: filters by channel, what comes out by
the range that it is given. Source: LiteRT, "8-bit quantization specification".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema
from numpy.typing import NDArray

__all__ = ["Graph", "Scale", "Value"]

Floats = NDArray[np.float32]

_OPERATOR, _OPTIONS, _ACTIVATION = schema.BuiltinOperator, schema.BuiltinOptions, schema.ActivationFunctionType
_ACTIVATIONS = {"": _ACTIVATION.NONE, "relu": _ACTIVATION.RELU, "relu6": _ACTIVATION.RELU6}
_TYPES = {"float32": schema.TensorType.FLOAT32, "int8": schema.TensorType.INT8, "int32": schema.TensorType.INT32}
# The first version of an operator that takes 8-bit integers; 1 for all others.
_VERSIONS = {_OPERATOR.CONV_2D: 3, _OPERATOR.DEPTHWISE_CONV_2D: 3, _OPERATOR.ADD: 2}
_SIX = (0.0, 6.0)


@dataclass(frozen=True, slots=True)
class Scale:
    """How numbers stand for values: *step* × (number − *zero*)."""

    step: float
    zero: int

    @classmethod
    def of(cls, low: float, high: float) -> Scale:
        """The scale on which −128 to 127 span *low* to *high*, and 0 has a number of its own.

        >>> Scale.of(0.0, 6.375)
        Scale(step=0.025, zero=-128)
        """
        low, high = min(low, 0.0), max(high, 0.0)
        step = (high - low) / 255 or 1.0
        return cls(step, round(-128 - low / step))


@dataclass(frozen=True, slots=True)
class Value:
    """What a layer gives, as (1, rows, columns, channels) or the like; *scale* where it is kept in 8 bits."""

    place: int
    shape: tuple[int, ...]
    scale: Scale | None = None


class Graph:
    """A network under construction."""

    def __init__(self) -> None:
        self._tensors: list[Any] = []
        self._buffers: list[Any] = [schema.BufferT()]  # the first is everybody's who has no data
        self._operators: list[Any] = []
        self._codes: list[int] = []

    def input(self, shape: tuple[int, ...], scale: Scale | None = None) -> Value:
        """What the network is given."""
        return self._value(shape, scale)

    def conv(
        self,
        given: Value,
        filters: Floats,
        bias: Floats,
        *,
        stride: int = 1,
        padding: str = "same",
        activation: str = "",
        each: bool = False,
        span: tuple[float, float] | None = None,
    ) -> Value:
        """A convolution; *filters* are (channels out, rows, columns, channels in).

        With *each*, a filter for each channel: (1, rows, columns, channels). *span* is the range of what comes out,
        needed in 8 bits unless the activation is relu6. *padding* is "same" or "valid".
        """
        options = schema.DepthwiseConv2DOptionsT() if each else schema.Conv2DOptionsT()
        if each:
            options.depthMultiplier = 1
        options.dilationHFactor = options.dilationWFactor = 1
        options.fusedActivationFunction = _ACTIVATIONS[activation]
        rows, columns = self._sized(options, given, filters.shape[1:3], stride, padding)
        channels = filters.shape[3 if each else 0]
        found = self._value((given.shape[0], rows, columns, channels), _scale(given, span, activation))
        weights = self._weights(given, filters, bias, 3 if each else 0)
        code, kind = (
            (_OPERATOR.DEPTHWISE_CONV_2D, _OPTIONS.DepthwiseConv2DOptions)
            if each
            else (_OPERATOR.CONV_2D, _OPTIONS.Conv2DOptions)
        )
        return self._layer(code, [given.place, *weights], found, kind, options)

    def add(self, one: Value, other: Value, *, activation: str = "", span: tuple[float, float] | None = None) -> Value:
        """The sum of two values of one shape."""
        options = schema.AddOptionsT()
        options.fusedActivationFunction = _ACTIVATIONS[activation]
        found = self._value(one.shape, _scale(one, span, activation))
        return self._layer(_OPERATOR.ADD, [one.place, other.place], found, _OPTIONS.AddOptions, options)

    def pool(self, given: Value, side: int, *, stride: int, how: str) -> Value:
        """The "largest" or the "mean" of each square; squares that do not fit are left out."""
        options = schema.Pool2DOptionsT()
        options.filterHeight = options.filterWidth = side
        rows, columns = self._sized(options, given, (side, side), stride, "valid")
        found = self._value((given.shape[0], rows, columns, given.shape[3]), given.scale)
        code = _OPERATOR.MAX_POOL_2D if how == "largest" else _OPERATOR.AVERAGE_POOL_2D
        return self._layer(code, [given.place], found, _OPTIONS.Pool2DOptions, options)

    def prelu(self, given: Value, slopes: Floats) -> Value:
        """What is negative times the slope of its channel; *slopes* has one for each."""
        inputs = [given.place, self._constant(slopes.reshape(1, 1, -1))]
        return self._layer(_OPERATOR.PRELU, inputs, self._value(given.shape), _OPTIONS.NONE, None)

    def pad(self, given: Value, shape: tuple[int, ...], *, before: tuple[int, ...] = (0, 0, 0, 0)) -> Value:
        """Zeros around what is there, up to *shape*: so many of them *before* it, the others after."""
        if given.shape == shape:
            return given
        sides = zip(shape, given.shape, before, strict=True)
        more = np.array([(first, wanted - held - first) for wanted, held, first in sides], np.int32)
        inputs = [given.place, self._constant(more)]
        return self._layer(
            _OPERATOR.PAD, inputs, self._value(shape, given.scale), _OPTIONS.PadOptions, schema.PadOptionsT()
        )

    def dense(self, given: Value, weights: Floats) -> Value:
        """A product with *weights* (out, in); *given* is (n, 1, 1, in), in floats."""
        found = self._value((given.shape[0], weights.shape[0]))
        inputs = [given.place, self._constant(weights), -1]
        options = schema.FullyConnectedOptionsT()
        return self._layer(_OPERATOR.FULLY_CONNECTED, inputs, found, _OPTIONS.FullyConnectedOptions, options)

    def finish(self, given: Value, found: Sequence[Value]) -> bytes:
        """The whole network as a file."""
        graph = schema.SubGraphT()
        graph.tensors, graph.operators = self._tensors, self._operators
        graph.inputs, graph.outputs = [given.place], [value.place for value in found]
        model = schema.ModelT()
        model.version, model.buffers, model.subgraphs, model.operatorCodes = 3, self._buffers, [graph], []
        for code in self._codes:
            written = schema.OperatorCodeT()
            written.builtinCode = written.deprecatedBuiltinCode = code
            written.version = _VERSIONS.get(code, 1)
            model.operatorCodes.append(written)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    def _sized(self, options: Any, given: Value, window: tuple[int, ...], stride: int, padding: str) -> tuple[int, int]:
        """Notes stride and padding, and tells how many rows and columns come out."""
        options.strideH = options.strideW = stride
        same = padding == "same"
        options.padding = schema.Padding.SAME if same else schema.Padding.VALID
        lost = (0, 0) if same else (window[0] - 1, window[1] - 1)
        rows, columns = (-(-(held - less) // stride) for held, less in zip(given.shape[1:3], lost, strict=True))
        return rows, columns

    def _weights(self, given: Value, filters: Floats, bias: Floats, axis: int) -> list[int]:
        if given.scale is None:
            return [self._constant(filters), self._constant(bias)]
        across = tuple(number for number in range(4) if number != axis)
        steps = np.maximum(np.abs(filters).max(axis=across, keepdims=True), 1e-8) / 127
        numbers = np.clip(np.round(filters / steps), -127, 127).astype(np.int8)
        flat = steps.ravel().astype(np.float32)
        whole = np.round(bias / (flat * given.scale.step)).astype(np.int32)
        return [
            self._constant(numbers, flat, axis),
            self._constant(whole, flat * np.float32(given.scale.step)),
        ]

    def _layer(self, code: int, inputs: list[int], found: Value, kind: int, options: Any) -> Value:
        if code not in self._codes:
            self._codes.append(code)
        operator = schema.OperatorT()
        operator.opcodeIndex = self._codes.index(code)
        operator.inputs, operator.outputs = inputs, [found.place]
        operator.builtinOptionsType, operator.builtinOptions = kind, options
        self._operators.append(operator)
        return found

    def _value(self, shape: tuple[int, ...], scale: Scale | None = None) -> Value:
        tensor = self._tensor(shape, "float32" if scale is None else "int8")
        if scale is not None:
            tensor.quantization = _quantization(np.array([scale.step]), scale.zero, 0)
        return Value(len(self._tensors) - 1, shape, scale)

    def _constant(self, data: NDArray[Any], steps: NDArray[Any] | None = None, axis: int = 0) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(data).tobytes(), np.uint8)
        self._buffers.append(buffer)
        tensor = self._tensor(data.shape, data.dtype.name)
        tensor.buffer = len(self._buffers) - 1
        if steps is not None:
            tensor.quantization = _quantization(steps, 0, axis)
        return len(self._tensors) - 1

    def _tensor(self, shape: tuple[int, ...], kind: str) -> Any:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = list(shape), _TYPES[kind], 0
        tensor.name = f"value {len(self._tensors)}".encode()
        self._tensors.append(tensor)
        return tensor


def _scale(given: Value, span: tuple[float, float] | None, activation: str) -> Scale | None:
    if given.scale is None:
        return None
    span = _SIX if activation == "relu6" else span
    assert span is not None  # 8 bits say nothing without a range
    return Scale.of(*span)


def _quantization(steps: NDArray[Any], zero: int, axis: int) -> Any:
    found = schema.QuantizationParametersT()
    found.scale, found.zeroPoint = [float(step) for step in steps], [zero] * len(steps)
    found.quantizedDimension = axis
    return found
