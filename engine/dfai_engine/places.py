"""Where this machine keeps what somebody made and expects to find again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["data_folder"]


def data_folder(data: Path | None) -> Path:
    """The server's data folder, or else the user's own: what was indexed is there tomorrow, and in the next process."""
    return _user_data() / "dfai" if data is None else data


def _user_data() -> Path:
    """Where this platform keeps what programs make for a user."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return Path(local) if local else Path.home() / "AppData" / "Local"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support"
    named = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    return Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share"
