"""The ``dfai`` command: its own commands, and those that installed parts bring along by entry point."""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from importlib.metadata import entry_points, version
from typing import TYPE_CHECKING, Any

from dfai.cli.exits import Exit, Interrupted, exit_for, sentence_of
from dfai_core.errors import SecretNotFound

if TYPE_CHECKING:
    import typer

__all__ = ["called", "main"]

_EPILOGUE = (
    "Exit codes: 0 every row is answered; 1 some rows are not, and the file says why; 2 something asked for cannot be, "
    "and nothing was sent; 3 nothing was answered; 130 interrupted: the same line goes on; 70 a fault of dfai's own."
)


def main() -> None:
    """Runs the ``dfai`` command."""
    sys.exit(called(sys.argv[1:]))


def called(arguments: Sequence[str]) -> int:
    """The exit code of ``dfai`` with *arguments*."""
    try:
        import rich  # noqa: F401
        import typer  # noqa: F401
    except ModuleNotFoundError:
        print('the dfai command needs packages that are not here. pip install "dfai[cli]"', file=sys.stderr)
        return int(Exit.USAGE)
    debug = "--debug" in arguments or bool(os.environ.get("DFAI_DEBUG"))
    arguments = [argument for argument in arguments if argument != "--debug"]
    with warnings.catch_warnings():
        warnings.showwarning = _told
        try:
            code = _app()(arguments, prog_name="dfai", standalone_mode=False)
        except Exception as error:  # noqa: BLE001  whatever it is, it ends here as a sentence
            return _failed(error, debug=debug, as_json="--json" in arguments)
    return code if isinstance(code, int) else 0


def _failed(error: Exception, *, debug: bool, as_json: bool) -> int:
    """Tells what went wrong, and how the command ends therefore."""
    code, message = _judged(error)
    if debug:
        traceback.print_exception(error)
    if message:
        stopped = code in (Exit.INTERRUPTED, Exit.TERMINATED)
        print(message if stopped else f"error: {message}", file=sys.stderr)
    if as_json:
        import orjson

        told = {"error": type(error).__name__, "message": message, "exit_code": int(code)}
        print(orjson.dumps(told).decode())
    return int(code)


def _judged(error: Exception) -> tuple[Exit, str]:
    from dfai.cli.words import not_found, spoken

    if hasattr(error, "format_message"):  # a wrong command line, as its parser tells it
        context = getattr(error, "ctx", None)
        where = f" See {context.command_path} --help." if context is not None else ""
        message = error.format_message().replace("?.", "?")
        if type(error).__name__ == "NoArgsIsHelpError":  # the help is the message, and was shown
            return Exit.USAGE, ""
        return Exit.USAGE, f"{message}{'' if message.endswith(('.', '?')) or not message else '.'}{where}".strip()
    if type(error).__name__ == "Abort":  # a question that was not answered with yes
        return Exit.USAGE, "nothing was done."
    code = exit_for(error)
    if isinstance(error, Interrupted):
        return code, str(error)
    if code is Exit.FAULT:
        return code, f"{sentence_of(error)} dfai did not expect this: with --debug it shows where, for a report."
    if isinstance(error, SecretNotFound):
        return code, " ".join(not_found(error))
    return code, spoken(sentence_of(error))


def _told(message: Warning | str, *_rest: Any, **_more: Any) -> None:
    """A warning as a line for people."""
    from dfai.cli.words import spoken

    print(f"note: {spoken(' '.join(str(message).split()))}", file=sys.stderr, flush=True)


def _app() -> typer.Typer:
    import typer

    from dfai.cli.doctor import doctor
    from dfai.cli.estimate_command import estimate
    from dfai.cli.order import InOrder
    from dfai.cli.run_command import run
    from dfai.cli.services import services
    from dfai.cli.stores import store

    app = typer.Typer(
        name="dfai",
        cls=InOrder,
        help="Azure AI services, containers and open models on tables in files.",
        epilog=_EPILOGUE,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )

    @app.callback(invoke_without_command=True)
    def options(
        show_version: bool = typer.Option(False, "--version", help="Show the version and leave."),
        debug: bool = typer.Option(False, "--debug", help="Show where an error comes from. Also DFAI_DEBUG=1."),
    ) -> None:
        assert not debug, "it was taken out of the arguments"
        if show_version:
            print(f"dfai {version('dfai')}")
            raise typer.Exit

    app.add_typer(run)
    app.add_typer(estimate)
    app.command()(services)
    app.command()(doctor)
    app.add_typer(store)
    for point in sorted(entry_points(group="dfai.commands"), key=lambda point: point.name):
        command = point.load()
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=point.name)
        else:
            app.command(name=point.name)(command)
    return app
