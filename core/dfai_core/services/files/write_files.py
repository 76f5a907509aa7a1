"""Rows as files: what `write_files` does on each worker."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import pyarrow as pa

from dfai_core.media.files import local_path, scheme_of
from dfai_core.service import Column, Document, Exchange, Failure, Limits, Service, Values, Wiring
from dfai_core.services.files.names import FileName

__all__ = ["write_files"]


@dataclass(frozen=True, slots=True)
class _Writer:
    """Writes one row's file. It travels, so it is a value."""

    name: FileName

    def __call__(self, document: Document) -> Values | Failure:
        content, *values = document
        if isinstance(content, str):
            content = content.encode("utf-8", "surrogatepass")
        if not isinstance(content, bytes):
            return Failure("unsupported", f"a value of type {type(content).__name__} is no content: give bytes or text")
        path = self.name.of(values)
        if path is None:
            columns = ", ".join(map(repr, self.name.columns))
            return Failure(
                "refused", f"a value of {columns} cannot be part of a file's name: it is empty or has a slash"
            )
        try:
            _write(path, content)
        except Exception as error:  # noqa: BLE001  stores' clients have errors of their own; this row's alone
            why = getattr(error, "strerror", None) or type(error).__name__
            return Failure("unavailable", f"the file cannot be written: {why}", retryable=True)
        return (path, len(content))


def _write(path: str, content: bytes) -> None:
    """Writes *content* whole or not at all; what was there is replaced."""
    if scheme_of(path) not in ("", "file"):
        import fsspec

        system, place = fsspec.core.url_to_fs(path)
        system.pipe_file(place, content)
        return
    target = local_path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        half.write_bytes(content)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def _unasked(_: Wiring) -> Exchange:
    raise TypeError("no service is asked to write a file")


def write_files(name: FileName) -> Service:
    """What writes files by *name*: it reads the content, then the columns of the name."""
    return Service(
        name="write_files",
        family="files",
        noun="written",
        inputs=("content", *(f"name {place}" for place in range(len(name.columns)))),
        columns=(
            Column("", pa.string(), "The path of the file."),
            Column("_size_bytes", pa.int64(), "How many bytes it has."),
        ),
        options=(),
        limits={"web": Limits(1, None, 1_000_000_000, "files, not requests")},
        operation="WriteFile",
        wire=_unasked,
        api_version="",
        web=True,
        reads="any",
        shareable=False,
        writes=_Writer(name),
    )
