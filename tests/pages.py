"""The samples in a page of the documentation, run as a reader would type them in.

A page's blocks run one after another, with the names that those before them left::

    names = {"df": ..., "spark": session}
    for block in blocks("speech.md"):
        run(block, names)

`run` knows Python, SQL (each query is collected; it needs ``names["spark"]``), and commands (``bash``, ``sh``,
``shell``): ``dfai …`` in this process, ``pip install "dfai[extra]"`` by looking whether there is such an extra.

A block without a language, or of ``text``, that stands right behind a sample is what the sample prints: what it writes
to stdout, then the value of its last expression as the prompt shows it. `run` holds it against what came out; in it "…"
is anything within a line, and a line of "…" alone any lines.

A sample that cannot run here has this line before it, which no reader sees: ``<!-- not run: needs an ear -->``. It is
parsed only. `tests/accessor/test_docs.py` counts them.
"""

from __future__ import annotations

import ast
import contextlib
import io
import os
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

__all__ = ["DOCS", "Block", "Ran", "blocks", "expected", "run", "run_python", "samples"]

DOCS = Path(__file__).parents[1] / "docs"
SHELLS = ("bash", "sh", "shell")
RUNNABLE = ("python", "sql", *SHELLS)

_FENCE = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+?) -->\n+)?"
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^(?P=indent)```[ ]*$"
    r"(?:\n+(?P=indent)```(?:text)?\n(?P<output>.*?)^(?P=indent)```[ ]*$)?",
    flags=re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Block:
    """A sample: where it stands, what it is, and what the page says that it prints."""

    page: str
    line: int
    language: str
    text: str
    output: str | None = None
    not_run: str = ""  # why it cannot run here

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a sample: the values of its expressions, or of its queries, and what a prompt would show."""

    values: list[Any]
    shown: str


def blocks(page: str, section: str = "") -> list[Block]:
    """Each sample of *page*, or below its heading *section*, in order."""
    whole = (DOCS / page).read_text(encoding="utf-8")
    text, start = whole, 0
    if section:
        start = whole.index(f"\n## {section}\n") + 1
        text = re.split(r"^## ", whole[start + 3 :], maxsplit=1, flags=re.MULTILINE)[0]
        start += 3
    found = []
    for match in _FENCE.finditer(text):
        if match["language"] in RUNNABLE:
            indent = len(match["indent"])
            code, output = (
                None if part is None else re.sub(rf"^ {{{indent}}}", "", part, flags=re.MULTILINE)
                for part in (match["text"], match["output"])
            )
            line = whole.count("\n", 0, start + match.start("language")) + 1
            found.append(Block(page, line, match["language"], code or "", output, match["reason"] or ""))
    return found


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


def run(
    block: Block,
    names: dict[str, Any],
    around: Callable[[str], contextlib.AbstractContextManager[Any]] = lambda code: contextlib.nullcontext(),
) -> Ran | None:
    """Runs *block* and holds what it prints against what its page says; None for one that cannot run here.

    *names* are what it finds and where it leaves what it makes. *around* makes the context in which a statement of
    Python's, a query or a command is run: it is given its text.
    """
    if block.language == "python":
        tree = ast.parse(block.text, str(block))
    if block.not_run:
        return None
    printed = io.StringIO()
    with (
        contextlib.redirect_stdout(printed),
        pd.option_context("display.width", 130, "display.max_columns", 20, "display.max_colwidth", 60),
    ):
        if block.language == "python":
            values = list(_statements(tree, block, names, around))
            if values and isinstance(tree.body[-1], ast.Expr) and values[-1] is not None:
                print(repr(values[-1]))
        elif block.language == "sql":
            values = []
            for query in _queries(block.text):
                with around(query):
                    values.append(names["spark"].sql(query).collect())
        else:
            values = []
            for words in _commands(block.text):
                with around(shlex.join(words)):
                    values.append(_command(words, block))
    shown = printed.getvalue()
    if block.output is not None:
        assert expected(block.output, shown), f"{block} says\n{block.output}\nbut it prints\n{shown}"
    return Ran(values, shown)


def expected(said: str, shown: str) -> bool:
    """Whether *shown* is what a page *said*, in which "…" is anything.

    >>> expected("rows … 3\\n…\\nend", "rows  99 3  \\nsome\\nmore\\nend\\n")
    True
    """
    lines = [line.rstrip() for line in said.strip().splitlines()]
    pattern = "".join(
        r"(?:.*\n)*?" if line == "…" else ".*?".join(map(re.escape, line.split("…"))) + r"\n" for line in lines
    )
    found = "".join(line.rstrip() + "\n" for line in shown.strip().splitlines())
    return re.fullmatch(pattern, found) is not None


def _statements(
    tree: ast.Module,
    block: Block,
    names: dict[str, Any],
    around: Callable[[str], contextlib.AbstractContextManager[Any]],
) -> Iterator[Any]:
    """Runs each statement; gives the values of those that are expressions."""
    texts = [ast.get_source_segment(block.text, statement) or "" for statement in tree.body]
    # Tracebacks then show the page's own line.
    ast.increment_lineno(tree, block.line)
    name = str(DOCS / block.page)
    for statement, text in zip(tree.body, texts, strict=True):
        with around(text):
            if isinstance(statement, ast.Expr):
                yield eval(compile(ast.Expression(statement.value), name, "eval"), names)
            else:
                exec(compile(ast.Module([statement], []), name, "exec"), names)


def _queries(text: str) -> list[str]:
    return [query for query in re.split(r";\s*$", text, flags=re.MULTILINE) if query.strip()]


def _commands(text: str) -> list[list[str]]:
    lines = text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line.removeprefix("$ "), comments=True))]


def _command(words: list[str], block: Block) -> int:
    """The exit code of a command."""
    settings: dict[str, str] = {}
    while "=" in words[0]:
        name, _, value = words[0].partition("=")
        settings[name], words = value, words[1:]
    before = dict(os.environ)
    os.environ.update(settings)
    try:
        if words[0] == "dfai":
            from dfai.cli.main import called

            return called(words[1:])
        if words[:2] == ["pip", "install"]:
            for extra in re.findall(r"[\w-]+", "".join(re.findall(r"dfai\[(.*?)\]", " ".join(words)))):
                assert extra in _extras(), f"{block}: there is no extra {extra!r}"
            return 0
    finally:
        os.environ.clear()
        os.environ.update(before)
    raise AssertionError(f"{block}: no test can run {words[0]!r}; say why, in a line before: <!-- not run: … -->")


def _extras() -> set[str]:
    project = tomllib.loads((DOCS.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])
