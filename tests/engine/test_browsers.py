"""What another site's page may do through a browser on the same machine: nothing."""

from __future__ import annotations

import httpx
import pytest
from starlette.datastructures import Headers

from dfai_engine.app import create_app
from dfai_engine.browsers import foreign
from engine.server import serving
from engine.wire import ask, documents, post, words

ENTITIES = "EntityRecognition"
OWN = {"host": "127.0.0.1:5000"}


@pytest.mark.parametrize(
    "headers",
    [
        OWN,
        {"host": "localhost:5000"},
        {"host": "[::1]:5000"},
        {"host": "dfai.localhost"},
        {"host": "LOCALHOST:5000", "origin": "http://localhost:5000"},
        {"host": "gateway.corp", "origin": "https://gateway.corp"},
        {},
        {**OWN, "sec-fetch-site": "same-origin"},
        {**OWN, "origin": "http://127.0.0.1:5000", "sec-fetch-site": "same-origin"},
    ],
)
def test_programs_and_the_servers_own_page_may_ask(headers: dict[str, str]) -> None:
    assert foreign("POST", Headers(headers), ["gateway.corp"]) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "rebound.example:5000"},
        {"host": "127.0.0.1.rebound.example"},
        {"host": "localhost.rebound.example"},
        {"host": "[nonsense"},
        {**OWN, "origin": "https://example.org"},
        {**OWN, "origin": "http://127.0.0.1:3000"},
        {**OWN, "origin": "http://localhost:5000"},
        {**OWN, "origin": "null"},
        {**OWN, "sec-fetch-site": "cross-site"},
        {**OWN, "sec-fetch-site": "same-site"},
    ],
)
def test_pages_of_other_sites_may_not(headers: dict[str, str]) -> None:
    assert foreign("POST", Headers(headers)) is not None


def test_a_link_from_elsewhere_may_lead_to_the_page() -> None:
    assert foreign("GET", Headers({**OWN, "sec-fetch-site": "cross-site"})) is None


def test_a_page_of_another_site_changes_nothing() -> None:
    served = create_app(kinds={ENTITIES: words}, known_as=())
    # What a browser sends for any page without asking first: a simple request, whose answer the page does not see.
    simple = {"host": "127.0.0.1:5000", "origin": "https://example.org", "content-type": "text/plain"}
    answer = post(served, ENTITIES, documents("a"), headers=simple)

    assert answer.status_code == 403
    assert "A page of https://example.org" in answer.json()["error"]["message"]


def test_under_another_sites_name_nothing_is_read_but_probes() -> None:
    served = create_app(page=True, known_as=())
    named = {"host": "rebound.example"}
    statuses = {
        path: ask(served, "GET", path, headers=named).status_code
        for path in ("/", "/services", "/indexes?api-version=2024-07-01", "/ready")
    }

    assert statuses == {"/": 403, "/services": 403, "/indexes?api-version=2024-07-01": 403, "/ready": 200}


def test_a_server_with_a_key_asks_for_the_key_alone() -> None:
    served = create_app(key="open sesame", kinds={ENTITIES: words}, known_as=())
    through_a_gateway = {"host": "inside", "origin": "https://gateway.corp", "ocp-apim-subscription-key": "open sesame"}
    answer = post(served, ENTITIES, documents("a"), headers=through_a_gateway)

    assert answer.status_code == 200


def test_in_process_every_name_is_answered_to() -> None:
    answer = post(create_app(kinds={ENTITIES: words}), ENTITIES, documents("a"), headers={"host": "anything"})

    assert answer.status_code == 200


def test_a_server_answers_to_the_names_that_it_is_given() -> None:
    with serving(known_as=["host.docker.internal"]) as url:
        statuses = {
            host: httpx.get(f"{url}/indexes?api-version=2024-07-01", headers={"host": host}).status_code
            for host in ("host.docker.internal:5000", "rebound.example")
        }

    assert statuses == {"host.docker.internal:5000": 200, "rebound.example": 403}
