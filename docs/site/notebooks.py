"""A notebook as a page: words, code, and the outputs that it holds."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["as_page"]


def as_page(notebook: str) -> str:
    """The cells of a notebook (format 4) in Markdown.

    >>> cells = [{"cell_type": "markdown", "source": ["# Sums"]}, {"cell_type": "code", "source": ["1 + 1"]}]
    >>> cells[1]["outputs"] = [{"data": {"text/plain": ["2"]}}]
    >>> print(as_page(json.dumps({"cells": cells})).replace("`", "'"))
    # Sums
    <BLANKLINE>
    '''python
    1 + 1
    '''
    <BLANKLINE>
    '''text
    2
    '''
    <BLANKLINE>
    """
    parts: list[str] = []
    for cell in json.loads(notebook)["cells"]:
        source = _text(cell["source"])
        if cell["cell_type"] == "markdown":
            parts.append(source)
        elif source.strip():
            parts.append(f"```python\n{source}\n```")
            parts += filter(None, map(_output, cell.get("outputs", [])))
    return "\n\n".join(parts) + "\n"


def _text(lines: str | list[str]) -> str:
    return lines if isinstance(lines, str) else "".join(lines)


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        return f"![](data:image/png;base64,{_text(data['image/png']).strip()})"
    for kind in ("image/svg+xml", "text/html"):
        if kind in data:
            return f'<div class="output">{_text(data[kind])}</div>'
    text = _text(data.get("text/plain", output.get("text", "")))
    return f"```text\n{text.rstrip()}\n```" if text.strip() else ""
