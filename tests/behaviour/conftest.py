"""A web service for the tests of ``http`` and of users' own services."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dfai
from web_service import Site, Web, web_running


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with web_running() as found:
        yield found


@pytest.fixture
def site(web: Web) -> Iterator[Site]:
    with dfai.using(progress="off", attempts=1):
        yield web.site()
