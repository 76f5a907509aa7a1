"""The documentation's sample of an arbitrary web service, as the example shows it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_example_gives_every_row_its_end_on_every_library() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "http_on_anything.py")], capture_output=True, text=True, timeout=200
    )

    assert done.returncode == 0, done.stderr
    assert "br  Brazil           Brasilia" in done.stdout
    assert "fr  France" in done.stdout  # though it failed once
    assert "ke  -                -                  refused: no such country any more (HTTP 404)" in done.stdout
    ends = re.findall(
        r"^(\w+): (\d+) of (\d+) rows the same, in [\d.]+ s, at most (\d+) at once\.$", done.stdout, re.MULTILINE
    )
    assert {"pandas", "Dask"} <= {library for library, *_ in ends}
    assert all(same == rows == "10" and int(most) <= 3 for _, same, rows, most in ends)
