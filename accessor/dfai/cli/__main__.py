"""``python -m dfai.cli`` is ``dfai``."""

from __future__ import annotations

from dfai.cli.main import main

main()
