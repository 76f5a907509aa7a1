"""Public service contracts (Swagger 2.0) as JSON Schema, so that any test can hold an answer against them.

The contracts are data beside the project; tests that need them are skipped where they are absent.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

__all__ = ["CONTRACTS", "check", "definition", "example", "faults", "load"]

CONTRACTS = Path(__file__).resolve().parents[2] / "shared" / "contracts"
Schema = dict[str, Any]


def load(path: str) -> Any:
    """A JSON file of the contracts; without them, the test that asks is skipped."""
    if not CONTRACTS.is_dir():
        pytest.skip("the public contracts are not beside the project")
    return json.loads((CONTRACTS / path).read_text("utf-8"))


def example(path: str) -> Any:
    """An upstream example: ``parameters`` of the request, ``responses`` by status."""
    return load(path)


def check(value: object, contract: str, name: str) -> None:
    """Fail the test unless *value* is what definition *name* of the contract file describes, and nothing more."""
    found = faults(value, contract, name)
    assert not found, "\n".join(found)


def faults(value: object, contract: str, name: str) -> list[str]:
    """How *value* departs from a definition, each with its place."""
    validator = _validator(contract, name)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(value)]


@functools.cache
def _validator(contract: str, name: str) -> jsonschema.Draft202012Validator:
    schema = {"$ref": f"#/definitions/{name}", "definitions": definitions(load(contract)["definitions"])}
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def definition(contract: str, name: str) -> Schema:
    """One definition of a contract as JSON Schema; its references point to its neighbours."""
    found: Schema = definitions(load(contract)["definitions"])[name]
    return found


def definitions(swagger: dict[str, Schema]) -> dict[str, Schema]:
    """Swagger's definitions as JSON Schema 2020-12.

    Open enumerations (``modelAsString``) take any string. An object has no undeclared properties. A base with
    a discriminator is what its property says it is: one of the definitions derived from it.
    """
    found: dict[str, Schema] = {}
    extended = {part.get("$ref") for written in swagger.values() for part in written.get("allOf", ())}
    for name, written in swagger.items():
        plain = _converted(written)
        if "discriminator" not in written:
            found[name] = _closed(plain)
            if f"#/definitions/{name}" in extended:
                found[f"{name}.plain"] = plain
            continue
        found[f"{name}.plain"] = plain
        derived = {
            other.get("x-ms-discriminator-value", key): key
            for key, other in swagger.items()
            if {"$ref": f"#/definitions/{name}"} in other.get("allOf", ())
        }
        key = written["discriminator"]
        cases = [
            {
                "if": {"properties": {key: {"const": value}}, "required": [key]},
                "then": {"$ref": f"#/definitions/{child}"},
            }
            for value, child in derived.items()
        ]
        known = {"properties": {key: {"enum": list(derived)}}, "required": [key]}
        found[name] = {"allOf": [{"$ref": f"#/definitions/{name}.plain"}, known, *cases]}
    bases = {name.removesuffix(".plain") for name in found if name.endswith(".plain")}
    for name, schema in found.items():
        if name not in bases:
            schema["allOf"] = [_plain(part, bases) for part in schema.get("allOf", ())]
    return found


def _plain(part: Schema, bases: set[str]) -> Schema:
    """A derived definition takes its base's properties, not the base's choice among derived ones."""
    name = part.get("$ref", "").removeprefix("#/definitions/")
    return {"$ref": f"#/definitions/{name}.plain"} if name in bases else part


def _closed(schema: Schema) -> Schema:
    if ("properties" in schema or "allOf" in schema) and "additionalProperties" not in schema:
        return {**schema, "unevaluatedProperties": False}
    return schema


def _converted(written: Any) -> Any:
    if isinstance(written, list):
        return [_converted(part) for part in written]
    if not isinstance(written, dict):
        return written
    if "properties" in written and isinstance(written["properties"], dict):
        properties = {name: _converted(held) for name, held in written["properties"].items()}
        rest = _converted({key: held for key, held in written.items() if key != "properties"})
        return {**rest, "properties": properties}
    left_out = {"description", "title", "discriminator", "readOnly", "example", "externalDocs", "default"}
    converted = {
        key: _converted(held) for key, held in written.items() if key not in left_out and not key.startswith("x-")
    }
    if written.get("x-ms-enum", {}).get("modelAsString"):
        converted.pop("enum", None)
    for bound in ("Minimum", "Maximum"):
        if written.get(f"exclusive{bound}") is True:
            converted[f"exclusive{bound}"] = converted.pop(bound.lower())
    if written.get("x-nullable") or written.get("nullable"):
        return {"anyOf": [converted, {"type": "null"}]}
    return converted
