"""The tutorial: each step runs as it stands, and prints what the page says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai_engine.weights import folder
from frames import SparkFrames
from pages import DOCS
from told import alike, in_folder, steps, told

ON_SPARK = r"(9|10)\."


def test_the_tutorial_prints_what_it_says_with_the_models_that_a_newcomer_has(tmp_path: Path) -> None:
    # Better models say other numbers, where they are installed.
    (tmp_path / "use-multilingual-v3").symlink_to(folder("use-multilingual-v3"))
    done = subprocess.run(
        [sys.executable, "-m", "told", str(DOCS / "tutorial.md"), "--sections", rf"(?!{ON_SPARK})"],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=tmp_path,
        env={**os.environ, "DFAI_MODELS": str(tmp_path), "DFAI_PULL": "never", "PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert done.returncode == 0, done.stderr


def test_the_steps_of_the_tutorial_on_spark(
    spark: SparkFrames, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    labels = {"Lovely room.": "positive", "The shower was cold.": "negative", None: None, "Wunderbar.": "positive"}
    (tmp_path / "scored").mkdir()
    pd.DataFrame({"id": [1, 2, 3, 4], "review": [*labels]}).to_parquet("scored/0.parquet")
    names: dict[str, Any] = {"dfai": dfai}
    # Workers need not load models to say what the page has them say.
    with dfai.using(target=dfai.testing.fake({"sentiment": labels})):
        printed = [(block.output, told(in_folder(block, tmp_path), names)) for block in steps("tutorial.md", ON_SPARK)]

    assert len(printed) == 3
    assert all(said is not None and alike(said, now) for said, now in printed), printed
