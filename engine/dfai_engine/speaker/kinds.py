"""The three kinds of profiles, which know nothing of each other."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IDENTIFICATION", "KINDS", "PHRASED", "VERIFICATION", "Kind"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of profile: *path* is its part of a URL, *locales* are those that the contract lists for it."""

    path: str
    locales: tuple[str, ...] | None = None  # None: what is spoken makes no difference
    phrased: bool = False  # everybody says the same words, which are listened to


VERIFICATION = Kind("verification/text-independent")
IDENTIFICATION = Kind("identification/text-independent")
# Source: Verification.json of 2021-09-05, "TextDependent_CreateProfile".
PHRASED = Kind("verification/text-dependent", ("en-us",), phrased=True)
KINDS = (VERIFICATION, IDENTIFICATION, PHRASED)
