"""What each library can show of a frame, and what it writes down while it runs: all of it, into one folder."""

from __future__ import annotations

import pprint
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

__all__ = ["Library", "library"]

Columns = Mapping[str, Sequence[Any]]


class Library(AbstractContextManager["Library"], ABC):
    """One library under one way of running, for the time of a job."""

    name: str
    pickles = True  # whether its frames can be pickled
    slow = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    @abstractmethod
    def build(self, columns: Columns) -> Any:
        """A frame of two partitions."""

    @abstractmethod
    def rows(self, frame: Any, column: str) -> list[Any]:
        """One computed column."""

    def show(self, frame: Any, way: str) -> None:
        """Prints or writes down whatever the library tells of a frame before it is computed."""
        print(frame)
        print(frame._repr_html_())

    def finish(self) -> None:
        """Writes down what the library kept while it ran, before it ends."""
        return

    def write(self, name: str, content: object) -> None:
        path = self.folder / "shown" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else pprint.pformat(content, width=200)
        path.write_text(text, "utf-8", "replace")


class Pandas(Library):
    name = "pandas"

    def build(self, columns: Columns) -> Any:
        import pandas as pd

        return pd.DataFrame(columns)

    def rows(self, frame: Any, column: str) -> list[Any]:
        return list(frame[column])

    def show(self, frame: Any, way: str) -> None:
        super().show(frame, way)
        frame.info()
        print(frame.attrs, frame.to_json())


def library(name: str, folder: Path) -> Library:
    """The library called *name*, not started yet."""
    if name == "pandas":
        return Pandas(folder)
    if name.startswith("dask"):
        from planted.on_dask import DASK

        return DASK[name](folder)
    from planted.on_spark import Spark

    return Spark(name, folder)
