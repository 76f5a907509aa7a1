"""What the services for one series share on the wire: points, options, limits, and how they read an answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from dfai_core.errors import ConfigError
from dfai_core.service import Document, Exchange, Failure, Limits, Option, Part, Rows, Values, Wiring
from dfai_core.services.decision.granularity import GRANULARITIES, granularity_of, written_time
from dfai_core.transports.base import Answer

__all__ = [
    "API_VERSION",
    "LIMITS",
    "RETIRED",
    "SERIES_OPTIONS",
    "choice",
    "exchange",
    "impute",
    "impute_many",
    "number",
    "whole",
    "written",
]

API_VERSION = "v1.1"
RETIRED = (
    "Azure retired Anomaly Detector on 2026-10-01. The local target serves it: target=dfai.local(). "
    "A container does too: dfai.container(url)."
)

LIMITS = {
    "azure": Limits(
        max_documents=1,
        max_chars=None,
        max_bytes=4_000_000,
        source="Anomaly Detector, Best practices: 12 to 8,640 points; read 2026-11-24. The bytes are ours.",
        max_rows=8_640,
    ),
    "local": Limits(
        max_documents=1,
        max_chars=None,
        max_bytes=100_000_000,
        source="The embedded engine in process takes series of a million points.",
        max_rows=1_000_000,
    ),
}
_IMPUTE = ("auto", "previous", "linear", "zero", "notFill")
# Source: the contract of v1.1, FillNAMethod; "Fixed" is the number itself.
_IMPUTE_MANY = ("linear", "previous", "subsequent", "zero")


def whole(least: int, most: int) -> Callable[[str, Any], int]:
    """The check of an option that is a whole number."""

    def check(name: str, value: Any) -> int:
        if isinstance(value, (int, np.integer)) and not isinstance(value, bool) and least <= value <= most:
            return int(value)
        raise ConfigError(f"{name}={value!r}: expected a whole number from {least} to {most}.")

    return check


def number(least: float, below: float) -> Callable[[str, Any], float]:
    """The check of an option that is a number."""

    def check(name: str, value: Any) -> float:
        real = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if real and least <= value < below:
            return float(value)
        raise ConfigError(f"{name}={value!r}: expected a number of at least {least:g} and less than {below:g}.")

    return check


def _optional(check: Callable[[str, Any], Any]) -> Callable[[str, Any], Any]:
    return lambda name, value: None if value is None else check(name, value)


def _granularity(name: str, value: Any) -> str:
    if value in ("auto", *GRANULARITIES):
        return str(value)
    words = ", ".join(map(repr, GRANULARITIES))
    raise ConfigError(f"{name}={value!r}: choose 'auto' (told from the times), or {words}.")


def choice(*words: str) -> Callable[[str, Any], str]:
    """The check of an option that is one of some words."""

    def check(name: str, value: Any) -> str:
        if isinstance(value, str) and value in words:
            return value
        raise ConfigError(f"{name}={value!r}: choose {' or '.join(map(repr, words))}.")

    return check


def impute(name: str, value: Any) -> str | float:
    """A way to fill the gaps of one series, or the number to fill them with."""
    return _filling(name, value, _IMPUTE)


def impute_many(name: str, value: Any) -> str | float:
    """A way to fill the gaps of several variables, or the number to fill them with."""
    return _filling(name, value, _IMPUTE_MANY)


def _filling(name: str, value: Any, words: Sequence[str]) -> str | float:
    if isinstance(value, str) and value in words:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool) and np.isfinite(value):
        return float(value)
    raise ConfigError(f"{name}={value!r}: choose {', '.join(map(repr, words))}, or the number to fill gaps with.")


SERIES_OPTIONS = (
    Option("granularity", "request", "auto", _granularity),
    Option("custom_interval", "request", None, _optional(whole(1, 2**31 - 1))),
    Option("period", "request", None, _optional(whole(0, 2**31 - 1))),
)


def written(
    more: Callable[[Mapping[str, Any]], Mapping[str, Any]],
) -> Callable[[Rows, Mapping[str, Any]], str | Failure]:
    """Writes a series' request; *more* gives what the operation's own options say."""

    def write(rows: Rows, options: Mapping[str, Any]) -> str | Failure:
        values, times = rows.columns[0], rows.times
        if (wrong := _wrong(values, times)) is not None:
            return wrong
        fields: dict[str, Any] = {"granularity": options["granularity"], "customInterval": options["custom_interval"]}
        if options["granularity"] == "auto":
            found = ("none", 1) if times is None else granularity_of(times)
            if found is None:
                return _irregular(times)
            fields["granularity"], interval = found
            fields["customInterval"] = options["custom_interval"] or interval
        elif times is None and options["granularity"] != "none":
            return Failure("refused", f'granularity={options["granularity"]!r} needs times: timestamp="…"')
        fields |= {"period": options["period"], **more(options)}
        if fields["customInterval"] == 1 or fields["granularity"] == "none":
            del fields["customInterval"]
        given = {name: value for name, value in fields.items() if value is not None}
        return (b'{"series":' + _points(values, times) + b"," + orjson.dumps(given)[1:]).decode()

    return write


def _wrong(values: np.ndarray[Any, Any], times: np.ndarray[Any, Any] | None) -> Failure | None:
    """What no service can be asked, and where it stands."""

    def place(row: int) -> str:
        return f"point {row + 1:,}" if times is None else written_time(int(times[row]))

    finite = np.isfinite(values)
    if not finite.all():
        infinite = np.flatnonzero(~finite)
        what = "not a number (NaN)" if np.isnan(values[infinite[0]]) else "infinite"
        return Failure("refused", f"the value at {place(int(infinite[0]))} is {what}; null would be a gap")
    if times is not None and len(twice := np.flatnonzero(np.diff(times) == 0)):
        where = written_time(int(times[twice[0]]))
        return Failure("refused", f"two rows have the time {where}: is a column missing in by=?")
    return None


def _irregular(times: np.ndarray[Any, Any] | None) -> Failure:
    assert times is not None
    apart = np.diff(times)
    odd = int(np.argmax(np.abs(apart - np.median(apart))))
    return Failure(
        "refused",
        f"the times follow no regular step: most are {np.median(apart) / 1e6:g} s apart, those after "
        f"{written_time(int(times[odd]))} {apart[odd] / 1e6:g} s. Name the granularity=, or granularity='none' to take "
        "the points as evenly spaced",
    )


def _points(values: np.ndarray[Any, Any], times: np.ndarray[Any, Any] | None) -> bytes:
    """The points of a series as JSON. Whole columns are written and then joined: an object a point takes twice as long.

    >>> _points(np.array([0.5, 2.0]), np.array([0, 1_500_000])).decode()
    '[{"timestamp":"1970-01-01T00:00:00Z","value":0.5},{"timestamp":"1970-01-01T00:00:01.500000Z","value":2.0}]'
    """
    numbers = _items(np.ascontiguousarray(values))
    if times is None:
        return b'[{"value":' + b'},{"value":'.join(numbers) + b"}]"
    moments = _items(times.astype("datetime64[us]"))
    pairs = b'},{"timestamp":'.join(map(b'%b,"value":%b'.__mod__, zip(moments, numbers, strict=True)))
    return b'[{"timestamp":' + pairs + b"}]"


def _items(column: np.ndarray[Any, Any]) -> list[bytes]:
    """Each of a column's numbers or times as JSON has it; none of them holds a comma."""
    how = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z
    return orjson.dumps(column, option=how)[1:-1].split(b",")


def exchange(wiring: Wiring, operation: str, values: Callable[[dict[str, Any]], Values]) -> Exchange:
    """The exchange of one operation on a series; *values* reads the answer's body."""

    def write(documents: Iterable[Document]) -> bytes:
        ((_, body),) = documents
        return bytes(body, "utf-8")

    def read(answer: Answer, count: int) -> list[Values | Failure | None]:
        return [values(orjson.loads(answer.body))] * count

    return Exchange(f"/anomalydetector/{wiring.api_version}/timeseries/{operation}/detect", write, read, _never)


def _never(_: Sequence[Part]) -> Values:
    raise ValueError("a series is never cut into parts")
