"""What voices are called: the protocol knows profiles by ids alone, so their names are kept here, for each target.

One small file a name, made at once or not at all, so that two programs cannot give one name twice. They are in the same
folder as what the embedded engine keeps: ``DFAI_DATA``, or the user's own data folder.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from dfai_core.errors import ConfigError

__all__ = ["Names"]


class Names:
    """The names of the profiles that one target keeps, *of* which is how it is called."""

    def __init__(self, of: str, folder: Path | None = None) -> None:
        self._of = of
        self._folder = (folder or _data_folder()) / "speakers" / "names" / _digest(of)

    def all(self) -> Mapping[str, str]:
        """Every name, by profile id."""
        found = [_read(path) for path in sorted(self._folder.glob("*.json"))]
        return {held["id"]: held["name"] for held in found if held is not None}

    def id_of(self, name: str) -> str | None:
        """The profile of this name."""
        held = _read(self._path(name))
        return None if held is None or held["name"] != name else held["id"]

    def check_free(self, name: str) -> None:
        """ConfigError where a profile has this name."""
        if self.id_of(name) is not None:
            raise _taken(name)

    def give(self, name: str, identity: str) -> None:
        """Call a profile so.

        Raises
        ------
        ConfigError
            Another profile has this name; or the folder cannot be written.
        """
        path = self._path(name)
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                json.dump({"name": name, "id": identity, "target": self._of}, file)
        except FileExistsError:
            raise _taken(name) from None
        except OSError as error:
            raise ConfigError(
                f"the folder of the speakers' names cannot be written ({error.strerror}): {self._folder}. "
                "Name another one in DFAI_DATA."
            ) from None

    def take(self, identity: str) -> None:
        """Forget what a profile was called."""
        for path in self._folder.glob("*.json"):
            held = _read(path)
            if held is not None and held["id"] == identity:
                path.unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{_digest(name)}.json"


def _taken(name: str) -> ConfigError:
    return ConfigError(
        f"{name!r} is the name of a profile already: dfai.speakers.get({name!r}) gives it, "
        f"dfai.speakers.delete({name!r}) ends both."
    )


def _read(path: Path) -> Mapping[str, str] | None:
    """What a file says; None for one that is gone, half written or not ours."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    known = isinstance(held, dict) and all(isinstance(held.get(word), str) for word in ("name", "id"))
    return held if known else None


def _digest(text: str) -> str:
    """A file's name for any text."""
    return sha256(text.encode()).hexdigest()[:32]


def _data_folder() -> Path:
    """Where the embedded engine keeps what must last."""
    if named := os.environ.get("DFAI_DATA"):
        return Path(named)
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "dfai"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "dfai"
    named = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share") / "dfai"
