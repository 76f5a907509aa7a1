"""Lazy frames stay lazy, and a call keeps the settings it was made under."""

from __future__ import annotations

from typing import Any

import pytest

import dfai
from frames import Frames
from service import Scene, Service

pytestmark = pytest.mark.where(
    "pandas", "polars", "polars-lazy", "dask-threads", "dask-distributed", "spark", "spark-connect"
)


def test_a_lazy_frame_sends_nothing_until_it_is_computed(frames: Frames, scene: Scene) -> None:
    answered = frames.build({"t": ["good", "bad"]}).ai.sentiment("t", language="en")
    before = scene.requests

    result = frames.read(answered)

    assert (before == 0) == frames.lazy
    assert result["sentiment"] == ["positive", "negative"]


def test_a_call_keeps_its_settings_after_using_has_ended(frames: Frames, service: Service, settings_of: Any) -> None:
    chosen, other = service.scene(), service.scene()
    frame = frames.build({"t": ["good"]})
    with settings_of(chosen):
        answered = frame.ai.sentiment("t", language="en")

    with settings_of(other):
        result = frames.read(answered)

    assert result["sentiment"] == ["positive"]
    assert chosen.texts == ["good"]
    assert other.requests == 0


def test_arguments_win_over_settings(frames: Frames, service: Service, scene: Scene) -> None:
    chosen = service.scene()

    frames.read(frames.build({"t": ["good"]}).ai.sentiment("t", language="en", target=chosen.target))

    assert chosen.texts == ["good"]
    assert scene.requests == 0


def test_two_targets_stand_side_by_side(frames: Frames, service: Service, scene: Scene) -> None:
    other = service.scene()
    frame = frames.build({"t": ["good", "bad"]})

    both = frame.ai.sentiment("t", language="en", output="here").ai.sentiment(
        "t", language="en", output="there", target=other.target
    )
    result = frames.read(both)

    assert result["here"] == result["there"] == ["positive", "negative"]
    assert scene.texts == other.texts == ["bad", "good"]


def test_a_route_sends_each_verb_to_its_own_target(frames: Frames, service: Service, settings_of: Any) -> None:
    sentiment, rest = service.scene(), service.scene()
    route = dfai.route({"sentiment": sentiment.target, "language": rest.target}, default=rest.target)
    frame = frames.build({"t": ["good Anna"]})

    with dfai.using(target=route, attempts=1, progress="off"):
        result = frames.read(frame.ai.sentiment("t", language="en").ai.entities("t", language="en"))

    assert result["sentiment"] == ["positive"]
    assert result["entities"][0][0]["text"] == "Anna"
    assert (sentiment.requests, rest.requests) == (1, 1)
