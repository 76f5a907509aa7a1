"""A model of how several variables move together: kept in a plain file, applied to any frame."""

from __future__ import annotations

import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar, Unpack

import orjson

from dfai._verbs import Columns, Groups, IfExists
from dfai_core import Col, Settings
from dfai_core.errors import ColumnNotFound, ConfigError
from dfai_core.services.decision.multivariate import detecting

__all__ = ["AnomalyModel", "load_model"]

F = TypeVar("F")
_KIND, _VERSION = "dfai anomaly model", 1


@dataclass(frozen=True, slots=True)
class AnomalyModel:
    """What `fit_anomalies` found out about some columns. It holds numbers only, so it may be pickled or printed.

    Attributes
    ----------
    variables
        The columns that it reads.
    timestamp, by
        The column of times and those that made the series when it was fitted; `detect` looks for the same.
    align, impute, window_points
        As they were given.
    rows
        How many rows it was fitted to.
    """

    variables: tuple[str, ...]
    timestamp: str | None
    by: tuple[str, ...]
    align: str
    impute: str | float
    window_points: int
    rows: int
    fitted: str = field(repr=False)  # as the engine wrote it, which alone reads it

    def detect(
        self,
        frame: F,
        *,
        timestamp: Hashable | None = None,
        by: Columns | None = None,
        top: int | Col = 10,
        include: Sequence[Literal["error_detail"]] | Literal["all"] = (),
        output: str = "anomaly",
        if_exists: IfExists = "raise",
        **settings: Unpack[Settings],
    ) -> F:
        """Find the rows of *frame* in which the variables depart from how they usually move together.

        Parameters
        ----------
        frame
            Of any library, with the model's columns. A lazy one stays lazy: the model travels to its workers.
        timestamp, by
            As for `detect_anomalies`. Default: the columns that the model was fitted with; ``by=[]`` for one series.
        top
            How many variables to name for each anomaly, at most.
        output
            Name of the column with the answer (bool) and prefix of the others: ``_severity`` (float64, 0 to 1),
            ``_distance`` (float64, in thresholds: above 1 for anomalies), ``_variable`` (the one that contributes
            most), ``_contributions`` (list of struct ``variable``, ``contribution`` (they sum to 1) and ``changed``:
            the variables that it usually moves with and did not), ``_error`` and ``_error_message``. What names
            variables is null where there is no anomaly.
        include, if_exists, **settings
            As for every verb.

        Returns
        -------
        The same kind of frame: same rows, same order, with the new columns. A row that lacks some of the variables
        is judged with its gaps filled, or with ``align="inner"`` not at all; one that lacks all has no answer. A series
        that cannot be asked (times that repeat, an infinite value, a variable without any value) costs its own rows
        alone.

        Raises
        ------
        ColumnNotFound, ColumnExists, ConfigError, NotOffered
            At once, before any request.

        Examples
        --------
        >>> import numpy as np
        >>> rpm = np.sin(np.arange(100.0))
        >>> usual = pd.DataFrame({"rpm": rpm, "power": 3 * rpm + np.cos(np.arange(100) * 7) / 50})
        >>> model = usual.ai.fit_anomalies(["rpm", "power"])
        >>> found = model.detect(pd.DataFrame({"rpm": [0.5, 0.5], "power": [1.5, -1.5]}))
        >>> found["anomaly"].tolist()
        [False, True]
        """
        from dfai._frame import FrameAI

        verbs = FrameAI(frame)
        service = detecting(self.variables, keeps_gaps=self.align == "outer")
        groups = Groups(list(self.by) if by is None else by, self.timestamp if timestamp is None else timestamp)
        options = {"model": self.fitted, "top": top}
        try:
            return verbs._call(service, self.variables, options, include, output, if_exists, settings, groups)
        except ColumnNotFound as error:
            raise ColumnNotFound(f"{error} The model was fitted to {', '.join(map(repr, self.variables))}.") from None

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file: JSON, so that reading it can run nothing. `dfai.load_model` reads it.

        Examples
        --------
        ``model.save("turbines.json")``
        """
        written = {
            "kind": _KIND,
            "version": _VERSION,
            "variables": self.variables,
            "timestamp": self.timestamp,
            "by": self.by,
            "align": self.align,
            "impute": self.impute,
            "window_points": self.window_points,
            "rows": self.rows,
            "fitted": orjson.Fragment(self.fitted),
        }
        # Beside it first: whoever reads meanwhile finds the old file or the new one, never half.
        target = Path(path)
        fresh = target.with_name(f".{target.name}.{os.getpid()}")
        try:
            fresh.write_bytes(orjson.dumps(written))
            fresh.replace(target)
        finally:
            fresh.unlink(missing_ok=True)


def load_model(path: str | os.PathLike[str]) -> AnomalyModel:
    """Read a model that `AnomalyModel.save` wrote.

    Raises
    ------
    ConfigError
        For a file that is no such model, or one of a later dfai.
    FileNotFoundError
        As Python raises it.

    Examples
    --------
    ``dfai.load_model("turbines.json").detect(df)``
    """
    try:
        written = orjson.loads(Path(path).read_bytes())
    except orjson.JSONDecodeError:
        written = None
    if not isinstance(written, dict) or written.get("kind") != _KIND:
        raise ConfigError(f"{os.fspath(path)!r} is no model: expected a file that model.save(path) wrote.")
    if written.get("version") != _VERSION:
        raise ConfigError(
            f"{os.fspath(path)!r} holds a model of version {written.get('version')!r}; this dfai reads {_VERSION}. "
            "Install a later dfai, or fit the model again."
        )
    try:
        return _restored(written)
    except (KeyError, TypeError, ValueError) as error:
        raise ConfigError(f"{os.fspath(path)!r} holds a model that is broken ({error}). Fit it again.") from None


def _restored(written: Mapping[str, Any]) -> AnomalyModel:
    names, by, timestamp, impute = written["variables"], written["by"], written["timestamp"], written["impute"]
    for what, texts in (("variables", names), ("by", by), ("timestamp", [] if timestamp is None else [timestamp])):
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError(what)
    if not names or not isinstance(written["fitted"], dict) or written["fitted"].get("variables") != names:
        raise ValueError("fitted")
    return AnomalyModel(
        variables=tuple(names),
        timestamp=timestamp,
        by=tuple(by),
        align=str(written["align"]),
        impute=impute if isinstance(impute, str) else float(impute),
        window_points=int(written["window_points"]),
        rows=int(written["rows"]),
        fitted=orjson.dumps(written["fitted"]).decode(),
    )
