"""Keys: read where they are used, never shown, never sent where anyone could read them."""

from __future__ import annotations

import logging
import pickle
import re
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import cloudpickle
import pytest

from contracts import load
from dfai_core import Call, Config, services
from dfai_core.errors import ConfigError, DfaiError, NotOffered, SecretNotFound, Unauthorized
from dfai_core.secrets import as_secret, env, secret
from dfai_core.settings import read_environment, resolve
from dfai_core.targets import Target, azure, container, local, route, target_from
from dfai_core.transports.base import Request
from faults.calls import call_of, rows_of
from faults.server import Server, refusing_port, status

KEY = "planted-0123456789abcdef"
SENTIMENT = services()["sentiment"]


class Token:
    def __init__(self, token: str) -> None:
        self.token = token
        self.expires_on = 4_000_000_000


class Credential:
    """As azure-identity's are: made without arguments, asked for tokens."""

    asked: list[str] = []  # noqa: RUF012  counts over all instances, as each use makes one

    def get_token(self, scope: str) -> Token:
        self.asked.append(scope)
        return Token(f"token-{KEY}")


class Refusing:
    def get_token(self, scope: str) -> Token:
        raise TimeoutError("the sign-in page took too long")


def key_function() -> str:
    return KEY


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
    "reference", ["env:NO_SUCH_KEY", "file:/no/such/file", "file:/", "module:no_such_module:key", "module:os:no_such"]
)
def test_a_secret_that_is_not_there_says_where_it_was_looked_for(reference: str) -> None:
    with pytest.raises(SecretNotFound) as caught:
        secret(reference).reveal()

    assert reference in str(caught.value)


@pytest.mark.parametrize("reference", ["nothing", "vault:x", "env:", ":x", KEY])
def test_what_is_no_reference_is_refused_without_being_shown(reference: str) -> None:
    with pytest.raises(ConfigError, match="a secret is a reference") as caught:
        secret(reference)

    assert KEY not in str(caught.value)


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


def test_a_credential_s_class_is_asked_once_for_all_that_is_sent() -> None:
    Credential.asked.clear()
    with Server() as server:
        target = azure(endpoint=server.url, credential=Credential)
        rows_of(call_of(target=target), [f"text {place}" for place in range(100)])

        assert {received.headers["authorization"] for received in server.received} == {f"Bearer token-{KEY}"}
    assert Credential.asked == ["https://cognitiveservices.azure.com/.default"]
    assert pickle.loads(pickle.dumps(target.shipped())) == target


def test_a_credential_that_gives_no_token_raises() -> None:
    with Server() as server, pytest.raises(Unauthorized, match="Refusing gave no token"):
        rows_of(call_of(target=azure(endpoint=server.url, credential=Refusing)), ["text"])

    assert server.received == []


def test_a_credential_s_instance_is_never_pickled() -> None:
    with pytest.raises(ConfigError, match="carry its secret"):
        azure(endpoint="https://me.cognitiveservices.azure.com", credential=Credential()).shipped()


@pytest.mark.parametrize(
    "make",
    [
        lambda: container("http://10.0.0.7:5000", key=KEY),
        lambda: container("http://127.evil.example:5000", key=KEY),
        lambda: container("http://localhost.evil.example", key=KEY),
        lambda: azure(endpoint="http://127.0.0.1.evil.example", key=KEY),
        lambda: azure(endpoint="http://me.cognitiveservices.azure.com", credential=Credential),
    ],
)
def test_a_key_over_plain_http_to_another_host_is_refused(make: Any) -> None:
    with pytest.raises(ConfigError, match="unprotected") as caught:
        make()

    assert KEY not in str(caught.value)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "[::1]", "LOCALHOST"])
def test_a_key_may_go_to_this_machine(host: str) -> None:
    assert container(f"http://{host}:5000", key=KEY).key is not None


@pytest.mark.parametrize(
    "make",
    [
        azure,
        lambda: azure("westeurope", "https://me.cognitiveservices.azure.com"),
        lambda: azure("westeurope", key=KEY, credential=Credential),
        lambda: azure("westeurope", credential=Credential),
        lambda: azure("west europe"),
        lambda: azure("evil.example/"),
        lambda: azure("westeurope", cloud="moon"),
        lambda: azure(endpoint="ftp://me.example"),
        lambda: azure(endpoint="https://"),
        lambda: azure(endpoint=f"https://user:{KEY}@me.example"),
        lambda: container(f"https://user:{KEY}@me.example"),
        lambda: container("localhost:5000"),
        lambda: container("http://localhost:port"),
        lambda: container("http://localhost:5000/?key=1"),
        lambda: container("http://[::1"),
        lambda: target_from("azure:"),
        lambda: target_from("moon"),
        lambda: target_from(7),  # type: ignore[arg-type]
        lambda: route({"sentimant": local()}, default=local()),
        lambda: route({"sentiment": "local"}, default=local()),  # type: ignore[dict-item]
    ],
)
def test_a_target_that_makes_no_sense_is_refused_at_once(make: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        make()

    assert KEY not in str(caught.value)


@pytest.mark.parametrize("file", ["BasicRegions.json", "ExtendedRegions.json"])
def test_every_documented_region_has_its_host(file: str) -> None:
    regions = load(f"common/{file}")["parameters"]["AzureRegion"]["enum"]

    assert len(regions) >= 5
    for region in regions:
        target = azure(region, key=KEY)
        assert target.url(SENTIMENT) == f"https://{region}.api.cognitive.microsoft.com"
        assert target.cloud == "public"


@pytest.mark.parametrize(
    ("place", "base", "cloud"),
    [
        ({"region": "usgovvirginia"}, "https://usgovvirginia.api.cognitive.microsoft.us", "us-government"),
        ({"region": "chinaeast2"}, "https://chinaeast2.api.cognitive.azure.cn", "china"),
        ({"region": "WestEurope"}, "https://westeurope.api.cognitive.microsoft.com", "public"),
        (
            {"endpoint": "https://me.cognitiveservices.azure.us/"},
            "https://me.cognitiveservices.azure.us",
            "us-government",
        ),
        ({"endpoint": "https://me.cognitiveservices.azure.cn"}, "https://me.cognitiveservices.azure.cn", "china"),
        (
            {"endpoint": "https://china-shop.cognitiveservices.azure.com"},
            "https://china-shop.cognitiveservices.azure.com",
            "public",
        ),
    ],
)
def test_the_cloud_follows_from_the_place(place: dict[str, str], base: str, cloud: str) -> None:
    target = azure(**place, key=KEY)

    assert (target.url(SENTIMENT), target.cloud) == (base, cloud)


def test_a_route_chooses_by_verb_then_family_then_default() -> None:
    verb, family = container("http://localhost:1"), container("http://localhost:2")
    chosen = route({"language": family, "sentiment": verb}, default=local())

    assert chosen.resolve(SENTIMENT) is verb
    assert chosen.resolve(services()["key_phrases"]) is family
    assert route({"sentiment": verb}, default=local()).resolve(services()["key_phrases"]) == local()


def test_a_retired_service_is_refused_by_azure_alone() -> None:
    retired = replace(SENTIMENT, retired="Azure retired it. A container serves it.")

    with pytest.raises(NotOffered, match="Azure retired it"):
        azure("westeurope", key=KEY).check(retired)
    container("http://localhost:5000").check(retired)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        ({"concurency": 3}, "Did you mean 'concurrency'"),
        ({"zzz": 3}, "Settings: target"),
        ({"concurrency": 0}, "from 1 to"),
        ({"concurrency": "many"}, "expected a number"),
        ({"concurrency": 2.5}, "expected a number"),
        ({"attempts": True}, "expected a number"),
        ({"timeout_s": -1}, "above 0"),
        ({"timeout_s": float("nan")}, "above 0"),
        ({"deadline_s": float("inf")}, "above 0"),
        ({"rate_per_s": 0}, "above 0"),
        ({"max_error_ratio": 2}, "share from 0 to 1"),
        ({"on_error": "ignore"}, "choose 'column' or 'raise'"),
        ({"service_logs": True}, "choose 'off' or 'on'"),
        ({"api_version": " "}, "expected a text"),
        ({"transport": 7}, "takes a Transport"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_with_a_hint(layer: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        resolve([("configure()", layer)])


def test_later_layers_win_and_say_so() -> None:
    environment = read_environment({"DFAI_CONCURRENCY": "8", "DFAI_TIMEOUT_S": "9", "DFAI_TARGET": ""})
    config, sources = resolve([("environment", environment), ("call", {"concurrency": 4})])

    assert (config.concurrency, config.timeout_s) == (4, 9.0)
    assert (sources["concurrency"], sources["timeout_s"], sources["target"]) == ("call", "environment", "default")
    assert pickle.loads(pickle.dumps(config)) == config


def _tree(error: type[DfaiError]) -> list[type[DfaiError]]:
    return [error, *(deeper for derived in error.__subclasses__() for deeper in _tree(derived))]


@pytest.mark.parametrize("error", _tree(DfaiError))
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_error_survives_a_process_border(error: type[DfaiError], protocol: int) -> None:
    made = error("what happened; what to do")
    if hasattr(made, "retry_after_s"):
        made.retry_after_s = 7.5
    back = pickle.loads(pickle.dumps(made, protocol))

    assert type(back) is error
    assert str(back) == str(made) == "what happened; what to do"
    assert vars(back) == vars(made)
