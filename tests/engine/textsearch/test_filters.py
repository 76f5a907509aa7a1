"""OData's filters over documents: what SQLite finds is what a plain reading of the condition finds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_engine.failures import ServiceFailure
from dfai_engine.textsearch.asked import Asked, asked_in_body, asked_in_url
from dfai_engine.textsearch.definition import definition_of
from dfai_engine.textsearch.indexes import Indexes
from dfai_engine.textsearch.searching import search
from dfai_engine.textsearch.writing import write

HOTELS: list[dict[str, Any]] = [
    {
        "id": str(number),
        "name": ["Old Mill", "Café Möwe", "東京ホテル"][number % 3],
        "stars": None if number == 7 else number % 5,
        "price": number * 1.5,
        "open": number % 2 == 0,
        "since": f"20{number:02d}-06-01T12:00:00{'.5' if number % 2 else ''}+02:00",
        "tags": [["spa", "pool"], [], ["bar"]][number % 3],
        "address": {"city": "Rome" if number % 4 else "Oslo"},
        "rooms": [{"rate": number * 10.0, "kind": "double"}, {"rate": 5.0, "kind": "single"}],
    }
    for number in range(12)
]
FIELDS = [
    {"name": "id", "type": "Edm.String", "key": True},
    {"name": "name", "type": "Edm.String"},
    {"name": "stars", "type": "Edm.Int32"},
    {"name": "price", "type": "Edm.Double"},
    {"name": "open", "type": "Edm.Boolean"},
    {"name": "since", "type": "Edm.DateTimeOffset"},
    {"name": "tags", "type": "Collection(Edm.String)"},
    {"name": "address", "type": "Edm.ComplexType", "fields": [{"name": "city", "type": "Edm.String"}]},
    {
        "name": "rooms",
        "type": "Collection(Edm.ComplexType)",
        "fields": [{"name": "rate", "type": "Edm.Double"}, {"name": "kind", "type": "Edm.String"}],
    },
    {"name": "secret", "type": "Edm.String", "filterable": False, "retrievable": False},
]


@pytest.fixture(scope="module")
def indexes(tmp_path_factory: pytest.TempPathFactory) -> Indexes:
    folder: Path = tmp_path_factory.mktemp("indexes")
    made = Indexes(lambda: folder)
    made.create(definition_of({"name": "hotels", "fields": FIELDS}))
    write(made, "hotels", {"value": HOTELS})
    return made


def found(indexes: Indexes, **said: Any) -> list[int]:
    asked = asked_in_body({"orderby": "price", "top": 100, **said})
    return [int(hit["id"]) for hit in search(indexes, "hotels", asked).hits]


@pytest.mark.parametrize(
    ("condition", "numbers"),
    [
        ("stars eq 3", [3, 8]),
        ("stars ne 3", [0, 1, 2, 4, 5, 6, 7, 9, 10, 11]),
        ("stars eq null", [7]),
        ("not (stars gt 0)", [0, 5, 7, 10]),
        ("stars gt 2 and price lt 10", [3, 4]),
        ("stars eq 4 or name eq 'Café Möwe' and open", [4, 9, 10]),
        ("(stars eq 4 or name eq 'Café Möwe') and open", [4, 10]),
        ("open", [0, 2, 4, 6, 8, 10]),
        ("open eq false and 12 le price", [9, 11]),
        ("since ge 2009-06-01T10:00:00Z", [9, 10, 11]),
        ("since gt 2010-06-01T12:00:00+02:00", [11]),
        ("since eq 2010-06-01T10:00:00.000Z", [10]),
        ("tags/any(t: t eq 'spa')", [0, 3, 6, 9]),
        ("not tags/any()", [1, 4, 7, 10]),
        ("tags/all(t: t ne 'spa')", [1, 2, 4, 5, 7, 8, 10, 11]),
        ("tags/any(t: search.in(t, 'bar|gym', '|'))", [2, 5, 8, 11]),
        ("search.in(id, '3, 4,x')", [3, 4]),
        ("address/city eq 'Oslo'", [0, 4, 8]),
        ("rooms/any(r: r/rate gt 95 and r/kind eq 'double')", [10, 11]),
        ("rooms/all(r: r/rate lt 11)", [0, 1]),
        ("search.ismatch('möwe') and stars lt 2", [1, 10]),
        ("search.ismatch('mill', 'name') and not open", [3, 9]),
        ("name eq 'it''s'", []),
        ("true", list(range(12))),
    ],
)
def test_a_condition_keeps_what_meets_it(indexes: Indexes, condition: str, numbers: list[int]) -> None:
    assert found(indexes, filter=condition) == numbers
    assert len(found(indexes, filter=f"not ({condition})")) == 12 - len(numbers)


@pytest.mark.parametrize(
    "condition",
    [
        *("stars eq", "stars eq 'x'", "nothing eq 1", "secret eq 'x'", "stars", "name gt null and", "(stars eq 1"),
        *("tags eq 'spa'", "rooms/rate gt 1", "rooms/any(r: r gt 1)", "rooms/any(id: id/rate gt 1) or id/rate gt 1"),
        *("stars eq 1; DROP TABLE docs", "geo.distance(a, b) lt 1", 'name eq "x"', "since gt 2020-13-01T00:00:00Z"),
        "not " * 500 + "open",
        "(" * 500 + "open" + ")" * 500,
        " or ".join(["stars eq 1"] * 2_000),
    ],
)
def test_what_makes_no_condition_is_refused(indexes: Indexes, condition: str) -> None:
    with pytest.raises(ServiceFailure) as refused:
        found(indexes, filter=condition)

    assert refused.value.status == 400


@settings(derandomize=True, max_examples=150)
@given(st.text(max_size=20), st.lists(st.text(max_size=6), max_size=4))
def test_texts_are_compared_as_they_are(indexes: Indexes, text: str, others: list[str]) -> None:
    quoted = text.replace("'", "''")

    assert found(indexes, filter=f"name eq '{quoted}'") == [
        number for number, hotel in enumerate(HOTELS) if hotel["name"] == text
    ]


@pytest.mark.parametrize(
    ("query", "mode", "numbers"),
    [
        ("mill", "any", [0, 3, 6, 9]),
        ("MÖWE", "any", [1, 4, 7, 10]),
        ("mowe", "any", []),
        ("東京", "any", [2, 5, 8, 11]),
        ("京東", "any", []),
        ("caf*", "any", [1, 4, 7, 10]),
        ("mill +oslo", "any", [0]),
        ("mill oslo", "all", [0]),
        ("mill -oslo", "all", [3, 6, 9]),
        ("-mill -möwe", "all", [2, 5, 8, 11]),
        ("mill | möwe", "any", [0, 1, 3, 4, 6, 7, 9, 10]),
        ('"spa pool"', "any", []),
        ('"old mill"', "any", [0, 3, 6, 9]),
        ("double", "any", list(range(12))),
        ("nowhere", "any", []),
    ],
)
def test_words_find_their_documents(indexes: Indexes, query: str, mode: str, numbers: list[int]) -> None:
    assert found(indexes, search=query, searchMode=mode) == numbers


def test_fields_are_searched_by_name(indexes: Indexes) -> None:
    assert found(indexes, search="oslo", searchFields="name,tags") == []
    assert found(indexes, search="oslo", searchFields="address/city") == [0, 4, 8]


def test_the_best_comes_first_and_pages_follow_one_another(indexes: Indexes) -> None:
    first = search(indexes, "hotels", Asked(search="mill oslo", top=3, count=True))
    rest = search(indexes, "hotels", Asked(search="mill oslo", top=3, skip=3))

    assert first.hits[0]["id"] == "0"
    assert first.total == 6
    assert {hit["id"] for hit in first.hits + rest.hits} == {"0", "3", "4", "6", "8", "9"}
    scores = [hit["@search.score"] for hit in first.hits + rest.hits]
    assert scores == sorted(scores, reverse=True)


def test_an_answer_shows_what_is_selected_and_never_what_is_hidden(indexes: Indexes) -> None:
    (hit,) = search(indexes, "hotels", asked_in_url({"search": "*", "$top": "1", "$select": "id,rooms/kind"})).hits
    (whole,) = search(indexes, "hotels", Asked(top=1)).hits

    assert hit == {"@search.score": 1.0, "id": "0", "rooms": [{"kind": "double"}, {"kind": "single"}]}
    assert "secret" not in whole
    assert whole["since"] == "2000-06-01T10:00:00Z"


def test_highlights_show_the_words_that_match(indexes: Indexes) -> None:
    asked = asked_in_body({"search": "möwe 東京", "highlight": "name", "highlightPreTag": "[", "highlightPostTag": "]"})
    marked = {hit["@search.highlights"]["name"][0] for hit in search(indexes, "hotels", asked).hits}

    assert marked == {"Café [Möwe]", "[東京]ホテル"}
