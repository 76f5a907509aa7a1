"""Makes the notebook of a script whose cells begin with ``# %%``: ``python examples/as_notebook.py SCRIPT``.

The script is what is edited and tested; the notebook holds the same cells without outputs.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["as_notebook", "written"]


def as_notebook(script: str) -> dict[str, Any]:
    """The cells of *script* as a notebook (format 4.5)."""
    cells: list[dict[str, Any]] = []
    for number, part in enumerate(script.split("# %%")[1:]):
        head, _, body = part.partition("\n")
        lines = body.strip("\n").split("\n")
        words = head.strip() == "[markdown]"
        if words:
            lines = [line.removeprefix("#").removeprefix(" ") for line in lines]
        cell = {"cell_type": "markdown" if words else "code", "id": f"cell-{number:02}", "metadata": {}}
        source = "\n".join(lines).splitlines(keepends=True)
        cells.append(cell | ({} if words else {"execution_count": None, "outputs": []}) | {"source": source})
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def written(script: str) -> str:
    """The notebook's file."""
    return json.dumps(as_notebook(script), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        path.with_suffix(".ipynb").write_text(written(path.read_text("utf-8")), "utf-8")
