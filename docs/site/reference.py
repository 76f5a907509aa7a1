"""The pages of docs/reference/README.md: a heading there is a page, and holds the names listed below it.

What is said of each name is its docstring, which mkdocstrings reads without importing it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from outside import DOCS

__all__ = ["INDEX", "linked", "navigation", "pages", "sections"]

INDEX = "reference/README.md"
# What is told of them is told by their classes.
_INSTANCES = {"dfai.faces": "dfai._people.Faces", "dfai.speakers": "dfai._speakers.Speakers"}
_NAME = re.compile(r"`(dfai[\w.]*)`")
_ITEM = re.compile(r"^- (?:.*\n)(?:  .*\n)*", re.MULTILINE)


@cache
def sections() -> list[tuple[str, str, list[str]]]:
    """Title, words, and names of each section."""
    written = DOCS / INDEX
    parts = re.split(r"^## +(.*)$", written.read_text("utf-8") if written.exists() else "", flags=re.MULTILINE)
    return [
        (title, _ITEM.sub("", body).strip(), _NAME.findall("".join(_ITEM.findall(body))))
        for title, body in zip(parts[1::2], parts[2::2], strict=True)
    ]


def navigation() -> list[Any]:
    """Its pages as mkdocs takes them."""
    return [{title: _place(title)} for title, _ in _written()]


def pages() -> dict[str, str]:
    """Each page's Markdown."""
    return {_place(title): f"# {title}\n\n{content}" for title, content in _written()}


def linked(index: str) -> str:
    """The index with each name leading to where it is told."""
    return _ITEM.sub(lambda item: _NAME.sub(r"[`\1`][\1]", item[0]), index)


def _place(title: str) -> str:
    return f"reference/{re.sub(r'[^a-z]+', '-', title.lower()).strip('-')}.md"


def _written() -> Iterator[tuple[str, str]]:
    for title, words, names in sections():
        yield title, "\n\n".join([words, *map(_told, names)]) + "\n"
        if "dfai.FrameAI" in names:
            for family, verbs in _families():
                yield f"Verbs: {family}", "\n\n".join(map(_verb, verbs)) + "\n"


def _told(name: str) -> str:
    if name in _INSTANCES:
        last = name.rpartition(".")[2]
        return (
            f"[](){{#{name}}}\n\n::: {_INSTANCES[name]}\n    options:\n      heading: {last}\n      toc_label: {last}\n"
        )
    options = ""
    if name == "dfai.FrameAI":  # its verbs have pages of their own
        verbs = "|".join(verb for family in _families() for verb in family[1])
        options = f"\n    options:\n      inherited_members: true\n      filters: ['!^_', '!^({verbs})$']"
    return f"::: {name}{options}"


def _families() -> Iterator[tuple[str, list[str]]]:
    """The verbs of each family, as docs/README.md lists them."""
    from navigation import families

    yield from families().items()


def _verb(verb: str) -> str:
    return f"::: dfai.FrameAI.{verb}\n\n[Columns, limits, who answers, how well](../verbs/{verb}.md)"
