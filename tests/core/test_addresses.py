"""Which addresses a row may lead to, however they are written, and that what was checked is what is asked."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver

from dfai_core.addresses import is_public, refused_host
from dfai_core.errors import ConfigError
from dfai_core.transports import NotAllowed, Request
from dfai_core.transports import resolving as resolving_module
from dfai_core.transports.aiohttp import AiohttpTransport
from dfai_core.verdict import Action, judge_error
from dfai_core.whole import Whole

INSIDE = [
    *("127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
    *("192.0.0.8", "198.18.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "::1", "fe80::1", "fe80::1%eth0"),
    *("fc00::1", "fd12::1", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::10.0.0.1"),
    *("64:ff9b:1::8.8.8.8", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:db8::1", "2001:0:7f00:1::"),
]
OUTSIDE = ["8.8.8.8", "93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_inside_a_network_are_not_public(address: str) -> None:
    assert not is_public(address)
    assert refused_host(address) is not None or "%" in address


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)
    assert refused_host(address) is None


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST.", "a.localhost"])
def test_this_machine_s_name_is_refused_without_a_lookup(host: str) -> None:
    assert "this machine" in (refused_host(host) or "")


@pytest.mark.parametrize("host", ["printer.local", "Metadata.Google.Internal."])
def test_names_of_an_inner_network_are_refused_without_a_lookup(host: str) -> None:
    assert "inner network" in (refused_host(host) or "")


def test_a_whole_request_is_checked_again_wherever_it_is_sent() -> None:
    whole = Whole("GET", "https://example.org/a", addresses="public", max_bytes=7)

    assert whole.redirected("https://example.org/b").max_bytes == 7
    for url in ("http://127.0.0.1/", "http://[::1]:8080/", "https://localhost/", "http://169.254.169.254/x"):
        with pytest.raises(ConfigError, match="private_urls="):
            whole.redirected(url)


class Names(AbstractResolver):
    """Knows one name, which leads to several addresses."""

    addresses: tuple[str, ...] = ()

    async def resolve(self, host: str, port: int = 0, family: Any = socket.AF_INET) -> list[Any]:
        return [
            {"hostname": host, "host": address, "port": port, "family": socket.AF_INET, "proto": 0, "flags": 0}
            for address in self.addresses
        ]

    async def close(self) -> None:
        return


def asked(url: str, addresses: Any) -> Any:
    async def ask() -> Any:
        transport = AiohttpTransport(addresses=addresses)
        try:
            return await transport.send(Request("GET", url, {}))
        finally:
            await transport.aclose()

    return asyncio.run(ask())


@pytest.mark.parametrize("addresses", [("127.0.0.1",), ("8.8.8.8", "10.0.0.1"), ("169.254.169.254", "8.8.8.8")])
def test_a_name_with_an_address_inside_is_not_asked(
    monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setattr(resolving_module, "DefaultResolver", Names)
    monkeypatch.setattr(Names, "addresses", addresses)

    with pytest.raises(NotAllowed, match=r"rebound\.example"):
        asked("http://rebound.example:9/", "public")


def test_a_guarded_pool_trusts_the_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(line), line))
        await writer.drain()
        writer.close()

    async def through() -> bytes:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        monkeypatch.setenv("http_proxy", f"http://proxy.internal:{port}")
        transport = AiohttpTransport(addresses="public")
        try:
            return (await transport.send(Request("GET", "http://somewhere.example/x", {}))).body
        finally:
            await transport.aclose()
            server.close()

    monkeypatch.setattr(resolving_module, "DefaultResolver", Names)
    monkeypatch.setattr(Names, "addresses", ("127.0.0.1",))
    monkeypatch.delenv("no_proxy", raising=False)

    assert asyncio.run(through()).startswith(b"GET http://somewhere.example/x ")


def test_what_must_not_be_asked_is_the_row_s_fault_for_good() -> None:
    verdict = judge_error(NotAllowed("inside", permanent=True))

    assert (verdict.action, verdict.code, verdict.maybe_billed) == (Action.REFUSE, "refused", False)
