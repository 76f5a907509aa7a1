"""The most telling sentences of a text: a long-running job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Exchange, Limits, Option, Part, Service, Values, Wiring
from dfai_core.services.language.wire import API_VERSION, LANGUAGE, RECORDS, analyze_text

__all__ = ["EXTRACT_SUMMARY"]

_SENTENCE = pa.struct([("text", pa.string()), ("rank", pa.float64()), ("offset", pa.int64()), ("length", pa.int64())])
_JOBS = "Azure AI Language, Service limits, asynchronous requests; read 2026-11-22. Characters are over all documents."


def _count(name: str, value: Any) -> int:
    # Source: the contract of 2023-04-01, ExtractiveSummarizationTaskParameters; the service documents 1 to 20.
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 20:
        return value
    raise ConfigError(f"{name}={value!r}: expected a whole number from 1 to 20.")


def _order(name: str, value: Any) -> str:
    if value in ("offset", "rank"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'offset' (as in the text) or 'rank' (most telling first).")


def _wire(wiring: Wiring) -> Exchange:
    sentences = "sentences" in wiring.include
    order, most = wiring.options["order"], wiring.options["max_sentences"]

    def row(document: dict[str, Any]) -> Values:
        found = [
            {
                "text": sentence["text"],
                "rank": sentence["rankScore"],
                "offset": sentence["offset"],
                "length": sentence["length"],
            }
            for sentence in document["sentences"]
        ]
        return (found,)

    def merge(parts: Sequence[Part]) -> Values:
        found = [
            {**sentence, "offset": sentence["offset"] + part.offset}
            for part in parts
            if part.values is not None
            for sentence in part.values[0]
        ]
        found = sorted(found, key=lambda sentence: -sentence["rank"])[:most]
        return (found if order == "rank" else sorted(found, key=lambda sentence: int(sentence["offset"])),)

    def finish(values: Values) -> Values:
        (found,) = values
        summary = " ".join(sentence["text"] for sentence in found)
        return (summary, found) if sentences else (summary,)

    exchange = analyze_text(
        wiring,
        "ExtractiveSummarization",
        row,
        merge,
        parameters={"sentenceCount": most, "sortBy": order.capitalize()},
        job="ExtractiveSummarization",
    )
    return replace(exchange, finish=finish)


# Azure AI Language, Pricing details, read 2026-11-26.
_BESIDE = "the characters of the summaries count too"

EXTRACT_SUMMARY = Service(
    name="extract_summary",
    family="language",
    noun="summary",
    inputs=("text",),
    columns=(Column("", pa.string(), "The chosen sentences, joined by spaces."),),
    includes={"sentences": Column("_sentences", pa.list_(_SENTENCE), "Each chosen sentence with its rank and place.")},
    options=(
        LANGUAGE,
        Option("max_sentences", "request", 3, _count),
        Option("order", "request", "offset", _order),
    ),
    limits={
        "azure": Limits(25, 125_000, 1_000_000, _JOBS, max_chars_per_request=125_000),
    },
    operation="ExtractiveSummarization",
    wire=_wire,
    api_version=API_VERSION,
    long_running=True,
    billing=replace(RECORDS, beside=_BESIDE),
    known_as=("summarize", "begin_extract_summary", "ExtractiveSummarization"),
)
