"""Finds commands by entry point, so that a part that is not installed costs nothing and is named when missed."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points, version

__all__ = ["main"]


def main() -> None:
    """Runs the ``dfai`` command."""
    try:
        import typer
    except ModuleNotFoundError:
        sys.exit('the dfai command needs packages that are not here. pip install "dfai[local]"')

    app = typer.Typer(
        name="dfai",
        help="Azure AI services, containers and open models on DataFrames.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )

    @app.callback(invoke_without_command=True)
    def options(
        show_version: bool = typer.Option(False, "--version", help="Show the version and leave."),
    ) -> None:
        if show_version:
            typer.echo(f"dfai {version('dfai')}")
            raise typer.Exit

    for point in sorted(entry_points(group="dfai.commands"), key=lambda point: point.name):
        command = point.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(name=point.name)(command)
    app()
