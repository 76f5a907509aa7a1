"""Keys: read where they are used, never shown, never sent where anyone could read them."""

from __future__ import annotations

import json
import logging
import os
import pickle
import pprint
import socket
import sys
import traceback
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import cloudpickle
import pytest

from dfai_core import Call, Config, services
from dfai_core.errors import ConfigError, SecretNotFound, Unauthorized
from dfai_core.secrets import Hidden, as_secret, env, secret
from dfai_core.targets import Target, azure, container, local, route
from dfai_core.transports.base import Request
from faults.calls import call_of, rows_of
from faults.server import Server, refusing_port, status

KEY = "planted-0123456789abcdef"
SENTIMENT = services()["sentiment"]


def test_references_are_read_where_they_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "key"
    path.write_text(f"{KEY}\n")
    monkeypatch.setenv("A_KEY", f" {KEY}\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "a_vault.py").write_text(f"def key():\n    return {KEY!r}\n")

    assert env("A_KEY").reveal() == KEY
    assert secret(f"file:{path}").reveal() == KEY
    assert secret("module:a_vault:key").reveal() == KEY


def test_a_key_sent_along_is_read_on_the_driver(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    sent = env("A_KEY", read="driver")
    monkeypatch.delenv("A_KEY")

    assert sent.reveal() == KEY
    assert KEY not in repr(sent)


@pytest.mark.parametrize(
    "reference",
    [
        "env:NO_SUCH_KEY",
        "file:/no/such/file",
        "file:/",
        "module:no_such_module:key",
        "module:os:no_such",
        "module:os:getcwdb",
        "module:gc:collect",
        "databricks:scope/key",
    ],
)
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(reference: str) -> None:
    with pytest.raises(SecretNotFound) as caught:
        secret(reference).reveal()

    assert str(caught.value).startswith(f"{reference} is not set on {socket.gethostname()} (process {os.getpid()}")
    assert ("export NO_SUCH_KEY=…" if "NO_SUCH" in reference else "dfai.secret(") in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_worker_without_the_variable_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    traveled = pickle.loads(pickle.dumps(container("http://localhost:1", key=env("A_KEY")).shipped()))
    monkeypatch.delenv("A_KEY")  # as on a worker

    with pytest.raises(SecretNotFound) as caught:
        traveled.key.reveal()
    assert str(caught.value) == (
        f"env:A_KEY is set here but not on worker {socket.gethostname()} (process {os.getpid()}). "
        "Set it there (Spark: spark.executorEnv.A_KEY, and spark.redaction.regex to hide its value; "
        'Dask: the environment in which its workers start), or send it along: dfai.env("A_KEY", read="driver").'
    )


def test_a_worker_without_the_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(KEY)
    traveled = pickle.loads(pickle.dumps(azure("westeurope", key=secret(f"file:{path}")).shipped()))
    path.unlink()

    with pytest.raises(SecretNotFound) as caught:
        traveled.key.reveal()
    assert f"file:{path} is set here but not on worker {socket.gethostname()}" in str(caught.value)
    assert "FileNotFoundError" in str(caught.value)
    assert "Put the file there" in str(caught.value)


def test_what_the_driver_knows_makes_no_other_target(monkeypatch: pytest.MonkeyPatch) -> None:
    target = azure("westeurope", key=env("A_KEY"))
    monkeypatch.setenv("A_KEY", KEY)
    there = target.shipped()
    monkeypatch.delenv("A_KEY")

    assert target == there == target.shipped()
    assert len({target, there, target.shipped()}) == 1


class Vault(ModuleType):
    """A module that answers as a user's vault might."""

    def key(self) -> str:
        return f"{KEY}\n"

    def none(self) -> None:
        return None

    def broken(self) -> str:
        raise RuntimeError(f"403 for https://vault.example/?password={KEY}")


def test_a_vault_s_own_words_are_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "a_vault", Vault("a_vault"))
    with pytest.raises(SecretNotFound, match="RuntimeError") as caught:
        secret("module:a_vault:broken").reveal()

    assert KEY not in "".join(traceback.format_exception(caught.value))


def test_a_vault_that_gives_nothing_gives_no_key_called_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "a_vault", Vault("a_vault"))

    assert secret("module:a_vault:key").reveal() == KEY
    with pytest.raises(SecretNotFound, match="module:a_vault:none is not set"):
        secret("module:a_vault:none").reveal()


class Dbutils:
    """As Databricks' utilities, as far as secrets go."""

    class secrets:  # noqa: N801  theirs is called so
        @staticmethod
        def get(scope: str, key: str) -> str:
            if (scope, key) != ("ai", "azure/language"):
                raise ValueError("Secret does not exist")
            return KEY


def module(name: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(names)
    return made


def test_databricks_secrets_are_read_by_its_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("databricks", "databricks.sdk"):
        monkeypatch.setitem(sys.modules, name, module(name))
    monkeypatch.setitem(sys.modules, "databricks.sdk.runtime", module("databricks.sdk.runtime", dbutils=Dbutils))

    assert secret("databricks:ai/azure/language").reveal() == KEY
    sent = secret("databricks:ai/azure/language", read="driver")
    assert sent.value is not None
    with pytest.raises(
        SecretNotFound, match=r"databricks:ai/other is not set.*ValueError.*Workers often have no dbutils"
    ):
        secret("databricks:ai/other").reveal()


def test_databricks_secrets_are_read_by_its_runtime_where_there_is_no_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "databricks.sdk.runtime", None)
    monkeypatch.setitem(sys.modules, "pyspark.dbutils", module("pyspark.dbutils", DBUtils=lambda session: Dbutils))

    assert secret("databricks:ai/azure/language").reveal() == KEY


def test_a_key_in_a_home_folder_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "key").write_text(KEY)

    assert secret("file:~/key").reveal() == KEY


@pytest.mark.parametrize(
    "reference",
    [
        "nothing",
        "vault:x",
        "env:",
        ":x",
        KEY,
        "module:no_function",
        "module::f",
        "module:m:",
        "databricks:x",
        "databricks:/x",
    ],
)
def test_what_is_no_reference_is_refused_without_being_shown(reference: str) -> None:
    with pytest.raises(ConfigError, match="a secret is a reference") as caught:
        secret(reference)

    assert KEY not in str(caught.value)


class OtherKey:
    """As other libraries wrap keys."""

    def __repr__(self) -> str:
        return KEY


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("env:A_KEY", "holds a reference as bare text: write dfai.secret"),
        ("file:/run/secrets/key", "holds a reference as bare text"),
        ("", "empty"),
        (" \n", "empty"),
        (7, "not a int"),
        (OtherKey(), "not a OtherKey"),
        (KEY.encode(), "not a bytes"),
    ],
)
def test_what_is_no_key_is_refused_at_once_without_being_shown(key: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        container("https://here.example", key=key)

    assert KEY not in str(caught.value)


def test_a_literal_key_may_end_a_line() -> None:
    key = as_secret(f"{KEY}\n")

    assert key is not None
    assert key.reveal() == KEY


@pytest.mark.parametrize("key", [f"{KEY}\nX-Other: 1", f"{KEY}\u2026", f"{KEY}\x00x"])
def test_a_key_that_no_header_can_carry_is_refused_without_being_shown(key: str) -> None:
    with Server() as server, pytest.raises(ConfigError) as caught:
        rows_of(call_of(target=container(server.url, key=key)), ["text"])

    assert KEY not in "".join(traceback.format_exception(caught.value))


def holders() -> list[Any]:
    targets: list[Target] = [azure("westeurope", key=KEY), container("https://here.example", key=KEY)]
    configs = [Config(target=target) for target in targets]
    calls = [Call(SENTIMENT, ("text",), "out", config=config) for config in configs]
    routed = route({"sentiment": targets[0]}, default=local())
    request = Request("POST", "https://here.example", {"Ocp-Apim-Subscription-Key": KEY}, KEY.encode())
    return [as_secret(KEY), *targets, *configs, *calls, routed, request]


@pytest.mark.parametrize("holder", holders(), ids=lambda holder: type(holder).__name__)
def test_a_literal_key_never_shows(holder: Any) -> None:
    assert KEY not in repr(holder)
    assert KEY not in str(holder)
    assert KEY not in f"{holder}"


@pytest.mark.parametrize("holder", [as_secret(KEY), azure("westeurope", key=KEY), Config(target=azure("x1", key=KEY))])
def test_a_literal_key_shows_in_nothing_made_of_it(holder: Any) -> None:
    taken_apart = asdict(holder)

    for shown in (repr(taken_apart), pprint.pformat(taken_apart), json.dumps(taken_apart, default=str)):
        assert KEY not in shown
        assert "***" in shown


@pytest.mark.parametrize("text", [KEY, "", "\u00fcber", "x" * 10_000])
def test_what_is_hidden_travels_in_disguise_and_arrives(text: str) -> None:
    hidden = Hidden(text)
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        dumped = pickle.dumps(hidden, protocol)
        assert pickle.loads(dumped) == hidden
        assert pickle.loads(dumped).reveal() == text
        assert not text or text.encode() not in dumped
        assert dumped == pickle.dumps(Hidden(text), protocol)  # equal values, equal bytes


def test_a_key_sent_along_travels_in_disguise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    target = azure("westeurope", key=env("A_KEY", read="driver"))
    dumped = cloudpickle.dumps(target.shipped())
    monkeypatch.delenv("A_KEY")

    assert KEY.encode() not in dumped
    assert pickle.loads(dumped).key.reveal() == KEY


def test_a_referenced_key_never_travels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", KEY)
    call = Call(SENTIMENT, ("text",), "out", config=Config(target=azure("westeurope", key=env("A_KEY")))).shipped()

    for dumped in (pickle.dumps(call), cloudpickle.dumps(call)):
        assert KEY.encode() not in dumped
        assert pickle.loads(dumped) == call


def test_a_key_shows_in_no_error_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with Server(then=status(401, {"error": {"code": "401", "message": "denied"}})) as server:
        with pytest.raises(Unauthorized) as caught:
            rows_of(call_of(target=container(server.url, key=KEY)), ["text"])
        rows = rows_of(call_of(target=container(f"http://127.0.0.1:{refusing_port()}", key=KEY), attempts=1), ["text"])

    assert KEY not in "".join(traceback.format_exception(caught.value))
    assert KEY not in str(rows)
    assert KEY not in caplog.text


def test_a_missing_key_raises_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    with Server() as server, pytest.raises(SecretNotFound, match="env:NO_SUCH_KEY is not set"):
        rows_of(call_of(target=container(server.url, key=env("NO_SUCH_KEY"))), ["text"])

    assert server.received == []
