"""The front page of the documentation: its sample answers what stands below it, its figures are the benchmarks'."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd

import dfai
from pages import DOCS, run_python, samples

PAGE = (DOCS / "index.md").read_text("utf-8")


def rows(table: str) -> list[list[str]]:
    """The cells of a table's rows, without its head."""
    return [[cell.strip() for cell in line.strip()[1:-1].split("|")] for line in table.strip().splitlines()[2:]]


def tables(heading: str) -> list[str]:
    """The tables below a heading; of the page's beginning for ""."""
    text = PAGE.partition(f"\n## {heading}\n")[2] if heading else PAGE
    return re.findall(r"(?:^\|.*\n)+", text.split("\n## ")[0], flags=re.MULTILINE)


def test_the_first_sample_answers_what_stands_below_it() -> None:
    names: dict[str, Any] = {}
    run_python(samples("index.md")[0][1], "index.md", names)
    shown = names["df"][["review", "sentiment", "sentiment_negative", "sentiment_error"]].iloc[:2]
    expected = [[review, label, str(negative), ""] for review, label, negative, _ in shown.itertuples(index=False)]

    assert pd.isna(shown["sentiment_error"]).all()
    assert rows(tables("")[0])[:2] == expected
    assert names["df"].iloc[2].isna().all()


def test_its_number_of_verbs_is_right() -> None:
    found = re.search(r"(\d+) verbs", PAGE)

    assert found
    assert int(found[1]) == len(dfai.verbs())


def test_its_figures_are_those_of_the_benchmarks() -> None:
    measured = (DOCS.parent / "benchmarks" / "README.md").read_text("utf-8")
    speed, faults = tables("How fast")
    known = [line for line in measured.splitlines() if line.startswith("|")]

    for tool, *figures in rows(speed):
        assert any(line.startswith(f"| {tool} | {' | '.join(figures)} |") for line in known), tool
    for what, _, ours, theirs in rows(faults):
        assert any(f" {ours} " in line for line in known), what
        assert any(f" {theirs} " in line for line in known), what
