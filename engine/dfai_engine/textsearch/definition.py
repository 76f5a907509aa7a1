"""What an index is: its fields, what each may be used for, and which documents fit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

import orjson

from dfai_engine.failures import ServiceFailure
from dfai_engine.textsearch.wire import invalid

__all__ = ["COMPLEX", "Definition", "Field", "check_name", "compatible", "definition_of", "inner_type"]

COMPLEX = "Edm.ComplexType"
_SIMPLE = frozenset(
    {
        *("Edm.String", "Edm.Boolean", "Edm.Int32", "Edm.Int64", "Edm.Double", "Edm.DateTimeOffset"),
        "Edm.GeographyPoint",
    }
)
# Only as items of a collection: vectors.
_VECTOR = frozenset({"Edm.Single", "Edm.Half", "Edm.Int16", "Edm.SByte", "Edm.Byte"})
# Source: Azure AI Search documentation, "Naming rules" and "Service limits", read 2026-11-26.
_INDEX = re.compile(r"[a-z0-9](?:[a-z0-9]|-(?!-)){0,126}[a-z0-9]|[a-z0-9]{2}")
_FIELD = re.compile(r"(?!azureSearch)[A-Za-z][A-Za-z0-9_]{0,127}")
_MOST_FIELDS = 3_000
_MOST_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Field:
    """One field; *path* leads to it through those around it, with slashes between."""

    path: str
    type: str
    key: bool = False
    searchable: bool = False
    filterable: bool = False
    sortable: bool = False
    facetable: bool = False
    retrievable: bool = True
    dimensions: int | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)  # of a complex one

    @property
    def name(self) -> str:
        """Its own name."""
        return self.path.rpartition("/")[2]

    @property
    def item(self) -> str:
        """The type of its items, where it is a collection, else its own."""
        return inner_type(self.type) or self.type

    @property
    def many(self) -> bool:
        """Whether it is a collection."""
        return inner_type(self.type) is not None

    def leaves(self) -> Iterator[Field]:
        """The fields in it that hold values: itself, or those of a complex one."""
        if self.item != COMPLEX:
            yield self
        for inner in self.fields.values():
            yield from inner.leaves()


@dataclass(frozen=True, slots=True)
class Definition:
    """An index by its name, with what the client wrote and what that means."""

    name: str
    written: Mapping[str, Any]
    fields: Mapping[str, Field]
    key: str

    @property
    def etag(self) -> str:
        """Changes with the definition."""
        return f'"0x{blake2b(orjson.dumps(dict(self.written)), digest_size=8).hexdigest().upper()}"'

    @property
    def searchable(self) -> tuple[Field, ...]:
        """The fields whose texts are found by words, in order."""
        return tuple(leaf for top in self.fields.values() for leaf in top.leaves() if leaf.searchable)

    def at(self, path: str) -> Field:
        """The field at *path*.

        Raises
        ------
        ServiceFailure
            There is none.
        """
        fields, found = self.fields, None
        for name in path.split("/"):
            found = fields.get(name)
            if found is None:
                raise invalid(f"Could not find a property named '{name}' on type 'search.document'.")
            fields = found.fields
        assert found is not None
        return found

    def shown(self, base: str) -> dict[str, Any]:
        """The definition as the service shows it."""
        context = f"{base}/$metadata#indexes/$entity"
        return {"@odata.context": context, "@odata.etag": self.etag, **self.written}


def inner_type(kind: str) -> str | None:
    """The type of a collection's items; None for what is no collection.

    >>> inner_type("Collection(Edm.String)"), inner_type("Edm.String")
    ('Edm.String', None)
    """
    found = re.fullmatch(r"Collection\(([\w.]+)\)", kind)
    return None if found is None else found[1]


def check_name(name: str) -> str:
    """*name*, which is an index's.

    Raises
    ------
    ServiceFailure
        It cannot be: nor could a file be called so.
    """
    if not _INDEX.fullmatch(name):
        raise invalid(
            "An index name holds lowercase letters, digits and single dashes, from 2 to 128 characters, and neither "
            "begins nor ends with a dash."
        )
    return name


def definition_of(written: Mapping[str, Any], name: str | None = None) -> Definition:
    """Reads a definition; *name* is what the URL says.

    Raises
    ------
    ServiceFailure
        It is none.
    """
    said = written.get("name", name)
    if not isinstance(said, str) or (name is not None and said != name):
        raise invalid("The index name in the URL and in the body must be the same.")
    check_name(said)
    listed = written.get("fields")
    if not isinstance(listed, list) or not listed:
        raise invalid("The request is invalid. Details: index : The index must have at least one field.")
    fields, plain = _fields(listed, "", 0)
    if sum(1 for top in fields.values() for _ in top.leaves()) > _MOST_FIELDS:
        raise invalid(f"An index has at most {_MOST_FIELDS:,} fields.")
    keys = [one.name for one in fields.values() if one.key]
    if len(keys) != 1 or fields[keys[0]].type != "Edm.String":
        raise invalid("The index must have exactly one key field, of type Edm.String.")
    kept = {name: value for name, value in written.items() if not name.startswith("@odata.") and value is not None}
    return Definition(said, kept | {"name": said, "fields": plain}, fields, keys[0])


def _fields(listed: Sequence[Any], within: str, depth: int) -> tuple[dict[str, Field], list[dict[str, Any]]]:
    """The fields, and how they are written with every default in its place."""
    if depth > _MOST_DEPTH:
        raise invalid(f"Complex fields lie at most {_MOST_DEPTH} deep.")
    fields: dict[str, Field] = {}
    plain: list[dict[str, Any]] = []
    for one in listed:
        made, written = _field(one, within, depth)
        if made.name in fields:
            raise invalid(f"The field '{made.path}' stands there twice.")
        fields[made.name] = made
        plain.append(written)
    return fields, plain


def _field(one: Any, within: str, depth: int) -> tuple[Field, dict[str, Any]]:
    name = one.get("name") if isinstance(one, dict) else None
    if not isinstance(name, str) or not _FIELD.fullmatch(name):
        raise invalid(
            f"Invalid field name {name!r}: it begins with a letter and has letters, digits, underscores, 128 at most."
        )
    path, kind = f"{within}/{name}" if within else name, one.get("type")
    item = inner_type(kind) if isinstance(kind, str) else None
    if kind == COMPLEX or item == COMPLEX:
        inner, plain = _fields(one.get("fields") or (), path, depth + 1)
        if not inner:
            raise invalid(f"The complex field '{path}' has no fields.")
        return Field(path, kind, fields=inner), {"name": name, "type": kind, "fields": plain}
    if not isinstance(kind, str) or (item or kind) not in (_SIMPLE | _VECTOR if item else _SIMPLE):
        raise invalid(f"The field '{path}' has the type {kind!r}, which is none that a field may have.")
    vector = item in _VECTOR
    text = (item or kind) == "Edm.String"
    key = _flag(one, "key", False)
    retrievable = not one["hidden"] if isinstance(one.get("hidden"), bool) else _flag(one, "retrievable", True)
    made = Field(
        path,
        kind,
        key=key,
        searchable=_flag(one, "searchable", text) and text,
        filterable=_flag(one, "filterable", not vector) and not vector,
        sortable=_flag(one, "sortable", item is None) and item is None,
        facetable=_flag(one, "facetable", not vector) and not vector,
        retrievable=retrievable or key,
        dimensions=_dimensions(one, path) if vector else None,
    )
    flags = ("key", "searchable", "filterable", "sortable", "facetable", "retrievable")
    kept = {name: value for name, value in one.items() if value is not None and name != "hidden"}
    shown = kept | {flag: getattr(made, flag) for flag in flags}
    return made, shown | ({"searchable": True} if vector else {})


def _dimensions(one: Mapping[str, Any], path: str) -> int:
    found = one.get("dimensions")
    if not isinstance(found, int) or not 2 <= found <= 4_096:
        raise invalid(f"The vector field '{path}' must have dimensions from 2 to 4,096.")
    if not one.get("vectorSearchProfile"):
        raise invalid(f"The vector field '{path}' must have the property 'vectorSearchProfile' set.")
    return found


def _flag(one: Mapping[str, Any], name: str, default: bool) -> bool:
    value = one.get(name)
    if value is None:
        return default
    if not isinstance(value, bool):
        raise invalid(f"The property '{name}' of a field must be true or false.")
    return value


def compatible(old: Definition, new: Definition) -> None:
    """Raises where an index with documents cannot become *new*: fields are added, never changed.

    Raises
    ------
    ServiceFailure
        Naming the first field.
    """
    for top in old.fields.values():
        for leaf in top.leaves():
            try:
                other = new.at(leaf.path)
            except ServiceFailure:
                other = None
            if other is None or (other.type, other.key, other.dimensions) != (leaf.type, leaf.key, leaf.dimensions):
                raise invalid(
                    f"Existing field '{leaf.path}' cannot be changed or deleted. Delete the index and make it anew, or "
                    "give the field another name."
                )
