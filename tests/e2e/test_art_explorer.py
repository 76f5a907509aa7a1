"""The recipe on pictures: as a script, as a notebook, and what it finds."""

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
SCRIPT, NOTEBOOK = EXAMPLES / "art_explorer.py", EXAMPLES / "art_explorer.ipynb"
HAS_JAVA = shutil.which("java") is not None


def test_the_recipe_finds_works_by_what_they_show_and_say(tmp_path: Path) -> None:
    environment = {**os.environ, "DFAI_DATA": str(tmp_path / "data"), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, str(SCRIPT)], cwd=tmp_path, capture_output=True, text=True, timeout=400, env=environment
    )
    said = done.stdout
    found = {
        words[1]: words[2].split(", ")
        for words in re.finditer(r"^(glass|cat|exhibition \+glass) +(.*)$", said, re.MULTILINE)
    }

    assert done.returncode == 0, done.stderr
    assert re.search(r"(20|12) pictures in .* s, 0 without an answer", said)
    assert {"Goblet", "Footed Bowl", "Exhibition Poster I"} <= {*found["glass"]}
    assert found["exhibition +glass"] == ["Exhibition Poster I"]
    assert re.search(r"^Goblet +.*(Footed Bowl|Flask)", said, re.MULTILINE)
    assert "Composition" in (re.search(r"^Composition 1 +(.*)$", said, re.MULTILINE) or [""])[0]
    for name in ("art_found.png", "art_alike.png"):
        assert (tmp_path / "out" / name).stat().st_size > 50_000
    if HAS_JAVA:
        assert re.search(r"by status: \[\{'indexed_status': 201, 'count': (20|12)\}\]", said)


def test_a_cat_is_found_that_no_catalogue_names(tmp_path: Path) -> None:
    pytest.importorskip("skimage", reason="the photographs are scikit-image's")
    sys.path.insert(0, str(EXAMPLES))
    try:
        from works import works
    finally:
        sys.path.remove(str(EXAMPLES))
    museum = works(tmp_path)
    import dfai

    told = museum[museum["Title"] == "Chelsea"].drop(columns="path")
    seen = museum[museum["Title"] == "Chelsea"].ai.tag_image("path", target=dfai.local(), progress="off")

    assert not told.apply(lambda column: column.str.contains("cat")).to_numpy().any()
    assert "cat" in seen["tags"].iloc[0]


def test_the_notebook_holds_the_scripts_cells_and_no_outputs() -> None:
    sys.path.insert(0, str(EXAMPLES))
    try:
        from as_notebook import as_notebook
    finally:
        sys.path.remove(str(EXAMPLES))
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))

    assert notebook == as_notebook(SCRIPT.read_text("utf-8")), f"python examples/as_notebook.py {SCRIPT.name}"
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
