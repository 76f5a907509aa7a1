"""Looks at this machine, one subject a file. None of them changes anything."""

from __future__ import annotations

from collections.abc import Iterator

from dfai.cli.checks.check import Check
from dfai.cli.checks.java import java
from dfai.cli.checks.machine import machine
from dfai.cli.checks.models import models
from dfai.cli.checks.packages import packages
from dfai.cli.checks.settings import settings

__all__ = ["Check", "here"]


def here() -> Iterator[Check]:
    """Everything but the target."""
    for look in (machine, packages, java, models, settings):
        yield from look()
