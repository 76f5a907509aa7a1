"""The site: built without a warning, whole, and readable without a network."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pandas as pd
import pytest

import dfai
import dfai_core
from building import ROOT, build
from pages import DOCS

PLACE = re.compile(r"<[^>]*\sid=\"([^\"]+)\"")


def test_each_page_of_the_documentation_is_a_page_of_the_site(site: Path) -> None:
    written = [page.relative_to(DOCS) for page in DOCS.rglob("*.md") if page.parts[len(DOCS.parts)] != "site"]
    expected = {page.with_suffix(".html").as_posix().replace("README.html", "index.html") for page in written}
    there = {page.relative_to(site).as_posix() for page in site.rglob("*.html")}

    assert expected <= there
    assert {"404.html", "CHANGELOG.html", "CONTRIBUTING.html", "install.html", "benchmarks/index.html"} <= there


def test_its_tabs_are_the_headings_of_the_list_of_pages(site: Path) -> None:
    front = (site / "index.html").read_text("utf-8")
    tabs = re.findall(r'class="md-tabs__link">\s*([^<]+?)\s*</a>', front)

    assert tabs == re.findall(r"^## (.*)$", (DOCS / "README.md").read_text("utf-8"), flags=re.MULTILINE)


def homes(name: str) -> set[str]:
    """Where a name of the core may be told: by it, by where it is written, or as the accessor's own."""
    found = getattr(dfai_core, name)
    written = f"{found.__module__}.{found.__qualname__}"
    return {f"dfai_core.{name}", written} | ({f"dfai.{name}"} if getattr(dfai, name, None) is found else set())


def test_each_public_name_is_told_in_the_reference_once(site: Path) -> None:
    places = [place for page in (site / "reference").glob("*.html") for place in PLACE.findall(page.read_text("utf-8"))]
    names = {f"dfai.{name}" for name in (*dfai.__all__, "spark", "sklearn")}
    # A method that is a function of dfai's, too, is told as that.
    verbs = {f"dfai.FrameAI.{name}" for name in dir(dfai.on(pd.DataFrame())) if name not in dfai.__all__}

    assert names | verbs <= set(places)
    assert all(homes(name) & set(places) for name in dfai_core.__all__)
    assert [name for name in names | verbs if places.count(name) > 1] == []


def test_no_page_loads_anything_from_elsewhere(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    elsewhere = {
        (page.name, tag)
        for page in pages
        for tag in re.findall(r"<(?:script|img|iframe|source|link)\b[^>]*>", page.read_text("utf-8"))
        if re.search(r"(?:src|href)=[\"']?(?:https?:)?//", tag)
    }
    sheets = "".join(sheet.read_text("utf-8") for sheet in site.rglob("*.css"))

    assert len(pages) > 100
    assert elsewhere == set()
    assert re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", sheets) == []


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A tree with the site's machinery, a front page and nothing else."""
    shutil.copy(ROOT / "mkdocs.yml", tmp_path)
    for name in ("CHANGELOG.md", "README.md"):
        (tmp_path / name).write_text(f"# {name}\n\n## Install\n", "utf-8")
    shutil.copytree(DOCS / "site", tmp_path / "docs" / "site")
    (tmp_path / "docs" / "README.md").write_text(
        "# All\n\n## Start\n\n[Front](index.md), [new](../CHANGELOG.md)\n", "utf-8"
    )
    (tmp_path / "docs" / "index.md").write_text("# Front\n\n[New](../CHANGELOG.md)\n", "utf-8")
    return tmp_path


def test_a_small_site_builds(small: Path) -> None:
    done = build(small, small / "out")

    assert done.returncode == 0, done.stdout + done.stderr
    assert 'href="CHANGELOG.html"' in (small / "out" / "index.html").read_text("utf-8")


def test_a_warning_breaks_the_site(small: Path) -> None:
    (small / "docs" / "index.md").write_text("# Front\n\n[Lost](lost.md), [lost](#lost), [lost][dfai.lost]\n", "utf-8")
    (small / "docs" / "unlisted.md").write_text("# Unlisted\n", "utf-8")
    done = build(small, small / "out")
    told = done.stdout + done.stderr

    assert done.returncode != 0
    assert all(words in told for words in ("'lost.md'", "'#lost'", "'dfai.lost'", "unlisted.md")), told


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not installed")
def test_the_search_finds_pages_that_are_opened_as_files(site: Path) -> None:
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
    options += ["--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = ["chromium", *options, f"--user-data-dir={profile}", "--virtual-time-budget=20000", "--dump-dom"]
        address = f"{(site / 'index.html').as_uri()}?q=sentiment"
        done = subprocess.run([*command, address], capture_output=True, text=True, timeout=120)

    assert re.search(r"\d+ matching documents", done.stdout)
