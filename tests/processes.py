"""Processes of their own that run a few lines of code, and say what came of it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

__all__ = ["COMMAND", "importing_tests", "process", "said", "together", "told"]

COMMAND = """
from dfai.cli.main import called
print("begins", flush=True)
sys.exit(called(sys.argv[1:]))
"""
"""The command, for `process`: it says ``begins``, and then what the command says."""

_READY = "print('ready', flush=True)\nsys.stdin.readline()\n"


def importing_tests(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a process that can import what stands beside this file, and *more*."""
    path = os.pathsep.join(filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, **(more or {})}


@contextmanager
def process(
    code: str, *arguments: object, head: str = "", environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A process that runs *head* and *code*, and is gone afterwards; *arguments* are its ``sys.argv[1:]``."""
    program = "import asyncio, json, os, sys, time\n" + textwrap.dedent(head) + textwrap.dedent(code)
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=importing_tests(environment),
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def said(started: subprocess.Popen[str]) -> str:
    """The next line that a process prints."""
    assert started.stdout is not None
    return started.stdout.readline().strip()


def told(code: str, path: Path, head: str = "") -> str:
    """What a process that runs *code* prints."""
    with process(code, path, head=head) as started:
        return said(started)


def together(
    code: str, count: int, *arguments: object, head: str = "", environments: tuple[Mapping[str, str], ...] = ({},)
) -> list[str]:
    """What *count* processes print that start their work at the same moment, in turns under *environments*."""
    with ExitStack() as started:
        running = [
            started.enter_context(
                process(
                    _READY + textwrap.dedent(code),
                    *arguments,
                    head=head,
                    environment=environments[place % len(environments)],
                )
            )
            for place in range(count)
        ]
        assert [said(one) for one in running] == ["ready"] * count
        for one in running:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        return [said(one) for one in running]
