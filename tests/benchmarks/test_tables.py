"""What benchmarks print and write, and the examples in their docstrings."""

from __future__ import annotations

import doctest
from dataclasses import asdict
from importlib import import_module

import pytest

from benchmarks import accessor_speed
from benchmarks.readme import section
from benchmarks.summary import Line, _accessor
from benchmarks.table import OUT, Table

_WITH_EXAMPLES = (
    "edits",
    "head_of_line",
    "held",
    "mock_answers",
    "mock_behaviour",
    "mock_counters",
    "quality_speech",
    "quotas",
    "spoken",
    "summary",
    "table",
    "texts",
)


@pytest.mark.parametrize("module", sorted(path.stem for path in OUT.with_name("benchmarks").glob("*.py")))
def test_every_benchmark_can_be_imported(module: str) -> None:
    assert import_module(f"benchmarks.{module}").__doc__


@pytest.mark.parametrize("module", _WITH_EXAMPLES)
def test_examples_in_docstrings_are_true(module: str) -> None:
    result = doctest.testmod(import_module(f"benchmarks.{module}"))

    assert result.attempted > 0
    assert result.failed == 0


def test_a_line_of_the_summary_says_whether_its_goal_is_met() -> None:
    lines = [Line("a", 0.9, least=0.8), Line("b", 0.9, most=0.8), Line("c", 0.9), Line("d", None, least=1)]

    assert [(line.goal, line.met) for line in lines] == [(">= 0.8", "yes"), ("<= 0.8", "no"), ("", ""), (">= 1", "")]


def test_every_row_that_the_accessors_benchmark_prints_has_a_line_in_the_summary() -> None:
    rows = [
        asdict(accessor_speed.Figure(backend, store, 1, 5e5))
        for backend, (_, has_store) in accessor_speed.BACKENDS.items()
        for store in ("none", "its own")[: 1 + has_store]
    ]

    found = list(_accessor({"accessor": rows}))

    assert len({line.what for line in found}) == len(rows)
    assert all(row["backend"] in line.what and line.value == 0.5 for row, line in zip(rows, found, strict=True))
    assert {line.what for line in found if line.goal} == {
        f"null service, {backend}: million rows/s"
        for backend in ("pandas", "dask threads", "dask distributed", "spark local[2]")
    }


def test_words_stand_to_the_left_and_numbers_to_the_right() -> None:
    table = Table("Speed", ["way", "rows/s", ""], [["fast", 1200000.0, ""], ["slow", None, "not installed"]], "A note.")

    assert str(table).splitlines() == [
        "Speed",
        "way      rows/s",
        "fast  1,200,000",
        "slow          -  not installed",
        "A note.",
    ]
    assert "| --- | ---: | --- |" in table.markdown()


def test_the_readme_holds_the_tables_of_the_run_and_of_each_benchmark() -> None:
    machine = {"measured": "2026-11-26T05:00:00+00:00", "cores": 2, "python": "3.11.7"}
    ratios = {"title": "One run", "head": ["what"], "rows": [["speed"]], "note": ""}
    speed = {"title": "Speed", "head": ["way"], "rows": [["fast"]], "note": "A note."}
    text = section({"machine": machine, "tables": [ratios], "benchmarks": {"speed": {"tables": [speed]}}})

    assert text.startswith("Measured on 2026-11-26 by `make bench`, on 2 cores")
    assert text.index("**One run**") < text.index("**Speed**") < text.index("A note.")
