"""Where an unfinished run keeps what it has: beside what it will be, until that is whole."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from dfai.cli.places import Place
from dfai.store import statistics
from dfai_core.errors import ConfigError, DfaiError, MissingExtra
from dfai_core.store import StoreSpec, has_folders, open_store

__all__ = ["Workplace", "workplace"]

_SUFFIX = ".unfinished"
_LEAST_BYTES = 1 << 30
_MOST_BYTES = 1 << 37


@dataclass(frozen=True, slots=True)
class Workplace:
    """A folder of a run's own on this machine, and the file, or folder, that is not whole yet."""

    folder: Path
    out: Place
    part: Place

    @property
    def answers(self) -> Path:
        """The folder for the answers that are there already."""
        return self.folder / "answers"

    @property
    def parts(self) -> Path:
        """The folder for those that no store keeps."""
        return self.folder / "parts"

    def store(self, note: Callable[[str], None]) -> StoreSpec | None:
        """The store that lets an interrupted run go on, if this machine can have one; else it is said why not."""
        again = "an interrupted run would start anew"
        if not has_folders():
            note(f'answers are not kept on the way, so {again}. To keep them: pip install "dfai[store]"')
            return None
        free = shutil.disk_usage(self.folder).free
        most = max(_LEAST_BYTES, min(free // 4, _MOST_BYTES))
        spec = StoreSpec("folder", str(self.answers), max_bytes=most)
        try:
            open_store(spec)
        except (ConfigError, MissingExtra) as error:
            note(f"answers are not kept on the way, so {again}: {error} Another place: --store FOLDER")
            return None
        return spec

    def finish(self) -> None:
        """Puts what is whole in its place. What was in that place is gone only then."""
        if self.out.local:
            target = Path(self.out.path)
            if target.is_dir():
                shutil.rmtree(target)
            elif Path(self.part.path).is_dir():
                target.unlink(missing_ok=True)
            Path(self.part.path).replace(target)
        else:
            self.out.system.mv(self.part.path, self.out.path, recursive=self.out.system.isdir(self.part.path))
        shutil.rmtree(self.folder, ignore_errors=True)

    def give_up(self) -> None:
        """Removes what is not whole; answers stay."""
        with suppress(OSError, ValueError):
            if self.part.system.exists(self.part.path):
                self.part.system.rm(self.part.path, recursive=True)
        if not self.holds_answers():
            shutil.rmtree(self.folder, ignore_errors=True)

    def holds_answers(self) -> bool:
        """Whether anything is kept that another run need not ask for."""
        try:
            return any(self.parts.glob("*/*/*.arrow")) or (
                self.answers.exists() and statistics(self.answers).entries != 0
            )
        except DfaiError:  # whatever it is, it is not ours to remove
            return True


@contextmanager
def workplace(out: Place) -> Iterator[Workplace]:
    """The workplace of the run that makes *out*: nobody else's meanwhile, and gone if nothing was kept in it.

    Raises
    ------
    ConfigError
        Where another run makes the same, or where there is no such folder.
    """
    if out.local:
        target = Path(out.path)
        if not target.parent.is_dir():
            raise ConfigError(f"there is no folder {target.parent}: make it first.")
        folder = target.with_name(target.name + _SUFFIX)
        part = replace(out, path=str(folder / target.name))
    else:
        folder = _own_folder() / hashlib.sha256(str(out).encode()).hexdigest()[:24]
        part = replace(out, path=_beside(out.path))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = Workplace(folder, out, part)
    with _alone(folder / "lock", out):
        try:
            yield place
        except BaseException:
            place.give_up()
            raise


def _beside(path: str) -> str:
    """A name that still ends as *path* does: the end may say how it is packed."""
    start, slash, name = path.rpartition("/")
    return f"{start}{slash}unfinished-{name}"


def _own_folder() -> Path:
    """The user's own, for what may be made again."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dfai" / "runs"


@contextmanager
def _alone(path: Path, out: Place) -> Iterator[None]:
    """Holds a lock that ends with this process, however that ends."""
    with path.open("w") as file:
        _lock(file, out)
        yield


def _lock(file: IO[str], out: Place) -> None:
    try:
        import fcntl
    except ImportError:  # Windows: two runs of one line are the user's own care there
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise ConfigError(f"another run is writing {out} just now.") from None
