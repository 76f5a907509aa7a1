"""One engine for all tests of pictures: models load once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dfai_engine.app import App, create_app
from engine.server import serving


@pytest.fixture(scope="session")
def app() -> Iterator[App]:
    made = create_app(workers=2)
    yield made
    made.close()


@pytest.fixture(scope="session")
def url() -> Iterator[str]:
    with serving(key="open sesame") as address:
        yield address
