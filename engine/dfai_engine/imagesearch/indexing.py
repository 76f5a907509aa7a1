"""Folders into the catalogue: what is new or changed is read, what is gone forgotten, all else left alone."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from dfai_engine.imagesearch.catalogue import Catalogue, Known, Picture
from dfai_engine.imagesearch.looking import SUFFIXES, Sight, looked_at, sight_here

__all__ = ["Freshness", "Indexed", "index", "refresh"]

# Kept together: often enough that a run that is stopped has not looked in vain.
_KEPT_AT_ONCE = 20
# A search looks for changed files if the last one did so longer ago.
_FRESH_S = 5.0


class Indexed(NamedTuple):
    """How many new or changed pictures were *read*, and whether models have *seen* what they show."""

    read: int
    seen: bool

    def __str__(self) -> str:
        how = "names, notes and what they show" if self.seen else "names and notes"
        return f"{self.read:,} new or changed pictures read: {how}"


def index(folders: Sequence[Path], data: Path | None, *, sight: bool, announce: Callable[[str], None]) -> Indexed:
    """Looks at the pictures of *folders*, with models where they are here and wanted.

    Raises
    ------
    dfai_engine.weights.ModelMissing
        The models' weights are not here and cannot be fetched.
    """
    eyes = sight_here() if sight else None
    if sight and eyes is None:
        announce('The models that look at pictures need packages that are not here: pip install "dfai[vision]"')
    if eyes is not None:
        from dfai_engine._engine import ENGINE

        ENGINE.prepare(["TagImage", "VectorizeImage"], announce)
    read = sum(refresh(Catalogue(data), folder, eyes) for folder in folders)
    return Indexed(read, seen=eyes is not None)


def refresh(catalogue: Catalogue, folder: Path, sight: Sight | None) -> int:
    """Brings what is known of *folder* up to date; how many pictures were read.

    Without *sight* a picture that models have looked at stays as they left it, unless its file has changed.
    """
    root = folder.expanduser().resolve()
    known = catalogue.known(root)
    waiting: list[Picture] = []
    read = 0
    for path, state in _files(root):
        before = known.pop(str(path), None)
        if before is not None and _is_fresh(before, state, sight):
            continue
        try:
            waiting.append(looked_at(path, root, state, sight))
        except OSError:  # gone, or not ours to read
            continue
        read += 1
        if len(waiting) >= _KEPT_AT_ONCE:
            catalogue.keep(waiting)
            waiting = []
    if waiting:
        catalogue.keep(waiting)
    if known:
        catalogue.forget(known)
    return read


def _is_fresh(before: Known, state: os.stat_result, sight: Sight | None) -> bool:
    same = (before.size, before.changed) == (state.st_size, state.st_mtime_ns)
    return same and (sight is None or before.sight == sight.name)


def _files(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """The pictures below *root*, by name. Links are not followed: they may lead anywhere."""
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not name.startswith("."))
        for name in sorted(names):
            path = Path(folder) / name
            if path.suffix.lower() in SUFFIXES and not name.startswith(".") and not path.is_symlink():
                try:
                    yield path, path.stat()
                except OSError:
                    continue


class Freshness:
    """Sees to it, before a search, that what has changed lately is known: names and notes at least.

    One thread of a process looks at a time; the others take what is there.
    """

    def __init__(self, catalogue: Catalogue, clock: Callable[[], float] = time.monotonic) -> None:
        self._catalogue = catalogue
        self._clock = clock
        self._lock = threading.Lock()
        self._looked: dict[Path, float] = {}

    def see_to(self, folders: Sequence[Path]) -> None:
        """Looks through *folders* that were not looked through lately; waits for another who does so the first time."""
        for folder in folders:
            last = self._looked.get(folder)
            if last is not None and self._clock() - last < _FRESH_S:
                continue
            if not self._lock.acquire(blocking=last is None):
                continue
            try:
                if self._looked.get(folder) == last:
                    refresh(self._catalogue, folder, None)
                    self._looked[folder] = self._clock()
            finally:
                self._lock.release()
