"""Where the data of several variables comes from: files below the server's data folder, or the request itself.

Nothing is fetched over a network. What a request may name:

- a path, or a ``file:`` URL, of a CSV file (``OneTable``) or of a folder of them (``MultiTable``), below the data
  folder; a relative path begins there;
- a ``data:`` URL that holds the CSV file itself, in base64 or percent-encoded: ``data:text/csv;base64,…``.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from dfai_engine.failures import ServiceFailure

__all__ = ["allowed", "is_inline", "read", "shown"]

INVALID = "InvalidDataSource"


def allowed(source: str, folder: Path | None) -> None:
    """Nothing, if this server may read such a source.

    Raises
    ------
    ServiceFailure
        ``InvalidDataSource``.
    """
    if not is_inline(source):
        _path(source, folder)


def shown(source: str) -> str:
    """A source as it is told again: what it holds is not.

    >>> shown("data:text/csv;base64,dGlt"), shown("plant/2021.csv")
    ('data:,', 'plant/2021.csv')
    """
    return "data:," if is_inline(source) else source


def is_inline(source: str) -> bool:
    """Whether a source holds the data itself."""
    return source[:5].lower() == "data:"


def read(source: str, *, many: bool, folder: Path | None, most_bytes: int) -> Mapping[str, bytes]:
    """The CSV files of a source by name, without ``.csv``; *many*: a folder with a file for each variable.

    Raises
    ------
    ServiceFailure
        ``InvalidDataSource``: it may not be read, is not there, or is too large.
    """
    if is_inline(source):
        if many:
            raise ServiceFailure("A data: URL holds one CSV file; its dataSchema is OneTable.", code=INVALID)
        return {"data": _inline(source, most_bytes)}
    path = _path(source, folder)
    if many:
        if not path.is_dir():
            raise ServiceFailure("dataSource is no folder, which dataSchema MultiTable needs.", code=INVALID)
        files = sorted(file for file in path.iterdir() if file.suffix.lower() == ".csv" and file.is_file())
    else:
        files = [path]
        if not path.is_file():
            raise ServiceFailure("dataSource is no file, which dataSchema OneTable needs.", code=INVALID)
    if not files:
        raise ServiceFailure("The folder of dataSource holds no CSV file.", code=INVALID)
    if folder is not None and not all(file.resolve().is_relative_to(folder.resolve()) for file in files):
        raise ServiceFailure("dataSource leaves the data folder of this server.", code=INVALID)
    if sum(file.stat().st_size for file in files) > most_bytes:
        raise ServiceFailure(
            f"Unable to process dataset. It is larger than {most_bytes:,} bytes.", status=413, code=INVALID
        )
    try:
        return {file.stem: file.read_bytes() for file in files}
    except OSError as fault:
        raise ServiceFailure(f"dataSource cannot be read: {fault.strerror}.", code=INVALID) from None


def _path(source: str, folder: Path | None) -> Path:
    if folder is None:
        raise ServiceFailure(
            "This server was given no data folder, so it reads no files (dfai serve --data FOLDER). "
            "Data can come inside the request: dataSource=data:text/csv;base64,…",
            code=INVALID,
        )
    parts = urlsplit(source)
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        named = unquote(parts.path)
    elif "://" in source:
        raise ServiceFailure(
            "This server fetches no data over the network. dataSource takes a path or file: URL below its data "
            "folder, or a data: URL.",
            code=INVALID,
        )
    else:
        named = source
    try:
        path = (folder / named).resolve()
    except (OSError, ValueError):
        raise ServiceFailure("dataSource is no path.", code=INVALID) from None
    if not path.is_relative_to(folder.resolve()):
        raise ServiceFailure("dataSource lies outside the data folder of this server.", code=INVALID)
    return path


def _inline(source: str, most_bytes: int) -> bytes:
    head, comma, body = source[5:].partition(",")
    if not comma:
        raise ServiceFailure("dataSource is no data: URL; after its type comes a comma.", code=INVALID)
    if len(body) > 2 * most_bytes:
        raise ServiceFailure(f"The data is larger than {most_bytes:,} bytes.", status=413, code=INVALID)
    if not head.lower().endswith(";base64"):
        return unquote_to_bytes(body)
    try:
        return base64.b64decode(unquote(body), validate=True)
    except (binascii.Error, ValueError):
        raise ServiceFailure("The data: URL of dataSource is not valid base64.", code=INVALID) from None
