"""Azure's own client for AI Search, unchanged, against the engine over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.server import serving

sdk = pytest.importorskip("azure.search.documents")
aio = pytest.importorskip("azure.search.documents.aio")
management = pytest.importorskip("azure.search.documents.indexes")
models = pytest.importorskip("azure.search.documents.indexes.models")
exceptions = pytest.importorskip("azure.core.exceptions")
credentials = pytest.importorskip("azure.core.credentials")

KEY = "open sesame"
DOCUMENTS = [
    {
        "id": str(number),
        "name": f"Hotel {number} with wifi" + (" and a luxury pool" if number % 3 == 0 else ""),
        "tags": ["quiet", "spa"] if number % 2 else ["bar"],
        "rating": number / 10,
        "address": {"city": "Paris" if number % 5 else "Rome"},
    }
    for number in range(120)
]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(key=KEY, data=Path(tmp_path_factory.mktemp("data"))) as address:
        yield address


@pytest.fixture(scope="module")
def manager(url: str) -> Iterator[Any]:
    with management.SearchIndexClient(url, credentials.AzureKeyCredential(KEY)) as made:
        made.create_index(hotels("hotels"))
        yield made


@pytest.fixture(scope="module")
def client(url: str, manager: Any) -> Iterator[Any]:
    with sdk.SearchClient(url, "hotels", credentials.AzureKeyCredential(KEY)) as made:
        assert all(one.succeeded and one.status_code == 201 for one in made.upload_documents(DOCUMENTS))
        yield made


def hotels(name: str, *more: Any) -> Any:
    return models.SearchIndex(
        name=name,
        fields=[
            models.SimpleField(name="id", type="Edm.String", key=True),
            models.SearchableField(name="name", type="Edm.String", sortable=True, filterable=True),
            models.SearchableField(name="tags", collection=True, filterable=True),
            models.SimpleField(name="rating", type="Edm.Double", filterable=True, sortable=True),
            models.ComplexField(
                name="address", fields=[models.SearchableField(name="city", type="Edm.String", filterable=True)]
            ),
            *more,
        ],
    )


def test_all_hits_come_page_by_page(client: Any) -> None:
    hits = client.search("wifi", include_total_count=True)

    assert hits.get_count() == 120
    assert sorted(int(hit["id"]) for hit in hits) == list(range(120))
    assert client.get_document_count() == 120


def test_words_conditions_orders_and_fields(client: Any) -> None:
    hits = list(
        client.search(
            "luxury",
            search_mode="all",
            filter="tags/any(t: t eq 'spa') and address/city eq 'Rome'",
            order_by=["rating desc"],
            select=["id", "rating"],
            top=2,
        )
    )

    assert [(hit["id"], hit["rating"]) for hit in hits] == [("105", 10.5), ("75", 7.5)]
    assert hits[0]["@search.score"] > 0
    assert "name" not in hits[0]


def test_highlights(client: Any) -> None:
    (hit,) = client.search('"luxury pool" +rome', highlight_fields="name", top=1)

    assert "a <em>luxury pool</em>" in hit["@search.highlights"]["name"][0]


def test_a_document_by_its_key(client: Any) -> None:
    assert client.get_document("7", selected_fields=["name"]) == {"name": "Hotel 7 with wifi"}
    with pytest.raises(exceptions.ResourceNotFoundError):
        client.get_document("700")


def test_merges_and_deletions_have_a_status_each(client: Any) -> None:
    merged = client.merge_documents([{"id": "1", "rating": 9.9}, {"id": "nowhere", "rating": 1.0}])
    deleted = client.delete_documents([{"id": "2"}, {"id": "nowhere"}])
    client.merge_or_upload_documents([DOCUMENTS[1], DOCUMENTS[2]])

    assert [(one.key, one.succeeded, one.status_code) for one in merged] == [("1", True, 200), ("nowhere", False, 404)]
    assert [one.status_code for one in deleted] == [200, 200]
    assert client.get_document("1")["rating"] == 0.1


def test_an_index_from_its_making_to_its_end(manager: Any, url: str) -> None:
    made = manager.create_index(hotels("short-lived"))
    with pytest.raises(exceptions.ResourceExistsError):
        manager.create_index(hotels("short-lived"))
    wider = manager.create_or_update_index(hotels("short-lived", models.SimpleField(name="more", type="Edm.Int32")))
    listed = {one.name for one in manager.list_indexes()} & set(manager.list_index_names())
    statistics = manager.get_index_statistics("short-lived")
    manager.delete_index("short-lived")

    assert (len(made.fields), len(wider.fields)) == (5, 6)
    assert listed == {"hotels", "short-lived"}
    assert statistics.document_count == 0
    with pytest.raises(exceptions.ResourceNotFoundError):
        manager.get_index("short-lived")


def test_what_is_not_served_says_who_serves_it(client: Any) -> None:
    for asked in ({"query_type": "full"}, {"facets": ["tags"]}, {"scoring_profile": "x", "search_text": "a"}):
        with pytest.raises(exceptions.HttpResponseError, match="Azure AI Search serves them"):
            list(client.search(**{"search_text": "a", **asked}))


def test_a_wrong_key_is_an_authentication_error(url: str) -> None:
    with (
        sdk.SearchClient(url, "hotels", credentials.AzureKeyCredential("wrong")) as client,
        pytest.raises(exceptions.ClientAuthenticationError),
    ):
        client.get_document_count()


def test_the_asynchronous_client_and_older_versions(client: Any, url: str) -> None:
    async def use() -> list[str]:
        async with aio.SearchClient(
            url, "hotels", credentials.AzureKeyCredential(KEY), api_version="2024-07-01"
        ) as other:
            return [hit["id"] async for hit in await other.search("*", filter="rating lt 0.2", order_by="rating")]

    assert asyncio.run(use()) == ["0", "1"]
