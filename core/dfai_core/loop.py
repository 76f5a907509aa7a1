"""One event-loop thread a process: the only bridge between synchronous callers and the asynchronous core.

It works where a loop already runs in the caller's thread (notebooks), after a fork (each process makes
its own), and on Ctrl-C (the work is cancelled and cleaned up before the interrupt goes on).
"""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, TypeVar

__all__ = ["LOOK_S", "LoopThread", "after_fork", "before_exit", "loop_cpu_s", "loop_thread", "result_of"]

T = TypeVar("T")
_CLEANUP_S = 5.0
# No wait of a caller's is longer: Python notes a Ctrl-C that comes just as a thread begins to wait, and lets it wait.
LOOK_S = 1.0


class LoopThread:
    """A daemon thread that runs one event loop until the process ends."""

    def __init__(self) -> None:
        self.pid: int = os.getpid()
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="dfai-loop", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def soon(self, function: Callable[..., object], *arguments: object) -> None:
        """Calls *function* on the loop's thread, later; returns at once."""
        self.loop.call_soon_threadsafe(function, *arguments)

    def refuse_itself(self) -> None:
        """Raises a RuntimeError in this very thread, where nobody may wait for what it does."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a synchronous dfai call was made on dfai's own loop thread: it would wait for itself")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs *work* on the loop and waits for its result."""
        try:
            self.refuse_itself()
        except RuntimeError:
            work.close()
            raise
        done: Future[T] = Future()
        tasks: list[asyncio.Task[T]] = []
        self.soon(lambda: tasks.append(_start(self.loop, work, done)))
        try:
            return result_of(done)
        except KeyboardInterrupt:
            self.soon(lambda: tasks and tasks[0].cancel())
            with suppress(BaseException):  # the interrupt below is what the caller must see
                done.result(_CLEANUP_S)
            raise

    def cpu_s(self) -> float:
        """Processor time that this thread has used; 0 where the system does not tell one thread about another."""
        if not hasattr(time, "pthread_getcpuclockid") or self._thread.ident is None or not self._thread.is_alive():
            return 0.0
        return time.clock_gettime(time.pthread_getcpuclockid(self._thread.ident))

    def stop(self) -> None:
        """Cancels everything, lets it clean up for two seconds, ends the thread."""
        if self.pid != os.getpid() or not self._thread.is_alive():
            return
        with suppress(Exception):  # the interpreter is leaving: there is nobody to tell
            asyncio.run_coroutine_threadsafe(_wind_up(), self.loop).result(2.0)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(2.0)


def result_of(done: Future[T]) -> T:
    """The result of *done*, waited for so that a Ctrl-C is always heard."""
    while True:
        try:
            return done.result(LOOK_S)
        except TimeoutError:
            if done.done():  # it is its own
                return done.result()


def _start(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T], done: Future[T]) -> asyncio.Task[T]:
    task = loop.create_task(work)

    def finish(task: asyncio.Task[T]) -> None:
        if task.cancelled():
            done.cancel()
            done.set_running_or_notify_cancel()
        elif (error := task.exception()) is not None:
            done.set_exception(error)
        else:
            done.set_result(task.result())

    task.add_done_callback(finish)
    return task


async def _wind_up() -> None:
    """Cancels everything, also what is started while things are being cancelled, then closes what is open."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for close in _before_exit:
        await close()


_lock = threading.Lock()
_current: LoopThread | None = None
# Loops inherited through a fork stay referenced for ever: collecting one in the child would remove the parent's
# sockets from the epoll set that both share.
_inherited: list[LoopThread] = []
_after_fork: list[Callable[[], None]] = []
_before_exit: list[Callable[[], Awaitable[None]]] = []


def loop_thread() -> LoopThread:
    """This process's loop thread, started on first use."""
    global _current
    with _lock:
        if _current is None:
            _current = LoopThread()
            atexit.register(_current.stop)
        return _current


def loop_cpu_s() -> float:
    """Processor time of this process's loop thread so far; 0 before it has started."""
    current = _current
    return 0.0 if current is None else current.cpu_s()


def after_fork(reset: Callable[[], None]) -> None:
    """Registers what else a forked child must forget (pools, sessions), called in the child."""
    _after_fork.append(reset)


def before_exit(close: Callable[[], Awaitable[None]]) -> None:
    """Registers what is closed on the loop when the process ends (connections)."""
    _before_exit.append(close)


def _forget_in_child() -> None:
    global _current, _lock
    _lock = threading.Lock()
    if _current is not None:
        _inherited.append(_current)
        _current = None
    for reset in _after_fork:
        reset()


if hasattr(os, "register_at_fork"):  # absent on Windows, where there is no fork
    os.register_at_fork(after_in_child=_forget_in_child)
