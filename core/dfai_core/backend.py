"""What a backend must do. Ours use nothing that a third party's could not."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

from dfai_core.call import Call
from dfai_core.errors import BackendNotFound
from dfai_core.report import Channel, Counters

__all__ = [
    "Backend",
    "Building",
    "Fetching",
    "Form",
    "Function",
    "Heading",
    "Parameter",
    "Registering",
    "Reporting",
    "Rolling",
    "Run",
    "Surveying",
    "Typed",
    "backend_of",
    "backends",
]


class Run(Protocol):
    """What a backend applies to a frame's rows: as many rows out as in, in the same order.

    *batches* is a list where all rows are at hand, which lets the core look ahead. Answers need not come in the batches
    in which rows went in. *watch* is called in the caller's thread while it waits, about ten times a second: what it
    raises ends the call and takes back what was asked. It is for libraries whose threads hear of an interrupt only when
    they look.
    """

    def __call__(
        self,
        call: Call,
        batches: Iterable[pa.RecordBatch],
        /,
        *,
        watch: Callable[[Counters], None] | None = None,
    ) -> Iterator[pa.RecordBatch]:
        """The answers' columns, `Call.schema`; *batches* hold the call's, `Call.columns`, in order."""
        ...


class Backend(Protocol):
    """Serves the frames of one library; found by the entry-point group ``dfai.backends``.

    The entry point's name is the top module of the frame's class. Importing a backend must not import its
    library: that happens when a frame of it is seen.
    """

    name: str
    ordered: bool
    """Whether the rows of a frame have an order."""
    trigger: str
    """The module after whose import the accessor is put on the library's frames."""

    def attach(self, name: str, frame: Callable[[Any], Any], series: Callable[[Any], Any] | None) -> str | None:
        """Puts an accessor called *name* on the library's classes; who holds the name already, if someone does."""
        ...

    def detach(self, name: str) -> None:
        """Takes whatever is called *name* off the library's classes, so that `attach` may take its place."""
        ...

    def declines(self, frame: Any) -> str | None:
        """Why this backend cannot serve *frame*, with the remedy; None for a frame that it serves."""
        ...

    def is_lazy(self, frame: Any) -> bool:
        """Whether *frame* is computed later: then nothing is sent by a verb itself."""
        ...

    def columns(self, frame: Any) -> Sequence[Hashable]:
        """The frame's column names, repeated ones as often as they stand there."""
        ...

    def index_of_times(self, frame: Any) -> bool:
        """Whether *frame* has an index, and it holds times."""
        ...

    def same_name(self, frame: Any) -> Callable[[Hashable], Hashable]:
        """Brings names to the form in which this library compares them (Spark may ignore case)."""
        ...

    def kind(self, frame: Any, column: Hashable) -> str:
        """What a column holds: "text", "bytes", "unknown" where only the values tell; or a word and its type.

        "numbers: <its type>", "structs: <its type>", "lists: <its type>", "other: <its type>": the type as the library
        spells it, since it stands in messages.
        """
        ...

    def apply(self, frame: Any, call: Call, run: Run, drop: Sequence[Hashable]) -> Any:
        """A new frame without the columns *drop* and with the call's answer columns, in order.

        Where the call's service gathers rows, *run* must be given those of a group one after the other.

        A dropped column that the answer has again keeps its place where the library can do that cheaply.
        """
        ...

    def pick(self, frame: Any, column: Hashable) -> Any:
        """One column of *frame* as the library's own series; only where it has one."""
        ...

    def framed(self, series: Any) -> tuple[Any, Hashable]:
        """A frame of one column out of a series, and the column's name."""
        ...


@runtime_checkable
class Reporting(Protocol):
    """What a backend may do besides: bring home what is counted in its workers.

    Without it a call works all the same, and its report says that it may lack what other processes counted.
    """

    def channel(self, frame: Any) -> Channel | None:
        """How counters come home from wherever *frame* will be computed; for equal ways the same object.

        None where it is computed in the process that made the call: they are at home. A backend that is also
        `Registering` is asked the same of its sessions.
        """
        ...


@runtime_checkable
class Building(Protocol):
    """What a backend may do besides: make a frame, for those whose rows come from nowhere else."""

    def build(self, table: pa.Table, session: Any) -> Any:
        """A frame of *table*; *session* is the library's own, or None."""
        ...


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a `Function`. Its value for a row comes from a column or is the same for all.

    An input that may be given as bytes or by what leads to them is two parameters: this one, of bytes, and *path*, the
    name of another, of text, which stands behind all others. *call* reads a struct of both, ``path`` and ``content``.
    """

    name: str
    type: pa.DataType
    required: bool = True
    default: Any = None  # None: the service's own
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """Another call of a `Function`, for rows that give *parameter* and none of the inputs in whose place it stands.

    *call* reads those of the function's parameters that are its inputs and options, in their order.
    """

    parameter: str
    call: Call
    run: Run


@dataclass(frozen=True, slots=True)
class Function:
    """A verb under a name of its own, for languages in which functions of columns have names, as SQL's have.

    *call* reads the parameters, in their order, as its columns; what it answers becomes one struct, *fields*. Where the
    verb has other *forms*, each has a call of its own.
    *refusal* says why the function cannot be called here: it is there all the same, to say so.
    """

    name: str
    comment: str
    parameters: tuple[Parameter, ...]
    fields: pa.Schema
    call: Call
    run: Run
    refusal: str | None = None
    forms: tuple[Form, ...] = ()


@runtime_checkable
class Registering(Protocol):
    """What a backend may do besides: give verbs names in a session of its library."""

    def register(self, session: Any, functions: Sequence[Function]) -> None:
        """Makes *functions* known in *session*, all or none; earlier ones of ours by the same names are replaced.

        Raises
        ------
        ConfigError
            For a name that somebody else's function has, and for what is no session.
        """
        ...


@runtime_checkable
class Typed(Protocol):
    """What a backend may do besides: tell the types of a frame's columns before anything is computed."""

    def schema(self, frame: Any) -> pa.Schema:
        """The columns by name, in order; of the type null where only the values tell."""
        ...


@runtime_checkable
class Rolling(Protocol):
    """What a backend may do besides: answer each row of a stream together with the rows before it."""

    def rolling(self, frame: Any, call: Call, run: Run, points: int) -> Any:
        """*frame* with the call's answers: each row is the last of a group of at most *points* before it.

        *call* reads one column and has an order; rows with equal values in its *by* are a series.
        """
        ...


@runtime_checkable
class Fetching(Protocol):
    """What a backend may do besides: bring some columns of a frame into this process."""

    def fetched(self, frame: Any, call: Call, most_rows: int) -> pa.RecordBatch | None:
        """The columns that *call* reads, computed if need be, and no others; None where there are more rows.

        They are as `apply` hands them over, but rows of a group may stand anywhere.
        """
        ...


@runtime_checkable
class Heading(Protocol):
    """What a backend may do besides: look at the first rows of a frame, and leave the others alone."""

    def head(self, frame: Any, columns: Sequence[Hashable], rows: int) -> dict[Hashable, list[Any]]:
        """The first *rows* rows of *columns*, computed if need be, as the library hands values to Python.

        As few other rows are computed as the library lets one.
        """
        ...

    def like(self, frame: Any, values: Mapping[Hashable, Sequence[Any]]) -> Any:
        """A frame of the same kind as *frame* that holds *values*, some of its columns, and no other rows.

        What is lazy about *frame* has been computed for it already.
        """
        ...


@runtime_checkable
class Surveying(Protocol):
    """What a backend may do besides: find out something about all rows of a frame, and keep none of them."""

    def surveyed(
        self,
        frame: Any,
        call: Call,
        survey: Callable[[Call, Iterable[pa.RecordBatch]], pa.RecordBatch],
        join: Callable[[Iterable[pa.RecordBatch]], pa.RecordBatch],
        schema: pa.Schema,
    ) -> pa.RecordBatch:
        """What *survey* says of the rows that *call* would read in each partition, brought together by *join*.

        Both give one row of *schema*. Rows of a group come one after the other, as for `Backend.apply`. The frame is
        read once, these columns alone; what the partitions say is joined where they are, so that little comes here.
        """
        ...

    def sampled(self, frame: Any, rows: int) -> tuple[Any, int]:
        """About so many rows of *frame*, the same ones each time, and how many it has in all."""
        ...


@cache
def backends() -> dict[str, EntryPoint]:
    """Installed backends by the top module of the frames they serve."""
    return {point.name: point for point in entry_points(group="dfai.backends")}


def backend_of(frame: object) -> Backend:
    """The backend of *frame*, or of the nearest library that its class derives from.

    Raises
    ------
    BackendNotFound
        Naming the installed backends.
    """
    for cls in type(frame).__mro__:  # a GeoDataFrame is served as pandas
        if point := backends().get(cls.__module__.partition(".")[0]):
            backend: Backend = point.load()
            return backend
    kind = f"{type(frame).__module__}.{type(frame).__qualname__}"
    near = difflib.get_close_matches(kind.partition(".")[0], backends(), n=1)
    hint = f" Did you mean a {near[0]} frame?" if near else ""
    raise BackendNotFound(f"no backend for a {kind}; installed: {', '.join(sorted(backends()))}.{hint}")
