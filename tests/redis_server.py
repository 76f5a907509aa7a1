"""A Redis of the tests' own: on a free port of this machine, with nothing on disk that stays."""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

__all__ = ["PASSWORD", "RedisServer", "redis_server"]

PASSWORD = "hush-hush"


@dataclass(slots=True)
class RedisServer:
    """A running server; it can be ended, and started anew, empty, on the same port."""

    binary: str
    folder: Path
    port: int
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"

    def start(self) -> None:
        arguments = ["--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD]
        arguments += ["--dir", str(self.folder), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen([self.binary, *arguments], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        _read_until(self.process.stdout, "Ready to accept connections")

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None


def _read_until(lines: IO[str], sign: str) -> None:
    seen = []
    for line in lines:
        seen.append(line)
        if sign in line:
            return
    raise AssertionError(f"redis-server did not start: {''.join(seen)}")


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """A running server; the test is skipped where the machine has none."""
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.skip("needs the program redis-server")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = RedisServer(binary, folder, port)
    server.start()
    try:
        yield server
    finally:
        server.end()
