"""Where calls run on Dask: in the process of each partition, when the frame is computed."""

from __future__ import annotations

from dfai_dask.backend import BACKEND

__all__ = ["BACKEND"]
