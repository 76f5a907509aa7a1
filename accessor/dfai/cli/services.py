"""``dfai services``: every verb, who answers it, and what that needs."""

from __future__ import annotations

import re
from typing import Annotated, Any

import orjson
import typer

from dfai._signatures import signature_of
from dfai._verbs import verb_names
from dfai.cli.engine import local_state
from dfai.cli.words import flag, plain, spoken
from dfai_core import Service
from dfai_core import services as known
from dfai_core.errors import ConfigError

__all__ = ["services"]

_LOCAL = {"here": "yes", "fetch": "yes, fetches its models first", "no": "no"}


def services(
    verb: Annotated[
        str | None, typer.Argument(metavar="[VERB]", help="Tell all of this one.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
) -> None:
    """What can be asked: every verb, what it reads, and who answers it."""
    if verb is not None and verb not in verb_names():
        from dfai import _hints

        raise ConfigError(_hints.missing_verb(verb))
    chosen = [known()[name] for name in (verb_names() if verb is None else (verb,))]
    told = [_told(service) for service in chosen]
    if as_json:
        print(orjson.dumps({"services": told}).decode())
    elif verb is None:
        _table(told)
    else:
        _page(told[0])


def _told(service: Service) -> dict[str, Any]:
    state, need = local_state(service)
    signature = signature_of(service.name)
    return {
        "verb": service.name,
        "family": service.family,
        "summary": plain(signature.summary),
        "reads": list(service.inputs),
        "options": {flag(name): default for name, default in signature.options.items()},
        "include": [*service.includes, "error_detail"],
        "columns": [
            {"name": service.noun + column.suffix, "type": str(column.type), "about": plain(column.doc)}
            for column in service.answer_columns()
        ],
        "local": {"state": state, "needs": spoken(need)},
        "azure": {
            "offered": service.retired is None and not service.web,
            "about": spoken(service.retired or ""),
            "api_version": "" if service.web else service.api_version,
        },
        "known_as": list(service.known_as),
    }


def _table(told: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("verb", "family", "reads", "local", "Azure"):
        table.add_column(heading, overflow="fold", no_wrap=heading == "verb")
    before = ""
    for one in told:
        family = one["family"] if one["family"] != before else ""
        before = one["family"]
        table.add_row(one["verb"], family, ", ".join(one["reads"]), escape(_briefly(one)), _azure(one))
    console = Console()
    console.print(table)
    console.print(
        "\n[dim]dfai services VERB tells all of one; dfai run VERB --help how it is asked.[/dim]", highlight=False
    )


def _local(one: dict[str, Any]) -> str:
    state, needs = one["local"]["state"], one["local"]["needs"]
    return str(needs) if state == "install" else _LOCAL[state]


def _briefly(one: dict[str, Any]) -> str:
    """The same, where there is little room: an extra by its name."""
    needs = re.fullmatch(r'pip install "(.+)"', _local(one))
    return f"with {needs[1]}" if needs else _local(one)


def _azure(one: dict[str, Any]) -> str:
    if one["family"] == "web":
        return "any host"
    return "yes" if one["azure"]["offered"] else "retired"


def _page(one: dict[str, Any]) -> None:
    lines = [
        f"{one['verb']}  ({one['family']})",
        one["summary"],
        "",
        f"reads     {', '.join(one['reads'])}",
        f"local     {_local(one)}" + (f": {one['local']['needs']}" if one["local"]["state"] in ("no", "fetch") else ""),
        f"Azure     {_azure(one)}" + (f". {one['azure']['about']}" if one["azure"]["about"] else ""),
        f"include   {', '.join(one['include'])}",
        f"options   {', '.join(one['options']) or 'none of its own'}",
        "",
        "columns",
        *(f"  {column['name']}  {column['type']}\n      {column['about']}" for column in one["columns"]),
        "",
        f"dfai run {one['verb']} --help",
    ]
    print("\n".join(lines))
