"""One request of the driver's own, brought to its end: what is looked up or made before any row is sent."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import NamedTuple

from dfai_core.errors import CallError, Unauthorized, error_for
from dfai_core.flow.retry import Retry
from dfai_core.loop import loop_thread
from dfai_core.peers import Peer, peer_of
from dfai_core.service import Service
from dfai_core.settings import Config
from dfai_core.targets import joined
from dfai_core.transports.base import Answer, Request, TransportError
from dfai_core.verdict import Action, judge_answer, judge_error, refusal

__all__ = ["Question", "ask_target"]


class Question(NamedTuple):
    """What is asked; *accepts* are the statuses that are answers."""

    method: str
    path: str
    body: bytes | None = None
    headers: Mapping[str, str] = {"Content-Type": "application/json"}
    accepts: frozenset[int] = frozenset({200, 201, 204})


def ask_target(service: Service, config: Config, question: Question) -> Answer:
    """The answer of the target that serves *service*.

    Raises
    ------
    CallError
        There is none, after as many tries and as much time as *config* gives a row.
    """
    return loop_thread().run(_asked(service, config, question))


async def _asked(service: Service, config: Config, question: Question) -> Answer:
    target = config.target.resolve(service)
    peer = peer_of(target, config)
    url = joined(target.url(service), question.path)
    retry = Retry(attempts=config.attempts)
    try:
        async with asyncio.timeout(config.deadline_s):
            return await _tried(peer, url, question, retry, config.timeout_s)
    except TimeoutError:
        raise error_for("timeout", f"{target} gave no answer within {config.deadline_s:g} s") from None


async def _tried(peer: Peer, url: str, question: Question, retry: Retry, timeout_s: float) -> Answer:
    loop = asyncio.get_running_loop()
    tries = 0
    while True:
        tries += 1
        credential = peer.headers(loop.time()) or await peer.look_up(loop.time())
        request = Request(question.method, url, {**question.headers, **credential}, question.body)
        try:
            async with asyncio.timeout(timeout_s):
                answer = await peer.transport.send(request)
            verdict = judge_answer(answer, credential, accepts=question.accepts)
            if verdict.action is Action.READ:
                return answer
        except (TransportError, TimeoutError) as error:
            verdict = judge_error(error)
        if verdict.action in (Action.UNAUTHORIZED, Action.QUOTA):
            raise Unauthorized(refusal(peer.target, verdict))
        wait_s = None
        if verdict.action is Action.RETRY:
            wait_s = retry.wait_s(tries, retry_after_s=verdict.retry_after_s, draw=random.random())
        if wait_s is None:
            raise _refused(peer, verdict.code, verdict.message, verdict.status)
        await asyncio.sleep(wait_s)


def _refused(peer: Peer, code: str, message: str, status: int | None) -> CallError:
    where = f" (HTTP {status})" if status else ""
    return error_for(code, f"{peer.target}: {message}{where}")
