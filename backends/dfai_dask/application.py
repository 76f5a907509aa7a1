"""Which process builds graphs: its name goes with them to the workers."""

from __future__ import annotations

import uuid

from dfai_core.loop import after_fork

__all__ = ["here"]


def here() -> str:
    """This process's name, which no other has, on any host."""
    return _name


def _rename() -> None:
    global _name
    _name = f"dask-{uuid.uuid4().hex}"


_name = ""
_rename()
after_fork(_rename)
