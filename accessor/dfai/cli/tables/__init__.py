"""Tables in files, read as streams of record batches, however large they are."""

from __future__ import annotations

from dfai.cli.tables.source import Source, open_source

__all__ = ["Source", "open_source"]
