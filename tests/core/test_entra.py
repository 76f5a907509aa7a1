"""Entra tokens: from any credential, one sign-in for all, fresh before the old one ends, never in a pickle."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import pytest

from dfai_core.errors import Unauthorized
from dfai_core.targets import azure
from dfai_core.targets.entra import Tokens, token_source
from faults.calls import call_of, rows_of
from faults.server import Server, Step, Turn, healthy

SCOPE = "https://cognitiveservices.azure.com/.default"
HOUR_S = 3_600.0
SECRET = "planted-0123456789abcdef"


@dataclass
class Clock:
    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Given:
    """As azure-core's tokens are; *refresh_on* only of its newer protocol."""

    token: str
    expires_on: int
    refresh_on: int | None = None


@dataclass
class Issuer:
    """Makes tokens that live *life_s*, and fails as told."""

    clock: Callable[[], float]
    life_s: float = HOUR_S
    failing: bool = False
    asked: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)
    closed: int = 0

    def give(self, scope: str, refresh_after_s: float | None = None) -> Given:
        self.asked.append(scope)
        self.threads.add(threading.current_thread().name)
        if self.failing:
            raise TimeoutError("the sign-in page took too long")
        now = int(self.clock())
        refresh_on = None if refresh_after_s is None else int(now + refresh_after_s)
        return Given(f"token-{len(self.asked)}", int(now + self.life_s), refresh_on)


@dataclass
class Sync:
    """As azure-identity's older credentials are."""

    issuer: Issuer

    def get_token(self, *scopes: str, **more: Any) -> Given:
        return self.issuer.give(*scopes)

    def close(self) -> None:
        self.issuer.closed += 1


@dataclass
class Async:
    """As those of azure.identity.aio are."""

    issuer: Issuer

    async def get_token(self, *scopes: str, **more: Any) -> Given:
        await asyncio.sleep(0)
        return self.issuer.give(*scopes)

    async def close(self) -> None:
        self.issuer.closed += 1


@dataclass
class Informed:
    """Of the newer protocol: its answer may say when to refresh."""

    issuer: Issuer
    refresh_after_s: float | None = None

    def get_token(self, *scopes: str, **more: Any) -> Given:
        raise AssertionError("the newer protocol is there")

    def get_token_info(self, *scopes: str, options: Any = None) -> Given:
        return self.issuer.give(*scopes, refresh_after_s=self.refresh_after_s)


KINDS: list[Callable[[Issuer], Any]] = [Sync, Async, Informed]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


async def settled(tokens: Tokens) -> None:
    """Waits until no refresh is under way."""
    while tokens._asking is not None:
        await asyncio.wait([tokens._asking])
        await asyncio.sleep(0)


def made(kind: Callable[[Issuer], Any], **issuer: Any) -> tuple[Clock, Issuer, Tokens]:
    clock = Clock()
    found = Issuer(clock, **issuer)
    return clock, found, Tokens(token_source(lambda: kind(found)), SCOPE, clock=clock)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_is_used_until_shortly_before_it_ends(kind: Callable[[Issuer], Any]) -> None:
    clock, issuer, tokens = made(kind)

    async def story() -> list[str]:
        seen = []
        for now in (0.0, 10.0, HOUR_S - 301.0, HOUR_S - 300.0):
            clock.now = 1_000_000.0 + now
            seen.append((await tokens.token()).text)
            await settled(tokens)
        seen.append((await tokens.token()).text)
        return seen

    # At the fourth look a new one is asked for, and the old one, which still holds, is used meanwhile.
    assert run(story()) == ["token-1", "token-1", "token-1", "token-1", "token-2"]
    assert issuer.asked == [SCOPE, SCOPE]


def test_when_to_refresh_is_the_issuer_s_to_say() -> None:
    clock, issuer, tokens = made(lambda issuer: Informed(issuer, refresh_after_s=600.0))

    async def story() -> None:
        await tokens.token()
        clock.now += 599.0
        await tokens.token()
        assert len(issuer.asked) == 1
        clock.now += 1.0
        await tokens.token()
        await settled(tokens)

    run(story())

    assert len(issuer.asked) == 2


@pytest.mark.parametrize("kind", KINDS)
def test_many_requests_ask_for_one_token(kind: Callable[[Issuer], Any]) -> None:
    _, issuer, tokens = made(kind)

    async def story() -> list[str]:
        return [token.text for token in await asyncio.gather(*(tokens.token() for _ in range(100)))]

    assert set(run(story())) == {"token-1"}
    assert len(issuer.asked) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_a_refresh_that_fails_goes_on_with_the_old_token_while_it_holds(kind: Callable[[Issuer], Any]) -> None:
    clock, issuer, tokens = made(kind)

    async def look(now: float) -> str:
        clock.now = 1_000_000.0 + now
        found = (await tokens.token()).text
        await settled(tokens)
        return found

    async def story() -> list[str]:
        seen = [await look(0.0)]
        issuer.failing = True
        seen += [await look(HOUR_S - left_s) for left_s in (300.0, 290.0, 271.0, 269.0, 1.0)]
        asked = len(issuer.asked)
        issuer.failing = False
        seen += [await look(HOUR_S - 0.5), await look(HOUR_S)]
        assert asked == 4  # not at each look, but every half minute
        return seen

    # The last try had just failed, so the token is used up to its end; then all wait for the next.
    assert run(story()) == ["token-1"] * 7 + ["token-5"]


def test_an_ended_token_is_not_used_even_where_no_other_is_to_be_had() -> None:
    clock, issuer, tokens = made(Sync)

    async def story() -> None:
        await tokens.token()
        issuer.failing = True
        clock.now += HOUR_S
        await tokens.token()

    with pytest.raises(Unauthorized, match=r"gave no token for https://\S+: TimeoutError: the sign-in page"):
        run(story())


def test_what_is_good_for_how_long_is_never_longer_than_the_token_holds() -> None:
    clock, issuer, tokens = made(Sync, life_s=60.0)

    async def story() -> list[float]:
        good = []
        for now in (0.0, 29.0, 30.0, 59.5):
            issuer.failing = now > 0
            clock.now = 1_000_000.0 + now
            good.append((await tokens.credentials()).good_for_s)
            await settled(tokens)
        return good

    assert run(story()) == [30.0, 1.0, 1.0, 0.5]


def test_one_caller_s_end_does_not_end_what_others_wait_for() -> None:
    clock = Clock()
    issuer = Issuer(clock)
    door = threading.Event()

    class Slow(Sync):
        def get_token(self, *scopes: str, **more: Any) -> Given:
            assert door.wait(10)
            return super().get_token(*scopes)

    tokens = Tokens(token_source(lambda: Slow(issuer)), SCOPE, clock=clock)

    async def story() -> str:
        first, second = asyncio.create_task(tokens.token()), asyncio.create_task(tokens.token())
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.wait([first])
        door.set()
        return (await second).text

    assert run(story()) == "token-1"


def test_a_credential_that_blocks_blocks_a_thread_and_an_asynchronous_one_stays_on_the_loop() -> None:
    issuers = {}
    for kind in (Sync, Async):
        _, issuers[kind], tokens = made(kind)
        run(tokens.token())

    assert issuers[Sync].threads != {threading.current_thread().name}
    assert issuers[Async].threads == {threading.current_thread().name}


@pytest.mark.parametrize("kind", [Sync, Async])
def test_a_credential_is_made_once_and_closed(kind: Callable[[Issuer], Any]) -> None:
    clock = Clock()
    issuer = Issuer(clock, life_s=10.0)
    times = []

    def make() -> Any:
        times.append(1)
        return kind(issuer)

    tokens = Tokens(token_source(make), SCOPE, clock=clock)

    async def story() -> None:
        for _ in range(3):
            await tokens.token()
            clock.now += 10.0
        await tokens.aclose()
        await tokens.aclose()

    run(story())

    assert len(times) == 1
    assert len(issuer.asked) == 3
    assert issuer.closed == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Sync(Issuer(time.time, failing=True)), "TimeoutError: the sign-in page took too long"),
        (lambda: "a token", "'str' object has no attribute 'get_token'"),
        (lambda: None, "'NoneType' object has no attribute 'get_token'"),
        (lambda: 1 / 0, "ZeroDivisionError: division by zero"),
    ],
)
def test_a_credential_that_gives_no_token_raises_before_anything_is_sent(make: Callable[[], Any], words: str) -> None:
    with Server() as server, pytest.raises(Unauthorized, match=words):
        rows_of(call_of(target=azure(endpoint=server.url, credential=make)), ["text"])

    assert server.received == []


def test_a_token_that_no_header_can_carry_is_refused_without_being_shown() -> None:
    class Broken(Sync):
        def get_token(self, *scopes: str, **more: Any) -> Given:
            return Given(f"{SECRET}\r\nX-Other: 1", 4_000_000_000)

    with pytest.raises(Unauthorized, match="no HTTP header can carry") as caught:
        run(Tokens(token_source(lambda: Broken(Issuer(time.time))), SCOPE).token())

    assert SECRET not in str(caught.value)


# ---- whole calls --------------------------------------------------------------------------------------------------


class Counting:
    """A credential as users give it: a class without arguments."""

    asked: list[str] = []  # noqa: RUF012  counts over all instances

    def get_token(self, *scopes: str, **more: Any) -> Given:
        self.asked.extend(scopes)
        return Given(f"token-{SECRET}", 4_000_000_000)


class CountingAsync(Counting):
    async def get_token(self, *scopes: str, **more: Any) -> Given:  # type: ignore[override]
        return Counting.get_token(self, *scopes)


def counting() -> Counting:
    return Counting()


@pytest.mark.parametrize("credential", [Counting, CountingAsync, counting, Counting()], ids=str)
def test_a_credential_is_asked_once_for_all_that_is_sent(credential: Any) -> None:
    Counting.asked.clear()
    with Server() as server:
        rows_of(call_of(target=azure(endpoint=server.url, credential=credential)), [f"text {n}" for n in range(100)])

        assert {request.headers["authorization"] for request in server.received} == {f"Bearer token-{SECRET}"}
        assert not any("ocp-apim-subscription-key" in request.headers for request in server.received)
    assert Counting.asked == [SCOPE]


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        ("us-government", "https://cognitiveservices.azure.us/.default"),
        ("china", "https://cognitiveservices.azure.cn/.default"),
    ],
)
def test_each_cloud_s_tokens_have_its_scope(cloud: str, scope: str) -> None:
    class Own(Counting):
        asked: list[str] = []  # noqa: RUF012

    with Server() as server:
        rows_of(call_of(target=azure(endpoint=server.url, credential=Own, cloud=cloud)), ["text"])

    assert Own.asked == [scope]


def ending(good: set[str]) -> Step:
    """A service that lets in only bearers of *good* tokens."""

    async def act(turn: Turn) -> None:
        if turn.received.headers["authorization"].removeprefix("Bearer ") in good:
            await healthy.act(turn)
        else:
            await turn.answer(401, {"error": {"code": "401", "message": "the token has ended"}})

    return Step(act)


@pytest.mark.parametrize("kind", KINDS)
def test_a_token_that_was_refused_is_replaced_once_for_all(kind: Callable[[Issuer], Any]) -> None:
    issuer = Issuer(time.time)
    with Server(then=ending({"token-2"})) as server:
        target = azure(endpoint=server.url, credential=lambda: kind(issuer))
        texts = [f"text {n}" for n in range(160)]
        rows = rows_of(call_of(target=target, concurrency=16, attempts=1), texts)

        assert [row[1] for row in rows] == [None] * 160
        refused = [r for r in server.received if r.headers["authorization"] == "Bearer token-1"]
    assert 1 <= len(refused) <= 16
    assert len(issuer.asked) == 2


def test_a_token_that_is_refused_again_is_not_asked_for_without_end() -> None:
    issuer = Issuer(time.time)
    with Server(then=ending(set())) as server:
        target = azure(endpoint=server.url, credential=lambda: Sync(issuer))
        with pytest.raises(Unauthorized, match="refused the credential before anything was answered"):
            rows_of(call_of(target=target, concurrency=1), ["text"])

        assert [r.headers["authorization"] for r in server.received] == ["Bearer token-1", "Bearer token-2"]
