"""What of a credential travels to workers: its class or its function, never a token, a secret or a value."""

from __future__ import annotations

import asyncio
import functools
import os
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import cloudpickle
import pytest

from dfai_core.errors import ConfigError
from dfai_core.loop import loop_thread
from dfai_core.targets import azure, route
from dfai_core.targets.entra import token_credentials
from faults.calls import call_of

SCOPE = "https://cognitiveservices.azure.com/.default"
SECRET = "planted-0123456789abcdef"


class Given:
    token = f"token-{SECRET}"
    expires_on = 4_000_000_000


class Counting:
    """A credential as users give it: a class without arguments."""

    asked: list[str] = []  # noqa: RUF012  counts over all instances

    def get_token(self, *scopes: str, **more: Any) -> Given:
        self.asked.extend(scopes)
        return Given()


class Async:
    async def get_token(self, *scopes: str, **more: Any) -> Given:
        return Given()


def importable() -> Counting:
    return Counting()


def written_in_a_notebook(source: str, **around: Any) -> Any:
    """The function ``make`` of *source*, as a notebook's cell makes it: no import finds it."""
    space = {"__name__": "__main__", "os": os, "Counting": Counting, **around}
    exec(source, space)
    return space["make"]


@pytest.mark.parametrize(
    "credential",
    [
        Counting,
        importable,
        functools.partial(Counting),
        written_in_a_notebook("def make():\n    return Counting()"),
        written_in_a_notebook("make = lambda: os.environ.get('X') or Counting()"),
        written_in_a_notebook(
            "class make(Counting):\n    retries = 3\n    def other(self):\n        return os.getpid()"
        ),
        written_in_a_notebook("def inner():\n    return Counting()\ndef make():\n    return inner()"),
    ],
)
def test_a_class_and_a_function_travel_without_a_token(credential: Any) -> None:
    target = azure(endpoint="https://me.cognitiveservices.azure.com", credential=credential)
    asyncio.run(token_credentials(target.credential, SCOPE))
    dumped = cloudpickle.dumps(target.shipped())

    assert f"token-{SECRET}".encode() not in dumped
    assert pickle.loads(dumped) == target


@pytest.mark.parametrize(
    ("credential", "word"),
    [
        (functools.partial(Counting, SECRET), "an argument"),
        (functools.partial(Counting, client_secret=SECRET), "the argument 'client_secret'"),
        (written_in_a_notebook("def make():\n    return Counting(KEY)", KEY=SECRET), "'KEY'"),
        (written_in_a_notebook("def make():\n    return [Counting(KEY) for _ in '1'][0]", KEY=SECRET), "'KEY'"),
        (written_in_a_notebook("def make():\n    return made", made=Counting()), "'made'"),
        (written_in_a_notebook("def make(key=KEY):\n    return Counting(key)", KEY=SECRET), "a default"),
        (written_in_a_notebook("def make(*, key=KEY):\n    return Counting(key)", KEY=SECRET), "a default"),
        (written_in_a_notebook("class make(Counting):\n    key = KEY", KEY=SECRET), "'key'"),
        (
            written_in_a_notebook(
                "def other():\n    return KEY\ndef make():\n    return Counting(other())", KEY=SECRET
            ),
            "'KEY'",
        ),
        (
            written_in_a_notebook("def around(key):\n    return lambda: Counting(key)\nmake = around(KEY)", KEY=SECRET),
            "'key'",
        ),
    ],
)
def test_a_function_that_would_take_a_value_with_it_is_refused_before_anything_is_pickled(
    credential: Any, word: str
) -> None:
    target = azure(endpoint="https://me.cognitiveservices.azure.com", credential=credential)
    routed = route({"sentiment": target}, default=target)

    for refused in (target, routed):
        with pytest.raises(ConfigError, match="would carry") as caught:
            refused.shipped()
        assert f"carry {word} to the workers" in str(caught.value)
        assert SECRET not in str(caught.value)


class Unpicklable(Counting):
    def __reduce__(self) -> Any:
        raise AssertionError("it was pickled")


@pytest.mark.parametrize("credential", [Unpicklable(), Counting(), Async()], ids=str)
def test_an_instance_is_refused_before_anything_is_pickled(credential: Any) -> None:
    target = azure(endpoint="https://me.cognitiveservices.azure.com", credential=credential)

    with pytest.raises(ConfigError, match="carry its secret"):
        target.shipped()
    with pytest.raises(ConfigError, match="carry its secret"):
        call_of(target=target).shipped()


@pytest.mark.parametrize("credential", ["a key", 7, {"key": SECRET}, object()], ids=lambda given: type(given).__name__)
def test_what_is_no_credential_is_refused_without_being_shown(credential: Any) -> None:
    with pytest.raises(ConfigError, match="credential= takes a class") as caught:
        azure(endpoint="https://me.cognitiveservices.azure.com", credential=credential)

    assert SECRET not in str(caught.value)


class NeedsArguments:
    def __init__(self, tenant_id: str, client_secret: str) -> None:
        raise AssertionError("made too early")

    def get_token(self, *scopes: str) -> Given:
        raise AssertionError("asked too early")


def test_a_class_that_needs_arguments_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="missing a required argument: 'tenant_id'") as caught:
        azure(endpoint="https://me.cognitiveservices.azure.com", credential=NeedsArguments)

    assert "def credential(): return NeedsArguments(…)" in str(caught.value)


@pytest.mark.parametrize(
    "place", [{"region": "westeurope"}, {"endpoint": "https://westeurope.api.cognitive.microsoft.com"}]
)
def test_a_token_needs_the_resource_s_own_endpoint(place: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="own endpoint"):
        azure(**place, credential=Counting)


def test_a_key_and_a_credential_are_not_given_together() -> None:
    with pytest.raises(ConfigError, match="not both"):
        azure(endpoint="https://me.cognitiveservices.azure.com", key=SECRET, credential=Counting)


def test_a_function_that_traveled_is_one_credential_in_every_task() -> None:
    make = written_in_a_notebook("def make():\n    return Counting()")
    target = azure(endpoint="https://me.cognitiveservices.azure.com", credential=make).shipped()
    dumped = cloudpickle.dumps(target)
    first, second = pickle.loads(dumped), pickle.loads(dumped)
    Counting.asked.clear()

    async def both() -> None:
        await first.credentials()
        await second.credentials()

    assert first.credential.made_by is not second.credential.made_by
    assert first == second == target
    loop_thread().run(both())
    assert len(Counting.asked) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_signs_in_by_itself() -> None:
    class Own(Counting):
        asked: list[str] = []  # noqa: RUF012

    target = azure(endpoint="https://me.cognitiveservices.azure.com", credential=Own)
    ask: Callable[[], Awaitable[Any]] = target.credentials
    loop_thread().run(ask())  # type: ignore[arg-type]
    child = os.fork()
    if child == 0:
        loop_thread().run(ask())  # type: ignore[arg-type]
        os._exit(len(Own.asked))
    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 2
