"""Which Python a local session's workers run."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["own_python"]

_one_at_a_time = threading.Lock()


@contextmanager
def own_python(session: Any) -> Iterator[None]:
    """Functions made inside run under this very Python where the workers are on this machine.

    Unless told otherwise Spark's workers run the first ``python3`` on the path, which outside an activated
    virtual environment lacks every package of it. Which Python a function runs under is fixed when it is made,
    so this helps sessions that have started already, and touches no other function and no environment
    variable. On a cluster a path of this machine means nothing, and a Connect server decides for itself.
    """
    context = getattr(session, "_sc", None)
    if context is None or not context.master.startswith("local") or _chosen(session):
        yield
        return
    with _one_at_a_time:
        before = context.pythonExec
        context.pythonExec = sys.executable
        try:
            yield
        finally:
            context.pythonExec = before


def _chosen(session: Any) -> bool:
    """Whether somebody has said which Python to run.

    One setting is asked for, not all: each answer, and a key may be among them, stands in py4j's debug log.
    """
    return "PYSPARK_PYTHON" in os.environ or session.conf.get("spark.pyspark.python", None) is not None
