"""A key that is planted to be looked for: made by chance, and found in every form in which it could come to light."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Planted", "Trace", "traces"]


@dataclass(frozen=True)
class Planted:
    """A key with a core that no chance brings about: whoever shows a part of it shows that part.

    Around the core stand characters that URLs, JSON and shells write in other ways.
    """

    core: str = field(default_factory=lambda: secrets.token_hex(12))

    @property
    def text(self) -> str:
        return f'k&y/{self.core}+"%=='

    @property
    def forms(self) -> dict[str, bytes]:
        """The core as it may stand in bytes, by the name of the form."""
        core = self.core.encode()
        forms = {"plain": core, "reversed": core[::-1], "hex": core.hex().encode(), "HEX": core.hex().upper().encode()}
        forms |= {encoding: self.core.encode(encoding) for encoding in ("utf-16-le", "utf-16-be")}
        for shift in range(3):
            # Three ways for three bytes to become four letters; the letters at both ends depend on what stands there.
            padded = base64.b64encode(b"\0" * shift + core)
            forms[f"base64 at {shift}"] = padded[4 if shift else 0 : -4]
        return forms


@dataclass(frozen=True)
class Trace:
    """Where a key came to light."""

    way: str
    place: str
    form: str
    around: str


def traces(keys: Mapping[str, Planted], folder: Path) -> list[Trace]:
    """Where any of *keys*, by the way in which they were given, lies in the files below *folder*."""
    # By name, and not by rglob: what a Spark that ends still sweeps may be gone before it is looked at.
    paths = sorted(Path(where, name) for where, _, names in os.walk(folder) for name in names)
    return [trace for path in paths if path.is_file() for trace in _in_file(keys, folder, path)]


def _in_file(keys: Mapping[str, Planted], folder: Path, path: Path) -> Iterator[Trace]:
    try:
        content = path.read_bytes()
    except FileNotFoundError:  # swept meanwhile
        return
    place = str(path.relative_to(folder))
    for way, key in keys.items():
        for form, needle in key.forms.items():
            at = content.find(needle)
            while at >= 0:
                around = content[max(0, at - 200) : at + len(needle) + 40].decode("utf-8", "replace")
                yield Trace(way, place, form, around)
                at = content.find(needle, at + 10_000)  # one for a while: logs repeat themselves
