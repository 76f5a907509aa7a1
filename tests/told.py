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
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from pprint import pformat
from typing import Any

from azure_here import azure_here
from dfai.errors import DfaiError, DfaiWarning
from pages import DOCS, Block, blocks

__all__ = ["alike", "in_folder", "steps", "told"]

# Seconds, rates and bytes on the wire are another machine's own.
_MEASURED = re.compile(r"\d[\d,.]*(?= (?:ms|s|rows/s|B|kB|MB)\b)")
_HEADING = re.compile(r"^## (.*)$")


def steps(page: str | Path, sections: str = "") -> list[Block]:
    """The Python in *page*, in order; of those sections alone whose headings begin as *sections* says."""
    lines, heading, under = (DOCS / page).read_text(encoding="utf-8").splitlines(), "", [""]
    for line in lines:
        heading = found[1] if (found := _HEADING.match(line)) else heading
        under.append(heading)
    return [one for one in blocks(str(page)) if one.language == "python" and re.match(sections, under[one.line])]


def told(block: Block, names: dict[str, Any]) -> str:
    """Runs *block* and gives what a reader sees; *names* are what it finds and where it leaves what it makes."""
    body = ast.parse(block.text, str(block))
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(printed):
        warnings.simplefilter("always", DfaiWarning)
        warnings.showwarning = _shown(warnings.showwarning)
        try:
            exec(compile(body, str(block), "exec"), names)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), str(block), "eval"), names)
                if value is not None:
                    # As notebooks do, which break what is long.
                    print(
                        pformat(value, compact=True, sort_dicts=False)
                        if isinstance(value, (list, tuple))
                        else repr(value)
                    )
        except (DfaiError, AttributeError) as error:
            if block.output is None:
                raise
            print(f"{type(error).__name__}: {error}")
    return "\n".join(line.rstrip() for line in printed.getvalue().rstrip("\n").split("\n"))


def _shown(otherwise: Callable[..., None]) -> Callable[..., None]:
    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, DfaiWarning):
            print(f"{category.__name__}: {message}")
        else:
            otherwise(message, category, *place, **more)

    return show


def in_folder(block: Block, place: Path) -> Block:
    """*block* with the folders that it names in *place*: a session of Spark's stands where it was started."""
    return replace(block, text=re.sub(r'"((?:\w+/)+)', rf'"{place}/\1', block.text))


def alike(said: str, now: str) -> bool:
    """Whether a page *said* what comes out *now*, but for what another machine measures otherwise."""
    return _unmeasured(said) == _unmeasured(now)


def _unmeasured(text: str) -> str:
    # A page breaks what our errors and warnings say in one line; figures that are measured have other widths.
    text = re.sub(r"\n  (?=\S)", " ", text) if re.match(r"[A-Z]\w+: ", text) else text
    lines = [line.rstrip() for line in text.rstrip("\n").split("\n")]
    if not _MEASURED.search(text):
        return "\n".join(lines)
    return "\n".join(re.sub(r" {2,}", "  ", _MEASURED.sub("…", line)) for line in lines)


def main(page: Path, sections: str, write: bool) -> int:
    """Runs the page in a folder of its own; how many samples print something else."""
    text, names, differ = page.read_text(encoding="utf-8"), dict[str, Any](), 0
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder), azure_here():
        for block in steps(page, sections):
            now = told(block, names)
            if block.output is None or alike(block.output, now):
                continue
            differ += 1
            print(f"{block.text}\n--- said\n{block.output}\n--- printed\n{now}\n", file=sys.stderr)
            text = text.replace(f"{block.text}```\n```\n{block.output}```\n", f"{block.text}```\n```\n{now}\n```\n")
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
