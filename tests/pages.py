"""The samples in a page of the documentation, for tests that run them as they stand."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

__all__ = ["run_python", "samples"]

DOCS = Path(__file__).parents[1] / "docs"


def samples(page: str, section: str = "") -> list[tuple[str, str]]:
    """Language and text of each block of code in *page*, or below its heading *section*, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    if section:
        text = re.split(r"^## ", text.partition(f"\n## {section}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    text = re.sub(r"^~~~.*?^~~~", "", text, flags=re.DOTALL | re.MULTILINE)  # a page that is shown, with its own
    return re.findall(r"^```(\w+)\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def run_python(sample: str, page: str, names: dict[str, Any]) -> None:
    """Runs *sample*; *names* are what it finds and where it leaves what it makes."""
    exec(compile(sample, page, "exec"), names)
