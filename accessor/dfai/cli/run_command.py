"""``dfai run VERB FILE…``: a command for each verb, made from the verb's own signature when it is asked for."""

from __future__ import annotations

import inspect
from typing import Annotated, Any

import orjson
import typer
from rich.markup import escape
from typer.core import TyperGroup

from dfai._verbs import Verbs, verb_names
from dfai.cli import job
from dfai.cli.asked import asked
from dfai.cli.options import HOW, parameters_of, starting
from dfai.cli.words import summary_of
from dfai_core import services
from dfai_core.errors import ConfigError

__all__ = ["VerbGroup", "run"]

_FILES = "What is written, and where"
_BACKENDS = ("pandas", "dask", "spark")
_PROGRESS = ("auto", "bar", "off")


def _words(*words: str) -> Any:
    """A check that a value is one of *words*, and their completion."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in words:
            raise typer.BadParameter(f"choose {', '.join(words[:-1])} or {words[-1]}")
        return value

    return {"callback": check, "autocompletion": starting(words)}


_FILE = typer.Argument(
    metavar="FILE",
    help="Parquet, CSV, JSON lines or Arrow files, folders of them, wildcards (in quotes), URLs (s3://…). "
    "For verbs that read pictures or sounds also these themselves.",
    show_default=False,
)
_COMMON = {
    "out": Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            rich_help_panel=_FILES,
            help="The file to write: .parquet, .csv, .jsonl, .arrow or .feather, here or at a URL. With dask and spark a folder "
            "of such files. It is there only when it is whole.",
        ),
    ],
    "overwrite": Annotated[
        bool, typer.Option("--overwrite", rich_help_panel=_FILES, help="Replace what is there under that name.")
    ],
    "backend": Annotated[
        str,
        typer.Option(
            metavar="|".join(_BACKENDS),
            rich_help_panel=_FILES,
            help="Where it runs: pandas in this process, batch by batch; dask or spark on their workers.",
            **_words(*_BACKENDS),
        ),
    ],
    "store": Annotated[
        str | None,
        typer.Option(
            metavar="PLACE",
            rich_help_panel=_FILES,
            help="Where answers are kept, so that none is paid for twice: a folder, a Redis URL, or none. Without it they "
            "are kept beside the file until that is whole, so that an interrupted run goes on.",
        ),
    ],
    "max_rows": Annotated[
        int | None, typer.Option(metavar="NUMBER", min=0, rich_help_panel=_FILES, help="The first rows alone, to try.")
    ],
    "delimiter": Annotated[
        str | None,
        typer.Option(
            metavar="CHARACTER", rich_help_panel=_FILES, help="Between the cells of CSV files; a comma if none."
        ),
    ],
    "encoding": Annotated[
        str, typer.Option(metavar="NAME", rich_help_panel=_FILES, help="Of CSV files, such as latin-1.")
    ],
    "key": Annotated[
        str | None,
        typer.Option(
            metavar="REFERENCE",
            rich_help_panel=HOW,
            help="Where the target's key is, env:NAME or file:PATH. For Azure env:AZURE_AI_KEY if none.",
        ),
    ],
    "credential": Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:CLASS",
            rich_help_panel=HOW,
            help="Instead of a key: what makes a credential, azure.identity:DefaultAzureCredential.",
        ),
    ],
    "progress": Annotated[
        str | None,
        typer.Option(
            metavar="|".join(_PROGRESS),
            help="bar: a live line; off: nothing; auto, the default: a live line in a terminal, else a line now and then.",
            **_words(*_PROGRESS),
        ),
    ],
    "as_json": Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else there.")],
}
_DEFAULTS: dict[str, Any] = {"overwrite": False, "backend": "pandas", "encoding": "utf8", "as_json": False}
_TAIL = ("key", "credential", "progress", "as_json")


class VerbGroup(TyperGroup):
    """The verbs as commands. Each has dozens of options, so one is made when it is called, and not before."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(verb_names())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in verb_names():
            from dfai import _hints

            raise ConfigError(_hints.missing_verb(cmd_name))
        return _command_of(cmd_name)


run = typer.Typer(
    cls=VerbGroup,
    name="run",
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Answer every row of a file, whatever its size, and write the rows with their answers to another.\n\n"
    "dfai run sentiment reviews.parquet --column text --out scored.parquet\n\n"
    "dfai run VERB --help says what a verb reads, answers and takes.",
)


@run.callback()
def _verbs() -> None:
    """A group, though its commands are made elsewhere."""


def _command_of(verb: str) -> Any:
    def command(files: list[str], **given: Any) -> None:
        _run(verb, files, given)

    own = parameters_of(verb)
    common = {name: _parameter(name, annotation) for name, annotation in _COMMON.items()}
    if services()[verb].web:
        own = [parameter for parameter in own if parameter.name not in ("set_target",)]
        common["key"] = common["key"].replace(annotation=Annotated[str | None, typer.Option(hidden=True)])
        common["credential"] = common["credential"].replace(annotation=Annotated[str | None, typer.Option(hidden=True)])
    files = inspect.Parameter("files", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[list[str], _FILE])
    asking = [parameter for parameter in own if parameter.name.startswith("own_")]
    settings = [parameter for parameter in own if parameter.name.startswith("set_")]
    head = [parameter for name, parameter in common.items() if name not in _TAIL]
    parameters = [files, *asking, *head, *settings, *(common[name] for name in _TAIL)]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = _help_of(verb)
    made = typer.Typer(add_completion=False, rich_markup_mode="rich")
    made.command(name=verb)(command)
    return typer.main.get_command(made)


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    default = {"default": _DEFAULTS.get(name)} if name != "out" else {}
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, **default)


def _help_of(verb: str) -> str:
    """What a verb does, and the columns that it adds."""
    service = services()[verb]
    columns = [f"{column.suffix or service.noun}: {column.doc}" for column in service.answer_columns()]
    files = '"photos/**/*.jpg"' if service.media else "rows.parquet --column NAME"
    example = f"dfai run {verb} {files} --out answered.parquet"
    text = [summary_of(getattr(Verbs, verb)), f"Adds {service.noun} and columns that begin so.", *columns, example]
    return "\n\n".join(escape(line) for line in text)


def _run(verb: str, files: list[str], given: dict[str, Any]) -> None:
    as_json = given.pop("as_json")
    outcome, figures = job.run(asked(verb, files, given))
    if as_json:
        print(orjson.dumps(outcome.plain(figures)).decode())
    else:
        print(outcome.text(figures))
    raise typer.Exit(int(outcome.exit))
