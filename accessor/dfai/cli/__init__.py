"""The ``dfai`` command: a thin door to the commands that installed parts bring along."""

from __future__ import annotations

from dfai.cli.main import main

__all__ = ["main"]
