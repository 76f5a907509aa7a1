"""The language that a text is written in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Exchange, Failure, Option, Part, Service, Values, Wiring
from dfai_core.services.language.wire import API_VERSION, RECORDS, analyze_text, limits

__all__ = ["DETECT_LANGUAGE"]

_UNKNOWN = "(Unknown)"
# The service's own spelling of the two Chinese scripts, and the one that its other kinds understand.
_SCRIPTS = {"zh_chs": "zh-Hans", "zh_cht": "zh-Hant"}


def _country(name: str, value: Any) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z]{2}|", value):
        return value.upper()
    raise ConfigError(f"{name}={value!r} is not an ISO 3166-1 country code of two letters.")


def _row(document: dict[str, Any]) -> Values | Failure:
    found = document["detectedLanguage"]
    code = found["iso6391Name"]
    if code == _UNKNOWN:
        return Failure("nothing_found", "no language could be told from this text", status=200)
    return (_SCRIPTS.get(code, code), found["name"], found["confidenceScore"])


def _wire(wiring: Wiring) -> Exchange:
    return analyze_text(wiring, "LanguageDetection", _row, _merge, parameters={}, tag="countryHint", offsets=False)


def _merge(parts: Sequence[Part]) -> Values:
    """The language of most of the text."""
    weight: dict[str, float] = {}
    for part in parts:
        if part.values is not None:
            weight[part.values[0]] = weight.get(part.values[0], 0.0) + len(part.text) * part.values[2]
    best = max(weight, key=weight.__getitem__)
    shown = [part.values for part in parts if part.values is not None and part.values[0] == best]
    return (best, shown[0][1], round(sum(values[2] for values in shown) / len(shown), 2))


DETECT_LANGUAGE = Service(
    name="detect_language",
    family="language",
    noun="language",
    inputs=("text",),
    columns=(
        Column("", pa.string(), 'ISO 639-1 code, such as "fr"; "zh-Hans" and "zh-Hant" for the two Chinese scripts.'),
        Column("_name", pa.string(), "The language's English name."),
        Column("_confidence", pa.float64(), "From 0 to 1."),
    ),
    options=(Option("country", "document", "", _country),),
    limits=limits(1_000, 1_000),
    operation="LanguageDetection",
    wire=_wire,
    api_version=API_VERSION,
    billing=RECORDS,
    known_as=("LanguageDetection", "LanguageDetector"),
)
