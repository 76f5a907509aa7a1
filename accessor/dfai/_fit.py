"""Fits a model of several variables to a frame: the needed columns come here, and the target fits."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from dfai._calls import calls_for, prepare
from dfai._inputs import listed
from dfai._models import AnomalyModel
from dfai._verbs import Columns, Groups, VerbCall
from dfai_core import Backend, Call, Settings
from dfai_core.backend import Fetching
from dfai_core.call import INDEX
from dfai_core.errors import ConfigError, error_for
from dfai_core.ledger import LEDGER, Entry, new_group
from dfai_core.report import process_id
from dfai_core.reported import Reported
from dfai_core.services.decision.multivariate import MOST_COLUMNS, fitting

__all__ = ["fitted"]


def fitted(
    backend: Backend,
    frame: Any,
    columns: Sequence[str],
    timestamp: Hashable | None,
    by: Columns | None,
    window_points: int,
    align: str,
    impute: str | float,
    settings: Settings,
) -> AnomalyModel:
    """The model of *columns*; the arguments are those of ``fit_anomalies``."""
    if not isinstance(backend, Fetching):
        raise ConfigError(f"fit_anomalies: {backend.name} frames cannot be fetched; fit to a pandas frame.")
    names = _variables(columns)
    options = {"window_points": window_points, "align": align, "impute": impute}
    single = fitting(names, several=False, keeps_gaps=align == "outer")
    groups = Groups(by, timestamp)
    # "replace": the frame is not given back, so that no column of it can be in the way.
    asked = VerbCall(single, names, options, (), "model", "replace", settings, groups)
    ((call, _),) = calls_for(backend, frame, asked)
    if window_points * len(names) > MOST_COLUMNS:
        raise ConfigError(
            f"window_points={window_points} with {len(names)} variables: together {window_points * len(names):,}, and "
            f"at most {MOST_COLUMNS} are seen at once. Take a shorter window, or fewer variables."
        )
    texts = [*call.by, *([] if call.order in (None, INDEX) else [call.order])]
    if not all(isinstance(name, str) for name in texts):
        raise ConfigError("fit_anomalies: a model knows columns by text: df.columns = df.columns.map(str)")
    prepare(call.service, call.config)
    most = call.service.limits_at(call.target_kind).max_rows
    batch = backend.fetched(frame, call, most)
    if batch is None:
        raise ConfigError(
            f"fit_anomalies brings {listed(list(dict.fromkeys(call.columns)))} into this process, and takes {most:,} "
            "rows at most: this frame has more. Take a span of time, or some of the series, first."
        )
    if not batch.num_rows:
        raise ConfigError("fit_anomalies: the frame has no rows to fit a model to.")
    if call.by:
        call, batch = _numbered(call, batch)
    answer = _answer(backend, call, batch)
    return AnomalyModel(
        variables=names,
        timestamp=None if call.order is INDEX else call.order,
        by=tuple(texts[: len(texts) - (call.order not in (None, INDEX))]),
        align=align,
        impute=call.options["impute"],
        window_points=window_points,
        rows=batch.num_rows,
        fitted=answer,
    )


def _variables(columns: Any) -> tuple[str, ...]:
    if isinstance(columns, str) or not isinstance(columns, Sequence) or not columns:
        raise ConfigError(f"fit_anomalies reads several columns: name them in a list, not {columns!r}.")
    for name in columns:
        if not isinstance(name, str):
            raise ConfigError(
                f"fit_anomalies: column {name!r} is not named by text, and a model knows columns by text: "
                "df.columns = df.columns.map(str)"
            )
    twice = sorted({name for name in columns if list(columns).count(name) > 1})
    if twice:
        raise ConfigError(f"fit_anomalies: {listed(twice)} stands twice among the columns.")
    return tuple(columns)


def _numbered(call: Call, batch: pa.RecordBatch) -> tuple[Call, pa.RecordBatch]:
    """The call on one group of rows, in which a column numbers the series: one request fits one model to all."""
    count = len(call.inputs)
    by = range(count, count + len(call.by))
    numbers = np.zeros(batch.num_rows, np.int64)
    for at in by:
        codes = _codes(batch.column(at))
        _, numbers = np.unique(numbers * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)
    columns = [batch.column(at) for at in range(batch.num_columns) if at not in by]
    columns.insert(count, pa.array(numbers))
    service = fitting(call.service.inputs, several=True, keeps_gaps=bool(call.service.nullable))
    made = replace(call, service=service, inputs=(*call.inputs, "by"), by=())
    return made, pa.record_batch(columns, names=[str(place) for place in range(len(columns))])


def _codes(column: pa.Array) -> np.ndarray[Any, Any]:
    """A number for each distinct value; a null is a value like others."""
    try:
        return np.asarray(column.dictionary_encode(null_encoding="encode").indices.to_numpy(zero_copy_only=False))
    except pa.ArrowNotImplementedError:  # nested types
        seen: dict[str, int] = {}
        return np.array([seen.setdefault(repr(value), len(seen)) for value in column.to_pylist()], np.int64)


def _answer(backend: Backend, call: Call, batch: pa.RecordBatch) -> str:
    """What the engine wrote."""
    LEDGER.add(Entry.of(call, backend.name, lazy=False, group=new_group()))
    answers = pa.Table.from_batches(list(Reported(process_id(), backend.name)(call, [batch])), schema=call.schema)
    failed = answers.column(answers.num_columns - 2).is_valid()
    if failed.to_numpy().any():
        first = answers.filter(failed).slice(0, 1).to_pylist()[0]
        raise error_for(first["model_error"], f"fit_anomalies: {first['model_error_message']}")
    models = answers.column(0).drop_null()
    if not len(models):
        names = listed(list(call.service.inputs))
        raise ConfigError(f"fit_anomalies: no row has values in {names} to fit a model to.")
    return str(models[0].as_py())
