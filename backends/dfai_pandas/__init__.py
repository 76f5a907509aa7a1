"""Where calls run on pandas: in this process, at once."""

from __future__ import annotations

from dfai_pandas.backend import BACKEND

__all__ = ["BACKEND"]
