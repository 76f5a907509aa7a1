"""What mkdocs calls while it builds the site: each step is a file beside this one."""

from __future__ import annotations

import posixpath
import re
from typing import Any

import navigation
import outside
import reference
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.livereload import LiveReloadServer
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.pages import Page

__all__ = ["on_config", "on_files", "on_page_markdown", "on_serve"]


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """The navigation is read from docs/README.md, anew each time that `mkdocs serve` builds."""
    for read in (navigation.sections, outside.pages, reference.sections):
        read.cache_clear()
    config.nav = navigation.tree()
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the pages that nobody writes by hand, and those that stand elsewhere in the project."""
    made = {**navigation.overviews(), **reference.pages(), **outside.pages()}
    listed = navigation.places(config.nav)
    for place, content in made.items():
        inclusion = InclusionLevel.INCLUDED if place in listed else InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, place, content=content, inclusion=inclusion))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, **_: Any) -> str:
    """Leads links to where the site has what they mean."""
    place = page.file.src_uri
    if place == "index.md":
        page.meta.update(hide=["navigation", "toc"], template="front.html", title=config.site_name)
    page.meta.setdefault("description", re.sub(r"[`*]", "", navigation.about(place)) or config.site_description)
    if place == reference.INDEX:
        markdown = reference.linked(markdown)
    if posixpath.dirname(place) == "verbs" and not page.file.generated_by:
        markdown += f"\n\n**Signature**: [`df.ai.{page.file.name}`][dfai.FrameAI.{page.file.name}]\n"
    return markdown if page.file.generated_by else outside.led(markdown, outside.DOCS / place, place)


def on_serve(server: LiveReloadServer, **_: Any) -> LiveReloadServer:
    """What is shown from outside of docs/ is watched, too."""
    for place in ("accessor", "core", "benchmarks/README.md", "CHANGELOG.md", "CONTRIBUTING.md", "README.md"):
        server.watch(str(outside.ROOT / place))
    return server
