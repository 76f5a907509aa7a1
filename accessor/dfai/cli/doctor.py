"""``dfai doctor``: what is here, what is missing, and what to do about each."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

import orjson
import typer

from dfai._run import counted
from dfai.cli.asked import target_of
from dfai.cli.checks import Check, here
from dfai.cli.checks.target import target
from dfai.cli.exits import Exit
from dfai.cli.options import HOW
from dfai.cli.words import spoken

__all__ = ["doctor"]

_MARKS = {"ok": "[green]ok[/green]", "warning": "[yellow]warning[/yellow]", "problem": "[red]problem[/red]"}


def doctor(
    who: Annotated[
        str | None,
        typer.Option(
            "--target",
            metavar="TARGET",
            rich_help_panel=HOW,
            help="Whom to try: local, azure:REGION, azure:https://NAME… or container:URL. Else the one that is set.",
        ),
    ] = None,
    verb: Annotated[
        str,
        typer.Option(
            metavar="VERB", rich_help_panel=HOW, help="Which service of the target: many resources serve one family."
        ),
    ] = "detect_language",
    key: Annotated[
        str | None,
        typer.Option(metavar="REFERENCE", rich_help_panel=HOW, help="Where its key is: env:NAME or file:PATH."),
    ] = None,
    credential: Annotated[
        str | None,
        typer.Option(metavar="MODULE:CLASS", rich_help_panel=HOW, help="Instead of a key: what makes a credential."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """Look at this machine and the target: what works, what does not, and what to do about it.

    One request is sent to a target that is not local: one without a document, in which there is nothing to bill.
    """
    checks = [*here(), *target(verb, target_of(who, key, credential))]
    counts = Counter[str](check.state for check in checks)
    code = Exit.SOME_FAILED if counts["problem"] else Exit.ANSWERED
    if as_json:
        told = [_plain(check) for check in checks]
        print(
            orjson.dumps({"checks": told, "exit_code": int(code), **{name: counts[name] for name in _MARKS}}).decode()
        )
    else:
        _print(checks)
        print(f"\n{counts['ok']} ok, {counted(counts['warning'], 'warning')}, {counted(counts['problem'], 'problem')}")
    raise typer.Exit(int(code))


def _plain(check: Check) -> dict[str, Any]:
    return {"area": check.area, "state": check.state, "found": check.found, "remedy": spoken(check.remedy)}


def _print(checks: list[Check]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for check in checks:
        area = check.area if check.area != before else ""
        before = check.area
        remedy = f"\n[dim]→ {escape(spoken(check.remedy))}[/dim]" if check.remedy else ""
        table.add_row(f"[bold]{area}[/bold]", _MARKS[check.state], escape(check.found) + remedy)
    Console(highlight=False).print(table)
