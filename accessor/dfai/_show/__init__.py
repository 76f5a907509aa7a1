"""``df.ai.show``: `making` reads the rows, `found` says what of them is drawn or told, `shown` is what comes of it."""

from dfai._show.rows import Step, remember
from dfai._show.shown import Shown

__all__ = ["Shown", "Step", "remember"]
