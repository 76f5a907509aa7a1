"""Where a row's file goes: a path with columns in it, of which no value may lead out of its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Any

from dfai_core.errors import ConfigError
from dfai_core.media.files import SCHEMES, scheme_of

__all__ = ["FileName", "file_name"]

# Most file systems take names of 255 bytes.
_LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class FileName:
    """A path with places for values, in the order of *columns*."""

    pieces: tuple[str, ...]
    columns: tuple[str, ...]

    def of(self, values: Sequence[Any]) -> str | None:
        """The path for a row's *values*; None where one of them cannot be part of a name.

        >>> file_name("out/{id}.jpg").of([7]), file_name("out/{id}.jpg").of(["../x"])
        ('out/7.jpg', None)
        """
        texts = [str(value) for value in values]
        if any(not _is_plain(text) for text in texts):
            return None
        return "".join(part for pair in zip(self.pieces, [*texts, ""], strict=True) for part in pair)


def file_name(path: Any) -> FileName:
    """Reads a path with ``{column}`` in it.

    Raises
    ------
    ConfigError
        For a path that is the same for all rows, or that nothing can be written to.
    """
    text = str(path)
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise ConfigError(f"path={text!r}: {error}; a brace itself is written twice, {{{{.") from None
    pieces, columns = [""], []
    for literal, name, form, conversion in parsed:
        pieces[-1] += literal
        if name is not None:
            if not name or form or conversion:
                raise ConfigError(f"path={text!r}: write the name of a column between the braces, and nothing else.")
            columns.append(name)
            pieces.append("")
    if not columns:
        raise ConfigError(f'path={text!r} is the same for all rows: put a column into it, as in "out/{{id}}.jpg".')
    scheme = scheme_of(text)
    if scheme not in ("", "file") and scheme not in SCHEMES:
        raise ConfigError(f"path={text!r}: {scheme}: cannot be written to; paths, {', '.join(sorted(SCHEMES))} can.")
    return FileName(tuple(pieces), tuple(columns))


def _is_plain(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_VALUE and text not in (".", "..") and not {"/", "\\", "\0"}.intersection(text)
