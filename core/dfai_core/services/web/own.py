"""Services of users' own: a name, columns, and two functions, in about twenty lines."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import pyarrow as pa

from dfai_core import service as core
from dfai_core.blame import where_from
from dfai_core.errors import ConfigError
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Option, Values, Wiring
from dfai_core.services.web.arguments import (
    check_literals,
    headers_of,
    mapping_of,
    origins_of,
    sealed_values,
    url_of,
    with_safe_secrets,
)
from dfai_core.services.web.batch import named
from dfai_core.services.web.exchange import exchange_of, fingerprint_of
from dfai_core.services.web.going_on import Pages, Poll, pages_of, poll_of
from dfai_core.services.web.parsing import flat_type
from dfai_core.services.web.reading import statuses, text_in
from dfai_core.services.web.recipe import Recipe
from dfai_core.services.web.values import Columns
from dfai_core.settings import Settings
from dfai_core.transports.base import Answer
from dfai_core.whole import Whole

__all__ = ["Response", "Service"]

_OURS = {*Settings.__annotations__, "service", "include", "output", "if_exists", "settings"}


@dataclass(frozen=True, slots=True)
class Response:
    """What a service answered: a status that counts as an answer, headers by names in any case, and the body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body as text, in the charset that it says or else UTF-8."""
        return text_in(Answer(self.status, self.headers, self.content))

    def json(self) -> Any:
        """The body as JSON.

        Raises
        ------
        ValueError
            Where it is none.
        """
        return orjson.loads(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A service of your own: ``df.ai.call(service, "column", option=…)`` has all that other verbs have.

    Parameters
    ----------
    name
        What reports, errors and plans call it.
    inputs
        What *request* calls the values of each row; as many columns are given to ``call``, in this order.
    columns
        What it answers, with Arrow types: the first is the headline, the others follow it with their names.
    request
        Makes one request of a list of documents, each a dictionary by *inputs*, and of the options: a mapping with some
        of httpx's names (``method``, GET unless it says otherwise, ``url``, ``headers``, ``params``, ``json``,
        ``data``, ``content``, ``files``).
    answers
        Makes of a `Response` a list with an answer for each document, in order: a value where there is one column, else
        a dictionary by *columns*; a `Failure` for one that is refused, None for one that is missing.
    options
        Names and defaults. A call may give others, of the same type, or take them from a column; a request has one
        value of each.
    url, headers, params, auth
        The same for all requests; *request* may say more. Secrets as in ``http``: they go to the host of *url*, or to
        those in *origins*.
    max_documents, max_bytes
        What a request may hold.
    counts
        What ``rate_per_s`` counts: "requests" or "documents".
    idempotent
        Whether equal rows may share a request, answers may be kept, and a request may be sent again after a failure
        that leaves open whether it was carried out. Say True for what only computes.
    nullable
        Inputs that may be null. A row is not asked where another is.
    ok, pages, poll, origins
        As in ``http``.
    version
        Changes whenever the same question would be answered otherwise, so that a store's older answers are not taken.

    Raises
    ------
    ConfigError
        At once, for what makes no service.

    Notes
    -----
    Functions travel to workers: give ones that can be imported there, best from a module of your own.
    """

    name: str
    inputs: Sequence[str]
    columns: Mapping[str, pa.DataType]
    request: Callable[[list[dict[str, Any]], Mapping[str, Any]], Mapping[str, Any]]
    answers: Callable[[Response], Sequence[Any]]
    options: Mapping[str, Any] = field(default_factory=dict)
    url: str | None = None
    headers: Mapping[str, Any] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    auth: Any = None
    max_documents: int = 1
    max_bytes: int = 1_000_000
    counts: str = "requests"
    idempotent: bool = False
    nullable: Sequence[str] = ()
    ok: str | int | Sequence[str | int] = "2xx"
    pages: str | Pages | None = None
    poll: Poll | None = None
    origins: str | Sequence[str] = ()
    version: str = "1"

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.isidentifier():
            raise ConfigError(f"Service(name={self.name!r}): expected a name such as 'geocode'.")
        for names, words in (("inputs", self.inputs), ("columns", list(self.columns)), ("options", list(self.options))):
            if isinstance(words, str) or not all(isinstance(word, str) and word.isidentifier() for word in words):
                raise ConfigError(f"Service({names}={words!r}): expected names, such as ['address'].")
            if len(set(words)) < len(words):
                raise ConfigError(f"Service({names}={words!r}): a name stands there twice.")
        if not self.inputs or not self.columns:
            raise ConfigError("a Service has at least one of inputs= and one of columns=.")
        if taken := _OURS.intersection(self.options):
            raise ConfigError(f"Service(options=…): {min(taken)!r} is the name of a setting already.")
        if stray := set(self.nullable).difference(self.inputs):
            raise ConfigError(f"Service(nullable=…): {min(stray)!r} is not among inputs=.")
        for name in ("max_documents", "max_bytes"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise ConfigError(f"Service({name}={value!r}): expected a whole number from 1.")
        if self.counts not in ("requests", "documents"):
            raise ConfigError(f"Service(counts={self.counts!r}): choose 'requests' or 'documents'.")
        for name in ("request", "answers"):
            if not callable(getattr(self, name)):
                raise ConfigError(f"Service({name}=…): expected a function.")
        # What is a secret is masked from here on, however it was written down.
        object.__setattr__(self, "headers", headers_of(self.headers, self.auth))
        object.__setattr__(self, "params", sealed_values(mapping_of("params", self.params), "params"))
        object.__setattr__(self, "auth", None)
        self.declared()

    def declared(self) -> core.Service:
        """The declaration that the core works with."""
        noun, *others = self.columns
        wire = _Wire(self, self._recipe())
        statuses(self.ok)
        return core.Service(
            name=self.name,
            family="web",
            noun=noun,
            inputs=tuple(self.inputs),
            columns=(
                Column("", flat_type(self.columns[noun]), f"What {self.name} answers."),
                *(Column(f"_{name}", flat_type(self.columns[name]), f"Its {name}.") for name in others),
            ),
            options=tuple(Option(name, "request", default, _like(default)) for name, default in self.options.items()),
            limits={
                "web": Limits(self.max_documents, None, self.max_bytes, "the caller's own", counts=self.counts)  # type: ignore[arg-type]  # checked
            },
            operation=wire.fingerprint(),
            wire=wire,
            api_version=self.version,
            web=True,
            reads="any",
            nullable=frozenset(self.nullable),
            shareable=self.idempotent,
            repeatable=self.idempotent,
        )

    def _recipe(self) -> Recipe:
        constant = Columns(_no_column)
        recipe = Recipe(
            method="GET",
            url=None if self.url is None else url_of(self.url, constant, ()),
            params=constant.replaced(self.params),
            headers=constant.replaced(self.headers),
            origins=origins_of(self.origins),
        )
        recipe = with_safe_secrets(recipe, by_function=True)
        check_literals(recipe)
        return recipe


@dataclass(frozen=True, slots=True)
class _Wire:
    """Makes the exchange of one call."""

    own: Service
    recipe: Recipe

    def __call__(self, wiring: Wiring) -> Exchange:
        pages, poll = pages_of(self.own.pages), poll_of(self.own.poll)
        making = _Making(self, {name: wiring.options.get(name) for name in self.own.options})
        return exchange_of(making, statuses(self.own.ok), self.read, pages, poll)

    def read(self, answer: Answer, count: int) -> list[Values | Failure | None]:
        """The answers of *count* documents."""
        try:
            listed = self.own.answers(Response(answer.status, answer.headers, answer.body))
        except Exception as error:  # noqa: BLE001  the user's own function: asking again would not mend it
            return [Failure("bad_answer", f"answers= failed: {where_from(error)}", answer.status)] * count
        if not isinstance(listed, Sequence) or isinstance(listed, (str, bytes)) or len(listed) != count:
            found = f"{len(listed)} answers" if isinstance(listed, Sequence) else f"a {type(listed).__name__}"
            return [Failure("bad_answer", f"answers= gave {found} for {count} documents", answer.status)] * count
        return [self._values(item, answer.status) for item in listed]

    def _values(self, item: Any, status: int) -> Values | Failure | None:
        columns = self.own.columns
        if item is None or isinstance(item, Failure):
            return item
        if isinstance(item, Mapping) and (len(columns) > 1 or item.keys() == columns.keys()):
            if item.keys() <= columns.keys():
                return tuple(item.get(name) for name in columns)
        elif len(columns) == 1:
            return (item,)
        return Failure("bad_answer", f"answers= must give {', '.join(columns)} for each document", status)

    def fingerprint(self) -> str:
        """What equal services have in common; one with functions that have no name is like no other."""
        own = self.own
        functions = [named(function) or uuid.uuid4().hex for function in (own.request, own.answers)]
        accepts, pages, poll = statuses(own.ok), pages_of(own.pages), poll_of(own.poll)
        return fingerprint_of(
            functions,
            own.inputs,
            self.recipe.plain(),
            sorted(accepts.classes),
            sorted(accepts.codes),
            None if pages is None else (pages.next, pages.items, pages.most),
            None if poll is None else (poll.status, poll.done, poll.failed),
        )


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes requests with one combination of options."""

    wire: _Wire
    options: Mapping[str, Any]

    def __call__(self, documents: Sequence[Document]) -> Whole:
        own = self.wire.own
        rows = [dict(zip(own.inputs, document, strict=True)) for document in documents]
        return self.wire.recipe.changed(own.request(rows, dict(self.options)))


def _no_column(name: Any) -> Any:
    raise ConfigError(f"a Service's own parts are the same for all rows: {name!r} cannot be a column.")


def _like(default: Any) -> Callable[[str, Any], Any]:
    return _Like(default).check


@dataclass(frozen=True, slots=True)
class _Like:
    """Takes values of the type that the default has; any, where that is None."""

    default: Any

    def check(self, name: str, value: Any) -> Any:
        kind = type(self.default)
        if self.default is None or type(value) is kind:
            return value
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        raise ConfigError(f"{name}={value!r}: expected a {kind.__name__}, as {self.default!r} is.")
