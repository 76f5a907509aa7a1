"""A service of a user's own has all that the built-in ones have, on every backend."""

from __future__ import annotations

import pickle
from typing import Any

import pyarrow as pa
import pytest

import dfai
from frames import Frames
from own_service import LENGTHS, lengths_at
from web_service import Site

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect"),
]


def test_rows_get_their_own_answers_in_order(frames: Frames, site: Site) -> None:
    texts = ["x" * (number % 12 + 1) for number in range(100)] + [None, " "]
    frame = frames.build({"t": texts, "id": list(range(102))})

    result = frames.read(frame.ai.call(lengths_at(site.url), "t"))

    assert result["id"] == list(range(102))
    assert result["length"] == [len(text) if text and text.strip() else None for text in texts]
    assert result["length_odd"][:4] == [True, False, True, False]
    assert result["length_half"][:3] == [0.5, 1.0, 1.5]
    assert result["length_error"] == [None] * 101 + ["empty"]
    assert len(site.asked) <= 2 * frames.processes
    assert all(len(asked.json["texts"]) <= 10 for asked in site.asked)


def test_one_bad_document_costs_its_neighbours_nothing(frames: Frames, site: Site) -> None:
    frame = frames.build({"t": ["a", "poison", "x" * 13, "x" * 17, "bb"]})

    result = frames.read(frame.ai.call(lengths_at(site.url), "t", output="n"))

    assert result["n"] == [1, None, None, None, 2]
    assert result["n_error"] == [None, "refused", "unsupported", "bad_answer", None]
    assert result["n_error_message"][2].startswith("thirteen brings bad luck")
    assert "does not hold this document" in result["n_error_message"][3]


def test_options_are_values_or_columns(frames: Frames, site: Site) -> None:
    frame = frames.build({"t": ["a", "b", "c"], "m": ["--", "", None]})

    fixed = frames.read(frame.ai.call(lengths_at(site.url), "t", mark="!"))
    varied = frames.read(frame.ai.call(lengths_at(site.url), "t", mark=dfai.col("m")))

    assert fixed["length"] == [2, 2, 2]
    assert varied["length"] == [3, 1, 1]
    assert {dict(asked.query)["mark"] for asked in site.asked} == {"!", "--", ""}


def _request(documents: list[dict[str, Any]], options: Any) -> dict[str, Any]:
    return {"method": "PUT", "url": options["at"], "json": documents[0]}


def _said(response: dfai.Response) -> list[str]:
    return [response.json()["body"]]


def test_inputs_of_any_kind_and_nulls_where_they_are_allowed(frames: Frames, site: Site) -> None:
    service = dfai.Service(
        name="said",
        inputs=["number", "truth", "nested"],
        columns={"said": pa.string()},
        options={"at": ""},
        request=_request,
        answers=_said,
        nullable=["nested"],
    )
    columns: dict[str, list[Any]] = {
        "n": [1, 2, 2],
        "b": [True, False, None],
        "s": [{"a": ["x"]}, None, {"a": []}],
    }
    frame = frames.build(columns, objects=True)

    result = frames.read(frame.ai.call(service, "n", "b", "s", at=f"{site.url}/echo"))

    assert result["said"] == [
        '{"number":1,"truth":true,"nested":{"a":["x"]}}',
        '{"number":2,"truth":false,"nested":null}',
        None,
    ]


def _fails(documents: list[dict[str, Any]], options: Any) -> dict[str, Any]:
    if any(document["text"] == "bad" for document in documents):
        raise ZeroDivisionError("the secret of this row")
    return {"method": "POST", "json": {"texts": [document["text"] for document in documents]}}


def _too_few(response: dfai.Response) -> list[Any]:
    return response.json()["lengths"][1:]  # type: ignore[no-any-return]


def test_faults_in_the_users_functions_are_told_by_row_and_place(frames: Frames, site: Site) -> None:
    frame = frames.build({"t": ["a", "bad", "c"]}, partitions=1)

    making = frames.read(frame.ai.call(lengths_at(site.url, request=_fails), "t"))
    reading = frames.read(frame.ai.call(lengths_at(site.url, answers=_too_few), "t"))

    assert making["length"] == [1, None, 1]
    assert making["length_error"] == [None, "refused", None]
    assert "ZeroDivisionError at test_own_services.py:" in making["length_error_message"][1]
    assert "secret" not in making["length_error_message"][1]
    assert reading["length_error"] == ["bad_answer"] * 3
    assert "answers= gave 2 answers for 3 documents" in reading["length_error_message"][0]


def test_a_secret_goes_to_the_services_own_host_alone(frames: Frames, site: Site) -> None:
    service = dfai.Service(
        name="said",
        inputs=["where"],
        columns={"said": pa.string()},
        url=f"{site.url}/echo",
        auth=dfai.secret("module:web_service:token"),
        request=_anywhere,
        answers=_said,
    )
    frame = frames.build({"w": [f"{site.url}/echo/fine", "http://127.0.0.2:1/echo"]})

    result = frames.read(frame.ai.call(service, "w"))

    assert result["said_error"] == [None, "refused"]
    assert "none of the origins" in result["said_error_message"][1]
    assert {asked.headers["authorization"] for asked in site.asked} == {"Bearer planted-in-a-module"}


def _anywhere(documents: list[dict[str, Any]], options: Any) -> dict[str, Any]:
    return {"url": documents[0]["where"]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "two words"}, "name="),
        ({"inputs": "text"}, "inputs="),
        ({"inputs": []}, "at least one"),
        ({"columns": {}}, "at least one"),
        ({"columns": {"at": pa.date32()}}, "not known on every backend"),
        ({"options": {"concurrency": 3}}, "name of a setting"),
        ({"nullable": ["x"]}, "nullable"),
        ({"request": 3}, "request="),
        ({"max_documents": 0}, "max_documents="),
        ({"url": "https://{x}/"}, "same for all rows"),
        ({"url": None, "auth": dfai.env("T")}, "origins="),
        ({"headers": {"X": "a\nb"}}, "no HTTP header can carry"),
        ({"pages": "next"}, "no JSON path"),
        ({"ok": "fine"}, "ok="),
    ],
)
def test_what_makes_no_service_is_told_at_once(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(dfai.errors.ConfigError) as caught:
        lengths_at("https://lengths.example", **changes)

    assert said in str(caught.value)


def test_bad_calls_raise_before_anything_is_sent(frames: Frames, site: Site) -> None:
    frame = frames.build({"t": ["a"]})
    for arguments, said in [
        (("t",), "takes a dfai.Service first"),
        ((LENGTHS,), "reads 1 columns"),
        ((LENGTHS, "t", "t"), "reads 1 columns"),
        ((LENGTHS, "u"), "no column 'u'"),
    ]:
        with pytest.raises((dfai.errors.ConfigError, dfai.errors.ColumnNotFound), match=said):
            frame.ai.call(*arguments)
    for options in ({"mark": 3}, {"marc": "x"}, {"target": dfai.local()}, {"include": ["headers"]}):
        with pytest.raises(dfai.errors.ConfigError):
            frame.ai.call(LENGTHS, "t", **options)


def test_a_service_travels_and_shows_no_secret() -> None:
    service = lengths_at("https://lengths.example", auth="planted-0123456789abcdef")

    assert "planted" not in repr(service.declared())
    assert b"planted" not in pickle.dumps(service.declared())
    assert pickle.loads(pickle.dumps(LENGTHS)) == LENGTHS
