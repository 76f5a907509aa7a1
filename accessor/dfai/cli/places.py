"""Files, folders, wildcards and URLs on the command line: which files they mean, and what these are."""

from __future__ import annotations

import gzip
import lzma
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import unquote

from dfai_core.errors import ConfigError
from dfai_core.media.files import local_path, scheme_of

__all__ = ["FORMATS", "Place", "format_of", "found", "place_of"]

FORMATS = {
    "parquet": ("parquet", "pq", "parq"),
    "csv": ("csv", "tsv"),
    "json lines": ("jsonl", "ndjson", "jsonlines", "json"),
    "arrow": ("arrow", "feather", "ipc", "arrows"),
}
"""Kinds of tables by the ends of their names."""
_PACKED = {"gz": "gzip", "bz2": "bz2", "xz": "xz", "zst": "zstd"}
_MAGIC = frozenset("*?[")
# What Hive, Spark and Dask write for a null in the name of a folder.
_NULL = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True)
class Place:
    """One file: *path* within its file *system*. *folders* are values that the names of its folders give it."""

    system: Any
    path: str
    local: bool
    folders: tuple[tuple[str, str | None], ...] = field(default=())

    def __str__(self) -> str:
        if not self.local:
            return str(self.system.unstrip_protocol(self.path))
        path, here = Path(self.path), Path.cwd()
        return str(path.relative_to(here) if path.is_relative_to(here) else path)

    @property
    def name(self) -> str:
        return PurePosixPath(self.path).name

    @contextmanager
    def open(self, mode: str = "rb") -> Iterator[BinaryIO]:
        """The file; one whose name says that it is compressed is unpacked, or packed, on the way."""
        import fsspec

        pack = None
        packing = self.name.rpartition(".")[2].lower()
        if packing in _PACKED:
            pack = fsspec.compression.compr.get(_PACKED[packing])
            if pack is None:
                raise ConfigError(f"{self}: .{packing} files need a package that is not here.")
        with ExitStack() as layers:
            file = layers.enter_context(self.system.open(self.path, mode))
            try:
                yield file if pack is None else layers.enter_context(pack(file, mode=mode))
            except EOFError as error:
                raise ConfigError(f"{self} ends too early: a part of it is missing.") from error
            except (gzip.BadGzipFile, lzma.LZMAError) as error:
                raise ConfigError(f"{self} is not packed as the end of its name says.") from error


def format_of(name: str) -> str | None:
    """What the end of a file's name says that it is.

    >>> format_of("a/reviews.csv.gz"), format_of("photo.jpg"), format_of("scored.parquet")
    ('csv', None, 'parquet')
    """
    parts = name.lower().rpartition("/")[2].split(".")
    if len(parts) > 1 and parts[-1] in _PACKED:
        parts = parts[:-1]
    ending = parts[-1] if len(parts) > 1 else ""
    return next((kind for kind, endings in FORMATS.items() if ending in endings), None)


def place_of(text: str) -> Place:
    """The place that a path or a URL names, whether or not there is anything.

    Raises
    ------
    ConfigError
        For a URL that needs a package which is not here, or that nobody knows.
    """
    import fsspec

    if scheme_of(text) in ("", "file"):
        return Place(fsspec.filesystem("file"), str(local_path(text).absolute()), local=True)
    try:
        system, path = fsspec.core.url_to_fs(text)
    except (ImportError, ValueError) as error:
        raise ConfigError(f"{text}: {' '.join(str(error).split())}") from error
    return Place(system, path, local=False)


def found(patterns: Sequence[str]) -> list[Place]:
    """The files that *patterns* mean, each once: those of a pattern in the order of their names.

    Raises
    ------
    ConfigError
        Where one of them means nothing.
    """
    places: dict[str, Place] = {}
    for pattern in patterns:
        if not pattern.strip():
            raise ConfigError("the name of a FILE is empty.")
        listed = list(_listed(pattern))
        if not listed:
            raise ConfigError(_nothing(pattern))
        places.update((str(place), place) for place in listed)
    return list(places.values())


def _listed(pattern: str) -> Iterator[Place]:
    start = place_of(pattern)
    make = partial(Place, start.system, local=start.local)
    if _MAGIC.intersection(start.path) and not start.system.exists(start.path):
        names = [name for name, told in start.system.glob(start.path, detail=True).items() if told["type"] == "file"]
        yield from (make(name) for name in sorted(names))
    elif start.system.isdir(start.path):
        yield from _below(start, make)
    elif start.system.exists(start.path):
        yield start


def _below(folder: Place, make: Any) -> Iterator[Place]:
    """Files of a folder and those in it, but for what begins with a dot or a line, as marks of writers do."""
    root = folder.path.rstrip("/")
    for name in sorted(folder.system.find(root)):
        parts = PurePosixPath(name[len(root) :].lstrip("/")).parts
        if not any(part.startswith((".", "_")) or part.endswith(".unfinished") for part in parts):
            named = [part.partition("=") for part in parts[:-1] if "=" in part]
            values = ((key, None if value == _NULL else unquote(value)) for key, _, value in named)
            yield make(name, folders=tuple(values))


def _nothing(pattern: str) -> str:
    if _MAGIC.intersection(pattern):
        quoted = "" if re.search(r"\*\*/", pattern) else " (** stands for folders of any depth)"
        return f"{pattern}: nothing matches{quoted}."
    place = place_of(pattern)
    if place.system.isdir(place.path):
        return f"there are no files in the folder {pattern}."
    if place.local and (parent := Path(place.path).parent).is_dir():
        import difflib

        near = difflib.get_close_matches(Path(place.path).name, [entry.name for entry in parent.iterdir()], n=1)
        if near:
            return f"there is no file {pattern}. Did you mean {str(Path(pattern).parent / near[0])!r}?"
    return f"there is no file {pattern}."
