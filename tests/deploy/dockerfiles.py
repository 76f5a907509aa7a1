"""A Dockerfile's instructions: enough of the format to look at our own."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Instruction", "instructions", "last_stage"]


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction, its lines joined and the file's own ARG defaults filled in where it says FROM."""

    name: str
    rest: str


def instructions(path: Path) -> list[Instruction]:
    """All instructions of a file, in order."""
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found = [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines() if line.strip()]
    defaults = dict(entry.rest.split("=", 1) for entry in found if entry.name == "ARG" and "=" in entry.rest)
    for position, entry in enumerate(found):
        if entry.name == "FROM":
            filled = re.sub(r"\$\{(\w+)\}", lambda match: defaults[match[1]], entry.rest)
            found[position] = Instruction(entry.name, filled)
    return found


def last_stage(path: Path) -> list[Instruction]:
    """The instructions of the image that is left."""
    found = instructions(path)
    start = max(position for position, entry in enumerate(found) if entry.name == "FROM")
    return found[start:]
