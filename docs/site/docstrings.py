"""How docstrings are read for the reference."""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["AsWeWriteThem"]

_RETURNS = re.compile(r"^(Returns|Yields)\n-+\n(?! )(.+?)(?=\n\n[A-Z][a-z ]+\n-{3}|\Z)", re.DOTALL | re.MULTILINE)
_BESIDE = re.compile(r"^[^#\"']*(?:\"[^\"]*\"[^#\"']*)*  # (.*)$")


class AsWeWriteThem(griffe.Extension):
    """What comes back is told in sentences, and a field may be told by the comment beside it."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """What comes back, told in sentences, is not the name of a type."""
        if obj.docstring is not None and not obj.is_alias:
            obj.docstring.value = _RETURNS.sub(_as_item, obj.docstring.value)

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """A field of a class, told by the comment that stands beside it."""
        if attr.docstring is None and attr.parent is not None and attr.parent.is_class and attr.lineno is not None:
            line = attr.lines_collection[attr.filepath][attr.lineno - 1]  # type: ignore[index]
            if found := _BESIDE.match(line):
                words = found[1][:1].upper() + found[1][1:]
                attr.docstring = griffe.Docstring(words + "." * (not words.endswith(".")), parent=attr)


def _as_item(found: re.Match[str]) -> str:
    body = "\n".join(f"    {line}" if line else "" for line in found[2].split("\n"))
    return f"{found[1]}\n{'-' * len(found[1])}\n:\n{body}"
