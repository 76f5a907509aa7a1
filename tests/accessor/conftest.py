"""A look-alike service behind the settings of each test; and settings that end with the test that made them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dfai
from dfai import _settings
from lookalike import Lookalike


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page or a test configures, the next does not find."""
    monkeypatch.setattr(_settings, "_configured", dict(_settings._configured))


@pytest.fixture
def service() -> Iterator[Lookalike]:
    """Every call of the test goes to a fresh look-alike."""
    lookalike = Lookalike()
    with dfai.using(
        target=dfai.container("http://localhost:5000"), api_version="2024-11-01", transport=lookalike.transport
    ):
        yield lookalike
