"""A frame's columns as the fields of an index, and an index's fields against a frame's columns."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError

__all__ = ["check_fields", "definition_of", "field_names"]

# Source: Azure AI Search documentation, "Naming rules" and "Supported data types", read 2026-11-26.
_NAME = re.compile(r"(?!azureSearch)[A-Za-z][A-Za-z0-9_]{0,127}")
_COMPLEX = "Edm.ComplexType"
_PROFILE, _ALGORITHM = "dfai", "dfai-hnsw"
# Types whose values an index of the other takes.
_ALIKE = (
    {"Edm.Int32", "Edm.Int64", "Edm.Double"},
    {"Edm.String", "Edm.DateTimeOffset"},
)
_VECTORS = frozenset({"Edm.Single", "Edm.Half", "Edm.Int16", "Edm.SByte", "Edm.Byte"})


def field_names(columns: Sequence[Any], chosen: Sequence[Any] | Mapping[Any, str] | None) -> dict[Any, str]:
    """Which columns are written, and what their fields are called.

    Raises
    ------
    ConfigError
        For a name that no field can have.
    """
    if isinstance(chosen, str):
        raise ConfigError(f"columns={chosen!r}: expected a list of columns, or a mapping of columns to fields.")
    named = dict(chosen) if isinstance(chosen, Mapping) else {name: name for name in (chosen or columns)}
    wrong = [field for field in named.values() if not isinstance(field, str) or not _NAME.fullmatch(field)]
    if wrong:
        raise ConfigError(
            f"{wrong[0]!r} cannot be a field's name: it begins with a letter and holds letters, digits, underscores. "
            f"Choose the columns, and name their fields: columns={{{wrong[0]!r}: 'name', …}}."
        )
    if len(set(named.values())) < len(named):
        raise ConfigError("columns=: two columns would be one field.")
    return named


def definition_of(
    name: str, schema: pa.Schema, key: str, given: Mapping[str, str | Mapping[str, Any]]
) -> dict[str, Any]:
    """The definition of a new index for *schema*, whose names are fields; *given* says more of some of them.

    Raises
    ------
    ConfigError
        For a column of a type that no field has, or of one that only its values tell.
    """
    if stray := set(given).difference(schema.names):
        raise ConfigError(
            f"fields= speaks of {min(stray)!r}, which is not among the fields: {', '.join(schema.names)}."
        )
    fields = []
    for column in schema:
        said = "Edm.String" if column.name == key else given.get(column.name, {})
        fields.append(_field(column.name, column.type, {"type": said} if isinstance(said, str) else said))
    for one in fields:
        if one["name"] == key:
            one.update(key=True, searchable=False)
    made: dict[str, Any] = {"name": name, "fields": fields}
    if any(one.get("vectorSearchProfile") == _PROFILE for one in fields):
        made["vectorSearch"] = {
            "algorithms": [{"name": _ALGORITHM, "kind": "hnsw"}],
            "profiles": [{"name": _PROFILE, "algorithm": _ALGORITHM}],
        }
    return made


def _field(name: str, kind: pa.DataType, said: Mapping[str, Any]) -> dict[str, Any]:
    """One field; what is *said* of it goes before what its column's type tells."""
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{name!r} cannot be a field's name, since it begins with no letter or holds other characters."
        )
    found: dict[str, Any]
    if "type" in said:
        found = {"type": said["type"]}
        item, many = _parts(said["type"])
    else:
        item, many = _item(name, kind, vector="dimensions" in said)
        found = {"type": f"Collection({item})" if many else item}
    if item == _COMPLEX and "fields" not in said:
        struct = kind if pa.types.is_struct(kind) else getattr(kind, "value_type", kind)
        if not pa.types.is_struct(struct):
            raise ConfigError(f"fields=: of {name!r} say its own fields, too: {{'type': …, 'fields': […]}}.")
        found["fields"] = [_field(inner.name, inner.type, {}) for inner in struct]
        return {"name": name, **found, **said}
    flags: dict[str, Any] = {}
    if item in _VECTORS:
        flags = {"searchable": True, "retrievable": True, "vectorSearchProfile": _PROFILE}
        if pa.types.is_fixed_size_list(kind):
            flags["dimensions"] = kind.list_size
    elif item != _COMPLEX:
        text = item == "Edm.String"
        flags = {"searchable": text, "filterable": True, "sortable": not many, "facetable": not text or many}
    return {"name": name, **found, **flags, **said}


def _parts(kind: Any) -> tuple[str, bool]:
    """The type of a field's values, and whether it is a collection of them."""
    found = re.fullmatch(r"(?:Collection\()?(Edm\.\w+)\)?", kind) if isinstance(kind, str) else None
    if found is None:
        raise ConfigError(f"fields=: {kind!r} is no type, such as 'Edm.String' or 'Collection(Edm.Single)'.")
    return found[1], kind.startswith("Collection(")


def _item(name: str, kind: pa.DataType, *, vector: bool) -> tuple[str, bool]:
    """The type of values that a column's type makes, and whether they are in lists."""
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    many = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    inner = kind.value_type if many else kind
    if many and pa.types.is_floating(inner) and (vector or pa.types.is_fixed_size_list(kind)):
        return "Edm.Single", True
    for known, edm in _TYPES:
        if known(inner):
            return edm, many
    if pa.types.is_null(inner):
        raise ConfigError(
            f"what column {name!r} holds is only known once it is computed: say it, "
            f"fields={{{name!r}: 'Edm.String'}} or 'Collection(Edm.String)', or make the index first."
        )
    raise ConfigError(f"column {name!r} holds {kind}, which no index can. Convert it, or leave it out: columns=[…].")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _is_short(kind: pa.DataType) -> bool:
    return kind in (pa.int8(), pa.int16(), pa.int32(), pa.uint8(), pa.uint16())


_TYPES = (
    (_is_text, "Edm.String"),
    (pa.types.is_boolean, "Edm.Boolean"),
    (_is_short, "Edm.Int32"),
    (pa.types.is_integer, "Edm.Int64"),
    (pa.types.is_floating, "Edm.Double"),
    (pa.types.is_decimal, "Edm.Double"),
    (pa.types.is_timestamp, "Edm.DateTimeOffset"),
    (pa.types.is_date, "Edm.DateTimeOffset"),
    (pa.types.is_struct, _COMPLEX),
)


def check_fields(definition: Mapping[str, Any], schema: pa.Schema, key: str) -> None:
    """Whether what *schema* holds fits into an index that is there.

    Raises
    ------
    ConfigError
        Naming the field that does not.
    """
    fields = {one["name"]: one for one in definition["fields"]}
    keys = [name for name, one in fields.items() if one.get("key")]
    if keys != [key]:
        raise ConfigError(f"the index {definition['name']!r} has the key {keys[0]!r}, not {key!r}.")
    for column in schema:
        field = fields.get(column.name)
        if field is None:
            raise ConfigError(
                f"the index {definition['name']!r} has no field {column.name!r}; it has {', '.join(fields)}. Choose "
                f"what is written, and under which names: columns={{{column.name!r}: 'field', …}}."
            )
        if pa.types.is_null(column.type) or column.name == key:
            continue
        theirs, many_theirs = _parts(field["type"])
        ours, many = _item(column.name, column.type, vector=theirs in _VECTORS)
        alike = ours == theirs or any({ours, theirs} <= alike for alike in _ALIKE)
        if many != many_theirs or not (alike or (many and ours == "Edm.Double" and theirs in _VECTORS)):
            raise ConfigError(
                f"the index {definition['name']!r} has {field['type']} in the field {column.name!r}, and the column "
                f"holds {column.type}. Convert it, or leave it out: columns=[…]."
            )
