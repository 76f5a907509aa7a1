"""How docstrings are read for the reference, so that they need not be written for it."""

from __future__ import annotations

import re
from typing import Any

import griffe

__all__ = ["AsWeWriteThem"]

_RETURNS = re.compile(r"^(Returns|Yields)\n-+\n(?! )(.+?)(?=\n\n[A-Z][a-z ]+\n-{3}|\Z)", re.DOTALL | re.MULTILINE)
_RAISES = re.compile(r"^[A-Z]\w+(?:, [A-Z]\w+)+$(?=\n    )", re.MULTILINE)
_NAME = re.compile(r"(?<![`\w])`([A-Za-z]\w*(?:\.\w+)*)`(?!`)")
_EXAMPLE = re.compile(r"^>>> ", re.MULTILINE)
_BESIDE = re.compile(r"^[^#\"']*(?:\"[^\"]*\"[^#\"']*)*  # (.*)$")


class AsWeWriteThem(griffe.Extension):
    """What comes back is told in sentences, names in backticks lead to what they name, and comments tell of fields."""

    def on_instance(self, *, obj: griffe.Object, **_: Any) -> None:
        """Brings a docstring into the form that the parser takes."""
        if obj.docstring is not None and not obj.is_alias:
            told = _RETURNS.sub(_as_item, obj.docstring.value)
            told = _RAISES.sub(lambda found: found[0].replace(", ", " | "), told)
            if "\nExamples\n---" not in told:
                told = _EXAMPLE.sub("\nExamples\n--------\n>>> ", told, count=1)
            package = obj.path.partition(".")[0]
            obj.docstring.value = _NAME.sub(lambda found: _leading(package, found[1]), told)

    def on_module_members(self, *, mod: griffe.Module, **_: Any) -> None:
        """Fields with a comment beside them become a list in their class's docstring."""
        for cls in mod.classes.values():
            if not cls.is_alias:
                # A setting's default is the one that a resolved configuration has.
                _list_fields(cls, mod.members.get("Config") if cls.name == "Settings" else None)

    def on_package(self, *, pkg: griffe.Module, loader: griffe.GriffeLoader, **_: Any) -> None:
        """``dfai.azure`` is the function, though a module of this name stands where it is imported from."""
        exported = {str(name) for name in pkg.exports or ()}
        for name, member in list(pkg.members.items()):
            if isinstance(member, griffe.Alias) and name in exported:
                place, last = member.target_path.rsplit(".", 1)
                home = loader.modules_collection.get_member(place) if place.startswith("dfai_core") else None
                if home is not None and home.members[last].is_module:
                    pkg.members[name] = griffe.Alias(name, str(home.imports[last]), parent=pkg)


def _as_item(found: re.Match[str]) -> str:
    body = "\n".join(f"    {line}" if line else "" for line in found[2].split("\n"))
    return f"{found[1]}\n{'-' * len(found[1])}\n:\n{body}"


def _leading(package: str, name: str) -> str:
    """*name* as a link where the reference holds it: a class or what is in it, else a verb."""
    owner = package if name[0].isupper() else f"{package}.FrameAI"
    return f'<autoref identifier="{owner}.{name}" optional><code>{name}</code></autoref>'


def _list_fields(cls: griffe.Class, defaults: Any) -> None:
    told = {name: words for name, words in _beside(cls).items() if cls.members[name].docstring is None}
    if not told or cls.docstring is None:
        return
    lines = [cls.docstring.value, "", "Attributes", "----------"]
    for name, words in told.items():
        default = defaults.members[name].value if defaults is not None else None
        word = f" Default: ``{default}``." if default is not None and re.fullmatch(r"[\w.\"]+", str(default)) else ""
        lines += [f"{name} : {cls.attributes[name].annotation}", f"    {words}{word}"]
    cls.docstring.value = "\n".join(lines)


def _beside(cls: griffe.Class) -> dict[str, str]:
    """The comments beside a class's fields."""
    found: dict[str, str] = {}
    for name, member in cls.members.items():
        if member.is_attribute and member.lineno is not None:
            line = member.lines_collection[member.filepath][member.lineno - 1]  # type: ignore[index]
            if comment := _BESIDE.match(line):
                words = comment[1].replace("type: ignore", "").strip()
                found[name] = words[:1].upper() + words[1:] + "." * (not words.endswith("."))
    return found
