"""The documentation: links lead somewhere, samples are Python that asks verbs for what they have, prices' page runs."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import dask.dataframe as dd
import pytest

import dfai
from dfai import FrameAI, Verbs
from pages import DOCS, blocks, run, run_python, samples

ROOT = DOCS.parent
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md")])
# Accessors, and what stands between one and its verb.
ACCESSORS = {"ai", "dfai", "estimate", "aio"}
# By page, how many samples are marked as "not run", each with its reason: what needs an account, or people.
NOT_RUN = {
    "command-line.md": 1,
    "dask-and-spark.md": 4,
    "images.md": 1,
    "targets.md": 1,
    "verbs/assess_pronunciation.md": 1,
    "verbs/linked_entities.md": 1,
}


def anchors(page: Path) -> set[str]:
    """What headings are called in links, as GitHub makes it of them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[str, Path, str]]:
    """Each link to what is in the project: as it is written, what it leads to, and the heading there."""
    text = re.sub(r"^(~~~|```).*?^\1", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    for link in re.findall(r"\]\((?!https?:|mailto:)([^)\s]+)\)", text):
        path, _, anchor = unquote(link).partition("#")
        yield link, (page.parent / path).resolve() if path else page, anchor


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_to_pages_and_headings(page: Path) -> None:
    for link, target, anchor in links(page):
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("folder", ["", "coming-from", "decisions", "deploy"])
def test_every_page_stands_in_the_list_of_its_folder(folder: str) -> None:
    listed = {target for _, target, _ in links(DOCS / folder / "README.md")}
    beside = {page for page in (DOCS / folder).glob("*.md") if page.name != "README.md"}

    assert beside <= listed


def verbs_of(tree: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    """Each verb that is called on an accessor, with its call."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(attr=accessor), attr=verb)) if accessor in ACCESSORS:
                yield verb, node


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_samples_ask_verbs_for_what_they_have(page: Path) -> None:
    for language, sample in samples(str(page)):
        if language != "python" or re.match(r"# [\w/]+\.py", sample):  # a part of a file, held against it elsewhere
            continue
        for verb, call in verbs_of(ast.parse(sample)):
            if verb not in dfai.verbs():
                assert hasattr(FrameAI, verb), verb
                continue
            known = {*inspect.signature(getattr(Verbs, verb)).parameters, *dfai.Settings.__annotations__}

            assert {word.arg for word in call.keywords if word.arg} <= known, verb


def test_samples_that_no_test_runs_are_counted() -> None:
    pages = [str(page.relative_to(DOCS)) for page in sorted(DOCS.rglob("*.md"))]
    marked = {page: sum(bool(block.not_run) for block in blocks(page)) for page in pages}

    assert {page: count for page, count in marked.items() if count} == NOT_RUN


def test_a_page_is_run_as_a_reader_types_it_in(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "```python\nn = 3\nprint('first')\nn * 2\n```\n\n```text\nfirst\n…\n```\n"
        '<!-- not run: nobody is there -->\n```python\nnobody\n```\n```bash\npip install "dfai[dask,spark]"\n```\n',
        encoding="utf-8",
    )
    names: dict[str, Any] = {}
    first, second, third = (run(block, names) for block in blocks(str(page)))

    assert first is not None
    assert (first.values, first.shown, names["n"]) == ([None, 6], "first\n6\n", 3)
    assert second is None
    assert third is not None
    assert third.values == [0]


def test_what_a_page_does_not_print_is_a_failure(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```python\n1 + 1\n```\n```\n3\n```\n", encoding="utf-8")
    (block,) = blocks(str(page))

    with pytest.raises(AssertionError, match=r"page\.md:1 says\n3\n\nbut it prints\n2"):
        run(block, {})


def test_the_page_about_cost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    from rated_texts import rated_texts

    (tmp_path / "prices.toml").write_text("sentiment = 0.5\n", encoding="utf-8")
    texts = rated_texts(2_000)
    names: dict[str, Any] = {"dfai": dfai, "df": texts, "ddf": dd.from_pandas(texts, npartitions=2)}
    (_, first), *others = samples("cost.md")
    found = re.search(r"^```\n```\n(.*?)^```", (DOCS / "cost.md").read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
    run_python(first, "cost.md", names)
    told = eval(first.splitlines()[-1], names)
    before = dfai.prices()
    try:
        for _, sample in others:
            run_python(sample, "cost.md", names)
    finally:
        dfai.configure(prices=before)

    assert found
    assert str(told) == found[1].strip()
    assert (names["estimate"].asked, names["estimate"].from_store) == (told.asked, 0)
