"""Where calls run on Spark: in the Python workers of each partition, classic and Connect, batch and stream."""

from __future__ import annotations

from dfai_spark.backend import BACKEND

__all__ = ["BACKEND"]
