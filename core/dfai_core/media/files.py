"""A path's bytes: of this machine's own files, and of object stores through fsspec."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from dfai_core.media.content import Unread

__all__ = ["SCHEMES", "local_path", "read_file", "scheme_of", "store_of"]

# Stores that name no host in their URLs but are found by the worker's own configuration. With others (ftp, sftp, smb) a
# row could have the worker ask any machine of its network.
SCHEMES = frozenset({"abfs", "abfss", "adl", "az", "gcs", "gs", "hdfs", "memory", "oci", "oss", "s3", "s3a"})
_NO_SUCH_FILE = "there is no such file, where it was looked for: on the machine that does the work"


def scheme_of(reference: str) -> str:
    """The scheme of a URL; "" for a path. A single letter is a drive's.

    >>> scheme_of("S3://bucket/a.jpg"), scheme_of("photos/a:b.jpg"), scheme_of("C:/a.jpg")
    ('s3', '', '')
    """
    scheme, colon, rest = reference.partition(":")
    if not colon or len(scheme) < 2 or not rest.startswith("/") or not scheme.replace("+", "").isalnum():
        return ""
    return scheme.lower()


def local_path(reference: str) -> Path:
    """Where a path, or a URL with the scheme ``file``, leads on this machine."""
    if scheme_of(reference) != "file":
        return Path(reference).expanduser()
    parts = urlsplit(reference)
    if parts.netloc not in ("", "localhost"):
        raise Unread("unreadable", "a file: URL that names another machine is not read")
    return Path(unquote(parts.path))


def store_of(reference: str) -> tuple[Any, str]:
    """The object store that a URL names, and the path in it.

    Raises
    ------
    ImportError
        Where the store's package of fsspec's is not here.
    """
    import fsspec

    # A store that remembered its listings would not see what others have written since, in this process or elsewhere.
    system, path = fsspec.core.url_to_fs(reference, use_listings_cache=False)
    return system, path


def read_file(reference: str, max_bytes: int) -> bytes:
    """The bytes behind *reference*. It blocks.

    Raises
    ------
    Unread
        Where there is no such file, or it may not be read; "too_large" where it has more than *max_bytes*.
    """
    scheme = scheme_of(reference)
    try:
        if scheme in ("", "file"):
            return _local(local_path(reference), max_bytes)
        return _stored(reference, scheme, max_bytes)
    except Unread:
        raise
    except FileNotFoundError:
        raise Unread("unreadable", _NO_SUCH_FILE) from None
    except PermissionError:
        raise Unread("unreadable", "the worker may not read this file") from None
    except (OSError, ValueError, RuntimeError) as error:  # a name that is none; a home that is nobody's
        why = getattr(error, "strerror", None) or type(error).__name__
        raise Unread("unreadable", f"the file cannot be read: {why}") from None


def _local(path: Path, max_bytes: int) -> bytes:
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise Unread("unreadable", 'the path leads to a folder: dfai.files("folder/*") makes a row of each file in it')
    if not stat.S_ISREG(found.st_mode):  # a pipe would keep its reader for ever
        raise Unread("unreadable", "the path leads to no ordinary file")
    if found.st_size > max_bytes:
        raise Unread("too_large")
    with path.open("rb") as file:
        data = file.read(found.st_size + 1)
        if len(data) > found.st_size:  # it is growing, or is one of the system's, which say that they are empty
            data += file.read(max_bytes + 1 - len(data))
    if len(data) > max_bytes:
        raise Unread("too_large")
    return data


def _stored(reference: str, scheme: str, max_bytes: int) -> bytes:
    if scheme not in SCHEMES or "::" in reference:
        raise Unread(
            "unreadable",
            f"URLs of this form ({scheme}:) are not read: read it yourself and give the bytes. "
            f"Read are paths, http(s), and {', '.join(sorted(SCHEMES))}",
        )
    try:
        system, path = store_of(reference)
    except ImportError as error:  # each store's package is an extra of fsspec's
        raise Unread("unreadable", f"{scheme}: {' '.join(str(error).split())}") from None
    try:
        size = system.info(path).get("size")
        data: bytes = b"" if (size or 0) > max_bytes else system.cat_file(path)
    except (OSError, ValueError):
        raise
    except Exception as error:  # noqa: BLE001  stores' clients have errors of their own, not to be named unimported
        raise Unread("unavailable", f"the store does not answer: {type(error).__name__}", retryable=True) from None
    if max(size or 0, len(data)) > max_bytes:
        raise Unread("too_large")
    return data
