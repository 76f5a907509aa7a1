"""Where a trend jumps. A running median turns a jump into a slope, or moves with it at once; people see neither so."""

from __future__ import annotations

import numpy as np

from dfai_engine.decision.numbers import BLOCKS, Floats, spread_of

__all__ = ["sharpened"]

# A jump is worth so many spreads; it must explain its surroundings this much better than the slope does.
LEAST, BETTER = 4.0, 0.9
# Points for which the old level is still expected: the first of a new one are news.
HOLD = 3


def sharpened(flat: Floats, trend: Floats) -> Floats:
    """The trend with its jumps where the series has them, each *HOLD* points late."""
    count = len(flat)
    reach = 2 * max(1, count // BLOCKS)
    if count < 4 * reach + 2:
        return trend
    spread = spread_of(np.abs(flat - trend))
    rise = np.abs(trend[2 * reach :] - trend[: -2 * reach])
    found = trend.copy()
    done = 0
    for middle in (np.flatnonzero(rise > LEAST * spread) + reach).tolist():
        if middle < done:
            continue
        top = middle + int(np.argmax(rise[middle - reach : middle + reach]))
        begin, end = max(0, top - 2 * reach), min(count, top + 2 * reach + HOLD + 1)
        done = end
        before, after = trend[begin], trend[end - 1]
        near = flat[begin:end]
        as_before, as_after = np.abs(near - before), np.abs(near - after)
        cost = np.append(0.0, np.cumsum(as_before)) + as_after.sum() - np.append(0.0, np.cumsum(as_after))
        cut = int(np.argmin(cost))
        if cost[cut] < BETTER * np.abs(near - trend[begin:end]).sum():
            found[begin : begin + cut + HOLD] = before
            found[begin + cut + HOLD : end] = after
    return found
