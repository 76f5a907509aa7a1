"""A command for each verb, made from the verb's own signature when it is asked for: for ``run`` and ``estimate``."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from dfai._verbs import Verbs, verb_names
from dfai.cli.options import HOW, parameters_of, starting
from dfai.cli.words import summary_of
from dfai_core import Service, services
from dfai_core.errors import ConfigError

__all__ = ["REQUIRED", "ROWS", "Shared", "choice", "verb_commands"]

ROWS = "Which rows"
REQUIRED = object()


@dataclass(frozen=True, slots=True)
class Shared:
    """An option that a command has whatever its verb: its annotation, and its default or `REQUIRED`."""

    annotation: Any
    default: Any = None


_FILE = typer.Argument(
    metavar="FILE",
    help="Parquet, CSV, JSON lines or Arrow files, folders of them, wildcards (in quotes), URLs (s3://…). "
    "For verbs that read pictures or sounds also these themselves.",
    show_default=False,
)


def choice(*words: str) -> Any:
    """A check that a value is one of *words*, and their completion."""

    def check(value: str | None) -> str | None:
        if value is not None and value not in words:
            raise typer.BadParameter(f"choose {', '.join(words[:-1])} or {words[-1]}")
        return value

    return {"metavar": "|".join(words), "callback": check, "autocompletion": starting(words)}


_ROWS: dict[str, Shared] = {
    "max_rows": Shared(
        Annotated[
            int | None,
            typer.Option(metavar="NUMBER", min=0, rich_help_panel=ROWS, help="The first rows alone, to try."),
        ]
    ),
    "delimiter": Shared(
        Annotated[
            str | None,
            typer.Option(metavar="CHARACTER", rich_help_panel=ROWS, help="Between the cells of CSV; a comma if none."),
        ]
    ),
    "encoding": Shared(
        Annotated[str, typer.Option(metavar="NAME", rich_help_panel=ROWS, help="Of CSV files, such as latin-1.")],
        "utf-8",
    ),
}
_WHO: dict[str, Shared] = {
    "key": Shared(
        Annotated[
            str | None,
            typer.Option(
                metavar="REFERENCE",
                rich_help_panel=HOW,
                help="Where the target's key is, env:NAME or file:PATH. For Azure env:AZURE_AI_KEY if none.",
            ),
        ]
    ),
    "credential": Shared(
        Annotated[
            str | None,
            typer.Option(
                metavar="MODULE:CLASS",
                rich_help_panel=HOW,
                help="Instead of a key: what makes a credential, azure.identity:DefaultAzureCredential.",
            ),
        ]
    ),
}
_HIDDEN = Annotated[str | None, typer.Option(hidden=True)]


class _VerbGroup(TyperGroup):
    """The verbs as commands. Each has dozens of options, so one is made when it is called, and not before."""

    make: Callable[[str], Any]

    def list_commands(self, ctx: Any) -> list[str]:
        return list(verb_names())

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in verb_names():
            from dfai import _hints

            raise ConfigError(_hints.missing_verb(cmd_name))
        return type(self).make(cmd_name)


def verb_commands(
    name: str,
    help: str,
    own: Mapping[str, Shared],
    act: Callable[[str, list[str], dict[str, Any]], None],
    *,
    without: Collection[str] = (),
) -> typer.Typer:
    """The command *name* with a command below it for each verb.

    Parameters
    ----------
    own
        Options that it has beside the verb's.
    act
        What is done: it is given the verb, the files, and what was typed for each option by its parameter's name.
    without
        Settings that make no difference here.
    """

    def make(verb: str) -> Any:
        return _command(name, verb, own, act, without)

    made = typer.Typer(
        cls=type("VerbGroup", (_VerbGroup,), {"make": staticmethod(make)}),
        name=name,
        no_args_is_help=True,
        rich_markup_mode="rich",
        help=help,
    )

    @made.callback()
    def group() -> None:
        """A group, though its commands are made elsewhere."""

    return made


def _command(
    name: str,
    verb: str,
    own: Mapping[str, Shared],
    act: Callable[[str, list[str], dict[str, Any]], None],
    without: Collection[str],
) -> Any:
    def command(files: list[str], **given: Any) -> None:
        act(verb, files, given)

    asked = [one for one in parameters_of(verb) if one.name not in without]
    who = {one: Shared(_HIDDEN) for one in _WHO} if services()[verb].web else _WHO
    first = inspect.Parameter("files", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Annotated[list[str], _FILE])
    parameters = [
        first,
        *(one for one in asked if one.name.startswith("own_")),
        *_parameters({**own, **_ROWS}),
        *(one for one in asked if one.name.startswith("set_")),
        *_parameters(who),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    command.__doc__ = _help_of(name, verb)
    app = typer.Typer(add_completion=False, rich_markup_mode="rich")
    app.command(name=verb)(command)
    return typer.main.get_command(app)


def _parameters(shared: Mapping[str, Shared]) -> list[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(
            name,
            kind,
            annotation=one.annotation,
            default=inspect.Parameter.empty if one.default is REQUIRED else one.default,
        )
        for name, one in shared.items()
    ]


def _help_of(name: str, verb: str) -> str:
    """What a verb does, the columns that it adds, and a line to begin with."""
    service = services()[verb]
    columns = [f"{column.suffix or service.noun}: {column.doc}" for column in service.answer_columns()]
    example = f"dfai {name} {verb} {_rows_of(service)}"
    end = " --out answered.parquet" if name == "run" else ""
    text = [
        summary_of(getattr(Verbs, verb)),
        f"Adds {service.noun} and columns that begin so.",
        *columns,
        example + end,
    ]
    return "\n\n".join(escape(line) for line in text)


def _rows_of(service: Service) -> str:
    """Rows that a verb may be given, as an example."""
    if service.media is None:
        return "rows.parquet --column NAME"
    first, *others = service.inputs
    if others:
        return f"rows.parquet --column NAME --{others[0]} NAME"
    return '"photos/**/*.jpg"' if first == "image" else '"calls/*.wav"'
