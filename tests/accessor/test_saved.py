"""Arguments as a saved pipeline holds them: they come back as they were, and no key is among them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from azure.identity import DefaultAzureCredential

import dfai
from dfai._saved import from_saved, to_saved
from dfai._stages import SETTINGS, checked, own_arguments, said_of
from dfai_core.store import MemoryStore, store_from
from dfai_core.targets import target_from

KEY = "hush-4f1d9c"


class Credential:
    """Stands for one of azure-identity's classes."""

    def get_token(self, *scopes: str) -> None:
        raise NotImplementedError


def _local() -> Any:
    """A function that no import finds."""
    return lambda token=None: Credential()


KEPT: dict[str, Any] = {
    "nothing": None,
    "a number": 2.5,
    "a list": ["Email", "PhoneNumber"],
    "a mapping": {"a": ["b", 1]},
    "a column": dfai.col("language"),
    "local": dfai.local(),
    "a region": dfai.azure("westeurope"),
    "a region of another cloud": dfai.azure("usgovvirginia", key=dfai.env("GOV_KEY")),
    "an endpoint": dfai.azure(endpoint="https://me.cognitiveservices.azure.com", key=dfai.secret("file:/run/key")),
    "an endpoint of a region": dfai.azure(endpoint="https://westeurope.api.cognitive.microsoft.com"),
    "a gateway": dfai.azure(endpoint="https://gateway.example.org/ai", cloud="china", key=dfai.env("A")),
    "a credential": dfai.azure(endpoint="https://me.cognitiveservices.azure.com", credential=DefaultAzureCredential),
    "a container": dfai.container("http://localhost:5000"),
    "a container with a key": dfai.container("https://ai.example.org", key=dfai.secret("module:vault:key")),
    "a route": dfai.route({"sentiment": dfai.container("http://localhost:5000")}, default=dfai.azure("westeurope")),
    "a short form": target_from("azure:westeurope"),
    "a folder": store_from("/var/answers"),
    "a folder with bounds": dfai.store.folder("/var/answers", max_bytes=1_000_000, max_age_s=3_600),
    "memory": store_from("memory"),
    "a Redis": store_from("redis://cache:6379/1?expiry_s=60"),
}


@pytest.mark.parametrize("value", KEPT.values(), ids=KEPT)
def test_what_is_saved_comes_back_as_it_was(value: Any) -> None:
    assert from_saved(json.loads(json.dumps(to_saved("name", value)))) == value


def test_a_secret_that_is_read_on_the_driver_is_read_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VAULT_KEY", KEY)
    saved = json.dumps(to_saved("target", dfai.azure("westeurope", key=dfai.env("VAULT_KEY", read="driver"))))
    monkeypatch.setenv("VAULT_KEY", "changed-meanwhile")
    key = from_saved(json.loads(saved)).key

    assert KEY not in saved
    assert key.reveal() == "changed-meanwhile"
    assert key.value is not None


def test_a_credential_is_saved_by_its_public_name() -> None:
    saved = to_saved("target", KEPT["a credential"])

    assert saved["dfai.azure"]["credential"] == {"dfai.credential": "azure.identity:DefaultAzureCredential"}


REFUSED: dict[str, Any] = {
    "a key": ("target", dfai.azure("westeurope", key=KEY), r'key=dfai\.env\("AZURE_AI_KEY"\), or leave target= out'),
    "a container's key": ("target", dfai.container("https://ai.example.org", key=KEY), r"holds a key itself"),
    "a key in a route": (
        "target",
        dfai.route({"language": dfai.azure("westeurope", key=KEY)}, default=dfai.local()),
        r"holds a key itself",
    ),
    "a Redis's password": ("store", store_from(f"redis://:{KEY}@cache"), r"leave store= out and say dfai\.configure"),
    "a credential": (
        "target",
        dfai.azure(endpoint="https://me.cognitiveservices.azure.com", credential=Credential()),
        r"give a class",
    ),
    "a nameless credential": (
        "target",
        dfai.azure(endpoint="https://me.cognitiveservices.azure.com", credential=_local()),
        r"give a class",
    ),
    "a live store": ("store", MemoryStore(), r"holds a MemoryStore, .* or leave store= out"),
    "a transport": ("transport", lambda: None, r"holds a function"),
}


@pytest.mark.parametrize(("name", "value", "says"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_be_saved_is_refused_with_the_remedy(name: str, value: Any, says: str) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=says) as refused:
        to_saved(name, value)

    assert KEY not in str(refused.value)


# ---- the arguments themselves --------------------------------------------------------------------------------


def test_every_setting_has_a_line() -> None:
    assert set(SETTINGS) == set(dfai.Settings.__annotations__)
    assert all(SETTINGS.values())


@pytest.mark.parametrize("verb", dfai.verbs())
def test_every_argument_of_a_verb_has_a_line_and_a_default_that_is_allowed(verb: str) -> None:
    for name, default in {**own_arguments(verb), "include": (), "if_exists": "raise"}.items():
        assert said_of(verb, name)
        assert checked(verb, name, default) == (list(default) if isinstance(default, tuple) else default)


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("langauge", "en", "Did you mean 'language'?"),
        ("concurency", 3, "Did you mean 'concurrency'?"),
        ("concurrency", None, "expected a number"),
        ("max_sentences", 99, "expected a whole number from 1 to 20"),
        ("categories", ["Email"], "no setting or option 'categories'"),
        ("include", ["opinions"], "extract_summary cannot include 'opinions'"),
        ("if_exists", "skip", "choose 'raise', 'replace' or 'fill'"),
        ("subscriptionKey", KEY, r"key=dfai\.env"),
    ],
)
def test_a_wrong_argument_is_refused_when_it_is_given(name: str, value: Any, says: str) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=says) as refused:
        checked("extract_summary", name, value)

    assert KEY not in str(refused.value)
