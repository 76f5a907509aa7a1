"""Personal data: found, and masked in the text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Column, Exchange, Option, Part, Service, Values, Wiring
from dfai_core.services.language.entities import ENTITY, entity, moved
from dfai_core.services.language.wire import API_VERSION, LANGUAGE, RECORDS, analyze_text, limits

__all__ = ["REDACT_PII"]


def _categories(name: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable) or not all(isinstance(item, str) for item in value):
        raise ConfigError(f'{name}={value!r}: expected a list of categories, such as ["Email", "PhoneNumber"].')
    return tuple(value)


def _domain(name: str, value: Any) -> str:
    if value in ("none", "phi"):
        return str(value)
    raise ConfigError(f"{name}={value!r}: choose 'none' or 'phi' (health data).")


def _wire(wiring: Wiring) -> Exchange:
    entities = "entities" in wiring.include
    parameters: dict[str, Any] = {"domain": wiring.options["domain"]}
    if wiring.options["categories"]:
        parameters["piiCategories"] = list(wiring.options["categories"])

    def row(document: dict[str, Any]) -> Values:
        if entities:
            return (document["redactedText"], [entity(found) for found in document["entities"]])
        return (document["redactedText"],)

    return analyze_text(wiring, "PiiEntityRecognition", row, _merge, parameters=parameters)


def _merge(parts: Sequence[Part]) -> Values:
    text = "".join(part.text if part.values is None else part.values[0] for part in parts)
    width = max(len(part.values) for part in parts if part.values is not None)
    return (text, moved(parts, 1)) if width > 1 else (text,)


REDACT_PII = Service(
    name="redact_pii",
    family="language",
    noun="redacted",
    inputs=("text",),
    columns=(Column("", pa.string(), "The text with personal data masked by asterisks."),),
    includes={"entities": Column("_entities", pa.list_(ENTITY), "What was masked, with category and place.")},
    options=(
        LANGUAGE,
        Option("categories", "request", (), _categories),
        Option("domain", "request", "none", _domain),
    ),
    limits=limits(5, 200),
    operation="PiiEntityRecognition",
    wire=_wire,
    api_version=API_VERSION,
    billing=RECORDS,
    known_as=("recognize_pii_entities", "PII", "mask"),
)
