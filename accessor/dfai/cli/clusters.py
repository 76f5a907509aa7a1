"""A run on Dask or Spark: their readers, their workers, their writers; here only the plan is made."""

from __future__ import annotations

import codecs
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from dfai import files as listed
from dfai import on
from dfai.cli.asked import Question
from dfai.cli.places import Place, format_of, found
from dfai_core.errors import ConfigError, MissingExtra, Unavailable
from dfai_core.store import StoreSpec

__all__ = ["inputs_of", "json_of", "names_of", "with_answers", "written"]

# Whose errors are not ours to explain.
_THEIRS = ("pyspark.", "py4j.", "grpc", "distributed.")

Kind = Literal["parquet", "csv", "json lines"]


def written(
    question: Question, backend: str, part: Place, store: StoreSpec | None, note: Callable[[str], None]
) -> None:
    """Writes the rows with their answers into a folder, a file for each partition.

    *store* is a folder of this machine: it is used where all workers are here.

    Raises
    ------
    ConfigError
        For kinds of files that the library does not read or write.
    """
    kind = _kind(part.name)
    make = _dask if backend == "dask" else _spark
    try:
        make(question, part, kind, _Here(store, note))
    except ModuleNotFoundError as error:
        raise MissingExtra(
            f'--backend {backend} needs the package {error.name}. pip install "dfai[{backend}]"'
        ) from error
    except Exception as error:
        if not type(error).__module__.startswith(_THEIRS):
            raise
        raise Unavailable(f"{backend} gave up: {str(error).strip().partition(chr(10))[0]}") from error


def _kind(name: str) -> Kind:
    """What the folder is to hold: as its name says, else Parquet."""
    told = format_of(name)
    if told == "arrow":
        raise ConfigError("--out: Dask and Spark write .parquet, .csv or .jsonl, not Arrow files.")
    return told or "parquet"  # type: ignore[return-value]


def inputs_of(
    question: Question, backend: str, known: Sequence[str] = ("parquet", "csv", "json lines")
) -> tuple[str | None, list[str], list[Any]]:
    """The kind of the tables, where they are, and the columns that are read; no kind for pictures and sounds."""
    places = found(question.files)
    kinds = list(dict.fromkeys(format_of(place.name) for place in places))
    if not question.inputs[0]:
        if any(kinds):
            raise ConfigError(
                f"{question.service.name} needs to know which column of the table to read: --column NAME."
            )
        return None, list(question.files), ["path", *question.inputs[1:]]
    if len(kinds) > 1 or kinds[0] not in known:
        words = {"parquet": "Parquet", "csv": "CSV", "json lines": "JSON lines", "arrow": "Arrow files"}
        *most, last = (words[kind] for kind in known)
        raise ConfigError(f"--backend {backend} reads {', '.join(most)} or {last}, one kind at a time.")
    return kinds[0], [_url(place) for place in places], question.inputs


def _url(place: Place) -> str:
    return Path(place.path).as_uri() if place.local else str(place)


@dataclass(frozen=True, slots=True)
class _Here:
    """A store for workers of this machine."""

    store: StoreSpec | None
    note: Callable[[str], None]

    def settings(self, *, alone: bool) -> dict[str, Any]:
        """The setting that names it, where this machine works *alone*."""
        if self.store is None or alone:
            return {} if self.store is None else {"store": self.store}
        self.note("workers are on other machines, so an interrupted run would start anew. To go on: --store redis://…")
        return {}


def with_answers(question: Question, frame: Any, inputs: Sequence[Any], more: Mapping[str, Any]) -> Any:
    """*frame* with the answers; *more* are settings besides."""
    settings = {**question.settings, **more}
    return getattr(on(frame), question.service.name)(*inputs, **question.options, **settings)


# ---- Dask -----------------------------------------------------------------------------------------------------


def _dask(question: Question, part: Place, kind: Kind, here: _Here) -> None:
    import dask
    import dask.dataframe as dd

    told, paths, inputs = inputs_of(question, "dask")
    with ExitStack() as stack:
        elsewhere = bool(os.environ.get("DASK_SCHEDULER_ADDRESS") or dask.config.get("scheduler-address", None))
        if elsewhere:
            from distributed import Client

            stack.enter_context(Client())
        if told is None:
            frame = listed(paths, backend="dask")
        elif told == "parquet":
            frame = dd.read_parquet(paths, dtype_backend="pyarrow")  # every type as it is in the file
        elif told == "csv":
            frame = dd.read_csv(
                paths,
                sep=question.delimiter or ",",
                encoding=question.encoding,
                dtype=str,
                keep_default_na=False,
                na_values=[""],
                blocksize=None,  # cells may hold line ends: a file cannot be cut
            )
            if question.service.reads == "numbers":
                frame = frame.astype(dict.fromkeys(names_of(inputs), float))
        else:
            frame = dd.read_json(paths, lines=True, orient="records")
        if question.max_rows is not None:
            frame = frame.head(question.max_rows, npartitions=-1, compute=False)
        answered = with_answers(question, frame, inputs, here.settings(alone=not elsewhere))
        folder = part.path if part.local else str(part)
        if kind == "parquet":
            answered.to_parquet(folder, write_index=answered.index.name is not None)
        elif kind == "csv":
            nested = _nested(answered)
            cells = answered.map_partitions(_cells, nested, meta=_cells(answered._meta, nested))
            cells.to_csv(f"{folder}/part-*.csv", index=False)
        else:
            answered.to_json(f"{folder}/part-*.jsonl", orient="records", lines=True)


def names_of(inputs: Sequence[Any]) -> list[str]:
    """The columns that are read, each by itself."""
    return [name for one in inputs for name in (one if isinstance(one, list) else [one])]


def _nested(frame: Any) -> list[str]:
    """Columns of lists and structs."""
    return [str(name) for name, kind in frame.dtypes.items() if str(kind).startswith(("list<", "struct<"))]


def _cells(frame: Any, names: Sequence[str]) -> Any:
    """Lists and structs as JSON, which a cell can hold."""
    texts = {name: frame[name].map(json_of, na_action="ignore").astype("str") for name in names}
    return frame.assign(**{name: text.where(frame[name].notna(), None) for name, text in texts.items()})


def json_of(value: Any) -> str:
    """A list or a struct as a cell holds it."""
    plain = value.tolist() if hasattr(value, "tolist") else value
    return orjson.dumps(plain, default=str).decode()


# ---- Spark ----------------------------------------------------------------------------------------------------


def _charset(name: str) -> str:
    """Python's name of an encoding as Java has it.

    >>> _charset("latin-1"), _charset("utf8")
    ('iso-8859-1', 'utf-8')
    """
    try:
        found = codecs.lookup(name).name
    except LookupError:
        raise ConfigError(f"--encoding {name} is not known.") from None
    return {"iso8859-1": "iso-8859-1", "ascii": "us-ascii"}.get(found, found)


def _spark(question: Question, part: Place, kind: Kind, here: _Here) -> None:
    from pyspark.sql import SparkSession, functions
    from pyspark.sql.utils import is_remote

    told, paths, inputs = inputs_of(question, "spark")
    named = SparkSession.builder.appName(f"dfai run {question.service.name}")
    # Its bar and ours would write over each other.
    spark = named.config("spark.ui.showConsoleProgress", False).getOrCreate()
    if told is None:
        frame = listed(paths, backend=spark)
    elif told == "parquet":
        frame = spark.read.parquet(*paths)
    elif told == "csv":
        read = spark.read.option("header", True).option("multiLine", True).option("escape", '"')
        frame = read.option("sep", question.delimiter or ",").option("encoding", _charset(question.encoding)).csv(paths)
        if question.service.reads == "numbers":
            frame = frame.withColumns({name: functions.col(f"`{name}`").cast("double") for name in names_of(inputs)})
    else:
        frame = spark.read.json(paths)
    if question.max_rows is not None:
        frame = frame.limit(question.max_rows)
    master = "" if is_remote() else spark.conf.get("spark.master", "")
    answered = with_answers(question, frame, inputs, here.settings(alone=master.startswith("local")))
    folder = _url(part)
    if kind == "parquet":
        answered.write.parquet(folder)
    elif kind == "csv":
        kinds = {field.name: field.dataType.typeName() for field in answered.schema.fields}
        nested = [name for name, held in kinds.items() if held in ("array", "map", "struct")]
        cells = answered.withColumns({name: functions.to_json(functions.col(f"`{name}`")) for name in nested})
        cells.write.option("header", True).option("escape", '"').csv(folder)
    else:
        answered.write.json(folder)
