"""One engine for all tests of speech: models load once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dfai_engine.app import App, create_app


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    made = create_app(workers=2)
    yield made
    made.close()
