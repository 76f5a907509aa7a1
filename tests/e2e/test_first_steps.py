"""What a newcomer does first: the README's example, and the demo."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_readmes_first_example_runs_as_it_stands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    example = re.findall(r"```python\n(.*?)```", readme, flags=re.DOTALL)[0]
    names: dict[str, object] = {}

    exec(compile(example, "README.md", "exec"), names)

    frame = names["df"]
    assert frame["sentiment"].tolist()[:2] == ["positive", "negative"]  # type: ignore[index]
    assert frame["sentiment_error"].isna().all()  # type: ignore[index]


@pytest.mark.skipif(shutil.which("java") is None, reason="the demo's last part needs Java, which is not here")
def test_the_demo_gives_the_same_labels_everywhere(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "quickstart.py"), "90"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=280,
    )

    assert done.returncode == 0, done.stderr
    assert "Agreement with the people" in done.stdout
    assert re.search(r"Dask: the same call, (\d+) of \1 labels", done.stdout)
    assert re.search(r"Spark: the same call, (\d+) of \1 labels", done.stdout)
    assert (tmp_path / "out" / "quickstart.png").stat().st_size > 10_000


def test_make_help_lists_every_target() -> None:
    targets = re.findall(r"^([a-z][a-z-]*):(?!=)", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    listed = [line.split()[0] for line in done.stdout.splitlines()]

    assert set(listed) == set(targets)
    assert all(len(line.split()) > 2 for line in done.stdout.splitlines())
