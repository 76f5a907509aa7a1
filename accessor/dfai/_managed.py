"""Requests about what a service keeps: no verbs and no frames, but made as theirs are, with all settings and limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

import pyarrow as pa

from dfai._calls import prepare
from dfai._settings import effective
from dfai_core import Call, Service
from dfai_core.run import run

__all__ = ["answers_of", "call_of", "several_of"]


def several_of(contents: Any) -> list[Any]:
    """Pictures or sounds in a list; a text, bytes or an array is one of them."""
    if isinstance(contents, (str, bytes, bytearray, memoryview)) or hasattr(contents, "__array_interface__"):
        return [contents]
    return list(contents) if isinstance(contents, Iterable) else [contents]


def call_of(service: Service, settings: Any, output: str, **more: Any) -> Call:
    """The call of *service* under these settings, its target checked and prepared."""
    config, _ = effective(settings)
    config.target.check(service)
    prepare(service, config)
    return Call(service=service, inputs=service.inputs, output=output, config=config, **more)


def answers_of(call: Call, batch: pa.RecordBatch) -> list[tuple[bytes | None, str | None, str | None]]:
    """For each row what was answered, or the code and the message of its error."""
    rows: list[Any] = []
    for answer in run(call, [batch]):
        rows += zip(*[column.to_pylist() for column in answer.columns], strict=True)
    return cast("list[tuple[bytes | None, str | None, str | None]]", rows)
