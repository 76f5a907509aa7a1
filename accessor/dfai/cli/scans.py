"""A run on polars: a lazy scan of the files and a sink into one; its threads read, ask and write part by part."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

from dfai import files as listed
from dfai.cli.asked import Question
from dfai.cli.clusters import inputs_of, json_of, names_of, with_answers
from dfai.cli.places import Place
from dfai.cli.writing import written_as
from dfai_core.errors import ConfigError, MissingExtra
from dfai_core.media.files import local_path, scheme_of
from dfai_core.store import StoreSpec

__all__ = ["sunk"]


def sunk(question: Question, part: Place, store: StoreSpec | None) -> None:
    """Writes the rows with their answers into a file, as its name says.

    Raises
    ------
    ConfigError
        For what polars does not read.
    MissingExtra
        It is not here.
    """
    try:
        frame, inputs = _scanned(question)
    except ModuleNotFoundError as error:
        raise MissingExtra(f'--backend polars needs the package {error.name}. pip install "dfai[polars]"') from error
    if question.max_rows is not None:
        frame = frame.head(question.max_rows)
    kept = {} if store is None else {"store": store}
    _sink(with_answers(question, frame, inputs, kept), part)


def _scanned(question: Question) -> tuple[Any, Sequence[Any]]:
    """The files as a lazy frame, and the columns that are read."""
    import polars as pl

    kind, urls, inputs = inputs_of(question, "polars", ("parquet", "csv", "json lines", "arrow"))
    if kind is None:
        return listed(urls, backend="polars").lazy(), inputs
    urls = [str(local_path(url)) if scheme_of(url) == "file" else url for url in urls]
    if kind == "parquet":
        return pl.scan_parquet(urls, glob=False), inputs
    if kind == "arrow":
        return pl.scan_ipc(urls, glob=False), inputs
    if kind == "json lines":
        return pl.scan_ndjson(urls), inputs
    if codecs.lookup(question.encoding).name != "utf-8":
        raise ConfigError(f"--encoding {question.encoding}: polars reads UTF-8. Leave out --backend.")
    # Cells stay as they are written.
    frame = pl.scan_csv(urls, separator=question.delimiter or ",", infer_schema=False, glob=False)
    if question.service.reads == "numbers":
        frame = frame.with_columns(pl.col(names_of(inputs)).cast(pl.Float64, strict=False))
    return frame, inputs


def _sink(frame: Any, part: Place) -> None:
    kind = written_as(part.name)
    if kind in ("csv", "json lines"):
        frame = _flat(frame, nested=kind == "csv")
    with ExitStack() as layers:
        # By fsspec, as the command writes elsewhere: it packs, too, as the name says.
        file = layers.enter_context(part.open("wb"))
        if kind == "parquet":
            frame.sink_parquet(file)
        elif kind == "arrow":
            frame.sink_ipc(file, compression="lz4" if part.name.lower().endswith(".feather") else "uncompressed")
        elif kind == "csv":
            frame.sink_csv(file, separator="\t" if ".tsv" in part.name.lower() else ",")
        else:
            frame.sink_ndjson(file)


def _flat(frame: Any, *, nested: bool) -> Any:
    """What a text cannot hold as text: bytes as Base64 and, where *nested*, lists and structs as JSON."""
    import polars as pl

    made = []
    for name, kind in frame.collect_schema().items():
        if kind == pl.Binary:
            made.append(pl.col(name).bin.encode("base64"))
        elif nested and kind.is_nested():
            made.append(pl.col(name).map_elements(_cell, return_dtype=pl.String))
    return frame.with_columns(made)


def _cell(value: Any) -> str:
    return json_of(value.to_list() if hasattr(value, "to_list") else value)
