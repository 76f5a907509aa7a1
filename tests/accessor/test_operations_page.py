"""The page for whoever is on call: its samples run, its words are the program's, its figures the benchmarks'."""

from __future__ import annotations

import logging
import re
import warnings
from typing import Any

import pandas as pd

import dfai
from dfai_core.errors import LASTING_CODES, RETRYABLE_CODES
from pages import DOCS, blocks, run
from told import alike, told

PAGE = (DOCS / "operations.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return re.split(r"^## ", PAGE.partition(f"\n## {title}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]


def test_its_samples_run() -> None:
    fake = dfai.testing.fake({"sentiment": {"good": "positive"}}, fail={"bad": "unavailable"})
    with dfai.using(target=fake, progress="off"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scored = pd.DataFrame({"review": ["good", "bad"]}).ai.sentiment("review")
    names: dict[str, Any] = {"dfai": dfai, "scored": scored}
    try:
        with warnings.catch_warnings():
            for block in blocks("operations.md"):
                if block.language == "python":
                    now = told(block, names)

                    assert block.output is None or alike(block.output, now), now
                else:
                    run(block, names)
    finally:
        logging.captureWarnings(False)


def test_its_settings_have_the_defaults_that_it_says() -> None:
    values = dfai.settings()
    for names, default in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([^|]+) \|", section("Limits"), flags=re.MULTILINE):
        for name in re.findall(r"\w+", names):
            shown = {"none": None, "64 MB": 64_000_000}.get(default) if default in ("none", "64 MB") else float(default)

            assert values[name] == shown, name


def test_its_codes_warnings_and_errors_are_those_that_there_are() -> None:
    table = section("What happens when …")
    seen = re.findall(r"^\| .*? \| (.*?) \| .*? \|$", table, flags=re.MULTILINE)
    named = {word for cell in seen for word in re.findall(r"`(\w+)`", cell)}
    errors = {word for word in named if word[0].isupper()} - {"KeyboardInterrupt"}

    assert {word for word in errors if not hasattr(dfai.errors, word)} == set()
    settings = {*dfai.Settings.__annotations__, "retries", "maybe_billed", "complete", "pull", "fill"}
    assert named - errors - settings - {*LASTING_CODES, *RETRYABLE_CODES, "unauthorized", "KeyboardInterrupt"} == set()


def test_its_figures_are_those_of_the_benchmarks() -> None:
    measured = (DOCS.parent / "benchmarks" / "README.md").read_text(encoding="utf-8")
    for cell, command in re.findall(
        r"^\| .*? \| (.*?) \| `python -m (.*?)` \|$", section("Sizing"), flags=re.MULTILINE
    ):
        figures = [figure for figure in re.findall(r"\d[\d,.]*\d", cell) if figure not in ("128", "150", "10", "50")]

        assert command.replace(".", "/") + ".py" in {
            path.relative_to(DOCS.parent).as_posix() for path in (DOCS.parent / "benchmarks").glob("*.py")
        }
        assert [figure for figure in figures if figure not in measured] == []
