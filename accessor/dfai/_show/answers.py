"""Which of a frame's columns are answers: known by their columns of errors, by their types, or by name."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ERRORS", "Answer", "answers_among", "answers_named"]

ERRORS = ("_error", "_error_message")
"""What the columns of errors are called after the answer's name."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The columns of one verb's answer: its name, and what follows the name in each, "" for the headline itself."""

    name: str
    suffixes: Mapping[str, Hashable]
    is_told: bool = True  # what of it has no place in the picture is told in words


def answers_among(kinds: Mapping[Hashable, str], shown: Sequence[Hashable]) -> list[Answer]:
    """The answers in a frame, by `Backend.kind` of its columns: those with errors, and others that may say a place.

    Of pairs such as ``selfie_faces`` and ``passport_faces`` only those are taken that are named for a *shown* column.
    """
    names = [name for name in kinds if isinstance(name, str) and name not in shown]
    bases = [name.removesuffix("_error") for name in names if name.endswith("_error") and f"{name}_message" in kinds]
    taken: dict[str, dict[str, Hashable]] = {}
    for name in names:
        base = _base(name, bases)
        if base is not None or kinds[name].startswith(("structs", "lists", "unknown")):
            base = name if base is None else base
            taken.setdefault(base, {})[name.removeprefix(base)] = name
    twins = {
        f"{other}{name.removeprefix(str(one))}"
        for one in shown
        for name in taken
        for other in names
        if name.startswith(f"{one}_")
    }
    return [Answer(name, suffixes, name in bases) for name, suffixes in taken.items() if name not in twins]


def answers_named(names: Sequence[Hashable], kinds: Mapping[Hashable, str]) -> list[Answer]:
    """The answers that somebody named, each with how certain it is and with the errors in its place."""
    taken: dict[str, dict[str, Hashable]] = {}
    for name in names:
        text = str(name)
        bases = [text[:end] for end in range(1, len(text) + 1) if f"{text[:end]}{ERRORS[1]}" in kinds]
        base = _base(text, bases) or text
        suffix = text.removeprefix(base)
        beside = ERRORS if suffix else (*ERRORS, "_confidence")
        suffixes = taken.setdefault(base, {})
        suffixes[suffix] = name
        suffixes |= {part: f"{base}{part}" for part in beside if f"{base}{part}" in kinds}
    return [Answer(name, suffixes) for name, suffixes in taken.items()]


def _base(name: str, bases: Sequence[str]) -> str | None:
    """The answer that a column belongs to: the longest name that it begins with."""
    return max((base for base in bases if name == base or name.startswith(f"{base}_")), key=len, default=None)
