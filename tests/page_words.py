"""How the pages of verbs write types, values, sizes and sentences."""

from __future__ import annotations

import textwrap
from typing import Any

import pyarrow as pa

__all__ = ["an", "cell", "counted", "folded", "literal", "sentence", "shown", "size", "type_name"]


def type_name(kind: pa.DataType) -> str:
    """A column's type as the pages write it.

    >>> type_name(pa.list_(pa.struct([("text", pa.string()), ("offset", pa.int64())])))
    'list of struct: text, offset'
    """
    if pa.types.is_list(kind):
        return f"list of {type_name(kind.value_type)}"
    if pa.types.is_struct(kind):
        return f"struct: {', '.join(field.name for field in kind)}"
    names = {
        pa.string(): "string",
        pa.float64(): "float64",
        pa.bool_(): "bool",
        pa.int64(): "int64",
        pa.binary(): "bytes",
    }
    return names[kind]


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def shown(default: Any) -> str:
    return repr(list(default) if isinstance(default, tuple) else default).replace("'", '"')


def literal(value: Any) -> str:
    """A default as SQL writes it.

    >>> literal("auto"), literal(None), literal(()), literal(("a",)), literal(3)
    ("'auto'", 'NULL', 'array()', "array('a')", '3')
    """
    if value is None:
        return "NULL"
    if isinstance(value, (tuple, list)):
        return f"array({', '.join(map(literal, value))})"
    return f"'{value}'" if isinstance(value, str) else str(value)


def folded(line: str) -> str:
    """A long type on several lines; names stay beside their types."""
    joined = line.strip().replace(": ", ":\N{NO-BREAK SPACE}")
    return textwrap.fill(joined, 92, initial_indent=" " * 4, subsequent_indent=" " * 8).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def sentence(text: str) -> str:
    """*text* with a capital and a full stop.

    >>> sentence("our own: 120 s"), sentence("dfai's own.")
    ('Our own: 120 s.', "dfai's own.")
    """
    text = text.rstrip(".") + "."
    return text if text.startswith("dfai") else text[0].upper() + text[1:]


def counted(number: int | None) -> str:
    return "" if number is None else f"{number:,}"


def size(count: int) -> str:
    """Bytes as the sources count them.

    >>> size(20 * 2**20), size(1_000_000), size(64_000)
    ('20 MiB', '1 MB', '64 kB')
    """
    if count % 2**20 == 0:
        return f"{count // 2**20} MiB"
    return f"{count // 1_000_000} MB" if count >= 1_000_000 else f"{count // 1_000} kB"


def an(word: str) -> str:
    return f"{'an' if word[0] in 'aeiou' else 'a'} {word}"
