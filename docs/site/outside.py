"""What pages link to outside of docs/ becomes a page of the site: Markdown as it is, notebooks and sources shown.

Links stay as they are read on GitHub; here they are led to the site's own pages.
"""

from __future__ import annotations

import posixpath
import re
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import notebooks

__all__ = ["DOCS", "ROOT", "led", "links", "page_of", "pages"]

DOCS = Path(__file__).parents[1]
ROOT = DOCS.parent
# A part of a page that is a page here: its heading is what the link names.
PARTS = {("README.md", "install"): "install.md"}
FRONT = {"README.md": "index.md", "docs/README.md": "index.md"}
PICTURES = {".svg", ".png", ".jpg"}
_CODE = re.compile(r"(^```.*?^```|^~~~.*?^~~~|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"(\]\()(?![a-z+]+:|#)([^)\s]+)((?:\s+\"[^\"]*\")?\))")


def links(text: str) -> list[str]:
    """Where the links of a page lead, as they are written."""
    return [link for _, link, _ in _LINK.findall(_CODE.sub("", text))]


def page_of(target: Path, anchor: str = "") -> str | None:
    """The site's page for a file of the project; None where it has none.

    >>> page_of(ROOT / "CHANGELOG.md"), page_of(DOCS / "verbs" / "http.md"), page_of(ROOT / "README.md", "install")
    ('CHANGELOG.md', 'verbs/http.md', 'install.md')
    """
    if target.is_dir():
        target /= "README.md"
    if not target.is_file() or ROOT not in target.parents:
        return None
    place = target.relative_to(ROOT).as_posix()
    if (place, anchor) in PARTS:
        return PARTS[place, anchor]
    if place in FRONT:
        return FRONT[place]
    if DOCS in target.parents:
        return target.relative_to(DOCS).as_posix()
    return place if target.suffix in {".md", *PICTURES} else f"{place}.md"


def led(text: str, written: Path, place: str) -> str:
    """*text*, which stands in the file *written*, with its links as the page *place* needs them."""

    def lead(found: re.Match[str]) -> str:
        before, link, after = found.groups()
        path, _, anchor = unquote(link).partition("#")
        page = page_of((written.parent / path).resolve(), anchor)
        if page is None:
            return found[0]
        kept = f"#{anchor}" if anchor and page not in {*PARTS.values(), *FRONT.values()} else ""
        return f"{before}{posixpath.relpath(page, posixpath.dirname(place) or '.')}{kept}{after}"

    parts = _CODE.split(text)
    return "".join(part if number % 2 else _LINK.sub(lead, part) for number, part in enumerate(parts))


@cache
def pages() -> dict[str, str | bytes]:
    """The content of each page that stands outside of docs/ and that some page leads to."""
    found: dict[str, str | bytes] = {}
    waiting = [page for page in DOCS.rglob("*.md") if "site" not in page.relative_to(DOCS).parts]
    while waiting:
        written = waiting.pop()
        for link in links(written.read_text("utf-8")):
            path, _, anchor = unquote(link).partition("#")
            target = (written.parent / path).resolve() if path else written
            place = page_of(target, anchor)
            if target.is_dir():
                target /= "README.md"
            apart = place not in found and place not in FRONT.values() and (DOCS not in target.parents)
            if place is None or not apart:
                continue
            if target.suffix in PICTURES:
                found[place] = target.read_bytes()
                continue
            found[place] = _content(target, place)
            if target.suffix == ".md":
                waiting.append(target)
            else:
                found[target.relative_to(ROOT).as_posix()] = target.read_bytes()
    return found


def _content(target: Path, place: str) -> str:
    text = target.read_text("utf-8")
    for (file, anchor), page in PARTS.items():
        if page == place:
            text = _part(text, anchor)
            return led(text, ROOT / file, place)
    if target.suffix == ".md":
        return led(text, target, place)
    name = target.relative_to(ROOT).as_posix()
    saved = f'<a href="{target.name}" download>Save this file</a>\n\n'
    if target.suffix == ".ipynb":
        return f"{saved}{notebooks.as_page(text)}"
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return f"# {name}\n\n{saved}{fence}{target.suffix.removeprefix('.') or 'text'}\n{text.rstrip()}\n{fence}\n"


def _part(text: str, anchor: str) -> str:
    """The section under the heading that a link calls *anchor*, as a page of its own."""
    title = next(title for title in re.findall("^## (.*)$", text, re.MULTILINE) if title.lower() == anchor)
    return f"# {title}\n" + re.split("^## ", text.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
