"""The page about the architecture: the files that it sends readers to are there, its drawings are whole."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from pages import DOCS

ROOT = DOCS.parent


def test_every_file_that_is_to_be_read_is_there() -> None:
    table = (DOCS / "architecture.md").read_text(encoding="utf-8").partition("\n## Where to read\n")[2]
    missing = []
    for line in re.findall(r"^\| .* \| (`.*) \|$", table, flags=re.MULTILINE):
        folder = ROOT
        for name in re.findall(r"`([^`]+)`", line):
            # A name without a folder stands beside the one before it.
            place = ROOT / name if "/" in name.rstrip("/") else folder / name
            folder = place.parent
            missing += [] if place.exists() else [name]

    assert missing == []


@pytest.mark.parametrize("name", ["journey.svg", "imports.svg"])
def test_a_drawing_says_what_it_shows_and_reads_in_the_dark(name: str) -> None:
    text = (DOCS / "pictures" / name).read_text(encoding="utf-8")
    drawing = ET.fromstring(text)
    space = {"svg": "http://www.w3.org/2000/svg"}

    assert drawing.findtext("svg:title", namespaces=space)
    assert drawing.findtext("svg:desc", namespaces=space)
    assert "prefers-color-scheme: dark" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "").replace(">HTTP<", "")
