"""Calls straight into the core, without a frame: texts in, answers out."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow as pa
import pytest

from dfai_core import Call, Config, run, services
from dfai_core.flow.retry import Retry
from dfai_core.report import Counters, counters_of
from dfai_core.settings import resolve
from dfai_core.targets import container

__all__ = ["Row", "call_of", "counted", "hurry", "rows_of", "slices", "stream"]

Row = tuple[Any, str | None, str | None]
"""Headline, error code, error message."""


def call_of(verb: str = "key_phrases", **arguments: Any) -> Call:
    """A call of *verb* on a column "text"; arguments of `Call` and settings alike."""
    own = {
        name: arguments.pop(name)
        for name in ("include", "varying", "prior", "options", "trace", "id")
        if name in arguments
    }
    service = services()[verb]
    config: Config = resolve([("test", {"target": container("http://127.0.0.1:9"), **arguments})])[0]
    options = {option.name: option.default for option in service.options} | own.pop("options", {})
    return Call(service, ("text",), service.noun, options=options, config=config, **own)


def slices(texts: Sequence[str | None], size: int | None = None) -> list[pa.RecordBatch]:
    """Texts as record batches of *size* rows."""
    step = size or max(1, len(texts))
    return [
        pa.record_batch({"text": pa.array(texts[start : start + step], pa.string())})
        for start in range(0, len(texts), step)
    ]


def stream(call: Call, batches: Iterable[pa.RecordBatch]) -> Iterator[Row]:
    for batch in run(call, batches):
        columns = [batch.column(place).to_pylist() for place in (0, batch.num_columns - 2, batch.num_columns - 1)]
        yield from zip(*columns, strict=True)


def rows_of(call: Call, texts: Sequence[str | None], size: int | None = None) -> list[Row]:
    """Every row's answer."""
    return list(stream(call, slices(texts, size)))


def counted(call: Call) -> Counters:
    return counters_of(call.id)


def hurry(monkeypatch: pytest.MonkeyPatch, first_wait_s: float = 0.01) -> None:
    """Retries wait milliseconds where users' wait half a second and more."""
    monkeypatch.setattr("dfai_core.attempters.Retry", functools.partial(Retry, first_wait_s=first_wait_s))
    monkeypatch.setattr("dfai_core.flow.adaptive._FIRST_PAUSE_S", first_wait_s)
    monkeypatch.setattr("dfai_core.flow.adaptive._LONGEST_PAUSE_S", 8 * first_wait_s)
    # A refusal slows a target down for minutes; in these tests it is forgotten at once.
    monkeypatch.setattr("dfai_core.flow.adaptive._CLIMB", 1e6)
    monkeypatch.setattr("dfai_core.flow.adaptive._LOW_CLIMB", 1e3)
