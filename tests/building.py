"""The documentation built as `make docs` builds it, of this tree or another."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["ROOT", "build"]

ROOT = Path(__file__).parents[1]


def build(root: Path, to: Path) -> subprocess.CompletedProcess[str]:
    """Builds the site of the tree *root* into the folder *to*: a warning is an error."""
    # Never --quiet: what is not told is not counted either.
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(to)]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=240)
