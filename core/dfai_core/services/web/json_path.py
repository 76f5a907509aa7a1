"""Places in a JSON document: the part of RFC 9535 that names things, without filters, slices and descent."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

from dfai_core.errors import ConfigError

__all__ = ["JsonPath", "json_path"]

_EVERY: Literal["*"] = "*"
_STEP = re.compile(
    r"""
      \.(?P<name>[^\W\d][\w-]*)                      # .name
    | \[\s*(?P<index>-?\d+)\s*\]                     # [0], [-1]
    | \[\s*(?P<every>\*)\s*\]                        # [*]
    | \.(?P<each>\*)                                 # .*
    | \[\s*'(?P<single>(?:[^'\\]|\\.)*)'\s*\]        # ['a name']
    | \[\s*"(?P<double>(?:[^"\\]|\\.)*)"\s*\]        # ["a name"]
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


@dataclass(frozen=True, slots=True)
class _Every:
    """All items of a list, or all values of an object."""


Step = str | int | _Every


@dataclass(frozen=True, slots=True)
class JsonPath:
    """Where something stands in a JSON document."""

    text: str
    steps: tuple[Step, ...]

    @property
    def many(self) -> bool:
        """Whether it names any number of values: then what is found is a list."""
        return any(isinstance(step, _Every) for step in self.steps)

    def of(self, document: Any) -> Any:
        """What stands there; None where there is nothing, a list (perhaps empty) where it may be many.

        >>> json_path("$[1][0].name").of([{}, [{"name": "Brazil"}]])
        'Brazil'
        >>> json_path("$.a[*].b").of({"a": [{"b": 1}, {}, {"b": None}]})
        [1, None]
        """
        found = [document]
        for step in self.steps:
            found = [value for holder in found for value in _at(holder, step)]
        if self.many:
            return found
        return found[0] if found else None


def _at(holder: Any, step: Step) -> list[Any]:
    """What *step* leads to: nothing, one value, or many."""
    if isinstance(step, _Every):
        return list(holder.values() if isinstance(holder, dict) else holder if isinstance(holder, list) else ())
    if isinstance(step, int):
        inside = isinstance(holder, list) and -len(holder) <= step < len(holder)
        return [holder[step]] if inside else []
    return [holder[step]] if isinstance(holder, dict) and step in holder else []


def json_path(text: str) -> JsonPath:
    """Reads a path such as ``$.a.b[0]['c d'][*]``: names, places in lists (from the end where below 0), or all of them.

    Raises
    ------
    ConfigError
        For anything else, with the place at which it stops making sense.

    Notes
    -----
    Source: RFC 9535, JSONPath, sections 2.3.1 to 2.3.3 and 2.5.1. Hyphens in a name after a dot are allowed besides.
    """
    if not isinstance(text, str) or not text.startswith("$"):
        raise ConfigError(f"{text!r} is no JSON path: expected one such as '$.country.name' or '$[0]'.")
    steps: list[Step] = []
    at = 1
    while at < len(text):
        found = _STEP.match(text, at)
        if found is None:
            raise ConfigError(
                f"{text!r} is no JSON path that dfai knows, from {text[at:]!r} on: "
                "write .name, ['a name'], [0], [-1] or [*]."
            )
        steps.append(_step(found))
        at = found.end()
    return JsonPath(text, tuple(steps))


def _step(found: re.Match[str]) -> Step:
    if found["name"] is not None:
        return found["name"]
    if found["index"] is not None:
        return int(found["index"])
    quoted = found["single"] if found["single"] is not None else found["double"]
    return _Every() if quoted is None else _ESCAPED.sub(_unescaped, quoted)


def _unescaped(escape: re.Match[str]) -> str:
    sign = escape[1]
    return chr(int(sign[1:], 16)) if len(sign) == 5 else _ESCAPES.get(sign, sign)
