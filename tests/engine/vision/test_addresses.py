"""Pictures by URL: fetched from where they may be, refused from everywhere else."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from typing import ClassVar

import pytest

from dfai_engine.app import App
from dfai_engine.vision.addresses import MODES, permitted
from engine.vision.made import CAT, drawn, encoded
from engine.wire import ask

THUMBNAIL = "/vision/v3.2/generateThumbnail?width=20&height=20"


class _Pictures(http.server.BaseHTTPRequestHandler):
    """Serves a cat, redirections, and trouble."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/") or "/to/")
            self.end_headers()
            return
        bodies = {"/cat.jpg": CAT, "/words": b"words", "/large": bytes((4 << 20) + 1), "/": encoded(drawn())}
        body = bodies.get(self.path)
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Length", str(len(body or b"")))
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def pictures() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Pictures) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join(10)


def code(app: App, url: str) -> str:
    """The refusal's code, or "" for a picture."""
    answer = ask(app, "POST", THUMBNAIL, json={"url": url})
    return "" if answer.status_code == 200 else str(answer.json()["error"]["innererror"]["code"])


def test_a_picture_is_fetched_where_private_networks_are_allowed(
    app: App, pictures: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFAI_FETCH", "private")

    assert code(app, f"{pictures}/cat.jpg") == ""
    assert code(app, f"{pictures}/to/cat.jpg".replace("/to/", "/to//")) == ""
    assert code(app, f"{pictures}/missing") == "InvalidImageUrl"
    assert code(app, f"{pictures}/words") == "InvalidImageFormat"
    assert code(app, f"{pictures}/large") in ("InvalidImageSize", "InvalidImageFormat")


def test_a_redirection_is_checked_like_any_address(app: App, pictures: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_FETCH", "private")

    assert code(app, f"{pictures}/to/http://169.254.169.254/latest/meta-data") == "InvalidImageUrl"
    assert code(app, f"{pictures}/to/file:///etc/passwd") == "InvalidImageUrl"
    assert code(app, f"{pictures}/to/") == "InvalidImageUrl"


@pytest.mark.parametrize("mode", ["", "public", "never", "sometimes"])
def test_this_machine_is_not_asked_unless_that_is_allowed(
    app: App, pictures: str, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFAI_FETCH", mode)
    port = pictures.rpartition(":")[2]
    before = len(_Pictures.asked)
    spellings = [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "0.0.0.0",
    ]
    found = {code(app, f"http://{host}:{port}/cat.jpg") for host in spellings}

    assert found == {"InvalidImageUrl"}
    assert len(_Pictures.asked) == before


@pytest.mark.parametrize(
    "address",
    [
        *(
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "169.254.169.254",
            "172.16.0.1",
            "192.168.1.1",
            "224.0.0.1",
        ),
        *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:53aa:64c:0:fbff:f5ff:fefe", "words", ""),
    ],
)
def test_addresses_that_only_this_machine_reaches_are_not_public(address: str) -> None:
    assert not permitted(address, "public")


def test_public_addresses_may_be_asked_and_metadata_never() -> None:
    public = ("8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "64:ff9b::808:808")
    metadata = ("169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe")

    assert all(permitted(address, mode) for address in public for mode in MODES[:2])
    assert not any(permitted(address, mode) for address in metadata for mode in MODES)
