"""One loop thread a process: with threads, in notebooks, after a fork, on Ctrl-C, and at the interpreter's exit."""

from __future__ import annotations

import _thread
import asyncio
import os
import re
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import Future
from pathlib import Path

import pytest

from dfai_core.loop import loop_thread, result_of
from dfai_core.targets import container
from faults.calls import Row, call_of, counted, rows_of
from faults.server import Server, hang

TEXTS = [f"text {place}" for place in range(60)]
RIGHT = [([text], None, None) for text in TEXTS]
TESTS = Path(__file__).resolve().parents[1]

posix = pytest.mark.skipif(os.name != "posix", reason="signals and forks are POSIX's")


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A script in a new, strict interpreter; it finds the tests' helpers."""
    head = (
        "from faults.calls import call_of, rows_of, run, slices\nfrom dfai_core.targets import container\nimport sys\n"
    )
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-X", "dev", "-c", head + textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS)},
    )


def ended(script: subprocess.Popen[str], limit_s: float = 30) -> tuple[int, str, str]:
    """Exit code, output, and what was complained of; dev mode also notes slow steps, as the first import is one."""
    out, errors = script.communicate(timeout=limit_s)
    complaints = [line for line in errors.splitlines() if not re.match(r"Executing <.* took [\d.]+ seconds", line)]
    return script.returncode, out, "\n".join(complaints)


def test_threads_share_one_call() -> None:
    with Server() as server:
        call = call_of(target=container(server.url), concurrency=3)
        found: list[list[Row]] = []
        threads = [threading.Thread(target=lambda: found.append(rows_of(call, TEXTS, size=7))) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(server.asked) == sorted(TEXTS)  # each document once, whoever asked first
        assert server.most_in_flight <= 3
    assert found == [RIGHT] * 4
    counters = counted(call)
    assert (counters.rows, counters.documents, counters.coalesced) == (240, 60, 180)


def test_calls_work_where_a_loop_runs_already() -> None:
    async def cell() -> list[Row]:
        return rows_of(call_of(target=container(server.url)), TEXTS)

    with Server() as server:
        assert asyncio.run(cell()) == RIGHT


def test_a_call_on_the_loop_s_own_thread_is_refused_not_left_to_wait_for_itself() -> None:
    async def inside() -> list[Row]:
        return rows_of(call_of(), TEXTS)

    with pytest.raises(RuntimeError, match="would wait for itself"):
        loop_thread().run(inside())


def test_what_a_coroutine_raises_comes_through() -> None:
    async def broken() -> None:
        raise TimeoutError("its own")

    with pytest.raises(TimeoutError, match="its own"):
        loop_thread().run(broken())


@posix
def test_parent_and_child_of_a_fork_both_go_on() -> None:
    with Server() as server:
        code, out, errors = ended(
            started(
                """
                import os, warnings
                warnings.simplefilter("ignore", DeprecationWarning)  # 3.12: forking with threads
                call = call_of(target=container(sys.argv[1]))
                texts = [f"text {n}" for n in range(30)]
                right = [([text], None, None) for text in texts]
                assert rows_of(call, texts) == right
                child = os.fork()
                assert rows_of(call_of(target=container(sys.argv[1])), texts) == right
                assert rows_of(call, texts) == right
                if child == 0:
                    print("child", flush=True)
                    sys.exit(0)
                _, status = os.waitpid(child, 0)
                print("parent", status)
                """,
                server.url,
            )
        )

    assert (code, errors) == (0, "")
    assert out.split() == ["child", "parent", "0"]


@posix
def test_ctrl_c_ends_a_call_in_flight() -> None:
    with Server(then=hang) as server:
        script = started(
            "rows_of(call_of(target=container(sys.argv[1])), [f'text {n}' for n in range(300)])", server.url
        )
        ends = time.monotonic() + 20
        while server.in_flight < 16 and time.monotonic() < ends:
            threading.Event().wait(0.01)
        interrupted = time.monotonic()
        script.send_signal(signal.SIGINT)
        code, _, errors = ended(script)
        took_s = time.monotonic() - interrupted

        assert len(server.received) == 16  # what waited was not sent
    assert code != 0
    assert errors.rstrip().endswith("KeyboardInterrupt")
    assert "destroyed" not in errors
    assert "Unclosed" not in errors
    assert took_s < 2


def test_the_interpreter_leaves_without_a_word() -> None:
    with Server() as server:
        code, out, errors = ended(
            started("print(len(rows_of(call_of(target=container(sys.argv[1])), ['a', 'b'])))", server.url)
        )

    assert (code, out, errors) == (0, "2\n", "")


def test_the_interpreter_leaves_while_another_thread_waits() -> None:
    with Server(then=hang) as server:
        code, out, errors = ended(
            started(
                """
                import threading, time
                call = call_of(target=container(sys.argv[1]), concurrency=2)
                texts = [f"text {n}" for n in range(300)]
                threading.Thread(target=rows_of, args=(call, texts), daemon=True).start()
                from faults.calls import counted
                while counted(call).requests < 2:
                    time.sleep(0.01)
                print("leaving")
                """,
                server.url,
            )
        )

        assert server.connections <= 2  # what waited was not sent while the others were being cancelled
        assert len(server.received) <= 2
    assert (code, out, errors) == (0, "leaving\n", "")


def test_an_interrupt_that_wakes_nobody_is_heard() -> None:
    never: Future[None] = Future()
    threading.Timer(0.05, _thread.interrupt_main).start()

    with pytest.raises(KeyboardInterrupt):
        result_of(never)


def test_a_timeout_that_is_the_answer_is_raised_at_once() -> None:
    done: Future[None] = Future()
    done.set_exception(TimeoutError("its own"))

    with pytest.raises(TimeoutError, match="its own"):
        result_of(done)
