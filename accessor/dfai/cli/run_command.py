"""``dfai run VERB FILE… --out FILE``."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
import typer

from dfai.cli import job
from dfai.cli.asked import asked
from dfai.cli.verb_commands import REQUIRED, Shared, choice, verb_commands

__all__ = ["run"]

_FILES = "What is written, and where"
_HELP = """Answer every row of a file, whatever its size, and write the rows with their answers to another.

dfai run sentiment reviews.parquet --column text --out scored.parquet

dfai run VERB --help says what a verb reads, answers and takes."""

_OWN = {
    "out": Shared(
        Annotated[
            str,
            typer.Option(
                "--out",
                "-o",
                metavar="FILE",
                rich_help_panel=_FILES,
                help="The file to write: .parquet, .csv, .jsonl, .arrow or .feather, here or at a URL. With dask and "
                "spark a folder of such files. It is there only when it is whole.",
            ),
        ],
        REQUIRED,
    ),
    "overwrite": Shared(
        Annotated[
            bool, typer.Option("--overwrite", rich_help_panel=_FILES, help="Replace what is there under that name.")
        ],
        False,
    ),
    "backend": Shared(
        Annotated[
            str,
            typer.Option(
                rich_help_panel=_FILES,
                help="Where it runs: pandas in this process, batch by batch; polars as a lazy scan; dask or spark on "
                "their workers.",
                **choice("pandas", "polars", "dask", "spark"),
            ),
        ],
        "pandas",
    ),
    "store": Shared(
        Annotated[
            str | None,
            typer.Option(
                metavar="PLACE",
                rich_help_panel=_FILES,
                help="Where answers are kept, so that none is paid for twice: a folder, a Redis URL, or none. Without "
                "it they are kept beside the file until that is whole, so that an interrupted run goes on.",
            ),
        ]
    ),
    "progress": Shared(
        Annotated[
            str | None,
            typer.Option(
                help="bar: a live line; off: nothing; auto, the default: that in a terminal, else a line now and then.",
                **choice("auto", "bar", "off"),
            ),
        ]
    ),
    "as_json": Shared(
        Annotated[bool, typer.Option("--json", help="One JSON object on stdout, and nothing else there.")], False
    ),
}


def _run(verb: str, files: list[str], given: dict[str, Any]) -> None:
    outcome, figures = job.run(asked(verb, files, given))
    if given["as_json"]:
        print(orjson.dumps(outcome.plain(figures)).decode())
    else:
        print(outcome.text(figures))
    raise typer.Exit(int(outcome.exit))


run: typer.Typer = verb_commands("run", _HELP, _OWN, _run)
