"""Entra tokens: asked of a credential where requests are sent, used until shortly before they end."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dfai_core.errors import ConfigError, Unauthorized
from dfai_core.loop import after_fork, before_exit
from dfai_core.targets.base import Credentials
from dfai_core.targets.factories import carried, name_of

__all__ = ["Token", "TokenSource", "Tokens", "refresh_at", "token_credentials", "token_source"]

# A token is asked for anew so long before it ends, or once half of a shorter life is over.
_REFRESH_BEFORE_S = 300.0
# After a refresh that failed while the old token still holds.
_AGAIN_S = 30.0
# While the old token still holds and a new one is being asked for, requests look this often whether it has come.
_LOOK_S = 1.0
_MOST_WORDS = 1_000


@dataclass(frozen=True, slots=True)
class TokenSource:
    """What makes a credential, or a credential itself; two are equal where they have the same *name*.

    By name, since a function that travels inside a pickle is another object in every task, and each task would
    sign in anew.
    """

    name: str
    made_by: Any = field(repr=False, compare=False)

    def shipped(self) -> TokenSource:
        """This source as it may travel.

        Raises
        ------
        ConfigError
            For a credential itself, and for a function that would take values with it.
        """
        if _gives_tokens(self.made_by):
            raise ConfigError(
                f"credential= holds a {type(self.made_by).__name__} instance: pickling it would carry its secret to "
                "the workers. Give its class, or a function without arguments that makes one there."
            )
        if value := carried(self.made_by):
            raise ConfigError(
                f"credential= is a function that would carry {value} to the workers in its pickle. Let it read what it "
                "needs where it runs (os.environ, a file), or put it into a module that the workers can import."
            )
        return self


def token_source(credential: object) -> TokenSource:
    """What ``credential=`` means.

    Raises
    ------
    ConfigError
        For what gives no tokens and makes nothing that does. It is not shown.
    """
    if isinstance(credential, TokenSource):
        return credential
    if not _gives_tokens(credential):
        if not callable(credential):
            raise ConfigError(
                "credential= takes a class such as DefaultAzureCredential, or a function without arguments that makes "
                f"one, not a {type(credential).__name__}. A key goes into key=."
            )
        _refuse_arguments(credential)
    return TokenSource(name_of(credential), credential)


def _gives_tokens(credential: object) -> bool:
    return not isinstance(credential, type) and (
        hasattr(credential, "get_token") or hasattr(credential, "get_token_info")
    )


def _refuse_arguments(make: Callable[..., object]) -> None:
    try:
        inspect.signature(make).bind()
    except ValueError:  # some that are written in C tell no signature
        return
    except TypeError as error:
        name = getattr(make, "__name__", type(make).__name__)
        raise ConfigError(
            f"credential={name} is called without arguments, but: {error}. Give a function that makes it: "
            f"def credential(): return {name}(…), with what it needs read inside."
        ) from None


@dataclass(frozen=True, slots=True)
class Token:
    """A token and two moments, in Unix seconds."""

    text: str = field(repr=False)
    refresh_at: float  # from then on a new one is asked for
    ends_at: float


def refresh_at(now: float, ends_at: float, asked: float | None) -> float:
    """When to ask for the next token, in Unix seconds: as its issuer *asked*, else a while before it ends.

    >>> refresh_at(0.0, 3_600.0, None), refresh_at(0.0, 60.0, None), refresh_at(0.0, 3_600.0, 1_800.0)
    (3300.0, 30.0, 1800.0)
    """
    if asked is not None and asked < ends_at:
        return asked
    return ends_at - min(_REFRESH_BEFORE_S, max(0.0, ends_at - now) / 2)


class Tokens:
    """The tokens of one source for one scope in this process. Used on the loop's thread only.

    However many requests need a token, one is asked for. As long as the old one holds, nobody waits for the new
    one, and a refresh that fails changes nothing.

    Parameters
    ----------
    source
        Its credential is made on first use, and kept: it knows how it signed in.
    scope
        What the tokens are for.
    clock
        Unix seconds.
    """

    def __init__(self, source: TokenSource, scope: str, *, clock: Callable[[], float] = time.time) -> None:
        self._source = source
        self._scope = scope
        self._clock = clock
        self._credential: Any = None
        self._held: Token | None = None
        self._asking: asyncio.Task[Token] | None = None
        self._not_before = float("-inf")

    async def token(self, *, renew: bool = False) -> Token:
        """A token that holds; with *renew* a new one, since the one held was refused.

        Raises
        ------
        Unauthorized
            Where the credential gives none, and no old one holds.
        """
        now, held = self._clock(), self._held
        if held is None or now >= held.ends_at or renew:
            return await asyncio.shield(self._ask())  # one caller's deadline must not end what others wait for
        if now >= held.refresh_at and now >= self._not_before:
            self._ask()
        return held

    async def credentials(self, *, renew: bool = False) -> Credentials:
        """The same as headers, and how long they are good for."""
        token = await self.token(renew=renew)
        now = self._clock()
        until = token.refresh_at if now < token.refresh_at else min(token.ends_at, now + _LOOK_S)
        return Credentials({"Authorization": f"Bearer {token.text}"}, max(0.0, until - now))

    async def aclose(self) -> None:
        """Ends the credential's own connections."""
        close = getattr(self._credential, "close", None)
        self._credential = None
        if close is not None:
            closing = close()
            if inspect.isawaitable(closing):
                await closing

    def _ask(self) -> asyncio.Task[Token]:
        if self._asking is None:
            self._asking = asyncio.get_running_loop().create_task(self._ask_credential())
            self._asking.add_done_callback(self._asked)
        return self._asking

    def _asked(self, task: asyncio.Task[Token]) -> None:
        self._asking = None
        if task.cancelled():
            return
        if task.exception() is None:
            self._held = task.result()
        else:  # who waits for it is told; else there still is a token, and another try later
            self._not_before = self._clock() + _AGAIN_S

    async def _ask_credential(self) -> Token:
        try:
            return await self._fetch()
        except Exception as error:  # noqa: BLE001  whatever the credential's library raises, to callers it is this
            what = f"{self._source.name.rpartition('.')[2]} gave no token for {self._scope}"
            words = " ".join(str(error).split())[:_MOST_WORDS]
            # Not chained: frames of those who sign in hold passwords, which some tools print with a traceback.
            raise Unauthorized(f"{what}: {type(error).__name__}: {words}") from None

    async def _fetch(self) -> Token:
        if self._credential is None:
            made_by = self._source.made_by
            self._credential = made_by if _gives_tokens(made_by) else await asyncio.to_thread(made_by)
        ask = getattr(self._credential, "get_token_info", None) or self._credential.get_token
        # azure-identity's clients block: they ask the network, a subprocess or a browser. Its asynchronous ones only
        # make a coroutine here, which belongs on this loop.
        answer = await asyncio.to_thread(ask, self._scope)
        if inspect.isawaitable(answer):
            answer = await answer
        text, ends_at = str(answer.token), float(answer.expires_on)
        if not (text and text.isascii() and text.isprintable()):
            raise ValueError("it holds a character that no HTTP header can carry")
        return Token(text, refresh_at(self._clock(), ends_at, getattr(answer, "refresh_on", None)), ends_at)


_tokens: dict[tuple[TokenSource, str], Tokens] = {}
# A child must not touch its parent's: they hold connections, and tasks of the parent's loop.
_inherited: list[dict[tuple[TokenSource, str], Tokens]] = []


async def token_credentials(source: TokenSource, scope: str, *, renew: bool = False) -> Credentials:
    """The headers of *source*, by this process's tokens for *scope*."""
    tokens = _tokens.get((source, scope))
    if tokens is None:
        tokens = _tokens[source, scope] = Tokens(source, scope)
    return await tokens.credentials(renew=renew)


async def _close() -> None:
    for tokens in _tokens.values():
        await tokens.aclose()


def _forget() -> None:
    global _tokens
    _inherited.append(_tokens)
    _tokens = {}


after_fork(_forget)
before_exit(_close)
