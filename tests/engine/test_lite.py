"""Networks written for LiteRT give what their layers say, in floats and in 8 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("ai_edge_litert", reason="neither the extra vision nor the extra face is installed")

from dfai_engine.lite.graph import Graph, Scale
from dfai_engine.lite.running import Runner

DICE = np.random.default_rng(5)
PICTURE = DICE.uniform(-1, 1, (1, 9, 9, 4)).astype(np.float32)
FILTERS = DICE.normal(0, 0.3, (6, 3, 3, 4)).astype(np.float32)
BIAS = DICE.normal(0, 0.1, 6).astype(np.float32)
EACH = DICE.normal(0, 0.3, (1, 3, 3, 4)).astype(np.float32)


def convolved(given: Any, filters: Any, bias: Any, stride: int, *, same: bool) -> Any:
    """A convolution, place by place."""
    side = filters.shape[1]
    rows = -(-given.shape[1] // stride) if same else (given.shape[1] - side) // stride + 1
    if same:
        more = max(0, (rows - 1) * stride + side - given.shape[1])
        edges = (more // 2, more - more // 2)
        given = np.pad(given, ((0, 0), edges, edges, (0, 0)))
    found = np.empty((1, rows, rows, len(filters)))
    for down in range(rows):
        for across in range(rows):
            window = given[0, down * stride : down * stride + side, across * stride : across * stride + side]
            found[0, down, across] = (window[None] * filters).sum(axis=(1, 2, 3)) + bias
    return found


@pytest.mark.parametrize(("stride", "padding"), [(1, "same"), (2, "same"), (2, "valid")])
def test_a_convolution_is_one(stride: int, padding: str) -> None:
    graph = Graph()
    given = graph.input(PICTURE.shape)
    network = graph.finish(given, [graph.conv(given, FILTERS, BIAS, stride=stride, padding=padding, activation="relu")])
    (found,) = Runner(network)(PICTURE)

    wanted = np.maximum(convolved(PICTURE, FILTERS, BIAS, stride, same=padding == "same"), 0)
    assert found.values == pytest.approx(wanted, abs=1e-5)


def test_each_channel_may_have_a_filter_of_its_own() -> None:
    graph = Graph()
    given = graph.input(PICTURE.shape)
    network = graph.finish(given, [graph.conv(given, EACH, np.zeros(4, np.float32), each=True)])
    (found,) = Runner(network)(PICTURE)

    alone = np.stack([np.where(np.arange(4) == channel, EACH[0], 0) for channel in range(4)])
    assert found.values == pytest.approx(convolved(PICTURE, alone, 0, 1, same=True), abs=1e-5)


def test_pools_zeros_sums_and_products() -> None:
    weights = DICE.normal(0, 1, (3, 5)).astype(np.float32)
    graph = Graph()
    given = graph.input(PICTURE.shape)
    largest = graph.pool(given, 3, stride=3, how="largest")
    mean = graph.pool(given, 9, stride=1, how="mean")
    padded = graph.pad(mean, (1, 1, 1, 5))
    network = graph.finish(given, [largest, graph.add(padded, padded), graph.dense(padded, weights)])
    most, twice, product = (each.values for each in Runner(network)(PICTURE))

    means = np.append(PICTURE.mean(axis=(1, 2)).ravel(), 0)
    assert most == pytest.approx(PICTURE.reshape(1, 3, 3, 3, 3, 4).max(axis=(2, 4)), abs=1e-6)
    assert twice.ravel() == pytest.approx(2 * means, abs=1e-5)
    assert product.ravel() == pytest.approx(weights @ means, abs=1e-5)


def test_slopes_are_for_what_is_negative_and_zeros_may_come_first() -> None:
    slopes = DICE.uniform(0, 1, 4).astype(np.float32)
    graph = Graph()
    given = graph.input(PICTURE.shape)
    inside = graph.pad(given, (1, 12, 10, 4), before=(0, 2, 1, 0))
    network = graph.finish(given, [graph.prelu(given, slopes), graph.pool(inside, 1, stride=1, how="largest")])
    sloped, around = (each.values for each in Runner(network)(PICTURE))

    assert sloped == pytest.approx(np.where(PICTURE < 0, PICTURE * slopes, PICTURE), abs=1e-6)
    assert around == pytest.approx(np.pad(PICTURE, ((0, 0), (2, 1), (1, 0), (0, 0))), abs=1e-6)


def test_in_eight_bits_it_is_nearly_the_same() -> None:
    scale = Scale.of(-1.0, 1.0)
    graph = Graph()
    given = graph.input(PICTURE.shape, scale)
    first = graph.conv(given, FILTERS, BIAS, activation="relu6")
    network = graph.finish(given, [first, graph.add(first, first, span=(0.0, 12.0))])
    numbers = np.clip(np.round(PICTURE / scale.step) + scale.zero, -128, 127).astype(np.int8)
    one, twice = Runner(network)(numbers)

    wanted = np.maximum(convolved(PICTURE, FILTERS, BIAS, 1, same=True), 0)
    assert one.numbers.dtype == np.int8
    assert one.values == pytest.approx(wanted, abs=0.05)
    assert twice.values == pytest.approx(2 * wanted, abs=0.1)
