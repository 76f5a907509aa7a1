"""How much of what each package offers has a type that all checkers read alike: ``python tests/type_completeness.py``.

Pyright counts it (``--verifytypes``). What other libraries leave untyped is not counted against us.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SOURCES = ("accessor", "backends", "core", "engine")
PACKAGES = ("dfai", "dfai_core", "dfai_pandas", "dfai_polars", "dfai_dask", "dfai_spark")
LEAST = 0.97  # of the names that a package offers; the rest is what scikit-learn and Spark's classes bring along


def verified(package: str) -> dict[str, Any]:
    """Pyright's report on *package*, as it stands in this tree."""
    pyright = Path(sys.executable).with_name("pyright")
    path = os.pathsep.join(str(ROOT / name) for name in SOURCES)
    told = subprocess.run(
        [pyright, "--verifytypes", package, "--ignoreexternal", "--outputjson", "--pythonpath", sys.executable],
        capture_output=True,
        text=True,
        check=False,  # it ends with 1 unless all is known
        env={**os.environ, "PYTHONPATH": path},
    )
    report: dict[str, Any] = json.loads(told.stdout)["typeCompleteness"]
    return report


def main() -> int:
    """Prints each package's share, and the names that lack a type where it is too small."""
    with ThreadPoolExecutor(os.cpu_count()) as runners:
        reports = list(runners.map(verified, PACKAGES))
    poor = False
    for package, report in zip(PACKAGES, reports, strict=True):
        counts, share = report["exportedSymbolCounts"], report["completenessScore"]
        print(f"{package:<12} {share:7.1%} of {sum(counts.values()):,} names have a known type")
        if share < LEAST:
            poor = True
            for symbol in report["symbols"]:
                if symbol["isExported"] and not symbol["isTypeKnown"]:
                    print(f"  {symbol['name']}")
    if poor:
        print(f"wanted are {LEAST:.0%}: annotate what is listed")
    return int(poor)


if __name__ == "__main__":
    sys.exit(main())
