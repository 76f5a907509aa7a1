"""Python values to Arrow text, with the values that are not text marked instead of refused."""

from __future__ import annotations

import numbers
import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

__all__ = ["MISFIT", "MISFIT_FIELD", "MISSING", "arrow_texts", "is_misfit", "texts_of"]

MISFIT = "column {name!r} holds a value of type {kind} here, not text: convert it, for example with .astype(str)"
MISFIT_FIELD = "__dfai_not_text"


def arrow_texts(values: Sequence[Any]) -> pa.Array:
    """Texts as an Arrow array, missing values as nulls.

    A lone surrogate cannot be written as UTF-8: each becomes U+FFFD, so that offsets stay right. Where a value
    is no text at all the result is a struct of the text and of that value's type, which `is_misfit` knows.

    >>> arrow_texts(["a", None, float("nan")]).to_pylist()
    ['a', None, None]
    >>> arrow_texts(["a", 3]).to_pylist()
    [{'text': 'a', '__dfai_not_text': None}, {'text': None, '__dfai_not_text': 'int'}]
    """
    try:
        array = pa.array(values, from_pandas=True)
        if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
            return array
        if pa.types.is_null(array.type):
            return array.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        pass  # mixed kinds or lone surrogates: each value needs a look of its own, which costs more
    texts: list[str | None] = []
    kinds: list[str | None] = []
    for value in values:
        text, kind = _text_or_kind(value)
        texts.append(text)
        kinds.append(kind)
    array = pa.array(texts, type=pa.string())
    if not any(kinds):
        return array
    return pa.StructArray.from_arrays([array, pa.array(kinds, type=pa.string())], names=["text", MISFIT_FIELD])


def _text_or_kind(value: Any) -> tuple[str | None, str | None]:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value), None
    if value is None or (isinstance(value, numbers.Real) and value != value) or type(value).__name__ in MISSING:
        return None, None
    return None, type(value).__name__


# pandas' own markers, by name: the core does not import pandas.
MISSING = frozenset({"NAType", "NaTType"})
_SURROGATE = re.compile("[\ud800-\udfff]")


def is_misfit(kind: pa.DataType) -> bool:
    """Whether a column came out of `arrow_texts` with values that are no texts."""
    return bool(pa.types.is_struct(kind) and kind.num_fields == 2 and kind.field(1).name == MISFIT_FIELD)


def texts_of(column: pa.Array) -> pa.Array:
    """Plain texts or bytes out of any Arrow spelling of them."""
    if isinstance(column, pa.DictionaryArray):
        column = column.dictionary_decode()
    if pa.types.is_string_view(column.type):
        return column.cast(pa.large_string())
    if pa.types.is_null(column.type) or column.null_count == len(column):
        return pa.nulls(len(column), pa.string())  # nothing in it, whatever it is called
    return column
