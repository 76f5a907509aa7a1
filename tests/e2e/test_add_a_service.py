"""The steps of CONTRIBUTING, "Add a service in an hour", carried out in a copy of the project as they are written."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = ("accessor", "backends", "core", "engine")
# A block of code: its first line names the file, and where in it the rest belongs.
STEP = re.compile(
    r"^```python\n# (?P<file>[\w./]+)(?:, (?P<where>[^\n]*?))?\n(?P<lines>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)

LOOK = """
import json, sys
import dask.dataframe as dd, pandas as pd
import dfai
from dfai._functions import _named_verbs
from dfai._signatures import signature_of
from dfai.cli.main import called

df = pd.DataFrame({"t": ["Lovely room.", None, "A bad, bad day."]})
lazy = dd.from_pandas(df, npartitions=2).ai.count_words("t", output="n")
estimated = df.ai.estimate.count_words("t", target=dfai.azure("westeurope"))
print(json.dumps({
    "where": dfai.__file__,
    "pandas": df.ai.count_words("t")["words"].fillna(-1).tolist(),
    "column": df["t"].ai.count_words().fillna(-1).tolist(),
    "dask": [str(lazy.dtypes["n"]), lazy.compute()["n"].fillna(-1).tolist()],
    "estimate": [estimated.asked, estimated.requests],
    "sql": ["count_words" in _named_verbs(), signature_of("count_words").options],
    "listed": "count_words" in dir(df.ai),
}))
df.to_csv("rows.csv", index=False)
called(["services", "count_words", "--json"])
called(["run", "count_words", "rows.csv", "--column", "t", "--out", "out.csv", "--json"])
"""


def carried_out(step: re.Match[str], tree: Path) -> None:
    """One step in *tree*: a new file, or lines of one that is there."""
    file, where, lines = tree / step["file"], step["where"], step["lines"]
    if not where:
        assert not file.exists(), file
        file.write_text(lines, encoding="utf-8")
        return
    text = file.read_text(encoding="utf-8")
    if where == "at the end":
        text += f"\n{lines}"
    else:
        before = where.removeprefix("after: ")
        places = [line for line in text.splitlines() if line.strip() == before]
        assert len(places) == 1, where
        text = text.replace(f"{places[0]}\n", f"{places[0]}\n{lines}", 1)
    file.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def steps() -> list[re.Match[str]]:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    return list(STEP.finditer(page.partition("\n## Add a service in an hour\n")[2]))


@pytest.fixture(scope="module")
def tree(steps: list[re.Match[str]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the steps were taken."""
    tree = tmp_path_factory.mktemp("project")
    for name in (*SOURCES, "docs", "tests"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tree / name)
    for step in steps:
        carried_out(step, tree)
    table = tree / "docs" / "README.md"  # the one line that is words alone
    listed = table.read_text(encoding="utf-8").replace(
        "[key_phrases]", "[count_words](verbs/count_words.md) · [key_phrases]"
    )
    table.write_text(listed, encoding="utf-8")
    told(tree, "-m", "tests.verb_pages", "count_words")
    return tree


def told(tree: Path, *arguments: str) -> str:
    """What a Python prints that works on *tree*."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(tree / name) for name in (*SOURCES, "tests", "."))}
    done = subprocess.run([sys.executable, *arguments], cwd=tree, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_steps_are_a_service_a_verb_a_handler_and_a_row(steps: list[re.Match[str]]) -> None:
    assert [step["file"] for step in steps] == [
        "core/dfai_core/services/language/count_words.py",
        "accessor/dfai/_verbs/language.py",
        "engine/dfai_engine/language/count_words.py",
        "engine/dfai_engine/language/kinds.py",
        "tests/rows.py",
    ]


def test_the_verb_is_everywhere(tree: Path) -> None:
    look, service, run = map(json.loads, told(tree, "-c", LOOK).splitlines())

    assert Path(look.pop("where")).is_relative_to(tree)
    assert look == {
        "pandas": [2, -1, 4],
        "column": [2, -1, 4],
        "dask": ["Int64", [2, -1, 4]],
        "estimate": [2, 1],
        "sql": [True, {"language": "auto"}],
        "listed": True,
    }
    (one,) = service["services"]
    assert (one["summary"], one["local"]["state"]) == ("Count the words of each text.", "here")
    assert [column["name"] for column in one["columns"]] == ["words", "words_error", "words_error_message"]
    assert (run["rows"], run["answered"], run["exit_code"]) == (3, 2, 0)
    assert (tree / "out.csv").read_text().splitlines()[1] == '"Lovely room.",2,,'


def test_its_page_is_begun_by_a_command(tree: Path) -> None:
    page = (tree / "docs" / "verbs" / "count_words.md").read_text(encoding="utf-8")

    assert "| `words` | int64 | How many words the text has. |" in page
    assert '| `language` | `"auto"` | ISO 639-1 code' in page


def test_the_rule_of_verbs_and_the_contract_of_backends_take_it_in(tree: Path) -> None:
    tests = ["tests/accessor/test_verbs.py", "tests/behaviour/test_verbs.py", "--on", "pandas,dask-threads"]
    counted = told(tree, "-m", "pytest", "-v", "-p", "no:cacheprovider", *tests, "-k", "count_words")

    assert "test_every_verb_has_its_page_in_the_list[count_words] PASSED" in counted
    assert "test_a_verb_gives_the_same_columns_everywhere[pandas-count_words] PASSED" in counted
    assert "test_a_verb_gives_the_same_columns_everywhere[dask-threads-count_words] PASSED" in counted
