"""Rows into an index and hits out of it, from any frame; the engine behind a socket stands for the service."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

import pytest

import dfai
from engine.server import serving
from frames import Frames
from web_service import Asked, Site

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark"),
]

KEY = "planted-0123456789abcdef"
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dfai.Target]:
    with serving(key=KEY, data=tmp_path_factory.mktemp("data")) as url:
        yield dfai.container(url, key=dfai.secret("module:search_key:key", read="driver"))


@pytest.fixture
def settings(target: dfai.Target) -> Iterator[None]:
    with dfai.using(target=target, progress="off"):
        yield


def fresh() -> str:
    """An index's name that nobody has used."""
    return f"index-{next(NUMBERS)}"


def found(frames: Frames, index: str, *queries: str, **options: Any) -> list[list[str]]:
    """The keys that each query finds."""
    frame = frames.build({"q": list(queries)}, partitions=1)
    result = frames.read(frame.ai.search_index("q", among=index, key="id", top=1_000, **options))

    assert result["hits_error"] == [None] * len(queries)
    return [sorted((hit["key"] for hit in hits), key=lambda key: (len(key), key)) for hits in result["hits"]]


def test_rows_become_documents_and_documents_become_hits(frames: Frames, settings: None) -> None:
    index = fresh()
    columns = {
        "id": ["1", "2", "3", "4"],
        "title": ["An old mill", "A glass bowl", None, "Glass and river"],
        "tags": [["oil", "wood"], ["glass"], [], ["glass", "oil"]],
        "year": [1890, 1903, 1911, None],
        "place": [{"city": "Oslo"}, {"city": "Rome"}, None, {"city": "Oslo"}],
    }
    frame = frames.build(columns, objects=True)  # on Dask nothing is known of such columns before they are computed
    fields: dict[str, Any] = {
        "title": "Edm.String",
        "tags": "Collection(Edm.String)",
        "year": "Edm.Int32",
        "place": {"type": "Edm.ComplexType", "fields": [CITY]},
    }
    written = frame.ai.write_search_index(index, key="id", columns=list(columns), fields=fields)
    result = frames.read(written)

    assert {name: result[name] for name in ("id", "title")} == {name: columns[name] for name in ("id", "title")}
    assert result["indexed_error_message"] == [None] * 4
    assert result["indexed"] == ["1", "2", "3", "4"]
    assert result["indexed_status"] == [201] * 4
    assert result["indexed_error"] == [None] * 4
    assert found(frames, index, "glass", "oslo +oil", "*", "nowhere") == [
        ["2", "4"],
        ["1", "4"],
        ["1", "2", "3", "4"],
        [],
    ]
    assert found(frames, index, "*", filter="year lt 1910 and tags/any(t: t eq 'oil')") == [["1"]]


CITY = {"name": "city", "type": "Edm.String", "searchable": True, "filterable": True}


def test_hits_carry_score_and_document(frames: Frames, settings: None) -> None:
    index = fresh()
    written = frames.build({"id": ["a"], "title": ["one word"]}).ai.write_search_index(
        index, key="id", columns=["title"]
    )
    frames.read(written)
    frame = frames.build({"q": ["word", None, ""], "f": ["id eq 'a'", None, None]})

    result = frames.read(
        frame.ai.search_index("q", among=index, filter=dfai.col("f"), select=["title"], include=["count"])
    )

    (hit,) = result["hits"][0]
    assert json.loads(hit["document"]) == {"title": "one word"}
    assert hit["score"] > 0
    assert hit["key"] is None
    assert result["hits_count"] == [1, None, None]
    assert result["hits_error"] == [None, None, "empty"]


def test_rows_that_no_index_takes_have_errors_of_their_own_and_are_filled_later(frames: Frames, settings: None) -> None:
    index = fresh()
    columns = {"id": ["1", "a/b", None, "2"], "title": ["x", "x", "x", "x"], "do": ["upload", None, "upload", "merge"]}
    frame = frames.build(columns)
    options: dict[str, Any] = {"key": "id", "columns": ["title"], "action": dfai.col("do")}
    written = frame.ai.write_search_index(index, **options)
    result = frames.read(written)
    again = frames.read(
        written.ai.write_search_index(index, **options | {"action": "mergeOrUpload"}, keys="encode", if_exists="fill")
    )

    assert result["indexed"] == ["1", None, None, None]
    assert result["indexed_error"] == [None, "refused", "refused", "refused"]
    assert "Document not found" in result["indexed_error_message"][3]
    assert again["indexed"] == ["1", "YS9i", None, "Mg=="]
    assert again["indexed_error"] == [None, None, "refused", None]
    assert found(frames, index, "x") == [["1", "Mg==", "YS9i"]]


def test_more_rows_than_a_batch_holds_are_all_written(frames: Frames, settings: None) -> None:
    index = fresh()
    frame = frames.build({"id": [str(n) for n in range(2_500)], "n": list(range(2_500))})

    result = frames.read(frame.ai.write_search_index(index, key="id", columns=["n"]))

    assert result["indexed"] == [str(n) for n in range(2_500)]
    assert found(frames, index, "*", filter="n ge 2495") == [[str(n) for n in range(2_495, 2_500)]]


def test_a_lazy_frame_makes_its_index_at_once_and_its_documents_later(frames: Frames, settings: None) -> None:
    index = fresh()
    written = frames.build({"id": ["1"], "title": ["x"]}).ai.write_search_index(index, key="id", columns=["title"])
    before = found(frames, index, "x")
    frames.read(written)

    assert before == ([[]] if frames.lazy else [["1"]])
    assert found(frames, index, "x") == [["1"]]


def test_what_does_not_fit_raises_at_once(frames: Frames, settings: None) -> None:
    index = fresh()
    frame = frames.build({"id": ["1"], "title": ["x"], "n": [1]})
    frames.read(frame.ai.write_search_index(index, key="id", columns=["title"]))

    for name, options, said in (
        (index, {"columns": ["title", "n"]}, "has no field 'n'"),
        (index, {"columns": {"n": "title"}}, "holds int64"),
        (index, {"key": "title", "columns": ["title"]}, "has the key 'id'"),
        (index, {"columns": ["title"], "action": "replace"}, "action="),
        (index, {"columns": ["title"], "keys": "hash"}, "keys="),
        (index, {"columns": ["titel"]}, "Did you mean 'title'"),
        ("No_Index", {}, "name="),
        (index, {"columns": ["title"], "target": dfai.azure("westeurope", key=KEY)}, "needs a search service"),
    ):
        with pytest.raises((dfai.errors.ConfigError, dfai.errors.ColumnNotFound), match=said):
            frame.ai.write_search_index(name, **{"key": "id", **options})
    with pytest.raises(dfai.errors.ConfigError, match="say in which index"):
        frame.ai.search_index("title")


def test_an_index_that_is_not_there_is_each_rows_error(frames: Frames, settings: None) -> None:
    result = frames.read(frames.build({"q": ["x"]}).ai.search_index("q", among=fresh()))

    assert result["hits_error"] == ["refused"]
    assert "was not found. (HTTP 404" in result["hits_error_message"][0]


def test_a_busy_service_is_asked_again_for_what_it_did_not_take(frames: Frames, site: Site) -> None:
    """Documents with a status of 503, and whole requests with 429 and 503, are sent again; the others are not."""

    def fault(asked: Asked, before: int) -> int | None:
        return 429 if len(site.asked) == 1 else 503 if len(site.asked) == 2 else None

    site.fault = fault
    frame = frames.build({"id": [str(n) for n in range(6)], "t": ["x"] * 6}, partitions=1)
    with dfai.using(target=dfai.container(site.url), progress="off", attempts=6):
        result = frames.read(frame.ai.write_search_index("busy", key="id", columns=["t"], create="never"))

    assert result["indexed"] == [str(n) for n in range(6)]
    taken = [[one["id"] for one in asked.json["value"]] for asked in site.asked]
    assert taken[:3] == [[str(n) for n in range(6)]] * 3
    assert taken[3:] == [["1", "3", "5"]]
