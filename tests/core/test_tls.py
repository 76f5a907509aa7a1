"""TLS as users meet it: authorities that are known or not, names, dates; no key leaves before all is in order."""

from __future__ import annotations

import datetime as dt
import ssl
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from dfai_core.targets import azure, container
from faults.calls import call_of, rows_of
from faults.server import Server

KEY = "planted-0123456789abcdef"
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def company() -> trustme.CA:
    """A company's own authority."""
    return trustme.CA(organization_name="A company")


@pytest.fixture
def trusted(company: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, _only_what_tests_name: None) -> Path:
    """The company's authority in a file that SSL_CERT_FILE names."""
    path = tmp_path / "company.pem"
    company.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    return path


@pytest.fixture(autouse=True)
def _only_what_tests_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


def serving(authority: trustme.CA, *names: str, **dates: Any) -> Server:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or ("127.0.0.1",)), **dates).configure_cert(context)
    return Server(tls=context)


def refused(server: Server, **settings: Any) -> str:
    """The message of a row that *server* should never have got."""
    ((_, error, message),) = rows_of(call_of(target=container(server.url, key=KEY), **settings), ["text"])

    assert error == "unavailable"
    assert server.received == []  # no request, so no key
    assert message is not None
    assert KEY not in message
    return message


def test_a_known_authority_s_server_gets_the_key(company: trustme.CA, trusted: Path) -> None:
    with serving(company) as server:
        rows = rows_of(call_of(target=container(server.url, key=KEY)), ["one", "two"])

        assert [request.headers["ocp-apim-subscription-key"] for request in server.received] == [KEY]
    assert rows == [(["one"], None, None), (["two"], None, None)]


def test_an_unknown_authority_is_refused_at_once_and_the_remedy_named(company: trustme.CA) -> None:
    with serving(company) as server:
        message = refused(server, attempts=6)

        assert server.connections <= 1  # trying again cannot help
    assert message.startswith("the certificate of 127.0.0.1 was not accepted: ")
    assert "SSL_CERT_FILE names the file that holds it" in message


def test_another_authority_is_none(company: trustme.CA, trusted: Path) -> None:
    with serving(trustme.CA()) as server:
        assert "SSL_CERT_FILE" in refused(server)


def test_a_file_that_is_not_there_is_named(
    company: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere.pem"))
    with serving(company) as server:
        assert f"SSL_CERT_FILE names {tmp_path}/nowhere.pem, which is no file here" in refused(server)


@pytest.mark.parametrize("name", ["10.0.0.7", "localhost", "me.example", "*.example"])
def test_a_certificate_of_another_name_is_refused(company: trustme.CA, trusted: Path, name: str) -> None:
    with serving(company, name) as server:
        message = refused(server)

    assert "127.0.0.1" in message
    assert "mismatch" in message
    assert "SSL_CERT_FILE" not in message  # the authority is known: it would not help


def test_an_expired_certificate_is_refused(company: trustme.CA, trusted: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    with serving(company, not_before=now - 30 * DAY, not_after=now - DAY) as server:
        assert refused(server).endswith("certificate has expired")


def test_a_certificate_of_tomorrow_is_refused(company: trustme.CA, trusted: Path) -> None:
    now = dt.datetime.now(dt.UTC)
    with serving(company, not_before=now + DAY, not_after=now + 30 * DAY) as server:
        assert refused(server).endswith("certificate is not yet valid")


def test_a_server_without_tls_gets_nothing_that_can_be_read() -> None:
    with Server() as server:
        target = azure(endpoint=f"https://127.0.0.1:{server.port}", key=KEY)
        ((_, error, _),) = rows_of(call_of(target=target, attempts=1), ["text"])

        assert error == "unavailable"
        assert server.received == []


def test_an_old_protocol_is_refused(company: trustme.CA, trusted: Path) -> None:
    server = serving(company)
    assert server.tls is not None
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        server.tls.minimum_version = server.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with server:
        ((_, error, message),) = rows_of(call_of(target=container(server.url, key=KEY), attempts=1), ["text"])

        assert server.received == []
    assert error == "unavailable"
    assert KEY not in str(message)


def test_a_file_that_is_named_later_is_read_by_targets_that_were_not_asked_yet(
    company: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a notebook, where the libraries were imported long before somebody sets the variable."""
    with serving(company) as first, serving(company) as second:
        refused(first)
        company.cert_pem.write_to_path(str(tmp_path / "late.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "late.pem"))

        assert rows_of(call_of(target=container(second.url, key=KEY)), ["one"]) == [(["one"], None, None)]


def test_httpx_as_transport_reads_the_same_variable(company: trustme.CA, trusted: Path) -> None:
    with serving(company) as server:
        call = call_of(target=container(server.url, key=KEY), transport=httpx.AsyncHTTPTransport())

        assert rows_of(call, ["one"]) == [(["one"], None, None)]
