"""What a reference leads to: bytes, known by their hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

__all__ = ["Content", "Unread", "digest_of"]


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one image or sound. Equal bytes are equal, whatever they are called."""

    data: bytes = field(repr=False, compare=False)
    digest: bytes
    type: str = field(compare=False)  # the media type that the bytes themselves tell, such as "image/jpeg"
    duration_s: float | None = field(default=None, compare=False)  # of a sound, where it is known

    def __len__(self) -> int:
        return len(self.data)


class Unread(Exception):
    """Why a reference led to no content: a row's code, and a message that repeats nothing of the row."""

    def __init__(self, code: str, message: str = "", *, retryable: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retryable = retryable


def digest_of(*parts: bytes | memoryview) -> bytes:
    """The hash by which equal contents are known."""
    hashed = sha256()  # of what every Python has the one that processors help with: half the time of BLAKE2
    for part in parts:
        hashed.update(part)
    return hashed.digest()
