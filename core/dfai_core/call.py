"""A call: one verb on one frame, resolved and frozen. This is what travels to workers."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pyarrow as pa

from dfai_core.by_column import Col, col
from dfai_core.errors import ConfigError
from dfai_core.flow.budget import BudgetSpec
from dfai_core.service import Service, Wiring
from dfai_core.settings import Config
from dfai_core.store import StoreSpec, has_folders

__all__ = ["INDEX", "Call", "Col", "col"]


@dataclass(frozen=True, slots=True)
class _Index:
    """A frame's index in the place of a column, where its library has one."""

    def __repr__(self) -> str:
        return "the index"

    def __reduce__(self) -> str:
        return "INDEX"


INDEX = _Index()


@dataclass(frozen=True, slots=True)
class Call:
    """A service with its options, the columns it reads and writes, and the settings it was made under.

    *inputs* are the columns with the data, then those of the options in *varying*, then those by which rows are
    gathered and the one with their times, then (with *fill*) the existing answer columns: the order in which a backend
    hands them over. Where the service gathers rows, those with equal values in *by* come one after the other, and none
    of them elsewhere. *budget* says who keeps the limits where several processes work on the call; None: each process
    for itself.
    """

    service: Service
    inputs: tuple[Any, ...]
    output: str
    include: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    varying: tuple[tuple[str, Any], ...] = ()  # (option, column)
    by: tuple[Any, ...] = ()  # columns whose values make a group, where the service gathers rows
    order: Any = None  # the column with the times, or INDEX; None: as the rows come
    prior: tuple[Any, ...] = ()  # existing answer columns, only with if_exists="fill"
    config: Config = field(default_factory=Config)
    trace: str | None = None  # the trace in which it was made, as W3C writes it (traceparent)
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    budget: BudgetSpec | None = None
    part_of: str | None = None  # the id of the call that it is a part of, whose counters it adds to

    @property
    def schema(self) -> pa.Schema:
        """The answer's columns."""
        return self.service.schema(self.output, self.include)

    @property
    def columns(self) -> tuple[Any, ...]:
        """The frame's columns that a backend hands over, in order; one may stand there twice."""
        order = () if self.order is None else (self.order,)
        return (*self.inputs, *(column for _, column in self.varying), *self.by, *order, *self.prior)

    def reads_at(self, place: int) -> str:
        """What the column at *place* among `columns` should hold, where its Python objects do not say it themselves."""
        is_option = 0 <= place - len(self.inputs) < len(self.varying)
        return "any" if is_option else self.service.reads

    @property
    def first_option(self) -> int:
        """Where in a document the options that vary stand."""
        return len(self.inputs) if self.service.gather is None else 2

    @property
    def target_kind(self) -> str:
        """The kind of the target that answers this service."""
        return self.config.target.resolve(self.service).kind

    def wiring(self) -> Wiring:
        """What the service must know to prepare requests."""
        return Wiring(
            options=self.options,
            varying=tuple(name for name, _ in self.varying),
            include=self.include,
            api_version=self.config.api_version or self.service.api_version,
            model_version=self.config.model_version,
            keep_logs=self.config.service_logs == "on",
            target_kind=self.target_kind,
            private_urls=self.config.private_urls == "allow",
        )

    def in_application(self, name: str) -> Call:
        """This call with the store that application *name* has on this host, unless it was told which to use.

        For backends that evaluate plans again: for a sort by the answer, a second action, a task that is tried again.
        """
        store = self.config.store
        if not isinstance(store, StoreSpec) or store.kind != "default" or not has_folders():
            return self
        return replace(self, config=replace(self.config, store=StoreSpec("application", name)))

    def shipped(self) -> Call:
        """This call as it may leave the process; ConfigError where a secret would be pickled with it."""
        store = self.config.store
        if store is not None and not isinstance(store, StoreSpec):
            raise ConfigError(
                f"store= holds a live {type(store).__name__}, which cannot travel to other processes: "
                'name a folder or "redis://host", and each opens its own.'
            )
        return replace(self, config=replace(self.config, target=self.config.target.shipped()))
