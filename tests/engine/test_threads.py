"""Computations leave the event loop, and only so many wait."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading

import pytest

from dfai_engine.language.documents import ServiceFailure
from dfai_engine.threads import Threads


def test_work_runs_off_the_loops_thread() -> None:
    threads = Threads(1)
    worker = asyncio.run(threads.run(threading.get_ident))
    threads.close()

    assert worker != threading.get_ident()


def test_past_the_queue_a_computation_is_refused_and_places_come_back() -> None:
    threads, end = Threads(1, waiting=1), threading.Event()
    running, waiting = threads.submit(end.wait, 30), threads.submit(end.wait, 30)
    with pytest.raises(ServiceFailure) as refused:
        threads.submit(end.wait, 30)
    end.set()

    assert refused.value.status == 429
    assert running.result(30)
    assert waiting.result(30)
    assert threads.submit(int, "7").result(30) == 7
    threads.close()


def test_a_cancelled_request_gives_its_place_back() -> None:
    threads, end = Threads(1, waiting=1), threading.Event()

    async def give_up() -> None:
        busy = asyncio.create_task(threads.run(end.wait, 30))
        waits = asyncio.create_task(threads.run(end.wait, 30))
        await asyncio.sleep(0)
        waits.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waits
        again = asyncio.create_task(threads.run(end.wait, 30))
        await asyncio.sleep(0)
        end.set()
        assert await busy
        assert await again

    asyncio.run(give_up())
    threads.close()


def test_after_closing_nothing_begins() -> None:
    threads = Threads(1)
    threads.close()

    with pytest.raises(RuntimeError):
        threads.submit(int)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform does not fork")
def test_a_forked_process_has_threads_of_its_own() -> None:
    code = (
        "import os; from dfai_engine.threads import Threads; threads = Threads(1);"
        "assert threads.submit(int, '7').result(30) == 7; child = os.fork();"
        "child or os._exit(threads.submit(int, '5').result(30));"
        "import sys; sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], timeout=60, check=False)

    assert done.returncode == 5
