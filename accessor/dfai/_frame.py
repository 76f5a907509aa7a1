"""The accessor of a frame: a verb becomes a call, the call goes through the frame's backend."""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, NoReturn, TypeVar, Unpack

from dfai import _hints
from dfai._calls import calls_for, prepare, warn_of_language
from dfai._plots import plot_anomalies
from dfai._progress import Bar
from dfai._show import Step, remember
from dfai._sinks import Sinks
from dfai._verbs import Columns, VerbCall, Verbs, verb_names
from dfai_core import Backend, Call, Settings, backend_of
from dfai_core.backend import Reporting
from dfai_core.errors import BackendNotFound, RowsFailed
from dfai_core.host_reports import host_channel
from dfai_core.ledger import LEDGER, Entry, new_group
from dfai_core.report import Channel, counters_of, process_id
from dfai_core.reported import Reported

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dfai._estimate import EstimateAI
    from dfai._models import AnomalyModel
    from dfai._show import Shown

__all__ = ["FrameAI", "channels_of", "on"]

F = TypeVar("F")


class FrameAI(Verbs[F], Sinks[F], Generic[F]):
    """Every verb on one frame. Made by ``df.ai``, ``df.dfai`` and ``dfai.on(df)``."""

    def __init__(self, frame: F) -> None:
        self._frame = frame
        self._backend = backend_of(frame)
        if reason := self._backend.declines(frame):
            raise BackendNotFound(reason)

    def _carry_out(self, asked: VerbCall) -> F:
        frame: Any = self._frame
        # All of them are checked before the first is made: a clash found late would have cost requests.
        calls = calls_for(self._backend, frame, asked)
        for call, _ in calls:
            warn_of_language(call)
        prepare(asked.service, calls[0][0].config)
        group = new_group()
        for call, drop in calls:
            label = f"{asked.service.name} {call.inputs[0]}" if len(calls) > 1 else asked.service.name
            frame = _apply(self._backend, frame, call, drop, group, label)
        result: F = frame
        return result

    def plot_anomalies(
        self,
        value: Hashable,
        *,
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        output: str = "anomaly",
        unit: str | None = None,
        title: str | None = None,
        max_panels: int = 12,
    ) -> list[Axes]:
        return plot_anomalies(
            self._frame,
            value,
            timestamp=timestamp,
            by=by,
            output=output,
            unit=unit,
            title=title,
            max_panels=max_panels,
        )

    def fit_anomalies(
        self,
        columns: Sequence[str],
        *,
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        window_points: int = 1,
        align: Literal["outer", "inner"] = "outer",
        impute: Literal["linear", "previous", "subsequent", "zero"] | float = "linear",
        **settings: Unpack[Settings],
    ) -> AnomalyModel:
        """Learn how several columns of numbers usually move together; `AnomalyModel.detect` then finds what departs.

        Parameters
        ----------
        columns
            The variables, up to 300.
        timestamp
            Column of times, as for `detect_anomalies`. Default: the index, where it holds times, else the rows as
            they come (Spark needs the column).
        by
            Column or columns: rows with equal values are a series. All of them make one model, as machines of one type
            do. Default: all rows are one series.
        window_points
            How many rows are seen together, the row itself and those before it: with more than 1 the order of rows
            counts too. Times the number of variables at most 300.
        align
            What becomes of rows that lack some of the variables: "outer" fills their gaps, "inner" leaves them out.
        impute
            How gaps are filled: "linear", "previous", "subsequent", "zero", or a number.
        **settings
            As for every verb.

        Returns
        -------
        The model. A lazy frame is computed for it, these columns alone, which come into this process: a million
        rows at most, and 12 at least. Some anomalies among them do no harm.

        Raises
        ------
        ColumnNotFound, ConfigError, NotOffered
            Before anything is computed, and for a frame of more rows.
        CallError
            Where no model can be fitted: times that repeat, an infinite value, a variable without values.

        Examples
        --------
        >>> import numpy as np
        >>> wave = np.sin(np.arange(60.0))
        >>> frame = pd.DataFrame({"rpm": wave, "power": 3 * wave + np.cos(np.arange(60) * 7) / 50})
        >>> frame.ai.fit_anomalies(["rpm", "power"]).variables
        ('rpm', 'power')
        """
        from dfai._fit import fitted

        return fitted(self._backend, self._frame, columns, timestamp, by, window_points, align, impute, settings)

    def show(
        self,
        column: Columns,
        *,
        found: Literal["auto"] | Sequence[Hashable] = "auto",
        caption: Columns | None = None,
        top: int = 12,
        columns: int | None = None,
        width_px: int = 280,
        output: str = "anomaly",
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        unit: str | None = None,
        **settings: Unpack[Settings],
    ) -> Shown:
        """See what verbs found: pictures with boxes, faces and texts on them, sounds to hear, anomalies in series.

        Nothing is sent, and the frame stays as it is.

        Parameters
        ----------
        column
            The pictures or the sounds, in any form that a verb takes; or several columns, whose pictures stand side by
            side. A column of numbers that `detect_anomalies` judged is drawn as `plot_anomalies` draws it.
        found
            Which columns to draw and to tell, by name. By default those that verbs answered, which are known by their
            columns of errors, and any other whose structs say where something is.
        caption
            Column or columns that stand as a title; default: the file's name.
        top
            The first so many rows, 500 at most; of series, so many at most.
        columns
            How many stand side by side; by default as many as there is room for.
        width_px
            How wide a tile is on the page, from 60 to 2,000 pixels.
        output, timestamp, by, unit
            Of series, as for `plot_anomalies`.
        **settings
            As for every verb. Those that reading takes count: ``private_urls``, ``timeout_s``, ``attempts``.

        Returns
        -------
        Seen at once in a notebook. Elsewhere nothing opens: `save` writes a page or a picture, `image` gives the
        picture. Of a lazy frame the first rows alone are computed, and verbs that wait are asked about these alone,
        where `show` follows them.

        Raises
        ------
        ColumnNotFound, ConfigError
            Before anything is computed or read.
        MissingExtra
            Where Pillow is not here (for pictures), or matplotlib (for series).

        Examples
        --------
        >>> import numpy as np
        >>> frame = pd.DataFrame({"image": [np.full((90, 120, 3), 160, np.uint8)]})
        >>> frame["things"] = [[{"name": "lamp", "x_px": 20, "y_px": 10, "width_px": 50, "height_px": 60}]]
        >>> shown = frame.ai.show("image")
        >>> shown
        1 picture of 'image' with things; to see them: .save('shown.html')
          row 0  things: lamp
        """
        from dfai._show.making import shown

        return shown(
            self._backend,
            self._frame,
            column,
            found=found,
            caption=caption,
            top=top,
            columns=columns,
            width_px=width_px,
            output=output,
            timestamp=timestamp,
            by=by,
            unit=unit,
            settings=settings,
        )

    @property
    def estimate(self) -> EstimateAI:
        """The same verbs, with the same arguments: what each would send, take and cost. Nothing is sent.

        ``df.ai.estimate.sentiment("review")`` gives an `Estimate`; ``df.ai.estimate(sample_rows=100_000)`` looks at
        some of the rows only.
        """
        from dfai._estimate import EstimateAI

        return EstimateAI(self._frame)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(_hints.missing_verb(name))

    def __dir__(self) -> list[str]:
        return [
            *verb_names(),
            "call",
            "estimate",
            "fit_anomalies",
            "plot_anomalies",
            "show",
            "write_files",
            "write_search_index",
        ]

    def __repr__(self) -> str:
        return f"<dfai verbs for a {self._backend.name} frame: {', '.join(verb_names())}>"


FrameAI.plot_anomalies.__doc__ = plot_anomalies.__doc__


def on(frame: F) -> FrameAI[F]:
    """The verbs of *frame*, typed: ``dfai.on(df).sentiment("review")`` is ``df.ai.sentiment("review")``.

    Raises
    ------
    BackendNotFound
        Where no installed backend knows this kind of frame.
    """
    return FrameAI(frame)


def _apply(backend: Backend, frame: Any, call: Call, drop: Sequence[Any], group: int, label: str) -> Any:
    if backend.is_lazy(frame):
        shipped = call.shipped()
        channels, promised = channels_of(backend, frame, call)
        reporters = tuple(channel.reporter for channel in channels)
        run = Reported(process_id(), backend.name, reporters)
        result = backend.apply(frame, shipped, run, drop)
        remember(result, Step(frame, call, run, tuple(drop)))
        LEDGER.add(Entry.of(call, backend.name, lazy=True, group=group, channels=channels, promised=promised))
        return result
    LEDGER.add(Entry.of(call, backend.name, lazy=False, group=group))
    with Bar(label, len(frame), call.config.progress) as bar:
        watch = bar.update if bar.shown else None
        result = backend.apply(frame, call, Reported(process_id(), backend.name, watch=watch), drop)
    _warn_of_failures(call)
    return result


def channels_of(backend: Backend, frame: Any, call: Call) -> tuple[list[Channel], bool]:
    """How the counters of a lazy call come home, and whether its backend promises that all of them do."""
    if call.config.report == "off":
        return [], False
    host = host_channel()
    channels: list[Channel] = [] if host is None else [host]
    if not isinstance(backend, Reporting):
        return channels, False
    own = backend.channel(frame)
    return channels if own is None else [*channels, own], True


def _warn_of_failures(call: Call) -> None:
    counters = counters_of(call.id)
    errors = {code: count for code, count in counters.errors.items() if count}
    if not errors:
        return
    failed = sum(errors.values())
    words = ", ".join(f"{code} {count:,}" for code, count in sorted(errors.items(), key=lambda item: -item[1]))
    retry = ' Ask for these alone: if_exists="fill".' if set(errors) != {"empty"} else ""
    warnings.warn(
        f"{failed:,} of {counters.rows:,} rows have no answer: {words}; see {call.output + '_error'!r}.{retry}",
        RowsFailed,
        stacklevel=6,
    )
