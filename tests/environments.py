"""Virtual environments that hold some of this one's packages, made in no time and without a network."""

from __future__ import annotations

import shutil
import tarfile
import venv
import zipfile
from collections.abc import Iterator, Sequence
from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

__all__ = ["linked", "needed", "packed"]


def needed(*extras: str) -> list[str]:
    """What dfai and some of its extras need on a worker, besides dfai itself and pyspark, which Spark brings."""
    wanted = map(Requirement, distribution("dfai").requires or ())
    names = [
        one.name
        for one in wanted
        if one.marker is None or any(one.marker.evaluate({"extra": extra}) for extra in ("", *extras))
    ]
    return [name for name in dict.fromkeys(names) if name not in ("dfai", "pip", "pyspark")]


def linked(folder: Path, packages: Sequence[str], *, without: Sequence[str] = ()) -> Path:
    """The Python of an environment with *packages* and what they need, but *without* some: links to ours."""
    site = _empty(folder)
    for name in _closure(packages):
        if name not in without:
            for source in _tops(distribution(name)):
                (site / source.name).symlink_to(source)
    return folder / "bin" / "python"


def packed(folder: Path, packages: Sequence[str], wheel: Path) -> Path:
    """A tar of an environment with *packages*, what they need, and *wheel*: files of its own, ready to be unpacked."""
    site = _empty(folder)
    for name in _closure(packages):
        for source in _tops(distribution(name)):
            _copy(source, site / source.name)
    with zipfile.ZipFile(wheel) as files:
        files.extractall(site)
    # Not ".tar": of that Spark keeps no permissions. To pack it tightly would take longer than to send it.
    archive = folder.with_name(f"{folder.name}.tar.gz")
    with tarfile.open(archive, "w:gz", compresslevel=0) as tar:
        tar.add(folder, ".")
    return archive


def _empty(folder: Path) -> Path:
    venv.create(folder, with_pip=False, symlinks=True)
    return next((folder / "lib").glob("python*")) / "site-packages"


def _closure(packages: Sequence[str]) -> Iterator[str]:
    """*packages* and what they need, each once."""
    found: dict[str, None] = {}
    waiting = [canonicalize_name(name) for name in packages]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = None
        needed = map(Requirement, distribution(name).requires or ())
        waiting += [
            canonicalize_name(one.name) for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})
        ]
    return iter(found)


def _tops(package: Distribution) -> Iterator[Path]:
    """The folders and files that a package has in ``site-packages``."""
    tops = {file.parts[0] for file in package.files or () if file.parts[0] not in ("..", "__pycache__")}
    return (Path(str(package.locate_file(top))) for top in sorted(tops))


def _copy(source: Path, goal: Path) -> None:
    if source.is_dir():
        # What compiles and tests a package is as large as the rest of it.
        leave_out = shutil.ignore_patterns("tests", "include", "__pycache__", "*.pyx", "*.a")
        shutil.copytree(source, goal, ignore=leave_out, dirs_exist_ok=True)
    else:
        shutil.copy2(source, goal)
