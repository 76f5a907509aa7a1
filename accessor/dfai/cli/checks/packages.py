"""dfai itself, and what each of its extras needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import metadata

from dfai.cli.checks.check import Check

__all__ = ["lacking", "packages"]

# For those who work on dfai itself.
_NOT_FOR_USE = ("all", "bench", "dev")
_EXTRA = re.compile(r"""extra\s*==\s*["']([^"']+)["']""")
_NAME = re.compile(r"([A-Za-z0-9._-]+)(?:\[([^\]]*)\])?\s*([^;]*)")


def packages() -> Iterator[Check]:
    """Which extras are here, which in part, and which not."""
    try:
        version = metadata.version("dfai")
    except metadata.PackageNotFoundError:
        yield Check("dfai", "problem", "its sources are here, but it is not installed", 'pip install "dfai[local]"')
        return
    yield Check("dfai", "ok", version)
    whole, absent = [], []
    extras = metadata.metadata("dfai").get_all("Provides-Extra") or ()
    found = {name: lacking(name) for name in sorted(extras) if name not in _NOT_FOR_USE}
    # What a whole extra brings says nothing of others that want it too.
    shared = {package for missing, wrong, there in found.values() if not missing and not wrong for package in there}
    for extra, (missing, wrong, there) in found.items():
        own = [package for package in there if package not in shared]
        if wrong:
            yield Check("extras", "problem", f"{extra}: {', '.join(wrong)}", f'pip install --upgrade "dfai[{extra}]"')
        elif not missing:
            whole.append(extra)
        elif len(own) >= len(missing):
            yield Check("extras", "warning", f"{extra}: lacks {', '.join(missing)}", f'pip install "dfai[{extra}]"')
        else:
            absent.append(extra)
    yield Check("extras", "ok", f"here: {', '.join(whole) or 'none'}")
    if absent:
        yield Check("extras", "ok", f"not here, and needed by nothing but what they are for: {', '.join(absent)}")


def lacking(extra: str) -> tuple[list[str], list[str], list[str]]:
    """The packages of an extra that are missing, those that are too old or too new, and those that are right."""
    missing, wrong, there = [], [], []
    for line in metadata.requires("dfai") or ():
        found = _EXTRA.search(line)
        named = _NAME.match(line)
        if found is None or found[1] != extra or named is None or named[1] == "dfai":
            continue
        try:
            version = metadata.version(named[1])
        except metadata.PackageNotFoundError:
            missing.append(named[1])
            continue
        if _fits(version, named[3].strip(" ()")):
            there.append(f"{named[1]} {version}")
        else:
            wrong.append(f"{named[1]} {version} is here, wanted is {named[3].strip(' ()')}")
    return missing, wrong, there


def _fits(version: str, wanted: str) -> bool:
    """Whether *version* is one that is wanted; taken for granted where nothing here can tell."""
    try:
        from packaging.specifiers import InvalidSpecifier, SpecifierSet
    except ModuleNotFoundError:
        return True
    try:
        return SpecifierSet(wanted).contains(version, prereleases=True)
    except InvalidSpecifier:
        return True
