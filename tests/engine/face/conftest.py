"""One engine for all tests of faces; skipped where its packages are not installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dfai_engine.app import App, create_app

pytest.importorskip("dlib", reason="the extra face is not installed")


@pytest.fixture(scope="package")
def app() -> Iterator[App]:
    """As served: the service's limits, collections in memory."""
    made = create_app(workers=1)
    yield made
    made.close()


@pytest.fixture
def lasting(tmp_path: Path) -> Iterator[App]:
    """One that keeps its collections in ``tmp_path``."""
    made = create_app(workers=1, data=tmp_path)
    yield made
    made.close()
