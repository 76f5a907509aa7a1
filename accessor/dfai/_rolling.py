"""The newest points of a stream's series, each judged by those before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, Unpack

from dfai._calls import calls_for, prepare
from dfai._frame import channels_of
from dfai._verbs import Columns, Groups, VerbCall
from dfai._verbs.decision import Granularity
from dfai_core import Col, Settings, backend_of, services
from dfai_core.backend import Rolling
from dfai_core.errors import ConfigError
from dfai_core.ledger import LEDGER, Entry, new_group
from dfai_core.report import process_id
from dfai_core.reported import Reported

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

__all__ = ["rolling_anomalies"]

# Source: what a series must have to be asked about, "Best practices" of Anomaly Detector.
_LEAST = 12


def rolling_anomalies(
    frame: DataFrame,
    value: str,
    *,
    timestamp: str,
    by: Columns | None = None,
    window_points: int = 500,
    granularity: Granularity = "auto",
    custom_interval: int | None = None,
    period: int | None = None,
    sensitivity: int = 95,
    max_anomaly_ratio: float = 0.25,
    impute: Literal["auto", "previous", "linear", "zero", "notFill"] | float = "auto",
    include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
    output: str = "anomaly",
    **settings: Unpack[Settings],
) -> DataFrame:
    """`detect_last_anomaly` for every point of a stream: each is judged by the last points before it in its series.

    Parameters
    ----------
    frame
        A streaming frame, classic or Connect; a batch works too, as if it were the stream from its beginning.
    value, by
        As for `detect_last_anomaly`.
    timestamp
        Column of timestamps (without a zone: UTC) or dates.
    window_points
        How many points of each series Spark keeps, in the query's checkpoint, 16 bytes each: at least 12. Some three
        cycles of what you expect to repeat do well.
    granularity, custom_interval, period, sensitivity, max_anomaly_ratio, impute, output, include, **settings
        As for `detect_last_anomaly`; values only, not ``dfai.col``.

    Returns
    -------
    The frame with the columns of `detect_last_anomaly`, one answer for each row that has a value. The first points of a
    series have too few before them, and say so in ``_error``. A point that comes late is judged by those before
    its own time; one whose time is there already replaces it. The answers do not depend on how the stream is cut into
    micro-batches, as long as a series' points come in order.

    Raises
    ------
    ColumnNotFound, ColumnExists, ConfigError, NotOffered
        At once, before any request.

    Examples
    --------
    ``dfai.spark.rolling_anomalies(stream, "rpm", timestamp="at", by="device").writeStream…``
    """
    backend = backend_of(frame)
    if not isinstance(backend, Rolling):
        raise ConfigError(
            f"rolling_anomalies is for Spark's streams; this is a {backend.name} frame: df.ai.detect_last_anomaly(…)."
        )
    if isinstance(window_points, bool) or not isinstance(window_points, int) or window_points < _LEAST:
        raise ConfigError(f"window_points={window_points!r}: expected a whole number of at least {_LEAST}.")
    options = {
        "granularity": granularity,
        "custom_interval": custom_interval,
        "period": period,
        "sensitivity": sensitivity,
        "max_anomaly_ratio": max_anomaly_ratio,
        "impute": impute,
    }
    for name, given in options.items():
        if isinstance(given, Col):
            raise ConfigError(f"{name}={given!r}: on a stream an option is one value for all series.")
    service = services()["detect_last_anomaly"]
    inputs: tuple[Any, ...] = (value,)
    groups = Groups(by, timestamp)
    asked = VerbCall(service, inputs, options, include, output, "raise", settings, groups)
    calls = calls_for(backend, frame, asked)
    if len(calls) > 1:
        raise ConfigError("rolling_anomalies reads one column of numbers: call it once for each.")
    ((call, _),) = calls
    prepare(service, call.config)
    channels, promised = channels_of(backend, frame, call)
    run = Reported(process_id(), backend.name, tuple(channel.reporter for channel in channels))
    result: DataFrame = backend.rolling(frame, call.shipped(), run, window_points)
    LEDGER.add(Entry.of(call, backend.name, lazy=True, group=new_group(), channels=channels, promised=promised))
    return result
