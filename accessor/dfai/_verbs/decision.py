"""Decision: what is unusual in series of numbers."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Literal, Unpack

from dfai._verbs.base import Columns, Groups, IfExists, R, VerbBase
from dfai_core import Col, Settings, services

__all__ = ["DecisionVerbs", "Granularity"]

Granularity = Literal[
    "auto", "yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly", "microsecond", "none"
]


class DecisionVerbs(VerbBase[R]):
    """Verbs over whole series: each point is answered in the light of all others of its series."""

    def detect_anomalies(
        self,
        value: Columns,
        *,
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        granularity: Granularity | Col = "auto",
        custom_interval: int | Col | None = None,
        period: int | Col | None = None,
        sensitivity: int | Col = 95,
        max_anomaly_ratio: float | Col = 0.25,
        impute: Literal["auto", "previous", "linear", "zero", "notFill"] | float | Col = "auto",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "anomaly",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find the anomalies of each series: one answer for each of its points.

        Parameters
        ----------
        value
            Column of numbers. Rows without a value are not in the series and have no answer. With several columns each
            is a series of its own.
        timestamp
            Column of times: datetime with or without a zone (without: UTC), date, numbers since 1970 (seconds to
            nanoseconds, told by their size), ISO 8601 texts. Default: the index, where it holds times, else the rows as
            they come (Spark, whose rows have no order, needs the column).
        by
            Column or columns: rows with equal values are a series. Default: all rows are one.
        granularity
            "yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly", "microsecond", "none" (the points
            are evenly spaced, whatever the times say), or "auto": told from the times of each series.
        custom_interval
            How many units lie between two points: 5 with "minutely" for one every five minutes.
        period
            Points in a cycle. Default: looked for.
        sensitivity
            From 0 to 99: a higher one narrows the band, and never finds fewer.
        max_anomaly_ratio
            At least 0, less than 0.5: where more of the points lie outside, the band is widened.
        impute
            How gaps are filled before the series is looked at: "auto" and "notFill" (not at all: the points that are
            there keep their place in the cycle), "previous", "linear", "zero", or a number.
        output
            Name of the column with the answer (bool) and prefix of the others: ``_expected``, ``_lower`` and ``_upper``
            (float64, in the unit of the values; ready to plot), ``_direction`` ("above", "below"), ``_severity``
            (float64, 0 to 1), ``_period`` (int, points in a cycle, 0: none),
            ``_error`` and ``_error_message``.
        include, if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame: same rows, same order, with the new columns. A series that cannot be asked
        (too short, times that repeat or follow no step, an infinite value) costs its own rows alone: each has the
        reason in ``_error`` and ``_error_message``.

        Raises
        ------
        ColumnNotFound, ColumnExists, ConfigError, NotOffered
            At once, before any request. Azure retired the service: it is served locally and by containers.

        Examples
        --------
        >>> month = pd.date_range("2023-01-01", periods=24, freq="MS")
        >>> sales = pd.DataFrame({"month": month, "sold": [100.0, 110, 120] * 5 + [400] + [110.0, 120, 100, 110] * 2})
        >>> found = sales.ai.detect_anomalies("sold", timestamp="month")
        >>> found[found["anomaly"]][["sold", "anomaly_direction"]].values.tolist()
        [[400.0, 'above']]
        """
        options = {
            "granularity": granularity,
            "custom_interval": custom_interval,
            "period": period,
            "sensitivity": sensitivity,
            "max_anomaly_ratio": max_anomaly_ratio,
            "impute": impute,
        }
        groups = Groups(by, timestamp)
        return self._call(
            services()["detect_anomalies"], (value,), options, include, output, if_exists, settings, groups
        )

    def detect_last_anomaly(
        self,
        value: Columns,
        *,
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        granularity: Granularity | Col = "auto",
        custom_interval: int | Col | None = None,
        period: int | Col | None = None,
        sensitivity: int | Col = 95,
        max_anomaly_ratio: float | Col = 0.25,
        impute: Literal["auto", "previous", "linear", "zero", "notFill"] | float | Col = "auto",
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "anomaly",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Tell whether the newest point of each series is an anomaly, from those before it alone.

        Parameters
        ----------
        value
            Column of numbers. Rows without a value are not in the series and have no answer. With several columns each
            is a series of its own.
        timestamp
            Column of times: datetime with or without a zone (without: UTC), date, numbers since 1970 (seconds to
            nanoseconds, told by their size), ISO 8601 texts. Default: the index, where it holds times, else the rows as
            they come (Spark, whose rows have no order, needs the column).
        by
            Column or columns: rows with equal values are a series. Default: all rows are one.
        granularity
            "yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly", "microsecond", "none" (the points
            are evenly spaced, whatever the times say), or "auto": told from the times of each series.
        custom_interval
            How many units lie between two points: 5 with "minutely" for one every five minutes.
        period
            Points in a cycle. Default: looked for.
        sensitivity
            From 0 to 99: a higher one narrows the band, and never finds fewer.
        max_anomaly_ratio
            At least 0, less than 0.5: where more of the points lie outside, the band is widened.
        impute
            How gaps are filled before the series is looked at: "auto" and "notFill" (not at all: the points that are
            there keep their place in the cycle), "previous", "linear", "zero", or a number.
        output
            Name of the column with the answer (bool) and prefix of the others: ``_expected``, ``_lower`` and ``_upper``
            (float64, in the unit of the values; ready to plot), ``_direction`` ("above", "below"), ``_severity``
            (float64, 0 to 1), ``_period`` (int, points in a cycle, 0: none),
            ``_error`` and ``_error_message``.
        include, if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame: same rows, same order, with the new columns. Only the newest row of each series is
        answered; the others stay null. A series that cannot be asked (too short, times that repeat or follow no step,
        an infinite value) costs this row alone, with the reason in ``_error`` and ``_error_message``.

        Raises
        ------
        ColumnNotFound, ColumnExists, ConfigError, NotOffered
            At once, before any request. Azure retired the service: it is served locally and by containers.

        Examples
        --------
        >>> frame = pd.DataFrame({"value": [1.0, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 50]})
        >>> frame.ai.detect_last_anomaly("value")["anomaly"].tolist()[-2:]
        [<NA>, True]
        """
        options = {
            "granularity": granularity,
            "custom_interval": custom_interval,
            "period": period,
            "sensitivity": sensitivity,
            "max_anomaly_ratio": max_anomaly_ratio,
            "impute": impute,
        }
        groups = Groups(by, timestamp)
        return self._call(
            services()["detect_last_anomaly"], (value,), options, include, output, if_exists, settings, groups
        )

    def detect_change_points(
        self,
        value: Columns,
        *,
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        granularity: Granularity | Col = "auto",
        custom_interval: int | Col | None = None,
        period: int | Col | None = None,
        stability: int | Col = 5,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "change_point",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> R:
        """Find where each series changes its trend.

        Parameters
        ----------
        value
            Column of numbers. Rows without a value are not in the series and have no answer. With several columns each
            is a series of its own.
        timestamp
            Column of times: datetime with or without a zone (without: UTC), date, numbers since 1970 (seconds to
            nanoseconds, told by their size), ISO 8601 texts. Default: the index, where it holds times, else the rows as
            they come (Spark, whose rows have no order, needs the column).
        by
            Column or columns: rows with equal values are a series. Default: all rows are one.
        granularity
            "yearly", "monthly", "weekly", "daily", "hourly", "minutely", "secondly", "microsecond", "none" (the points
            are evenly spaced, whatever the times say), or "auto": told from the times of each series.
        custom_interval
            How many units lie between two points: 5 with "minutely" for one every five minutes.
        period
            Points in a cycle. Default: looked for.
        stability
            Points that a new trend must hold to count as one (stableTrendWindow of the service).
        output
            Name of the column with the answer (bool) and prefix of the others: ``_confidence`` (float64, 0 to 1),
            ``_error`` and ``_error_message``.
        include, if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame: same rows, same order, with the new columns. A series that cannot be asked
        (too short, times that repeat or follow no step, an infinite value) costs its own rows alone: each has the
        reason in ``_error`` and ``_error_message``.

        Raises
        ------
        ColumnNotFound, ColumnExists, ConfigError, NotOffered
            At once, before any request. Azure retired the service: it is served locally and by containers.

        Examples
        --------
        >>> frame = pd.DataFrame({"value": [1.0, 2] * 15 + [9.0, 8] * 15})
        >>> found = frame.ai.detect_change_points("value", granularity="none")
        >>> found.index[found["change_point"]].tolist()
        [30]
        """
        options = {
            "granularity": granularity,
            "custom_interval": custom_interval,
            "period": period,
            "stability": stability,
        }
        groups = Groups(by, timestamp)
        return self._call(
            services()["detect_change_points"], (value,), options, include, output, if_exists, settings, groups
        )
