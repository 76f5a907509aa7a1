"""What the samples of a page print, beside what the page says that they print.

A block of Python that is followed by a block without a language prints that. What is shown is what a reader in a
notebook sees: warnings of ours, what was printed, the last line's value, or the error that ends the sample.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dfai.errors import DfaiError
from pages import DOCS

__all__ = ["Sample", "shown_alike", "steps", "told"]

_FENCES = re.compile(r"^```(\w*)\n(.*?)^```$\n?(?P<gap>\s*)", flags=re.DOTALL | re.MULTILINE)
# Seconds, rates and sizes on the wire are another machine's own, as is the width that they are given.
_MEASURED = re.compile(r"\d[\d,.]*(?= (?:ms|s|rows/s|B|kB|MB)\b)")


@dataclass(frozen=True, slots=True)
class Sample:
    """One block of code, and what is shown below it; None where nothing is."""

    language: str
    code: str
    shown: str | None


def steps(page: str | Path, section: str = "") -> list[Sample]:
    """The blocks of code in *page* in order, or of its headings that begin with *section*."""
    text = (DOCS / page).read_text(encoding="utf-8")
    if section:
        parts = re.split(r"^(?=#{1,3} )", text, flags=re.MULTILINE)
        text = "".join(part for part in parts if part.lstrip("# ").startswith(section))
    found: list[Sample] = []
    beside = False
    for fence in _FENCES.finditer(text):
        language, block = fence[1], fence[2]
        if language:
            found.append(Sample(language, block, None))
        elif beside:
            found[-1] = Sample(found[-1].language, found[-1].code, block.rstrip("\n"))
        beside = bool(language) and text[fence.end() : fence.end() + 4] == "```\n"
    return found


def told(sample: Sample, page: str, names: dict[str, Any]) -> str:
    """Runs *sample*, and gives what it shows; *names* are what it finds and where it leaves what it makes."""
    body = ast.parse(sample.code, page)
    last = body.body.pop() if body.body and isinstance(body.body[-1], ast.Expr) else None
    printed = io.StringIO()
    with warnings.catch_warnings(record=True) as warned, contextlib.redirect_stdout(printed):
        warnings.simplefilter("always", DfaiError)
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
    said = "".join(f"{one.category.__name__}: {one.message}\n" for one in warned if one.category.__module__.startswith("dfai"))
    return "\n".join(line.rstrip() for line in (said + printed.getvalue()).rstrip("\n").split("\n"))


def shown_alike(shown: str, told_now: str) -> tuple[str, str]:
    """Both, with what another machine would measure otherwise left out: equal where the page is true."""
    return _without_measures(shown), _without_measures(told_now)


def _without_measures(text: str) -> str:
    return "\n".join(re.sub(r" {2,}", "  ", _MEASURED.sub("…", line)).rstrip() for line in text.split("\n"))
