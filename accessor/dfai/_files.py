"""Files as a frame: one row each, so that verbs can read them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa

from dfai_core.backend import Building, backend_of, backends
from dfai_core.errors import BackendNotFound, ConfigError
from dfai_core.media.files import SCHEMES, local_path, scheme_of, store_of

__all__ = ["files"]

_SCHEMA = pa.schema(
    [
        pa.field("path", pa.string()),
        pa.field("size_bytes", pa.int64()),
        pa.field("modified", pa.timestamp("us", "UTC")),
    ]
)
# What stores call the time of the last change.
_MODIFIED = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")
_MAGIC = frozenset("*?[")


def files(pattern: str | Sequence[str], *, backend: Any = "pandas") -> Any:
    """List files as a frame, whose contents verbs then read where they work.

    Parameters
    ----------
    pattern
        Paths or URLs with wildcards (``*``, ``?``, ``[…]``; ``**`` for folders of any depth), or several. A folder
        means the files in it. URLs of object stores (``s3://``, ``gs://``, ``abfs://``, …) need that store's package of
        fsspec.
    backend
        The library of the frame: "pandas", "polars", "dask", "spark" (the session that is active), or a
        ``SparkSession``.

    Returns
    -------
    A frame of ``path`` (string; absolute, or a URL), ``size_bytes`` (int64) and ``modified`` (UTC), in the order of the
    paths. No file is read.

    Raises
    ------
    ConfigError
        Where nothing matches, and for URLs that cannot be listed, as those of web sites.

    Examples
    --------
    >>> dfai.files("photos/**/*.jpg").ai.tag_image("path")  # doctest: +SKIP
    """
    patterns = [pattern] if isinstance(pattern, str) or not isinstance(pattern, Sequence) else list(pattern)
    found: dict[str, dict[str, Any]] = {}
    for one in patterns:
        listed = dict(_listed(one))
        if not listed:
            raise ConfigError(f"files({one!r}): nothing matches, as seen from this machine.")
        found |= listed
    rows = [found[path] for path in sorted(found)]
    served, session = _builder(backend)
    return served.build(pa.Table.from_pylist(rows, schema=_SCHEMA), session)


def _builder(backend: Any) -> tuple[Building, Any]:
    """The backend that makes the frame, and its session where it has one."""
    session = None
    if isinstance(backend, str):
        point = backends().get("pyspark" if backend == "spark" else backend)
        if point is None:
            known = ", ".join(repr("spark" if name == "pyspark" else name) for name in sorted(backends()))
            raise BackendNotFound(f"backend={backend!r}: choose {known}, or give a Spark session.")
        served = point.load()
    else:
        served, session = backend_of(backend), backend
    if not isinstance(served, Building):
        raise BackendNotFound(f"{served.name} frames cannot be made of a list of files here.")
    return served, session


def _listed(pattern: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The files that match, by path."""
    text = str(pattern)
    scheme = scheme_of(text)
    if scheme in ("", "file"):
        import fsspec

        system, place = fsspec.filesystem("file"), str(local_path(text).absolute())
    elif scheme in SCHEMES:
        try:
            system, place = store_of(text)
        except ImportError as error:
            raise ConfigError(f"files({pattern!r}): {' '.join(str(error).split())}") from error
    else:
        raise ConfigError(f"files({pattern!r}): {scheme}: cannot be listed; paths, {', '.join(sorted(SCHEMES))} can.")
    if not _MAGIC.intersection(place) and system.isdir(place):
        place = place.rstrip("/") + "/*"
    for name, known in system.glob(place, detail=True).items():
        if known.get("type") == "file":
            path = name if scheme in ("", "file") else system.unstrip_protocol(name)
            yield path, {"path": path, "size_bytes": known.get("size"), "modified": _modified(known)}


def _modified(known: Mapping[str, Any]) -> datetime | None:
    told = next((known[name] for name in _MODIFIED if known.get(name) is not None), None)
    if isinstance(told, (int, float)):
        return datetime.fromtimestamp(told, UTC)
    if isinstance(told, str):
        try:
            told = datetime.fromisoformat(told)
        except ValueError:
            return None
    if not isinstance(told, datetime):
        return None
    return told if told.tzinfo is not None else told.replace(tzinfo=UTC)
