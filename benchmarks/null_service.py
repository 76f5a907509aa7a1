"""A service that costs nothing, so that what remains is dfai's own work on rows.

Its requests are answered in this process, ten thousand documents at a time, but take the same way as all
others: through `dfai_core.run`, its dispatcher and its attempts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

import dfai
from dfai import FrameAI
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Part, Service, Values, Wiring
from dfai_core.transports.base import Answer, Request

__all__ = ["NULL", "NullTransport", "answered", "null_transport"]

_DOCUMENTS = 10_000
# As many columns as a sentiment has; the scores differ by place, so that a column is not one repeated value.
_ROWS: list[Values] = [("neutral", place / _DOCUMENTS, 0.0, 1 - place / _DOCUMENTS) for place in range(_DOCUMENTS)]


class NullTransport:
    """Answers at once."""

    async def send(self, request: Request) -> Answer:
        return Answer(200, {}, b"")

    async def aclose(self) -> None:
        return None


def null_transport() -> NullTransport:
    """A transport of this process."""
    return NullTransport()


def _wire(_wiring: Wiring) -> Exchange:
    return Exchange("/null", _write, _read, _merge)


def _write(_documents: Iterable[Document]) -> bytes:
    return b""


def _read(_answer: Answer, count: int) -> list[Values | Failure | None]:
    return list(_ROWS[:count])


def _merge(_parts: Sequence[Part]) -> Values:
    raise ValueError("no text of this benchmark is too long for one document")


NULL = Service(
    name="null",
    family="benchmark",
    noun="null",
    inputs=("text",),
    columns=(
        Column("", pa.string(), "A label."),
        Column("_positive", pa.float64(), "A number."),
        Column("_neutral", pa.float64(), "A number."),
        Column("_negative", pa.float64(), "A number."),
    ),
    options=(),
    limits={"azure": Limits(_DOCUMENTS, 5_120, 1_000_000_000, "None: nothing is sent.")},
    operation="Null",
    wire=_wire,
    api_version="1",
)


class _NullAI(FrameAI[Any]):
    """The accessor with one verb more."""

    def null(self, text: str, output: str, **more: Any) -> Any:
        settings: Any = {
            "target": dfai.container("http://null.invalid"),
            "transport": null_transport,  # travels by its name: each worker makes its own
            "progress": "off",
        }
        return self._call(NULL, (text,), {}, (), output, "raise", settings | more)


def answered(frame: Any, column: str, **settings: Any) -> Any:
    """*frame* with the null service's columns, through the accessor."""
    return _NullAI(frame).null(column, "null", **settings)
