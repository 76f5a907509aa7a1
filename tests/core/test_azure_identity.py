"""The credentials that users have, azure-identity's, against a sign-in page on this machine."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import azure.identity
import azure.identity.aio
import dask.dataframe as dd
import pandas as pd
import pytest

import dfai
from dfai_core.errors import ConfigError
from faults.calls import call_of, rows_of
from faults.server import Server, Step, Turn

SECRET = "planted-0123456789abcdef"
ENDPOINT = "https://me.cognitiveservices.azure.com"


async def _sign_in(turn: Turn) -> None:
    """As App Service's identity endpoint answers: a token for one hour."""
    (resource,) = parse_qs(urlsplit(turn.received.path).query)["resource"]
    lasting = {"expires_on": int(time.time() + 3_600), "token_type": "Bearer", "resource": resource}
    await turn.answer(200, {"access_token": f"token-{SECRET}", **lasting})


def managed() -> Any:
    return azure.identity.ManagedIdentityCredential()


def managed_aio() -> Any:
    return azure.identity.aio.ManagedIdentityCredential()


def chained() -> Any:
    return azure.identity.ChainedTokenCredential(managed())


@pytest.mark.parametrize(
    "credential", [azure.identity.ManagedIdentityCredential, managed, managed_aio, chained], ids=lambda c: c.__name__
)
def test_a_managed_identity_signs_in_once_where_requests_are_sent(
    credential: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(then=Step(_sign_in)) as page, Server() as server:
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"{page.url}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "this machine")
        target = dfai.azure(endpoint=server.url, credential=credential)
        rows = rows_of(call_of(target=target), [f"text {place}" for place in range(50)])

        (asked,) = page.received
        assert {request.headers["authorization"] for request in server.received} == {f"Bearer token-{SECRET}"}
    assert parse_qs(urlsplit(asked.path).query)["resource"] == ["https://cognitiveservices.azure.com"]
    assert [row[1] for row in rows] == [None] * 50


def instance() -> Any:
    return azure.identity.ClientSecretCredential("00000000-0000-0000-0000-000000000000", "a client", SECRET)


def test_an_instance_serves_pandas_and_is_refused_on_dask_before_it_is_pickled() -> None:
    frame = pd.DataFrame({"t": ["a text"]})
    target = dfai.azure(endpoint=ENDPOINT, credential=instance())

    with pytest.raises(
        ConfigError, match="ClientSecretCredential instance: pickling it would carry its secret"
    ) as caught:
        dd.from_pandas(frame, npartitions=1).ai.key_phrases("t", language="en", target=target)
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(target)


@pytest.mark.parametrize("name", ["ClientSecretCredential", "CertificateCredential", "UsernamePasswordCredential"])
def test_classes_that_need_a_secret_are_asked_for_as_functions(name: str) -> None:
    with pytest.raises(ConfigError, match="missing a required argument"):
        dfai.azure(endpoint=ENDPOINT, credential=getattr(azure.identity, name))


@pytest.mark.parametrize(
    "name", ["DefaultAzureCredential", "ManagedIdentityCredential", "AzureCliCredential", "WorkloadIdentityCredential"]
)
@pytest.mark.parametrize("package", [azure.identity, azure.identity.aio], ids=["sync", "async"])
def test_classes_that_need_nothing_travel_by_name(package: Any, name: str) -> None:
    target = dfai.azure(endpoint=ENDPOINT, credential=getattr(package, name)).shipped()

    assert target.credential is not None
    assert target.credential.name == f"{getattr(package, name).__module__}.{name}"
