"""What the samples of a page print, held against what the page says that they print.

A block of Python that is followed by a block without a language prints that. What is shown is what a reader in a
notebook sees: our warnings, what was printed, the last line's value, or the error of ours that ends the sample.

    python -m told PAGE [--sections REGEX] [--write]

runs a page's samples in this process, one after the other, and says where they print something else; *--write* puts
what they print into the page. (From ``tests/``, or with it on ``PYTHONPATH``.)
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import re
import sys
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from azure_here import azure_here
from dfai.errors import DfaiError, DfaiWarning
from pages import DOCS

__all__ = ["Sample", "alike", "steps", "told"]

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^#{1,3} (.*)$", flags=re.MULTILINE)
# Seconds, rates and bytes on the wire are another machine's own.
_MEASURED = re.compile(r"\d[\d,.]*(?= (?:ms|s|rows/s|B|kB|MB)\b)")


@dataclass(frozen=True, slots=True)
class Sample:
    """One block of code, and what is shown below it; None where nothing is."""

    language: str
    code: str
    shown: str | None = None
    section: str = ""


def steps(page: str | Path, sections: str = "") -> list[Sample]:
    """The blocks of code in *page*, in order; of those sections alone whose headings begin as *sections* says."""
    text = (DOCS / page).read_text(encoding="utf-8")
    found: list[Sample] = []
    end = 0
    for block in _BLOCK.finditer(text):
        language, code = block[1], block[2]
        if language:
            headings = [heading[1] for heading in _HEADING.finditer(_BLOCK.sub("", text[: block.start()]))]
            found.append(Sample(language, code, section=headings[-1] if headings else ""))
        elif found and not text[end : block.start()].strip():
            found[-1] = replace(found[-1], shown=code.rstrip("\n"))
        end = block.end()
    return [sample for sample in found if re.match(sections, sample.section)]


def told(sample: Sample, page: str, names: dict[str, Any]) -> str:
    """Runs *sample* and gives what a reader sees; *names* are what it finds and where it leaves what it makes."""
    body = ast.parse(sample.code, page)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("always", DfaiWarning)
        before = warnings.showwarning
        warnings.showwarning = lambda message, category, *place: (
            print(f"{category.__name__}: {message}") if issubclass(category, DfaiWarning) else before(message, category, *place)
        )
        try:
            exec(compile(body, page, "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), page, "eval"), names)
                if value is not None:
                    print(repr(value))
        except DfaiError as error:
            if sample.shown is None:
                raise
            print(f"{type(error).__name__}: {error}")
    return "\n".join(line.rstrip() for line in printed.getvalue().rstrip("\n").split("\n"))


def alike(shown: str, now: str) -> tuple[str, str]:
    """Both, without what another machine would measure otherwise: equal where the page is true."""
    return _without_measures(shown), _without_measures(now)


def _without_measures(text: str) -> str:
    return "\n".join(re.sub(r" {2,}", "  ", _MEASURED.sub("…", line)).rstrip() for line in text.split("\n"))


def main(page: Path, sections: str, write: bool) -> int:
    """Runs the page in a folder of its own; how many samples print something else."""
    text, names, differ = page.read_text(encoding="utf-8"), dict[str, Any](), 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), azure_here():
        for sample in steps(page, sections):
            if sample.language != "python":
                continue
            now = told(sample, page.name, names)
            if sample.shown is None:
                continue
            shown, same = alike(sample.shown, now)
            if shown != same:
                differ += 1
                print(f"{sample.code}\n--- shown\n{sample.shown}\n--- printed\n{now}\n", file=sys.stderr)
                old = f"```python\n{sample.code}```\n```\n{sample.shown}\n```\n".replace("```\n\n```", "```\n```")
                text = text.replace(old, f"```python\n{sample.code}```\n```\n{now}\n```\n")
    if write:
        page.write_text(text, encoding="utf-8")
    return differ


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("page", type=Path)
    parser.add_argument("--sections", default="", help="of sections alone whose heading begins so")
    parser.add_argument("--write", action="store_true", help="put what is printed into the page")
    asked = parser.parse_args()
    sys.exit(min(1, main(asked.page.resolve(), asked.sections, asked.write)))
