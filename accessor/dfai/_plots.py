"""Anomalies as a picture: the values, what was expected of them, and where they left the band."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from dfai._inputs import find, listed
from dfai._verbs import Columns
from dfai_core import Backend, backend_of
from dfai_core.errors import ColumnNotFound, ConfigError, MissingExtra
from dfai_core.moments import microseconds

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["plot_anomalies"]

_INK, _QUIET, _BAND, _EXPECTED = "#1f2a44", "#6b7280", "#c9dcf3", "#4f83c2"
_MARKS = {"above": ("^", "#d1332e"), "below": ("v", "#7a3fa8")}
_PANEL_INCHES = (10.0, 2.3)
_SUFFIXES = ("", "_expected", "_lower", "_upper", "_direction", "_severity", "_period", "_error", "_error_message")
_NEEDED = ("", "_expected", "_lower", "_upper")


def plot_anomalies(
    frame: Any,
    value: Hashable,
    *,
    timestamp: Hashable | None = None,
    by: Columns | None = None,
    output: str = "anomaly",
    unit: str | None = None,
    title: str | None = None,
    max_panels: int = 12,
) -> list[Axes]:
    """Draw what `detect_anomalies` or `detect_last_anomaly` found: one panel a series.

    Parameters
    ----------
    frame
        A pandas or polars frame with the answers. Lazy frames are filtered and collected first.
    value, timestamp, by
        As they were given to the verb: the column of numbers, the one with the times (default: the index, where it
        holds times, else the rows as they come), and those that make the series.
    output
        The answer's first name, as it was given to the verb.
    unit
        What the values are measured in; stands beside the axis.
    title
        Stands above all panels.
    max_panels
        More series than this are not drawn.

    Returns
    -------
    The axes, one for each series, sorted by name. All are on one figure:
    ``axes[0].figure.savefig("anomalies.png")``.

    Raises
    ------
    ColumnNotFound
        Where the frame lacks a column, or the answers.
    ConfigError
        For a frame that is not in memory, one without rows, and for more series than *max_panels*.
    MissingExtra
        Without matplotlib.

    Examples
    --------
    >>> frame = pd.DataFrame({"rpm": [900.0, 910, 905] * 6 + [1500.0]})
    >>> found = frame.ai.detect_anomalies("rpm")
    >>> [axes] = found.ai.plot_anomalies("rpm", unit="1/min")
    >>> axes.get_ylabel()
    'rpm (1/min)'
    """
    panels = _panels(frame, value, timestamp, by, output, max_panels)
    pyplot = _pyplot()
    wide, high = _PANEL_INCHES
    figure, grid = pyplot.subplots(
        len(panels), 1, sharex=True, squeeze=False, figsize=(wide, 0.9 + high * len(panels)), layout="constrained"
    )
    axes: list[Axes] = list(grid[:, 0])
    for panel, axis in zip(panels, axes, strict=True):
        _draw(panel, axis)
        axis.set_ylabel(f"{value} ({unit})" if unit else str(value))
    _time_axis(panels[0], axes[-1])
    handles = {label: handle for axis in axes for handle, label in zip(*axis.get_legend_handles_labels(), strict=True)}
    if title:
        figure.suptitle(title, x=0.01, ha="left", fontsize=13, fontweight="bold", color=_INK)
    figure.legend(
        handles.values(), handles.keys(), loc="outside upper right", ncols=len(handles), frameon=False, fontsize=9
    )
    return axes


# ---- what is drawn -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Panel:
    """One series in order of time. *answers* holds the verb's columns by their suffixes."""

    name: str
    times: np.ndarray[Any, Any]
    zone: str | None
    dated: bool
    values: np.ndarray[Any, Any]
    answers: pd.DataFrame

    def numbers(self, suffix: str) -> np.ndarray[Any, Any]:
        return _floats(self.answers[suffix])

    def flagged(self) -> np.ndarray[Any, Any]:
        return np.asarray(self.answers[""].fillna(False).to_numpy(dtype=bool))

    def failure(self) -> str | None:
        """Why a series without any answer has none."""
        if self.answers[""].notna().any() or "_error_message" not in self.answers:
            return None
        messages = self.answers["_error_message"].dropna()
        # Which request it was helps in a log, not on a picture.
        return str(messages.iloc[0]).partition(" (HTTP ")[0] if len(messages) else None

    def summary(self) -> str:
        """How many anomalies, of how many points, and the period."""
        answered = self.answers[""].notna()
        if not answered.any():
            return "no answer"
        count, points = int(self.flagged().sum()), int(answered.sum())
        if points == 1:
            return f"newest point: {'an anomaly' if count else 'as expected'}"
        said = f"{count:,} {'anomaly' if count == 1 else 'anomalies'} in {points:,} points"
        if "_period" not in self.answers:
            return said
        period = self.answers["_period"].dropna()
        return f"{said}, period {int(period.iloc[0]):,}" if len(period) and period.iloc[0] > 0 else said


def _panels(
    frame: Any, value: Hashable, timestamp: Hashable | None, by: Columns | None, output: str, most: int
) -> list[_Panel]:
    backend = backend_of(frame)
    if backend.is_lazy(frame):
        collect = _COLLECT.get(backend.name, "bring them into memory")
        raise ConfigError(
            f"plot_anomalies draws frames that are in memory; this one is {backend.name}'s, and lazy. Keep the series "
            f"that you want to see, and collect them: filter, then {collect}."
        )
    if backend.name != "pandas":  # other libraries' frames that are in memory stream themselves as Arrow
        frame = pa.table(frame).to_pandas()
        backend = backend_of(frame)
    names = [] if by is None else list(by) if isinstance(by, (list, tuple)) else [by]
    keys = [find(backend, frame, name) for name in names]
    values = frame[find(backend, frame, value)]
    answers = _answers(backend, frame, output)
    if not len(frame):
        raise ConfigError("plot_anomalies: the frame has no rows.")
    times, zone, dated = _times(backend, frame, timestamp)
    found = list(_places(frame, keys))
    if len(found) > most:
        raise ConfigError(
            f"plot_anomalies: {len(found):,} series, and max_panels={most:,}. Keep those that you want to see, "
            "or raise max_panels."
        )
    panels = []
    for name, places in found:
        order = places[np.argsort(times[places], kind="stable")]
        panels.append(_Panel(name, times[order], zone, dated, _floats(values.iloc[order]), answers.iloc[order]))
    return panels


_COLLECT = {"dask": ".compute()", "polars": ".collect()", "spark": ".toPandas()"}


def _floats(column: pd.Series[Any]) -> np.ndarray[Any, Any]:
    import pandas as pd

    return np.asarray(pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan))


def _places(frame: pd.DataFrame, keys: Sequence[Hashable]) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """The rows of each series, and its name."""
    if not keys:
        yield "", np.arange(len(frame))
        return
    number = frame.groupby(list(keys), sort=True, dropna=False, observed=True).ngroup().to_numpy()
    for group in range(int(number.max(initial=-1)) + 1):
        places = np.flatnonzero(number == group)
        first = frame.iloc[places[0]]
        yield ", ".join(f"{key}: {first[key]}" for key in keys), places


def _answers(backend: Backend, frame: pd.DataFrame, output: str) -> pd.DataFrame:
    import pandas as pd

    there = set(backend.columns(frame))
    missing = [output + suffix for suffix in _NEEDED if output + suffix not in there]
    if missing:
        raise ColumnNotFound(
            f"no column {listed(missing)}: plot_anomalies draws the answers of detect_anomalies. Ask first, "
            f'df.ai.detect_anomalies(…), or name the answers: output="…"; columns: {listed(list(frame.columns))}.'
        )
    return pd.DataFrame({suffix: frame[output + suffix] for suffix in _SUFFIXES if output + suffix in there})


def _times(
    backend: Backend, frame: pd.DataFrame, timestamp: Hashable | None
) -> tuple[np.ndarray[Any, Any], str | None, bool]:
    """When each row was, on the clock of its own zone; the zone; and whether these are times at all."""
    import pandas as pd

    if timestamp is None and not backend.index_of_times(frame):
        return np.arange(len(frame)), None, False
    column = frame.index.to_series() if timestamp is None else frame[find(backend, frame, timestamp)]
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        zone = str(column.dt.tz)
        return column.dt.tz_localize(None).to_numpy(dtype="datetime64[us]"), zone, True
    found, there, _ = microseconds(pa.array(column, from_pandas=True))
    return np.where(there, found.astype("datetime64[us]"), np.datetime64("NaT")), None, True


# ---- how it is drawn -----------------------------------------------------------------------------------------------


def _draw(panel: _Panel, axis: Axes) -> None:
    lower, upper, expected = (panel.numbers(suffix) for suffix in ("_lower", "_upper", "_expected"))
    axis.fill_between(panel.times, lower, upper, color=_BAND, linewidth=0, label="expected range", zorder=1)
    axis.plot(panel.times, expected, color=_EXPECTED, linewidth=1, linestyle=(0, (4, 2)), label="expected", zorder=2)
    axis.plot(panel.times, panel.values, color=_INK, linewidth=1, label="value", zorder=3)
    alone = _alone(~np.isnan(expected))
    if alone.any():  # an area and a line of one point cannot be seen
        axis.vlines(panel.times[alone], lower[alone], upper[alone], color=_BAND, linewidth=7, zorder=1)
        axis.plot(panel.times[alone], expected[alone], "_", color=_EXPECTED, markersize=9, zorder=2)
    above = panel.values > expected
    for side, (marker, colour) in _MARKS.items():
        here = panel.flagged() & (above if side == "above" else ~above)
        if here.any():
            axis.scatter(
                panel.times[here],
                panel.values[here],
                marker=marker,
                s=46,
                color=colour,
                edgecolor="white",
                linewidth=0.7,
                label=f"anomaly, {side}",
                zorder=4,
            )
    axis.set_title(panel.name, loc="left", fontsize=10, fontweight="bold", color=_INK)
    axis.set_title(panel.summary(), loc="right", fontsize=9, color=_QUIET)
    if (failure := panel.failure()) is not None:
        axis.text(0.5, 0.5, fill(failure, 90), transform=axis.transAxes, ha="center", va="center", color=_QUIET)
    axis.margins(x=0.01)
    axis.grid(axis="y", color="#e5e7eb", linewidth=0.7)
    axis.set_axisbelow(True)
    axis.spines[["top", "right"]].set_visible(False)
    axis.spines[["left", "bottom"]].set_color("#9ca3af")
    axis.tick_params(colors=_QUIET, labelsize=9)
    axis.yaxis.label.set_color(_QUIET)


def _alone(there: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which of those that are there have no neighbour that is."""
    wide = np.concatenate([[False], there, [False]])
    return np.asarray(there & ~wide[:-2] & ~wide[2:])


def _time_axis(panel: _Panel, axis: Axes) -> None:
    if not panel.dated:
        axis.set_xlabel("point", color=_QUIET)
        axis.locator_params(axis="x", integer=True)
        return
    from matplotlib import dates

    untyped: Any = dates
    locator = untyped.AutoDateLocator(minticks=4, maxticks=9)
    axis.xaxis.set_major_locator(locator)
    axis.xaxis.set_major_formatter(untyped.ConciseDateFormatter(locator))
    if panel.zone:
        axis.set_xlabel(f"time ({panel.zone})", color=_QUIET)


def _pyplot() -> Any:
    try:
        from matplotlib import pyplot as plt
    except ImportError:
        raise MissingExtra('plot_anomalies needs matplotlib, which is not here. pip install "dfai[plot]"') from None
    return plt
