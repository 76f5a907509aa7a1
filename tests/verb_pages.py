"""What a verb's page says that its declaration says already: columns, arguments, SQL, limits, price.

``python -m tests.verb_pages`` writes it between the marks of each page in ``docs/verbs``; a test holds that nothing is
left to write. Everything else in a page is by hand. ``python -m tests.verb_pages count_words`` begins the page of a new
verb: what is written as "…" in it is yours to say, and the tests tell what is missing.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from dfai import FrameAI, Verbs
from dfai._functions import _call, _input, _named_verbs
from dfai._settings import effective
from dfai._signatures import signature_of
from dfai_core import Service, services
from dfai_core.billed import CHARACTER, SECOND, TEXT_RECORD
from dfai_core.prices import LIST_PRICES, billing_of
from dfai_core.service import Wiring
from dfai_core.services.decision.multivariate import detecting
from dfai_core.services.files.names import file_name
from dfai_core.services.files.write_files import write_files
from dfai_core.services.search.write_search_index import Writing, write_search_index
from dfai_spark.types import sql_type
from tests.page_words import an, cell, counted, folded, literal, sentence, shown, size, type_name

__all__ = ["HEADINGS", "PAGES", "PARTS", "begun", "filled", "main", "marks"]

PAGES = Path(__file__).parents[1] / "docs" / "verbs"
# What has a page and is no verb of `Verbs`: its service, and the method that is called.
OTHERS: dict[str, tuple[Callable[[], Service], Any]] = {
    "write_files": (lambda: write_files(file_name("{id}")), FrameAI.write_files),
    "write_search_index": (
        lambda: write_search_index(Writing("index", ("key",), 0, "upload", False, False), ["key"]),
        FrameAI.write_search_index,
    ),
    "fit_anomalies": (lambda: detecting(("a", "b"), keeps_gaps=True), FrameAI.fit_anomalies),
}
# The words that every verb has, which its page need not explain.
COMMON = ("self", "include", "output", "if_exists", "settings")


def declared(verb: str) -> tuple[Service, Any]:
    """The service behind a page, and the method that its readers call."""
    if verb in OTHERS:
        service, method = OTHERS[verb]
        return service(), method
    return services()[verb], getattr(Verbs, verb)


def columns(verb: str) -> str:
    """The columns of the answer, and those that are asked for by ``include=``."""
    service, _ = declared(verb)
    own = [column for column in service.answer_columns() if column not in service.includes.values()]
    lines = ["| column | type | what |", "| --- | --- | --- |"]
    lines += [f"| `{service.noun}{column.suffix}` | {type_name(column.type)} | {cell(column.doc)} |" for column in own]
    lines += ["", '`output="…"` chooses another first name; the others follow it.']
    if service.includes:
        lines += ["", "| asked by | column | type | what |", "| --- | --- | --- | --- |"]
        for word, column in service.includes.items():
            name = f"`{service.noun}{column.suffix}`"
            lines.append(f'| `include=["{word}"]` | {name} | {type_name(column.type)} | {cell(column.doc)} |')
    return "\n".join(lines)


def arguments(verb: str) -> str:
    """What a call takes: from the verb's signature and docstring."""
    _, method = declared(verb)
    told = described(method)
    parameters = {name: one for name, one in inspect.signature(method).parameters.items() if name not in COMMON}
    lines = ["| argument | default | what |", "| --- | --- | --- |"]
    for names in told:
        ours = [name for name in names if name in parameters]
        if not ours:
            continue
        defaults = [parameters[name].default for name in ours]
        default = ", ".join(dict.fromkeys(f"`{shown(one)}`" for one in defaults if one is not inspect.Parameter.empty))
        columned = any(re.search(r"\bCol\b", str(parameters[name].annotation)) for name in ours)
        by_row = " Or `dfai.col(…)`, by row." if columned and not re.search("column of|dfai.col", told[names]) else ""
        lines.append(f"| {', '.join(f'`{name}`' for name in ours)} | {default} | {cell(told[names])}{by_row} |")
    rest = "`include`, `output`, `if_exists` and [settings](../targets.md) are those of every verb."
    return "\n".join([*lines, "", rest])


def sql(verb: str) -> str:
    """The function's signature and what it gives; for a verb without a function, that there is none."""
    if verb not in _named_verbs() or declared(verb)[0].gather is not None:
        reason = NO_FUNCTION.get(verb, NO_GROUPS)
        return f"There is no SQL function: {reason} On Spark call the verb on a frame, as above ([SQL](../sql.md))."
    config, _ = effective({})
    signature = signature_of(verb)
    call = _call(verb, (), config)
    inputs = [_input(call.service, name) for name in signature.inputs]
    told = [f"{one.name} {sql_type(one.type)}" + ("" if one.path is None else " DEFAULT NULL") for one in inputs]
    told += [
        f"{name} {sql_type(signature.types[name])} DEFAULT {literal(signature.options[name])}"
        for name, _ in call.varying
    ]
    told += [f"{one.path} STRING DEFAULT NULL" for one in inputs if one.path is not None]
    fields = [f"{field.name} {sql_type(field.type)}".replace("`", "") for field in call.service.fields()]
    opening, indent = f"ai_{verb}(", " " * 4
    return "\n".join(
        [
            (
                "After `dfai.register_functions(spark)` a function with named arguments, which gives one struct "
                "([SQL](../sql.md)):"
            ),
            "",
            "```text",
            opening,
            *(f"{indent}{one}{',' if one is not told[-1] else ''}" for one in told),
            ") -> STRUCT<",
            *(folded(f"{indent}{one}{',' if one is not fields[-1] else ''}") for one in fields),
            ">",
            "```",
        ]
    )


# What a page without a function says instead.
NO_GROUPS = "it would see one row alone, and this verb reads all rows of a group."
NO_FUNCTION = {
    "http": "its columns depend on its arguments.",
    "write_files": "it writes.",
    "write_search_index": "it writes.",
    "fit_anomalies": "a model is learnt from many rows.",
}


def limits(verb: str) -> str:
    """What one request, and one row, may hold."""
    service, _ = declared(verb)
    there = service.limits_at("web" if service.web else "azure")
    here = service.limits_at("web" if service.web else "local")
    asked = "Azure, containers" if service.retired is None else "containers"
    what = "documents" if service.media is None else f"{service.media.kind.name.partition(' ')[2]}s"
    if service.web:
        what = "rows"
    rows = [
        (f"{what} in a request", f"{there.max_documents:,}", f"{here.max_documents:,}"),
        ("characters in a document", counted(there.max_chars), counted(here.max_chars)),
        ("characters in a request", counted(there.max_chars_per_request), counted(here.max_chars_per_request)),
    ]
    sources = []
    if service.media is None:
        rows.append(("size of a request", size(there.max_bytes), size(here.max_bytes)))
    if service.media is None or service.gather is not None:
        sources = [there.source, here.source]
    if service.gather is not None:
        rows.append(("rows of a group", f"{there.max_rows:,}", f"{here.max_rows:,}"))
    if service.media is not None:
        kind = service.media.kind.name.partition(" ")[2]
        ours = service.media.room(wiring(service, "azure"))
        own = service.media.room(wiring(service, "local"))
        rows.append((f"size of {an(kind)} as it is read", size(ours.max_bytes), size(own.max_bytes)))
        rows.append((f"formats of {an(kind)}", ", ".join(ours.formats), ", ".join(own.formats)))
        sources += [ours.source, own.source]
    if service.asks != 1:
        most = "as many as the answer takes" if service.asks is None else f"{service.asks} at most"
        rows.append(("requests for a row", most, most))
    rows = [row for row in rows if row[1] or row[2]]
    web = service.web
    head = (
        ["| limit | value |", "| --- | --- |"]
        if web
        else [f"| limit | {asked} | in this process |", "| --- | --- | --- |"]
    )
    body = [f"| {name} | {one} |" if web else f"| {name} | {one} | {other} |" for name, one, other in rows]
    said = dict.fromkeys(sentence(source) for source in sources)
    return "\n".join([*head, *body, "", f"Source{'s' if len(said) > 1 else ''}: {' '.join(said)}"])


def price(verb: str) -> str:
    """What is billed, by what, for how much, and what is free."""
    service, _ = declared(verb)
    if verb == "write_files":
        return "Nothing is billed: files are written, nobody is asked."
    if service.web:
        return (
            "No target is asked, so nothing is billed by one. What the web service itself asks you can say: "
            f'`dfai.prices({{"{verb}": 0.5,\n"currency": "EUR"}})` is for 1,000 documents ([cost](../cost.md#prices)).'
        )
    if service.retired is not None:
        return (
            "Nothing: Azure does not sell it any more, and what this machine or a `dfai serve` of yours answers costs "
            "nothing.\nBudgets count its documents: [`max_documents`](../cost.md)."
        )
    billing = billing_of(service)
    if billing is None:
        return (
            "Azure AI Search is paid by the service, not by the request: no price is counted here.\n"
            "Budgets count documents: [`max_documents`](../cost.md)."
        )
    named = {
        TEXT_RECORD: "text record: 1,000 characters of a text, begun ones whole",
        SECOND: "second of audio",
        CHARACTER: "character",
    }.get(billing.unit, billing.unit.name)
    per_row = {None: "as many as the answer takes", 1: "one"}.get(service.asks, f"up to {service.asks}")
    if billing.unit.name == "transaction":
        named += f", which is a request; a row takes {per_row}"
    listed = LIST_PRICES.get(verb)
    if listed is None:
        cost = "No public price was found, so that `cost` is None until [you give one](../cost.md#prices)."
    else:
        quoted = f"{'an ' if billing.unit is SECOND else ''}{billing.unit.quoted_as}"
        cost = (
            f"**{listed.amount:.2f} {listed.currency} for {quoted}** by default\n"
            f"({listed.source}, as of {listed.as_of}; [another](../cost.md#prices))."
        )
    lines = [f"Azure bills each {named}. {cost}"]
    if billing.beside:
        lines.append(f"Besides, {billing.beside}.")
    free = ["nulls", "blank texts" if service.media is None else "empty and unreadable ones"]
    if service.shareable:
        free.append("rows that are equal to another")
    if service.keeps:
        free.append("answers that a [store](../store.md) has")
    free.append("all that this machine answers")
    lines.append(f"Not billed: {', '.join(free[:-1])}, and {free[-1]}.")
    lines.append(f"Source: {billing.source}.")
    return "\n".join(lines)


PARTS: dict[str, Callable[[str], str]] = {
    "columns": columns,
    "arguments": arguments,
    "sql": sql,
    "limits": limits,
    "price": price,
}


# Every page tells them in this order; what is a verb's own stands between them.
HEADINGS = ["The same call everywhere", "Columns", "Arguments", "SQL", "Limits", "Errors", "Price"]
HEADINGS += ["Who answers", "How well", "Related"]


def begun(verb: str) -> str:
    """A page for a verb that has none."""
    service, method = declared(verb)
    inputs = ", ".join(f'"{name}"' for name in service.inputs)
    summary = (inspect.getdoc(method) or "").partition("\n")[0]
    texts = {
        "The same call everywhere": f"""```python
df.ai.{verb}({inputs})             # pandas, polars
ddf.ai.{verb}({inputs}).compute()  # Dask: lazy until computed
sdf.ai.{verb}({inputs}).show()     # Spark: lazy until an action
dfai.on(df).{verb}({inputs})       # typed, for checkers
```

```sql
-- once: dfai.register_functions(spark)
SELECT ai_{verb}({", ".join(service.inputs)}).{service.noun} FROM rows
```

```bash
dfai run {verb} rows.parquet --column {service.inputs[0]} --out answered.parquet
```""",
        "Errors": "| error | when | what to do |\n| --- | --- | --- |\n| `empty` | … | … |",
    }
    sections = [
        f"## {heading}\n\n{marks(heading.lower(), verb) if heading.lower() in PARTS else texts.get(heading, '…')}"
        for heading in HEADINGS
    ]
    example = f"import dfai\nimport pandas as pd\n\ndf = pd.DataFrame({{{inputs}: [...]}})\ndf.ai.{verb}({inputs})"
    first = f"# {verb}\n\n{summary}\n\n```python\n{example}\n```\n```text\n…\n```"
    return "\n\n".join([first, *sections]) + "\n"


def marks(part: str, verb: str) -> str:
    """A part of a page between its marks, which no reader sees."""
    return f"<!-- {part}: made by python -m tests.verb_pages -->\n\n{PARTS[part](verb)}\n\n<!-- end of {part} -->"


def filled(verb: str, page: str) -> str:
    """The *page* of a verb with what is to stand between its marks."""
    for part in PARTS:
        before, begun, rest = page.partition(f"<!-- {part}:")
        _, end, after = rest.partition(f"<!-- end of {part} -->")
        if begun and end:
            page = before + marks(part, verb) + after
    return page


def described(method: Any) -> dict[tuple[str, ...], str]:
    """What a docstring says of each parameter, or of several together, in Markdown."""
    doc = inspect.getdoc(method) or ""
    told = doc.partition("Parameters\n----------\n")[2]
    told = re.split(r"\n\n(?=\w+\n-+\n)", told)[0]
    found: dict[tuple[str, ...], str] = {}
    for names, lines in re.findall(r"^(\S.*)\n((?:(?:    .*)?\n?)+)", told, flags=re.MULTILINE):
        text = re.sub(r"(?<![\w`])\*(\w+)\*", r"`\1`", " ".join(lines.split()).replace("``", "`"))
        found[tuple(names.replace("*", "").split(", "))] = text
    return {names: _linked(names, text) for names, text in found.items()}


def _linked(names: tuple[str, ...], text: str) -> str:
    """*text* where it says "as in `verb`": what is said there if it says nothing else, else with a link to its page."""
    like = re.search(r",? ?[Aa]s in `(\w+)`\.?", text)
    if like is None or names[0] in COMMON:
        return text
    if text == like[0]:
        return described(getattr(Verbs, like[1]))[names]
    return text.replace(f"`{like[1]}`", f"[{like[1]}]({like[1]}.md)")


def wiring(service: Service, kind: str) -> Wiring:
    """A call of *service* with its defaults, at a target of *kind*."""
    options = {option.name: option.default for option in service.options}
    return Wiring(options, (), (), service.api_version, None, False, kind)


def main(new: Sequence[str] = ()) -> None:
    """Writes the pages anew, and begins those of *new* verbs."""
    for path in sorted({*PAGES.glob("*.md"), *(PAGES / f"{verb}.md" for verb in new)}):
        page = path.read_text(encoding="utf-8") if path.exists() else begun(path.stem)
        made = filled(path.stem, page)
        if made != page or not path.exists():
            path.write_text(made, encoding="utf-8")
            print(f"wrote {path.relative_to(Path.cwd())}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
