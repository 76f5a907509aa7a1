"""Where this user's data is kept on this machine: what is no cache, and must not be fetched or made again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["user_data"]


def user_data() -> Path:
    """The folder ``dfai`` among the user's data, as the platform has it; it need not exist."""
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData" / "Local") / "dfai"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "dfai"
    named = os.environ.get("XDG_DATA_HOME", "")
    # The XDG specification has relative paths ignored.
    return (Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share") / "dfai"
