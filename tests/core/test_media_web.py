"""URLs in rows: what the worker reads, and that no row leads it behind the firewall."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.responses import RedirectResponse, Response

from dfai_core import addresses
from dfai_core.loop import loop_thread
from dfai_core.media import Unread, web
from picture_service import PictureScene, picture, pictures_running


@pytest.fixture(scope="module")
def scene() -> Iterator[PictureScene]:
    with pictures_running() as service:
        yield service.scene()


def read(url: str, *, allow: bool = True, max_bytes: int = 100_000) -> bytes | Unread:
    try:
        return loop_thread().run(web.read_url(url, max_bytes, allow_private=allow))
    except Unread as error:
        return error


def refused(url: str, **changes: Any) -> Unread:
    found = read(url, **changes)
    assert isinstance(found, Unread)
    assert url not in found.message
    return found


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/a.png",
        "http://localhost:1/a.png",
        "http://x.localhost/",
        "http://[::1]/a.png",
        "http://169.254.169.254/latest/meta-data/",
        "http://metadata.google.internal/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_urls_that_lead_to_this_machine_or_its_network_are_refused(url: str) -> None:
    found = refused(url, allow=False)

    assert (found.code, found.retryable) == ("unreadable", False)
    assert "private" in found.message or url == "http://2130706433/"  # which the library takes for no name at all


def test_a_name_that_leads_to_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_up(*_: Any, **__: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in ("8.8.8.8", "10.0.0.7")]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    assert "private" in refused("http://rebinding.example/a.png", allow=False).message


def test_each_redirect_is_looked_at_again(monkeypatch: pytest.MonkeyPatch, scene: PictureScene) -> None:
    # As if this machine were a public one, and its other address were not.
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.1")
    inside = scene.at("inside.png", picture(1)).replace("127.0.0.1", "127.0.0.2")
    here = scene.at("here.png", picture(2))
    scene.fetched.clear()

    led_inside = refused(scene.at("in", RedirectResponse(inside)), allow=False)
    led_here = read(scene.at("on", RedirectResponse(here, 301)), allow=False)

    assert "private" in led_inside.message
    assert led_here == picture(2)
    assert scene.fetched == ["in", "on", "here.png"]


def test_redirects_end(scene: PictureScene) -> None:
    scene.given["round"] = RedirectResponse(f"{scene.url}/files/round")

    assert "redirects more than 10 times" in refused(f"{scene.url}/files/round").message
    assert refused(scene.at("off", RedirectResponse("ftp://example.com/"))).code == "unreadable"


def test_what_a_host_answers_is_told(scene: PictureScene) -> None:
    def answering(status: int) -> Unread:
        return refused(scene.at(f"status{status}", Response(status_code=status)))

    assert (answering(403).code, answering(404).code, answering(204).code) == ("unreadable",) * 3
    assert [(found.code, found.retryable) for found in map(answering, (429, 500, 503))] == [("unavailable", True)] * 3
    free = socket.socket()
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()
    assert refused(f"http://127.0.0.1:{port}/a.png").code == "unavailable"


def test_more_bytes_than_fit_are_not_read(scene: PictureScene) -> None:
    async def pieces() -> Any:
        for _ in range(100):
            yield bytes(10_000)

    from starlette.responses import StreamingResponse

    announced = scene.at("large", bytes(100_001))
    assert refused(announced).code == "too_large"
    assert refused(scene.at("unannounced", StreamingResponse(pieces()))).code == "too_large"
    assert read(scene.at("just", bytes(100_000))) == bytes(100_000)


@pytest.mark.parametrize(
    "url", ["http://user:word@example.com/", "http:///a.png", "http://exa mple/", "https://:80/", "http://a\\b/"]
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    assert refused(url, allow=False).code == "unreadable"


def test_letters_and_blanks_in_a_path_are_escaped_and_what_is_escaped_stays(scene: PictureScene) -> None:
    scene.at("Bäume im Park.png", picture(3))
    scene.at("a+b.png", picture(4))

    assert read(f"{scene.url}/files/Bäume im Park.png?sig=a%2Fb%3D") == picture(3)
    assert read(f"{scene.url}/files/a%2Bb.png") == picture(4)
