"""A web service for the tests of ``http`` and of users' own services, and one that tells pictures."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dfai
from picture_service import PictureScene, PictureService, pictures_running
from web_service import Site, Web, web_running


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with web_running() as found:
        yield found


@pytest.fixture
def site(web: Web) -> Iterator[Site]:
    with dfai.using(progress="off", attempts=1):
        yield web.site()


@pytest.fixture(scope="module")
def picture_service() -> Iterator[PictureService]:
    with pictures_running() as found:
        yield found


@pytest.fixture
def pictures(picture_service: PictureService) -> Iterator[PictureScene]:
    scene = picture_service.scene()
    with dfai.using(target=scene.target, progress="off", attempts=1):
        yield scene
