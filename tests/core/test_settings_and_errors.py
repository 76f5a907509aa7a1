"""Targets, settings and errors: what makes no sense is refused at once, with a hint."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

from dfai_core import services
from dfai_core.errors import ConfigError, DfaiError
from dfai_core.settings import read_environment, resolve
from dfai_core.targets import azure, container, local, route, target_from

KEY = "planted-0123456789abcdef"
SENTIMENT = services()["sentiment"]


@pytest.mark.parametrize(
    "make",
    [
        azure,
        lambda: azure("westeurope", "https://me.cognitiveservices.azure.com"),
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


def test_a_route_chooses_by_verb_then_family_then_default() -> None:
    verb, family = container("http://localhost:1"), container("http://localhost:2")
    chosen = route({"language": family, "sentiment": verb}, default=local())

    assert chosen.resolve(SENTIMENT) is verb
    assert chosen.resolve(services()["key_phrases"]) is family
    assert route({"sentiment": verb}, default=local()).resolve(services()["key_phrases"]) == local()


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
