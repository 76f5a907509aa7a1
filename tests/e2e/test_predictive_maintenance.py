"""The recipe: as a script, as a notebook, and what it says of itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT, NOTEBOOK = EXAMPLES / "predictive_maintenance.py", EXAMPLES / "predictive_maintenance.ipynb"
HAS_JAVA = shutil.which("java") is not None
SCORED = re.compile(r"precision (\d\.\d+), recall (\d\.\d+); (\d+) of (\d+) faults found")


def run(program: list[str], folder: Path, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *program],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.skipif(not HAS_JAVA, reason="the recipe's last parts need Java, which is not here")
def test_the_recipe_finds_the_faults_in_a_batch_in_sql_and_on_a_stream(tmp_path: Path) -> None:
    said = run([str(SCRIPT)], tmp_path)
    scores = [tuple(map(float, found)) for found in SCORED.findall(said)]
    whole, *by_sensitivity, streamed = scores

    assert whole[0] > 0.95
    assert whole[2] / whole[3] > 0.9
    recalls = [recall for _, recall, _, _ in by_sensitivity]
    assert recalls == sorted(recalls)
    assert streamed[0] > 0.8
    assert streamed[2] / streamed[3] > 0.7
    assert re.search(r"The same \d+ readings as on pandas: True", said)
    assert said.count("turbine-") >= 5 + 5
    assert (tmp_path / "out" / "predictive_maintenance.png").stat().st_size > 50_000


def test_without_java_the_recipe_says_so_and_does_the_rest(tmp_path: Path) -> None:
    said = run([str(SCRIPT)], tmp_path, PATH=str(tmp_path), JAVA_HOME="")

    assert "Spark needs Java" in said
    assert len(SCORED.findall(said)) == 4


def test_the_notebook_holds_the_scripts_cells_and_no_outputs() -> None:
    sys.path.insert(0, str(EXAMPLES))
    try:
        from as_notebook import as_notebook
    finally:
        sys.path.remove(str(EXAMPLES))
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))

    assert notebook == as_notebook(SCRIPT.read_text("utf-8")), f"python examples/as_notebook.py {SCRIPT.name}"
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")


def test_the_notebooks_cells_run_one_after_the_other(tmp_path: Path) -> None:
    cells = [cell for cell in json.loads(NOTEBOOK.read_text("utf-8"))["cells"] if cell["cell_type"] == "code"]
    runner = (
        "import json, sys\n"
        "names = {'__name__': '__main__'}\n"
        "for cell in json.load(open(sys.argv[1]))['cells']:\n"
        "    if cell['cell_type'] == 'code':\n"
        "        exec(compile(''.join(cell['source']), cell['id'], 'exec'), names)\n"
    )
    # As Jupyter does, the notebook finds its neighbours beside it.
    said = run(["-c", runner, str(NOTEBOOK)], tmp_path, PYTHONPATH=_path(), PATH=str(tmp_path), JAVA_HOME="")

    assert len(cells) >= 8
    assert len(SCORED.findall(said)) == 4


def _path() -> str:
    return os.pathsep.join([str(EXAMPLES), *filter(None, [os.environ.get("PYTHONPATH")])])
