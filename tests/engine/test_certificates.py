"""A certificate that is renewed under a running server is the one that the next client sees."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import trustme

from engine.server import serving


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def renew(authority: trustme.CA, tmp_path: Path) -> Callable[[], bytes]:
    """Puts a new pair into place as Kubernetes does, by one link for both; gives what clients should see."""

    def write() -> bytes:
        issued = authority.issue_cert("127.0.0.1")
        earlier = len(list(tmp_path.glob("issued-*")))
        folder = tmp_path / f"issued-{earlier}"
        folder.mkdir()
        (folder / "tls.crt").write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
        issued.private_key_pem.write_to_path(str(folder / "tls.key"))
        link = tmp_path / "next"
        link.symlink_to(folder)
        link.replace(tmp_path / "tls")
        return ssl.PEM_cert_to_DER_cert(issued.cert_chain_pems[0].bytes().decode())

    return write


def shown(url: str, authority: trustme.CA, name: str | None = "127.0.0.1") -> bytes:
    """The certificate that a server shows, checked by its authority."""
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    trusting.check_hostname = name is not None
    place = urlsplit(url)
    with (
        socket.create_connection((place.hostname, place.port), timeout=30) as plain,
        trusting.wrap_socket(plain, server_hostname=name) as guarded,
    ):
        found = guarded.getpeercert(binary_form=True)
        assert found is not None
        return found


def test_the_next_client_sees_a_renewed_certificate(
    authority: trustme.CA, renew: Callable[[], bytes], tmp_path: Path
) -> None:
    first = renew()
    with serving(tls=(tmp_path / "tls" / "tls.crt", tmp_path / "tls" / "tls.key")) as url:
        before = shown(url, authority)
        second = renew()
        after, without_a_name = shown(url, authority), shown(url, authority, name=None)

    assert before == first
    assert after == second != first
    assert without_a_name == second


def test_files_that_are_broken_or_gone_leave_the_last_good_pair(
    authority: trustme.CA, renew: Callable[[], bytes], tmp_path: Path
) -> None:
    first = renew()
    with serving(tls=(tmp_path / "tls" / "tls.crt", tmp_path / "tls" / "tls.key")) as url:
        renew()
        (tmp_path / "tls" / "tls.key").write_text("half a k")
        broken = shown(url, authority)
        (tmp_path / "tls").unlink()
        gone = shown(url, authority)
        last = renew()
        mended = shown(url, authority)

    assert broken == gone == first
    assert mended == last
