"""The site's navigation, read from docs/README.md: what stands there is found here, at its place.

A heading is a tab; the beginning of an item in bold, or a table's first cell, is a group of pages in it; a link is a
page. What the README of a folder lists besides comes with that README.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import reference
from outside import DOCS, ROOT, page_of

__all__ = ["Group", "Section", "Shown", "about", "families", "overviews", "places", "sections", "tree"]

_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_GROUP = re.compile(r"^(?:[-*] +\*\*(?P<bold>[^*]+)\*\*|\| *(?P<cell>[^|]*?) *\|)")


@dataclass(frozen=True, slots=True)
class Shown:
    """A page in the navigation: its title there, and where it is."""

    title: str
    place: str


@dataclass(frozen=True, slots=True)
class Group:
    """Pages under a title of their own, or, where it is "", directly in the section."""

    title: str
    pages: list[Shown] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Section:
    """A tab."""

    title: str
    groups: list[Group] = field(default_factory=list)

    @property
    def folder(self) -> str:
        """Where its overview stands."""
        return re.sub(r"\W+", "-", self.title.lower()).strip("-")

    @property
    def overview(self) -> str | None:
        """The page that tells what is in it, for a section of several groups."""
        return f"{self.folder}/index.md" if sum(bool(group.title) for group in self.groups) > 1 else None


@cache
def sections() -> list[Section]:
    """The list of all pages, as it is written."""
    found: list[Section] = []
    seen: set[str] = set()
    for heading, body in _headed((DOCS / "README.md").read_text("utf-8")):
        section = Section(heading, [Group("")])
        for line in body.splitlines():
            if begun := _GROUP.match(line):
                section.groups.append(Group((begun["bold"] or begun["cell"]).strip(" :")))
            elif not line.strip():
                section.groups.append(Group(""))
            for title, link in _LINK.findall(line):
                path, _, anchor = unquote(link).partition("#")
                place = page_of((DOCS / path).resolve(), anchor)
                if place is not None and place not in seen:
                    seen.add(place)
                    section.groups[-1].pages.append(Shown(_title(title, place), place))
        section.groups[:] = [group for group in section.groups if group.pages]
        if section.groups:
            found.append(section)
    return found


def families() -> dict[str, list[str]]:
    """The verbs of each family, in the order of the list."""
    return {
        group.title: [Path(page.place).stem for page in group.pages if page.place.startswith("verbs/")]
        for section in sections()
        if section.title == "Verbs"
        for group in section.groups
    }


def tree() -> list[Any]:
    """The navigation as mkdocs takes it."""
    listed = {page.place for section in sections() for group in section.groups for page in group.pages}
    return [{section.title: list(_entries(section, listed))} for section in sections()]


def places(entries: Any) -> set[str]:
    """The pages of a navigation."""
    if isinstance(entries, str):
        return {entries}
    return set().union(*map(places, entries.values() if isinstance(entries, dict) else entries))


def overviews() -> dict[str, str]:
    """For each section of several groups a page that says what its pages are about, in their own words."""
    return {section.overview: _overview(section) for section in sections() if section.overview}


def about(place: str) -> str:
    """The first sentence of a page, where it begins with one."""
    written = DOCS / place if (DOCS / place).is_file() else ROOT / place
    if not written.is_file():
        return ""
    beginning = re.split(r"^## ", written.read_text("utf-8"), maxsplit=1, flags=re.MULTILINE)[0]
    for block in re.sub(r"^```.*?^```$", "", beginning, flags=re.DOTALL | re.MULTILINE).split("\n\n"):
        if block.strip() and not block.lstrip("\n").startswith(("#", "|", "    ", "<", "!", ">", "- ", "1. ", "(")):
            words = _LINK.sub(r"\1", " ".join(block.split()))
            sentence = re.split(r"(?<=[.!?]) ", words, maxsplit=1)[0]
            if len(sentence) > 160 or sentence.endswith(":"):
                sentence = re.split(r"[:;](?: |$)", sentence, maxsplit=1)[0].rstrip(".") + "."
            return sentence.replace("|", r"\|")
    return ""


def _headed(text: str) -> Iterator[tuple[str, str]]:
    parts = re.split(r"^## +(.*)$", text, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def _title(words: str, place: str) -> str:
    words = words.strip("`")
    return words if place.startswith("verbs/") else words[:1].upper() + words[1:]


def _entries(section: Section, listed: set[str]) -> Iterator[Any]:
    if section.overview:
        yield section.overview
    if len(section.groups) == len(section.groups[0].pages) == 1:  # a folder's README, and nothing beside it
        yield from _flat(_with_folder(section.groups[0].pages[0], listed))
        return
    for group in section.groups:
        pages = [entry for page in group.pages for entry in _with_folder(page, listed)]
        if group.title and section.overview:
            yield {group.title: pages}
        else:
            yield from pages


def _flat(entries: Iterator[Any]) -> Iterator[Any]:
    for entry in entries:
        inner = next(iter(entry.values())) if isinstance(entry, dict) else entry
        yield from inner if isinstance(inner, list) else [entry]


def _with_folder(page: Shown, listed: set[str]) -> Iterator[Any]:
    """A page; a folder's README with what it lists and no other list has."""
    if page.place == reference.INDEX:
        yield page.place
        yield from reference.navigation()
        return
    inside = list(_listed_in(page.place, listed)) if posixpath.basename(page.place) == "README.md" else []
    if inside:
        yield {page.title: [page.place, *inside]}
    else:
        yield {page.title: page.place}


def _listed_in(place: str, listed: set[str]) -> Iterator[Any]:
    written = DOCS / place
    if not written.is_file():  # a README elsewhere in the project stands alone
        return
    seen = {*listed, place}
    for title, link in _LINK.findall(written.read_text("utf-8")):
        page = page_of((written.parent / unquote(link).partition("#")[0]).resolve())
        if page is not None and page not in seen and page.startswith(posixpath.dirname(place) + "/"):
            seen.add(page)
            yield {_title(title, page): page}


def _overview(section: Section) -> str:
    lines = [f"# {section.title}", "", '<div class="overview" markdown>', ""]
    for group in section.groups:
        lines += [f"## {group.title}", ""] if group.title else []
        lines += ["| | |", "| --- | --- |"]
        for page in group.pages:
            title = f"`{page.title}`" if page.place.startswith("verbs/") else page.title
            lines.append(f"| [{title}]({posixpath.relpath(page.place, section.folder)}) | {about(page.place)} |")
        lines.append("")
    return "\n".join([*lines, "</div>", ""])
