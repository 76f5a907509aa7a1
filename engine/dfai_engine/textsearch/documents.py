"""Documents against their index's definition: what may be kept, and what an answer shows of it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from dfai_engine.textsearch.definition import COMPLEX, Definition, Field
from dfai_engine.textsearch.moments import moment_text
from dfai_engine.textsearch.wire import invalid

__all__ = ["TOO_LARGE_TERM", "key_of", "large_term", "merged", "shown", "stored", "texts_at"]

# Source: Azure AI Search documentation, "Naming rules", keys; and "Service limits", terms of fields that are filtered.
_KEY = re.compile(r"[A-Za-z0-9_\-=]{1,1024}")
_MOST_TERM_BYTES = 32_766
_MOST_ITEMS = 3_000
TOO_LARGE_TERM = (
    "The field '{path}' contains a term that is too large to process: 32766 bytes in UTF-8 at most. It is filterable, "
    "sortable or facetable, which long texts cannot be."
)


def key_of(document: Mapping[str, Any], definition: Definition) -> str:
    """The document's key.

    Raises
    ------
    ServiceFailure
        It has none, or one of characters that no key has.
    """
    key = document.get(definition.key)
    if not isinstance(key, str) or not key:
        raise invalid("The request is invalid. Details: actions : Document key cannot be missing or empty.")
    if not _KEY.fullmatch(key) or key.startswith("_"):
        raise invalid(
            f"Invalid document key: '{key[:64]}'. Keys hold letters, digits, underscores, dashes and equal signs, "
            "1,024 at most, and do not begin with an underscore. Other keys can be encoded as URL-safe Base64."
        )
    return key


def stored(document: Mapping[str, Any], fields: Mapping[str, Field]) -> dict[str, Any]:
    """*document* as it is kept.

    Raises
    ------
    ServiceFailure
        It holds a field that the index does not have, or a value of another type.
    """
    kept = {}
    for name, value in document.items():
        if name.startswith("@"):
            continue
        field = fields.get(name)
        if field is None:
            raise invalid(
                f"The property '{name}' does not exist on type 'search.documentFields'. Make sure to only use property "
                "names that are defined by the type."
            )
        kept[name] = _value(value, field)
    return kept


def _value(value: Any, field: Field) -> Any:
    if not field.many:
        return None if value is None else _one(value, field)
    if value is None:
        return []
    if not isinstance(value, list):
        raise _misfit(field)
    if field.dimensions is not None:
        if value and len(value) != field.dimensions:
            raise invalid(
                f"The vector field '{field.path}', with dimension of '{field.dimensions}', expects a length of "
                f"'{field.dimensions}'. However, the provided vector has a length of '{len(value)}'."
            )
    elif len(value) > _MOST_ITEMS and field.item == COMPLEX:
        raise invalid(f"The field '{field.path}' holds more than {_MOST_ITEMS:,} elements.")
    if None in value:
        raise invalid(f"The field '{field.path}' is a collection, which cannot hold a null.")
    return [_one(item, field) for item in value]


def _one(value: Any, field: Field) -> Any:
    if field.item == COMPLEX:
        if not isinstance(value, dict):
            raise _misfit(field)
        return stored(value, field.fields)
    try:
        return _READERS[field.item](value)
    except (TypeError, ValueError, OverflowError):
        raise _misfit(field) from None


def _misfit(field: Field) -> Exception:
    return invalid(f"The value of the field '{field.path}' cannot be converted to the expected type '{field.type}'.")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _whole(bits: int, *, signed: bool = True) -> Callable[[Any], int]:
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if signed else (0, 2**bits)

    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value < high or value % 1:
            raise ValueError
        return int(value)

    return read


def _number(value: Any) -> float:
    if isinstance(value, str) and value in ("NaN", "INF", "-INF"):
        # JSON has no such numbers, and what is kept is JSON: nothing compares with it either.
        return math.nan
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError
    return float(value)


def _point(value: Any) -> Any:
    if not isinstance(value, dict) or value.get("type") != "Point" or not isinstance(value.get("coordinates"), list):
        raise TypeError
    return {"type": "Point", "coordinates": [_number(one) for one in value["coordinates"]]}


_READERS: dict[str, Callable[[Any], Any]] = {
    "Edm.String": _text,
    "Edm.Boolean": _truth,
    "Edm.Int32": _whole(32),
    "Edm.Int64": _whole(64),
    "Edm.Int16": _whole(16),
    "Edm.SByte": _whole(8),
    "Edm.Byte": _whole(8, signed=False),
    "Edm.Double": _number,
    "Edm.Single": _number,
    "Edm.Half": _number,
    "Edm.DateTimeOffset": lambda value: moment_text(_text(value)),
    "Edm.GeographyPoint": _point,
}


def large_term(document: Mapping[str, Any], definition: Definition) -> str | None:
    """The path of a text that is too large to be filtered or sorted by; None where there is none."""
    for top in definition.fields.values():
        for leaf in top.leaves():
            whole = leaf.item == "Edm.String" and (leaf.filterable or leaf.sortable or leaf.facetable)
            if whole and any(len(text.encode()) > _MOST_TERM_BYTES for text in texts_at(document, leaf.path)):
                return leaf.path
    return None


def texts_at(document: Mapping[str, Any], path: str) -> list[str]:
    """The texts at *path*, through collections on the way."""
    found: list[Any] = [document]
    for name in path.split("/"):
        values = [one.get(name) for one in found if isinstance(one, Mapping)]
        found = [item for value in values for item in (value if isinstance(value, list) else [value])]
    return [text for text in found if isinstance(text, str)]


def merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """*old* with the fields of *new*: those of complex ones one by one, collections as a whole."""
    whole = dict(old)
    for name, value in new.items():
        before = whole.get(name)
        whole[name] = merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return whole


def shown(document: Mapping[str, Any], fields: Mapping[str, Field], chosen: Collection[str] | None) -> dict[str, Any]:
    """What an answer shows of *document*: the fields at the *chosen* paths, or all that may be seen."""
    seen: dict[str, Any] = {}
    for name, field in fields.items():
        if chosen is not None and not any(
            path == field.path or path.startswith(f"{field.path}/") or field.path.startswith(f"{path}/")
            for path in chosen
        ):
            continue
        value = document.get(name)
        if field.item == COMPLEX:
            if field.many:
                seen[name] = [shown(item, field.fields, chosen) for item in value or ()]
            else:
                seen[name] = None if value is None else shown(value, field.fields, chosen)
        elif field.retrievable:
            seen[name] = [] if value is None and field.many else value
    return seen
