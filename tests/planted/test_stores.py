"""A key is in no store: not in the bytes of a folder, not in a Redis, not in what a Redis is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis import Redis

from dfai_core.targets import azure, container
from faults.calls import call_of, rows_of
from faults.server import Server, Step, Turn, answered
from planted.key import Planted, traces
from redis_server import RedisServer, redis_server


class Credential:
    """Gives the planted key as its token."""

    token: Any

    def get_token(self, *scopes: str, **more: Any) -> Any:
        return self

    expires_on = 4_000_000_000


async def _quoting(turn: Turn) -> None:
    """Answers some, and refuses some for good while quoting what it was sent: such refusals are kept."""
    if any("bad" in text for text in turn.received.texts):
        words = f"not with {dict(turn.received.headers)}"
        await turn.answer(400, {"error": {"code": "BadRequest", "message": words}})
    else:
        await turn.answer(200, answered(turn.received.documents))


def run_with(store: str, key: Planted) -> None:
    """Calls under every kind of credential, answered and refused, each twice: the second from the store."""
    Credential.token = key.text
    texts = [f"text {n}" for n in range(20)] + ["bad"]
    with Server(then=Step(_quoting)) as server:
        for target in (
            container(server.url, key=key.text),
            azure(endpoint=f"{server.url}/azure", credential=Credential),
        ):
            for _ in range(2):
                rows = rows_of(call_of(target=target, store=store), texts)
                assert [row[1] for row in rows] == [None] * 20 + ["refused"]
                assert key.core not in str(rows)
        sent = " ".join(str(request.headers) for request in server.received)
        assert key.core in sent


def test_a_folder_holds_answers_and_no_key(tmp_path: Path) -> None:
    key = Planted()
    run_with(str(tmp_path / "store"), key)

    assert traces({"way": key}, tmp_path) == []
    assert b"text 7" in b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


@contextmanager
def monitored(server: RedisServer, path: Path) -> Iterator[None]:
    """Writes down every command that the server gets."""
    client = Redis.from_url(server.url)
    with client.monitor() as monitor, path.open("w") as told:
        ended = threading.Event()

        def listen() -> None:
            for command in monitor.listen():
                told.write(f"{command}\n")
                if "over and out" in str(command):
                    break
            ended.set()

        threading.Thread(target=listen, daemon=True).start()
        yield
        client.echo("over and out")
        assert ended.wait(10)
    client.close()


def test_a_redis_holds_answers_is_told_no_key_and_saves_none(tmp_path: Path) -> None:
    key = Planted()
    with redis_server(tmp_path) as server, monitored(server, tmp_path / "told"):
        run_with(server.url, key)
        with Redis.from_url(server.url) as client:
            dumped = {name: client.dump(name) for name in client.scan_iter()}
            (tmp_path / "dumped").write_bytes(b"\n".join(part for pair in dumped.items() for part in pair if part))
            client.save()

    assert len(dumped) >= 40
    assert (tmp_path / "dump.rdb").stat().st_size > 1_000
    assert "evalsha" in (tmp_path / "told").read_text().lower()
    assert traces({"way": key}, tmp_path) == []


@pytest.mark.parametrize("way", ["container", "azure"])
def test_who_asks_does_not_change_a_document_s_key(way: str, tmp_path: Path) -> None:
    """Else a store would hold a hash of the key, which short keys would not survive, and rotation would pay again."""
    with Server() as server:
        for text in ("one-key-0123456789", "another-key-0123456789"):
            target = container(server.url, key=text) if way == "container" else azure(endpoint=server.url, key=text)
            rows_of(call_of(target=target, store=str(tmp_path)), ["a text"])

        assert len(server.received) == 1
