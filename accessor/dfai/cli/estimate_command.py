"""``dfai estimate VERB FILE…``: what a run would send, take and cost."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from dfai._estimate import EstimateAI
from dfai._estimated import Estimate
from dfai.cli.asked import question_of, source_of
from dfai.cli.stream_backend import STREAM
from dfai.cli.tables import Source
from dfai.cli.verb_commands import Shared, verb_commands
from dfai.cli.words import spoken

__all__ = ["estimate"]

_HELP = """Say what a run would send, how long it would take and what it would cost. Nothing is sent.

dfai estimate sentiment reviews.parquet --column text --target azure:westeurope"""

_OWN = {
    "store": Shared(
        Annotated[
            str | None,
            typer.Option(metavar="PLACE", help="The store of the run: what it has the answer of costs nothing."),
        ]
    ),
    "sample_rows": Shared(
        Annotated[
            int | None,
            typer.Option(metavar="NUMBER", min=1, help="Look at so many rows, chosen at random, and scale up."),
        ]
    ),
    "latency_s": Shared(
        Annotated[
            float | None,
            typer.Option(metavar="SECONDS", min=0.0, help="How long an answer takes; a tenth of a second if none."),
        ]
    ),
    "as_json": Shared(Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")], False),
}
# What no estimate depends on.
_WITHOUT = ("set_on_error", "set_report", "set_spans", "set_max_answer_bytes", "set_max_error_ratio")


class _Estimates(EstimateAI):
    """Every verb on a table in files, estimated."""

    def __init__(self, source: Source, *, sample_rows: int | None, latency_s: float | None) -> None:
        self._frame = source
        self._backend = STREAM
        self._sample_rows = sample_rows
        self._latency_s = latency_s


def _estimate(verb: str, files: list[str], given: dict[str, Any]) -> None:
    question, source = source_of(question_of(verb, files, given))
    verbs = _Estimates(source, sample_rows=given["sample_rows"], latency_s=given["latency_s"])
    made: Estimate = getattr(verbs, verb)(*question.inputs, **question.options, **question.settings)
    if given["as_json"]:
        print(orjson.dumps({"files": files, **made.to_dict()}).decode())
    else:
        print(spoken(str(made)))


estimate: typer.Typer = verb_commands("estimate", _HELP, _OWN, _estimate, without=_WITHOUT)
