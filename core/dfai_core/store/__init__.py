"""Answers that were paid for, kept: in memory, in a folder of the host, or in a Redis.

`base.py` says what a store promises, `keys.py` and `codec.py` what goes in, `spec.py` which store a call uses.
"""

from __future__ import annotations

from dfai_core.store.base import Claim, Statistics, Store, StoreFailed
from dfai_core.store.codec import (
    Pending,
    decode_pending,
    decode_rows,
    decode_values,
    encode_pending,
    encode_rows,
    encode_values,
)
from dfai_core.store.keys import Keyer, canonical
from dfai_core.store.memory import MemoryStore
from dfai_core.store.spec import StoreSpec, budget_beside, has_folders, open_store, store_from

__all__ = [
    "Claim",
    "Keyer",
    "MemoryStore",
    "Pending",
    "Statistics",
    "Store",
    "StoreFailed",
    "StoreSpec",
    "budget_beside",
    "canonical",
    "decode_pending",
    "decode_rows",
    "decode_values",
    "encode_pending",
    "encode_rows",
    "encode_values",
    "has_folders",
    "open_store",
    "store_from",
]
