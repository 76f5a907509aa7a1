"""Any web service: the verb `http`, whose requests are made from templates and columns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from dfai_core.errors import ConfigError
from dfai_core.service import Bound, Column, Document, Exchange, Limits, Option, Service, Wiring
from dfai_core.services.web.arguments import (
    body_given,
    check_literals,
    headers_of,
    mapping_of,
    method_of,
    origins_of,
    sealed_values,
    url_of,
    with_safe_secrets,
)
from dfai_core.services.web.batch import Batch, named
from dfai_core.services.web.body import KINDS
from dfai_core.services.web.exchange import exchange_of, fingerprint_of
from dfai_core.services.web.going_on import Pages, Poll, pages_of, poll_of
from dfai_core.services.web.parsing import fields_of
from dfai_core.services.web.reading import CONTENT, HEADERS, Reading, Statuses, statuses
from dfai_core.services.web.recipe import Recipe
from dfai_core.services.web.values import Columns
from dfai_core.whole import IDEMPOTENT_METHODS, SAFE_METHODS, Whole

__all__ = ["HTTP", "Wire"]

# A row's own request: bodies are counted where rows share one, and nobody says how large a single one may be.
_ROOM_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Wire:
    """Makes the exchange of one call. It travels, so it is a value and no function inside another."""

    recipe: Recipe
    accepts: Statuses
    reading: Reading
    pages: Pages | None = None
    poll: Poll | None = None
    batch: Batch | None = None

    def __call__(self, wiring: Wiring) -> Exchange:
        request = self._one if self.batch is None else self._several
        reading = replace(self.reading, include=wiring.include)
        return exchange_of(request, self.accepts, reading, self.pages, self.poll)

    def _one(self, documents: Sequence[Document]) -> Whole:
        return self.recipe.of(documents[0])

    def _several(self, documents: Sequence[Document]) -> Whole:
        assert self.batch is not None
        columns = self.batch.columns
        rows = [dict(zip(columns, document, strict=True)) for document in documents]
        return self.recipe.changed(self.batch.request(rows))

    def fingerprint(self) -> str:
        """What equal calls have in common; a call with functions that have no name is like no other."""
        functions: list[str] = []
        if self.batch is not None:
            functions = [named(function) or uuid.uuid4().hex for function in (self.batch.request, self.batch.answers)]
        return fingerprint_of(
            self.recipe.plain(),
            sorted(self.accepts.classes),
            sorted(self.accepts.codes),
            [(field.name, field.path.text, str(field.type), field.word) for field in self.reading.fields],
            None if self.pages is None else (self.pages.next, self.pages.items, self.pages.most),
            None if self.poll is None else (self.poll.status, self.poll.done, self.poll.failed),
            functions,
        )


def _bound(
    service: Service,
    find: Callable[[Hashable], Hashable],
    known: Sequence[Hashable],
    url: Any,
    options: Mapping[str, Any],
) -> Bound:
    """The service of one call, and the columns that it reads."""
    given = dict(options)
    batch = given["batch"]
    if batch is not None and not isinstance(batch, Batch):
        raise ConfigError("batch= takes dfai.Batch(columns=…, size=…, request=…, answers=…).")
    columns = Columns(find)
    method = method_of(given["method"])
    template = url_of(url, columns, known)
    recipe = Recipe(
        method=method,
        url=template,
        params=columns.replaced(sealed_values(mapping_of("params", given["params"]), "params")),
        headers=columns.replaced(headers_of(given["headers"], given["auth"])),
        body=columns.replaced(body_given({name: given[name] for name in KINDS if given[name] is not None})),
        origins=origins_of(given["origins"]),
    )
    if batch is not None:
        if columns.names:
            raise ConfigError(
                "with batch= its own function takes the rows' values: url, params and the rest name none."
            )
        for name in batch.columns:
            columns.taken(name)
        columns.required = set()
    if not columns.names:
        raise ConfigError(
            'nothing in this request comes from a column: write {name} into the url, or dfai.col("name") elsewhere.'
        )
    recipe = with_safe_secrets(recipe, by_function=batch is not None)
    check_literals(recipe)
    pages, poll = pages_of(given["pages"]), poll_of(given["poll"])
    if pages is not None and method not in SAFE_METHODS:
        raise ConfigError("pages= goes on with GET: it needs method='GET'.")
    wire = Wire(
        recipe, statuses(given["ok"]), Reading(fields_of(given["parse"]), (), _answers(batch)), pages, poll, batch
    )
    fields = tuple(
        Column(f"_{field.name}", field.type, f"{field.path.text} of the answer.") for field in wire.reading.fields
    )
    idempotent = given["idempotent"]
    bound = replace(
        service,
        inputs=tuple(f"column {place}" for place in range(len(columns.names))),
        nullable=frozenset(f"column {place}" for place in range(len(columns.names)) if place not in columns.required),
        columns=service.columns + fields,
        options=(),
        limits={"web": _limits(batch)},
        operation=f"{method} {wire.fingerprint()}",
        wire=wire,
        bind=None,
        shareable=method in SAFE_METHODS if idempotent is None else bool(idempotent),
        repeatable=method in IDEMPOTENT_METHODS if idempotent is None else bool(idempotent),
    )
    return Bound(bound, tuple(columns.names))


def _answers(batch: Batch | None) -> Callable[[int, Mapping[str, str], bytes], Sequence[Any]] | None:
    return None if batch is None else batch.answers


def _limits(batch: Batch | None) -> Limits:
    if batch is None:
        return Limits(1, None, _ROOM_BYTES, "one request a row")
    return Limits(batch.size, None, batch.max_bytes, "the caller's own: batch=")


def _anything(_: str, value: Any) -> Any:
    return value


def _unbound(_: Wiring) -> Exchange:
    raise TypeError("what is asked is only known of a call")


def _method_option(_: str, value: Any) -> str:
    return method_of(value)


HTTP = Service(
    name="http",
    family="web",
    noun="response",
    inputs=("url",),
    columns=(
        Column("", pa.string(), "The body of the answer, as text: in the charset that it says, or UTF-8."),
        Column("_status", pa.int64(), "The HTTP status of the answer."),
    ),
    options=(
        Option("method", "request", "GET", _method_option),
        *(
            Option(name, "request", None, _anything)
            for name in ("params", "headers", "json", "data", "content", "files", "auth", "parse")
        ),
        Option("ok", "request", "2xx", _anything),
        *(Option(name, "request", None, _anything) for name in ("pages", "poll", "batch")),
        Option("origins", "request", (), _anything),
        Option("idempotent", "request", None, _anything),
    ),
    limits={"web": Limits(1, None, _ROOM_BYTES, "one request a row")},
    operation="HTTP",
    wire=_unbound,
    api_version="",
    includes={"headers": HEADERS, "content": CONTENT},
    known_as=("HTTPTransformer", "SimpleHTTPTransformer", "http_udf", "request"),
    web=True,
    reads="any",
    bind=_bound,
)
