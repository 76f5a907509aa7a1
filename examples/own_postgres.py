"""A PostgreSQL of the examples' own: in a temporary folder, on a socket in it, gone when they end."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

__all__ = ["own_postgres", "programs"]


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``, in which Debian keeps them out of the way; None where they are not."""
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@contextmanager
def own_postgres() -> Iterator[str]:
    """The URL, as SQLAlchemy has it, of an empty database."""
    folder = programs()
    if folder is None:
        raise FileNotFoundError("PostgreSQL is not here. Debian's package is called postgresql.")
    # The path of a socket may have about a hundred characters, which a test's own folder can pass.
    with TemporaryDirectory(prefix="pg", dir="/tmp") as base:
        place = Path(base)
        _give_away(place)
        data, socket = place / "data", f"-k {place} -c listen_addresses="
        _run(folder / "initdb", "-D", data, "-U", "dfai", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        _run(folder / "pg_ctl", "start", "-w", "-D", data, "-l", place / "log", "-o", f"{socket} -c fsync=off")
        try:
            yield f"postgresql+psycopg://dfai@/postgres?host={place}"
        finally:
            _run(folder / "pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")


def _give_away(place: Path) -> None:
    """PostgreSQL refuses to run as root: then all of it is nobody's."""
    if os.geteuid() == 0:
        shutil.chown(place, "nobody")
        place.chmod(0o711)


def _run(*command: Path | str) -> None:
    words: Sequence[str] = [str(word) for word in command]
    if os.geteuid() == 0:
        words = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *words]
    # What pg_ctl starts keeps its output open for as long as it runs: it is not waited for.
    nowhere = subprocess.DEVNULL
    subprocess.run(words, check=True, stdout=nowhere, stderr=nowhere, cwd="/")  # noqa: S603  our own words
