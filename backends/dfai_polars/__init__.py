"""Where calls run on polars: in this process; at once, or when a lazy frame is collected.

Written against the public protocol alone, as a third party would write it: ``docs/write-a-backend.md`` walks through.
"""

from __future__ import annotations

from dfai_polars.backend import BACKEND

__all__ = ["BACKEND"]
