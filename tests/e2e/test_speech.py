"""The recipe on speech: as a script, and as a notebook."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dfai_engine import weights

EXAMPLES = Path(__file__).parents[2] / "examples"
SCRIPT, NOTEBOOK = EXAMPLES / "speech.py", EXAMPLES / "speech.ipynb"


@pytest.mark.skipif(not weights.present("whisper-base"), reason="the models of speech are not on this disk")
def test_what_is_said_is_heard_again(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="the extra speech is not installed")
    pytest.importorskip("py_nanotts", reason="the extra speech is not installed")
    done = subprocess.run(
        [sys.executable, str(SCRIPT)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=400,
        env={**os.environ, "MPLBACKEND": "agg"},
    )
    pairs = re.findall(r"said:  (.*)\n +heard: (.*)", done.stdout)

    assert done.returncode == 0, done.stderr
    assert len(pairs) == 3
    for said, heard in pairs:
        assert len({*said.lower().split()} ^ {*heard.lower().split()}) <= 2
    assert re.search(r"london +The train to the coast leaves", done.stdout)
    assert "not well-formed: mismatched tag at line 1" in done.stdout
    assert sorted(path.name for path in (tmp_path / "out" / "announcements").iterdir()) == [
        *("berlin.wav", "london.wav", "madrid.wav")
    ]
    assert (tmp_path / "out" / "speech_words.png").stat().st_size > 50_000


def test_the_notebook_holds_the_scripts_cells_and_no_outputs() -> None:
    sys.path.insert(0, str(EXAMPLES))
    try:
        from as_notebook import as_notebook
    finally:
        sys.path.remove(str(EXAMPLES))
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))

    assert notebook == as_notebook(SCRIPT.read_text("utf-8")), f"python examples/as_notebook.py {SCRIPT.name}"
    assert all(not cell["outputs"] for cell in notebook["cells"] if cell["cell_type"] == "code")
