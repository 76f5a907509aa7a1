"""What is written into an index: within its limits, as the official client writes it, each row with its own status."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.errors import ConfigError
from dfai_core.groups import Group
from dfai_core.packing import Packer
from dfai_core.service import Exchange, Failure, Wiring
from dfai_core.services import services
from dfai_core.services.search.fields import check_fields, definition_of, field_names
from dfai_core.services.search.write_search_index import Writing, write_search_index
from dfai_core.transports.base import Answer
from dfai_core.verdict import Action, judge_answer

WIRING = Wiring(
    options={},
    varying=(),
    include=(),
    api_version="2024-07-01",
    model_version=None,
    keep_logs=False,
    target_kind="azure",
)
FIELDS = ("id", "text", "list", "when")


def writing(**more: Any) -> Writing:
    given: dict[str, Any] = {"action": "upload", "encode": False, "skip_nulls": False, **more}
    return Writing(index="notes", fields=FIELDS, key=0, **given)


def actions(exchange: Exchange, *documents: tuple[Any, ...]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = orjson.loads(exchange.write(documents))["value"]
    return found


VALUES = st.tuples(
    st.text(st.sampled_from("abcXYZ019_-="), min_size=1, max_size=40),
    st.none() | st.text(max_size=3_000),
    st.none() | st.lists(st.none() | st.text(max_size=200), max_size=20),
    st.none() | st.datetimes() | st.datetimes(timezones=st.timezones()),
)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=40), st.integers(4_000, 60_000), st.booleans(), st.booleans())
def test_no_batch_is_larger_than_a_request_may_be(
    documents: list[tuple[Any, ...]], max_bytes: int, encode: bool, columns_action: bool
) -> None:
    how = writing(encode=encode, action=len(FIELDS) if columns_action else "mergeOrUpload")
    service = write_search_index(how, [*FIELDS, *(["do"] if columns_action else [])])
    limits = service.limits_at("azure")
    if columns_action:
        documents = [(*document, "mergeOrUpload") for document in documents]
    smaller = type(limits)(7, None, max_bytes, "a test", document_bytes=limits.document_bytes)
    packer = Packer(smaller)
    packer.extend(Group(list(zip(*documents, strict=True)), 4), range(len(documents)))
    sent: list[tuple[Any, ...]] = []
    while packer:
        batch = [document for group, places in packer.take() for document in group.documents(places)]
        sent += batch
        assert len(batch) <= 7
        assert len(batch) == 1 or len(how.write(batch)) <= max_bytes

    assert sent == documents
    assert (limits.max_documents, limits.max_bytes) == (1_000, 16_000_000)


def test_values_stand_in_an_index_as_it_has_them() -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    exchange = writing()(WIRING)

    (first, second) = actions(
        exchange,
        (7.0, float("nan"), [None, "a"], dt.date(2024, 2, 29)),
        ("b", Decimal("1.5"), {"d": dt.datetime(2024, 1, 1, 2, tzinfo=zone)}, dt.datetime(2024, 1, 1, 0, 0, 0, 5)),  # noqa: DTZ001
    )
    assert first == {"@search.action": "upload", "id": "7", "text": None, "list": ["a"], "when": "2024-02-29T00:00:00Z"}
    assert second["text"] == 1.5
    assert second["list"] == {"d": "2024-01-01T02:00:00+02:00"}
    assert second["when"] == "2024-01-01T00:00:00.000005Z"


def test_a_deletion_names_the_key_alone_and_nulls_are_left_out_where_that_is_asked() -> None:
    own = writing(action=4, skip_nulls=True)(WIRING)

    assert actions(own, ("1", None, ["x"], None, "delete"), ("2", None, ["x"], None, None)) == [
        {"@search.action": "delete", "id": "1"},
        {"@search.action": "upload", "id": "2", "list": ["x"]},
    ]


@pytest.mark.parametrize("key", [None, "a/b", "", "ü", "a" * 1_025, 1.5])
def test_a_key_that_cannot_be_is_refused_before_anything_is_sent(key: Any) -> None:
    check = writing()(WIRING).check
    assert check is not None
    with pytest.raises(ConfigError) as refused:
        check((key, "secret text", None, None))

    assert "secret" not in str(refused.value)


def test_encoded_keys_are_keys_and_none_is_like_another() -> None:
    exchange = writing(encode=True)(WIRING)
    keys = [one["id"] for one in actions(exchange, *((key, None, None, None) for key in ("a/b", "a_b", "ü?", "MQ==")))]

    assert len(set(keys)) == 4
    assert keys[0] == "YS9i"
    for key in keys:
        writing()(WIRING).check((key, None, None, None))  # type: ignore[misc]


@pytest.mark.parametrize("value", [b"bytes", {1: 2}, 2**70, dt.timedelta(1)])
def test_a_value_that_no_index_has_is_its_rows_fault(value: Any) -> None:
    with pytest.raises(ConfigError, match="cannot stand in an index"):
        writing()(WIRING).check(("1", value, None, None))  # type: ignore[misc]


def test_each_document_has_its_own_status() -> None:
    body = {
        "value": [
            {"key": "1", "status": True, "errorMessage": None, "statusCode": 201},
            {"key": "2", "status": False, "errorMessage": "Document not found.", "statusCode": 404},
            {"key": "3", "status": False, "errorMessage": "busy", "statusCode": 503},
            {"key": "4", "status": False, "errorMessage": None, "statusCode": 409},
        ]
    }
    answer = Answer(207, {}, orjson.dumps(body))
    exchange = writing()(WIRING)

    assert judge_answer(answer, {}, accepts=exchange.accepts).action is Action.READ
    assert exchange.read(answer, 4) == [
        ("1", 201),
        Failure("refused", "Document not found.", 404),
        Failure("unavailable", "busy", 503, retryable=True),
        Failure("unavailable", "the document was not taken", 409, retryable=True),
    ]
    with pytest.raises(ValueError, match="4 statuses for 5"):
        exchange.read(answer, 5)


# ---- what the official client sends is the contract ----------------------------------------------------------


class Heard(Exception):
    """A request of the official client, before it leaves."""


def heard(use: Any) -> Any:
    """The request that the official client makes."""
    pytest.importorskip("azure.search.documents")
    from azure.core.credentials import AzureKeyCredential
    from azure.core.pipeline.transport import HttpTransport
    from azure.search.documents import SearchClient

    class Listening(HttpTransport):  # type: ignore[type-arg]
        def send(self, request: Any, **_: Any) -> Any:
            raise Heard(request)

        def open(self) -> None: ...
        def close(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    client = SearchClient(
        "https://mine.search.windows.net",
        "notes",
        AzureKeyCredential("k"),
        transport=Listening(),
        api_version="2024-07-01",
        retry_total=0,
    )
    with pytest.raises(Heard) as caught:
        use(client)
    return caught.value.args[0]


def test_a_batch_is_what_the_official_client_sends() -> None:
    document = {"id": "1", "text": "é", "list": ["a"], "when": None}
    request = heard(lambda client: client.upload_documents([document]))
    exchange = writing()(WIRING)
    ours = exchange.write([tuple(document.values())])

    assert request.url.partition(".net")[2].replace("%27", "'") == exchange.path
    assert request.method == exchange.method
    assert request.headers["api-key"] == "k"
    assert orjson.loads(ours) == json.loads(request.content if hasattr(request, "content") else request.body)


def test_a_query_is_what_the_official_client_sends() -> None:
    request = heard(
        lambda client: next(
            client.search(
                "a +b", search_mode="all", top=3, filter="n eq 1", select=["id", "text"], include_total_count=True
            )
        )
    )
    options = {"among": "notes", "top": 3, "filter": "n eq 1", "match": "all", "select": ("id", "text"), "key": None}
    wiring = Wiring(options, (), ("count",), "2024-07-01", None, keep_logs=False, target_kind="azure")
    exchange = services()["search_index"].wire(wiring)

    assert request.url.partition(".net")[2].replace("%27", "'") == exchange.path
    assert orjson.loads(exchange.write([("a +b",)])) == json.loads(request.content or request.body)


# ---- definitions ---------------------------------------------------------------------------------------------

SCHEMA = pa.schema(
    [
        ("id", pa.int64()),
        ("title", pa.large_string()),
        ("kind", pa.dictionary(pa.int8(), pa.string())),
        ("tags", pa.list_(pa.string())),
        ("n", pa.int16()),
        ("big", pa.uint64()),
        ("share", pa.float32()),
        ("cost", pa.decimal128(9, 2)),
        ("ok", pa.bool_()),
        ("at", pa.timestamp("us", "UTC")),
        ("day", pa.date32()),
        ("v", pa.list_(pa.float32(), 4)),
        ("scores", pa.list_(pa.float64())),
        ("place", pa.struct([("city", pa.string()), ("geo", pa.list_(pa.float64()))])),
        ("rooms", pa.list_(pa.struct([("rate", pa.float64())]))),
    ]
)


def test_columns_become_fields_of_their_types() -> None:
    made = definition_of("notes", SCHEMA, "id", {"title": {"filterable": False}})
    kinds = {one["name"]: one["type"] for one in made["fields"]}
    fields = {one["name"]: one for one in made["fields"]}

    assert kinds == {
        "id": "Edm.String",
        "title": "Edm.String",
        "kind": "Edm.String",
        "tags": "Collection(Edm.String)",
        "n": "Edm.Int32",
        "big": "Edm.Int64",
        "share": "Edm.Double",
        "cost": "Edm.Double",
        "ok": "Edm.Boolean",
        "at": "Edm.DateTimeOffset",
        "day": "Edm.DateTimeOffset",
        "v": "Collection(Edm.Single)",
        "scores": "Collection(Edm.Double)",
        "place": "Edm.ComplexType",
        "rooms": "Collection(Edm.ComplexType)",
    }
    assert fields["id"]["key"]
    assert (fields["title"]["searchable"], fields["title"]["filterable"]) == (True, False)
    assert (fields["v"]["dimensions"], fields["v"]["vectorSearchProfile"]) == (4, "dfai")
    assert made["vectorSearch"]["profiles"][0]["name"] == "dfai"
    assert [one["type"] for one in fields["place"]["fields"]] == ["Edm.String", "Collection(Edm.Double)"]
    check_fields(made, SCHEMA, "id")


@pytest.mark.parametrize(
    ("kind", "said"),
    [(pa.binary(), "which no index can"), (pa.null(), "only known once"), (pa.duration("s"), "which no index can")],
)
def test_a_column_that_no_index_has_is_named(kind: pa.DataType, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        definition_of("notes", pa.schema([("id", pa.string()), ("x", kind)]), "id", {})


def test_an_index_that_is_there_is_held_against_the_columns() -> None:
    there = definition_of("notes", pa.schema([("id", pa.string()), ("n", pa.int64()), ("t", pa.string())]), "id", {})

    check_fields(there, pa.schema([("id", pa.int64()), ("n", pa.int8())]), "id")
    check_fields(there, pa.schema([("id", pa.string()), ("n", pa.null())]), "id")
    for wrong, key in (
        (pa.schema([("id", pa.string()), ("m", pa.int64())]), "id"),
        (pa.schema([("id", pa.string()), ("n", pa.string())]), "id"),
        (pa.schema([("id", pa.string()), ("t", pa.list_(pa.string()))]), "id"),
        (pa.schema([("t", pa.string())]), "t"),
    ):
        with pytest.raises(ConfigError):
            check_fields(there, wrong, key)


def test_names_of_fields_are_checked_and_chosen() -> None:
    assert field_names(["a", "b"], None) == {"a": "a", "b": "b"}
    assert field_names(["a", "b c"], {"a": "a", "b c": "b_c"}) == {"a": "a", "b c": "b_c"}
    for wrong in (["b c"], ["_x"], [1], {"a": "x", "b": "x"}, "a"):
        with pytest.raises(ConfigError):
            field_names(["a"], wrong)
