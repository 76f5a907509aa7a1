"""What one command line asks for, read and checked."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from dfai._settings import effective
from dfai.cli.options import arguments_of
from dfai.cli.places import Place, format_of, found, place_of
from dfai.cli.tables import Source, open_source
from dfai.cli.tables.source import in_memory
from dfai.cli.writing import written_as
from dfai_core import Service, services
from dfai_core.errors import ConfigError
from dfai_core.secrets import secret
from dfai_core.targets import Azure, Container, Target, azure, target_from

__all__ = ["Asked", "Question", "asked", "question_of", "source_of", "target_of"]


@dataclass(frozen=True, slots=True)
class Question:
    """A verb on files."""

    service: Service
    files: tuple[str, ...]
    inputs: list[Any]
    options: dict[str, Any]  # the verb's own, with what is included and how the answer is called
    settings: dict[str, Any]
    max_rows: int | None = None
    delimiter: str | None = None
    encoding: str = "utf-8"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and where its answers go."""

    question: Question
    out: Place
    backend: Literal["pandas", "polars", "dask", "spark"] = "pandas"
    progress: Literal["auto", "bar", "off"] = "auto"
    own_store: bool = True
    """Whether answers are kept beside what is written until that is whole; else where the settings say."""


def question_of(verb: str, files: list[str], given: Mapping[str, Any]) -> Question:
    """Reads what is asked of a command line.

    Raises
    ------
    ConfigError
        For what can be seen to be wrong before any file is opened.
    """
    service = services()[verb]
    inputs, options, settings = arguments_of(verb, given)
    if not service.web:
        settings |= target_of(given.get("set_target"), given["key"], given["credential"])
    if not inputs[0] and service.media is None:
        raise ConfigError(f"{verb} needs to know which column to read: --column NAME.")
    if given["store"] is not None:
        settings["store"] = None if given["store"] == "none" else given["store"]
    more = {name: given[name] for name in ("max_rows", "delimiter", "encoding")}
    return Question(service, tuple(files), inputs, options, settings, **more)


def asked(verb: str, files: list[str], given: Mapping[str, Any]) -> Asked:
    """Reads a command line that has something written.

    Raises
    ------
    ConfigError
        As `question_of`, and for a place that cannot be written, or is taken.
    """
    question = question_of(verb, files, given)
    out = place_of(given["out"])
    if given["backend"] in ("pandas", "polars"):
        written_as(out.name)
    if not given["overwrite"] and out.system.exists(out.path):
        raise ConfigError(f"{given['out']} is there already: choose another --out, or --overwrite to replace it.")
    config, sources = effective(question.settings)
    return Asked(
        question=question,
        out=out,
        backend=given["backend"],
        progress=given["progress"] or config.progress,
        own_store=given["store"] is None and sources["store"] == "default",
    )


def source_of(question: Question) -> tuple[Question, Source]:
    """The rows, and *question* as it is asked of them: pictures and sounds are rows, in a column "path"."""
    places = found(question.files)
    if not question.inputs[0]:
        if any(format_of(place.name) for place in places):
            raise ConfigError(
                f"{question.service.name} needs to know which column of the table to read: --column NAME."
            )
        question = replace(question, inputs=["path", *question.inputs[1:]])
        source = in_memory(_listing(question.files))
    else:
        source = open_source(places, delimiter=question.delimiter, encoding=question.encoding)
        _see_delimiter(source.schema.names, question)
    return question, source if question.max_rows is None else source.head(question.max_rows)


def _see_delimiter(columns: Sequence[str], question: Question) -> None:
    """ConfigError where all cells were taken for one, and none is asked for by that name."""
    (name, *more) = columns or [""]
    if more or question.delimiter is not None or name in question.inputs:
        return
    if sign := next((sign for sign in (";", "\t", "|") if sign in name), None):
        spelt = {"\t": "$'\\t'"}.get(sign, f"'{sign}'")
        raise ConfigError(f"all is in one column, {name!r}. Say what stands between the cells: --delimiter {spelt}.")


def _listing(files: tuple[str, ...]) -> Any:
    import pyarrow as pa

    from dfai import files as listed

    return pa.Table.from_pandas(listed(list(files)), preserve_index=False).replace_schema_metadata(None)


def target_of(text: str | None, key: str | None, credential: str | None) -> dict[str, Any]:
    """The setting ``target``, where anything is said of it.

    Raises
    ------
    ConfigError
        For a key itself, which every list of processes would show.
    """
    if key is None and credential is None:
        return {} if text is None else {"target": text}
    config, _ = effective({} if text is None else {"target": text})
    target = target_from(config.target)
    if credential is not None:
        return {"target": _with_credential(target, credential)}
    assert key is not None
    if not key.startswith(("env:", "file:", "module:", "databricks:")):
        raise ConfigError("--key takes env:NAME or file:PATH, not the key itself: others can read command lines.")
    if isinstance(target, (Azure, Container)):
        return {"target": replace(target, key=secret(key))}
    raise ConfigError(f"--key is for a target that takes one, and {target} takes none: --target azure:… or container:…")


def _with_credential(target: Target, name: str) -> Target:
    if not isinstance(target, Azure) or target.region:
        raise ConfigError("--credential needs the resource's own endpoint: --target azure:https://NAME….")
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"--credential {name}: {error}. Write MODULE:CLASS, such as azure.identity:DefaultAzureCredential."
        ) from None
    return azure(endpoint=target.base, credential=found, cloud=target.cloud)
