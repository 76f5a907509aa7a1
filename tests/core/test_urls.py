"""Every door through which a key could leave: endpoints, containers, routes, links in answers, redirects, proxies."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import Any

import pytest

from dfai_core.errors import ConfigError
from dfai_core.secrets import as_secret
from dfai_core.targets import Container, Target, azure, container, local, route, target_from
from dfai_core.urls import base_url, is_loopback, same_host
from faults.calls import call_of, rows_of
from faults.server import Server, Step, Turn, status

KEY = "planted-0123456789abcdef"
OPEN = [
    "http://10.0.0.7:5000",
    "http://me.cognitiveservices.azure.com",
    "HTTP://me.cognitiveservices.azure.com",
    "http://127.evil.example:5000",
    "http://127.0.0.1.evil.example",
    "http://localhost.evil.example",
    "http://localhost.",
    "http://evil.example/localhost",
    "http://0.0.0.0:5000",
    "http://127.1:5000",
    "http://2130706433:5000",
    "http://0x7f.0.0.1:5000",
    "http://[::]:5000",
    "http://[::2]:5000",
    "http://[::ffff:10.0.0.7]:5000",
    "http://[fe80::1]:5000",
]
CROOKED = [
    "http://localhost@evil.example",
    "http://localhost:5000@evil.example",
    "http://localhost\\@evil.example",
    "http://evil.example\\@localhost",
    "http://evil.example#@localhost",
    "http://evil.example?@localhost",
    "http://localhost\t.evil.example",
    "http://local\nhost",
    " http://localhost",
    "http://localhost:5000/ path",
    "http://localhost%2eevil.example",
    "http://localhost%00.evil.example",
    "http://ⓛocalhost",
    "http://localhost。evil.example",
    "http://[::1%25eth0]:5000",
    "http://[::1",
    "http://localhost:port",
    "http://localhost:0",
    "//localhost",
    "localhost:5000",
    "ftp://localhost",
    "file:///etc/passwd",
    "",
]
MINE = [
    "http://localhost:5000",
    "HTTP://LOCALHOST:5000",
    "http://127.0.0.1",
    "http://127.8.8.8:1",
    "http://[::1]:5000",
    "http://[0:0:0:0:0:0:0:1]:5000",
    "http://[::ffff:127.0.0.1]:5000",
    "https://10.0.0.7",
    "HTTPS://me.cognitiveservices.azure.com",
]
DOORS: list[Callable[[str], Target]] = [
    lambda url: container(url, key=KEY),
    lambda url: azure(endpoint=url, key=KEY),
    lambda url: azure(endpoint=url),
    lambda url: route({"sentiment": container(url, key=KEY)}, default=local()),
    lambda url: route({}, default=azure(endpoint=url, key=KEY)),
]


def ids(door: Any) -> str | None:
    return None if isinstance(door, str) else f"door {DOORS.index(door)}"


@pytest.mark.parametrize("url", OPEN)
@pytest.mark.parametrize("door", DOORS, ids=ids)
def test_no_door_lets_a_key_out_over_plain_http(door: Callable[[str], Target], url: str) -> None:
    with pytest.raises(ConfigError, match="unprotected") as caught:
        door(url)

    assert KEY not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("url", CROOKED)
@pytest.mark.parametrize("door", DOORS, ids=ids)
def test_no_door_takes_a_url_that_can_be_read_in_two_ways(door: Callable[[str], Target], url: str) -> None:
    with pytest.raises(ConfigError):
        door(url)


@pytest.mark.parametrize("url", MINE)
@pytest.mark.parametrize("door", DOORS, ids=ids)
def test_a_key_may_go_to_this_machine_and_over_tls(door: Callable[[str], Target], url: str) -> None:
    assert isinstance(door(url), Target)


@pytest.mark.parametrize("url", [f"https://user:{KEY}@me.example", f"https://me.example/?key={KEY}", f"ftp://{KEY}"])
@pytest.mark.parametrize("short", ["azure:", "container:"])
def test_what_stands_in_a_refused_url_is_not_shown(short: str, url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        target_from(short + url)

    assert KEY not in str(caught.value)


def test_a_target_made_past_the_doors_is_refused_too() -> None:
    with pytest.raises(ConfigError, match="unprotected"):
        Container("http://10.0.0.7", as_secret(KEY))


def test_a_container_without_a_key_may_be_anywhere() -> None:
    assert container("http://10.0.0.7:5000/").base == "http://10.0.0.7:5000"


@pytest.mark.parametrize("url", ["http://LOCALHOST:5000//", "HTTP://localhost:5000", "http://localhost:5000/"])
def test_one_place_is_written_in_one_way(url: str) -> None:
    assert base_url(url, "here", "there").geturl() == "http://localhost:5000"


@pytest.mark.parametrize(
    "host", ["", "localhost.", "localhost.localdomain", "127.0.0.1.", "1.0.0.127", "::", "no host"]
)
def test_other_names_are_not_this_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("link", "same"),
    [
        ("http://127.0.0.1:5000/next", True),
        ("HTTP://127.0.0.1:5000/next", True),
        ("http://127.0.0.1:5001/next", False),
        ("https://127.0.0.1:5000/next", False),
        ("http://localhost:5000/next", False),
        ("http://127.0.0.1:5000@evil.example/next", False),
        ("http://evil.example\\@127.0.0.1:5000/next", False),
        ("http://user@127.0.0.1:5000/next", False),
        ("http://127.0.0.1:5000\t.evil.example/next", False),
        ("http://127.0.0.1:port/next", False),
        ("http://[::1/next", False),
        ("/next", False),
    ],
)
def test_a_link_stays_at_its_host_in_every_reading(link: str, same: bool) -> None:
    assert same_host(link, "http://127.0.0.1:5000/here") is same


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_carries_no_key_elsewhere(code: int) -> None:
    with Server() as elsewhere, Server(then=status(code, Location=elsewhere.url)) as server:
        (row,) = rows_of(call_of(target=container(server.url, key=KEY)), ["text"])

        assert row[1] == "refused"
        assert [request.headers["ocp-apim-subscription-key"] for request in server.received] == [KEY]
        assert elsewhere.received == []


def links(url: str) -> list[str]:
    port = url.rpartition(":")[2]
    return [
        f"{url}/operations/1",
        f"http://127.0.0.1:{port}@evil.example/operations/1",
        f"http://localhost:{port}/operations/1",
        f"http://evil.example\\@127.0.0.1:{port}/operations/1",
        f"http://user:word@127.0.0.1:{port}/operations/1",
        "http://[::1/operations/1",
        "http://127.0.0.1:port/operations/1",
    ]


@pytest.mark.parametrize("place", range(7))
def test_a_key_follows_no_operation_s_link_elsewhere(place: int) -> None:
    with Server() as elsewhere:
        link = links(elsewhere.url)[place]
        with Server(then=status(202, Operation_Location=link)) as server:
            (row,) = rows_of(call_of("extract_summary", target=container(server.url, key=KEY)), ["a text"])

            assert row[1] == "bad_answer"
            assert elsewhere.received == []


@pytest.mark.parametrize("proxied", ["http://127.0.0.1:{port}", "http://localhost:{port}"])
def test_a_key_for_this_machine_passes_no_proxy(proxied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Server() as proxy, Server() as server:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        (row,) = rows_of(call_of(target=container(proxied.format(port=server.port), key=KEY)), ["text"])

        assert row == (["text"], None, None)
        assert proxy.connections == 0


def test_behind_a_proxy_a_key_travels_inside_tls_only(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bytes] = []

    async def listen(turn: Turn) -> None:  # a proxy that opens the way, then writes down all that passes
        await turn.raw(b"HTTP/1.1 200 Open\r\n\r\n")
        heard.append(await turn.reader.read(65_536))
        turn.close()

    with Server(then=Step(listen)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        rows = rows_of(call_of(target=azure(endpoint="https://me.example", key=KEY), attempts=1), ["text"])

        assert [request.method for request in proxy.received] == ["CONNECT"]
        assert KEY not in str(proxy.received)
    assert rows[0][1] == "unavailable"
    assert len(heard) == 1
    assert heard[0][:2] == b"\x16\x03"  # TLS's first record: its version, before any header of ours
    assert KEY.encode() not in heard[0]


@pytest.mark.parametrize(("code", "attempts"), [(407, 1), (403, 1), (502, 2)])
def test_a_proxy_that_refuses_is_named_and_its_password_is_not(
    code: int, attempts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(then=status(code)) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url.replace("//", "//user:hush-hush@"))
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        ((_, error, message),) = rows_of(
            call_of(target=azure(endpoint=f"https://me{code}.example", key=KEY), attempts=2), ["text"]
        )

        assert len(proxy.received) == attempts
    assert error == "unavailable"
    assert message is not None
    assert f"the proxy refuses: {code}" in message
    assert "hush-hush" not in message
