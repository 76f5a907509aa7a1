"""A look-alike service behind the settings of each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dfai
from lookalike import Lookalike


@pytest.fixture
def service() -> Iterator[Lookalike]:
    """Every call of the test goes to a fresh look-alike."""
    lookalike = Lookalike()
    with dfai.using(
        target=dfai.container("http://localhost:5000"), api_version="2024-11-01", transport=lookalike.transport
    ):
        yield lookalike
