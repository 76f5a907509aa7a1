"""Names that the examples in docstrings may use without importing them."""

from __future__ import annotations

import pandas as pd
import pytest

import dfai


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, object]) -> None:
    doctest_namespace.update(pd=pd, dfai=dfai)
