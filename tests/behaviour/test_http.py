"""Any web service from any frame: every row its own request, its own answer or its own error."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import dfai
from frames import Frames
from web_service import COUNTRIES, Asked, Site

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark"),
]

TOKEN = "planted-0123456789abcdef"
NAME = {"name": ("$[1][0].name", "string")}


@pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect")
def test_the_documentations_sample_asks_ten_countries_three_at_a_time(frames: Frames, site: Site) -> None:
    """Some are slow, some fail for good, some fail once: each row ends as it should."""
    codes = [*COUNTRIES, "xx", None]

    def fault(asked: Asked, before: int) -> int | None:
        return {"de": 404, "fr": None if before else 503}.get(asked.path.rsplit("/", 1)[1])

    site.fault = fault
    site.latency_s = lambda asked: 0.4 if asked.path.endswith(("br", "za")) else 0.05
    frame = frames.build({"iso": codes, "row": list(range(len(codes)))}, partitions=4)

    asked = frame.ai.http(
        f"{site.url}/country/{{iso}}?format=json", parse=NAME, output="bank", concurrency=3, attempts=3
    )
    result = frames.read(asked)

    assert result["iso"] == codes
    assert result["row"] == list(range(len(codes)))
    names = [None if code in ("de", "xx", None) else COUNTRIES[str(code)] for code in codes]
    assert result["bank_name"] == names
    assert result["bank_error"] == ["refused" if code == "de" else None for code in codes]
    assert "planned 404 (HTTP 404)" in result["bank_error_message"][codes.index("de")]
    assert result["bank_status"] == [None if code in ("de", None) else 200 for code in codes]
    assert '"Invalid value"' in result["bank"][codes.index("xx")]
    assert site.most_in_flight == 3
    assert sorted(set(site.paths)) == sorted(f"/country/{code}" for code in codes if code)
    assert all(("format", "json") in asked.query for asked in site.asked)


def test_rows_keep_their_order_and_get_their_own_answer(frames: Frames, site: Site) -> None:
    values = [f"a/{number % 60} ü&?#%" for number in range(300)]
    columns = {"id": list(range(300)), "v": values}

    answered = frames.build(columns).ai.http(f"{site.url}/echo", params={"v": dfai.col("v")}, parse={"q": "$.query"})
    result = frames.read(answered)

    assert {name: result[name] for name in columns} == columns
    assert result["response_q"] == [f'[["v","{value}"]]' for value in values]
    assert {dict(asked.query)["v"] for asked in site.asked} == set(values)
    assert len(site.asked) <= 60 * frames.processes


def test_whole_urls_stand_in_a_column(frames: Frames, site: Site) -> None:
    frame = frames.build({"link": [f"{site.url}/echo/größe x", None, f"{site.url}/country/us", "mailto:me"]})

    result = frames.read(frame.ai.http("link", include=["headers"]))

    assert result["response_status"] == [200, None, 200, None]
    assert result["response_error"] == [None, None, None, "refused"]
    assert {"name": "x-said", "value": "/echo/gr%C3%B6%C3%9Fe%20x"} in result["response_headers"][0]
    assert site.paths == ["/country/us", "/echo/gr%C3%B6%C3%9Fe%20x"]


def test_a_null_in_the_url_costs_no_request_and_elsewhere_is_left_out(frames: Frames, site: Site) -> None:
    frame = frames.build({"a": ["x", None, "y"], "b": ["1", "2", None], "c": [None, None, "3"]})

    result = frames.read(
        frame.ai.http(
            f"{site.url}/echo/{{a}}",
            params={"b": dfai.col("b")},
            headers={"X-C": dfai.col("c")},
            parse={"query": ("$.query", "json"), "headers_": ("$.headers", "json")},
        )
    )

    assert result["response_query"] == ['[["b","1"]]', None, "[]"]
    assert result["response_headers_"] == ["{}", None, '{"x-c":"3"}']
    assert result["response_error"] == [None] * 3


def test_columns_of_any_kind_stand_in_a_request(frames: Frames, site: Site) -> None:
    columns: dict[str, list[Any]] = {
        "whole": [1, 2],
        "part": [0.5, 2.0],
        "truth": [True, False],
        "day": [dt.date(2024, 2, 29), dt.date(1999, 12, 31)],
        "text": ["é", ""],
        "nested": [{"a": 1, "b": ["x"]}, {"a": 2, "b": []}],
    }
    body = {name: dfai.col(name) for name in columns} | {"list": [dfai.col("whole"), "same"]}

    frame = frames.build(columns, objects=True)
    answered = frame.ai.http(f"{site.url}/echo/{{whole}}/{{truth}}/{{day}}", method="POST", json=body)
    result = frames.read(answered)

    assert result["response_error"] == [None, None]
    found = sorted((asked.json for asked in site.asked), key=lambda one: int(one["whole"]))
    assert found == [
        {
            "whole": whole,
            "part": part,
            "truth": truth,
            "day": day.isoformat(),
            "text": text,
            "nested": nested,
            "list": [whole, "same"],
        }
        for whole, part, truth, day, text, nested in zip(*columns.values(), strict=True)
    ]
    assert site.paths == ["/echo/1/true/2024-02-29", "/echo/2/false/1999-12-31"]


def test_bytes_are_sent_as_they_are(frames: Frames, site: Site) -> None:
    contents = [b"\x00\xff", b"two"]
    frame = frames.build({"content": contents, "name": ["a.bin", 'b"c.bin']}, objects=True)

    frames.read(frame.ai.http(f"{site.url}/echo", method="PUT", content=dfai.col("content"), output="put"))
    frames.read(
        frame.ai.http(
            f"{site.url}/echo",
            method="POST",
            data={"of": dfai.col("name")},
            files={"file": (dfai.col("name"), dfai.col("content"), "image/png")},
        )
    )

    assert {asked.body for asked in site.asked if asked.method == "PUT"} == set(contents)
    forms = [asked for asked in site.asked if asked.method == "POST"]
    assert all(form.headers["content-type"].startswith("multipart/form-data; boundary=") for form in forms)
    assert any(b'filename="a.bin"\r\nContent-Type: image/png\r\n\r\n\x00\xff\r\n' in form.body for form in forms)
    assert any(b'name="of"\r\n\r\nb"c.bin\r\n' in form.body and b'filename="b%22c.bin"' in form.body for form in forms)


def test_each_row_of_a_post_is_sent_once_and_only_once(frames: Frames, site: Site) -> None:
    frame = frames.build({"v": ["same"] * 40})

    result = frames.read(frame.ai.http(f"{site.url}/echo", method="POST", json={"v": dfai.col("v")}))

    assert result["response_status"] == [200] * 40
    assert len(site.asked) == 40


def test_a_post_that_is_idempotent_is_shared(frames: Frames, site: Site) -> None:
    frame = frames.build({"v": ["same"] * 40})

    answered = frame.ai.http(f"{site.url}/echo", method="POST", json={"v": dfai.col("v")}, idempotent=True)

    assert frames.read(answered)["response_status"] == [200] * 40
    assert len(site.asked) <= frames.processes


def test_nothing_is_sent_before_a_lazy_frame_is_computed(frames: Frames, site: Site) -> None:
    answered = frames.build({"v": ["a"]}).ai.http(f"{site.url}/echo/{{v}}")

    assert bool(site.asked) is not frames.lazy
    assert frames.read(answered)["response_status"] == [200]


def test_an_empty_frame_has_the_columns_and_sends_nothing(frames: Frames, site: Site) -> None:
    parse = {"n": ("$.n", "int"), "x": ("$.x[*]", "float"), "ok": ("$.ok", "bool")}

    result = frames.build({"v": []}, partitions=1).ai.http(f"{site.url}/echo/{{v}}", parse=parse, include="all")

    names = ["v", "response", "response_status", "response_n", "response_x", "response_ok", "response_headers"]
    names += ["response_content", "response_error_detail", "response_error", "response_error_message"]
    assert frames.columns(result) == names
    assert all(values == [] for values in frames.read(result).values())
    assert site.asked == []


def test_a_schema_reads_an_object_by_its_names(frames: Frames, site: Site) -> None:
    pairs = pa.list_(pa.list_(pa.string()))
    schema = pa.schema([("method", pa.large_string()), ("query", pairs), ("gone", pa.int32())])
    frame = frames.build({"v": ["a", "b"]})

    result = frames.read(frame.ai.http(f"{site.url}/echo?v={{v}}", parse=schema, include=["content"]))

    assert result["response_method"] == ["GET", "GET"]
    assert result["response_query"] == [[["v", "a"]], [["v", "b"]]]
    assert result["response_gone"] == [None, None]
    assert [content.decode() for content in result["response_content"]] == result["response"]


def test_types_are_read_and_misfits_are_errors(frames: Frames, site: Site) -> None:
    place = "$[1][0]"
    parse = {"lon": (f"{place}.longitude", "float"), "letters": (f"{place}.letters[*]", "string")}
    frame = frames.build({"iso": ["br", "us"]})

    good = frames.read(frame.ai.http(f"{site.url}/country/{{iso}}", parse=parse))
    bad = frames.read(frame.ai.http(f"{site.url}/country/{{iso}}", parse={"n": (f"{place}.name", "int")}))

    assert good["response_lon"] == [-47.9, -47.9]
    assert good["response_letters"] == [["B", "r"], ["U", "n"]]
    assert bad["response"] == [None, None]
    assert bad["response_error"] == ["bad_answer"] * 2
    assert "$[1][0].name holds what is no int" in bad["response_error_message"][0]
    assert "Brazil" not in bad["response_error_message"][0]


def test_other_statuses_may_be_answers(frames: Frames, site: Site) -> None:
    site.fault = lambda asked, before: int(dict(asked.query)["s"])
    frame = frames.build({"s": [200, 404, 410, 500]})

    result = frames.read(frame.ai.http(f"{site.url}/echo", params={"s": dfai.col("s")}, ok=["2xx", 404]))

    assert result["response_status"] == [200, 404, None, None]
    assert result["response_error"] == [None, None, "refused", "unavailable"]
    assert "planned 404" in result["response"][1]


def test_only_rows_without_an_answer_are_asked_again(frames: Frames, site: Site, tmp_path: Path) -> None:
    site.fault = lambda asked, before: 404 if asked.path.endswith("b") else None
    frame = frames.build({"v": ["a", "b", None]})
    first = frame.ai.http(f"{site.url}/echo/{{v}}", parse={"m": "$.method"})
    earlier = {name: frames.read(first)[name] for name in frames.columns(first)}
    site.fault, asked = None, len(site.asked)

    again = frames.build(earlier).ai.http(f"{site.url}/echo/{{v}}", parse={"m": "$.method"}, if_exists="fill")
    result = frames.read(again)

    assert result["response_m"] == ["GET", "GET", None]
    assert result["response_error"] == [None] * 3
    assert [one.path for one in site.asked[asked:]] == ["/echo/b"]


def test_what_a_store_has_is_not_asked_again(frames: Frames, site: Site, tmp_path: Path) -> None:
    frame = frames.build({"v": ["a", "b"]})
    for _ in range(2):
        result = frames.read(frame.ai.http(f"{site.url}/echo/{{v}}", store=str(tmp_path)))
        frames.read(frame.ai.http(f"{site.url}/echo/post", method="POST", json=dfai.col("v"), store=str(tmp_path)))

    assert result["response_status"] == [200, 200]
    assert site.paths == ["/echo/a", "/echo/b", *["/echo/post"] * 4]


@pytest.mark.where("pandas", "dask-threads", "dask-processes", "dask-distributed", "spark", "spark-connect")
def test_the_whole_call_sends_no_more_requests_a_second_than_it_may(frames: Frames, site: Site) -> None:
    frame = frames.build({"n": list(range(60))}, partitions=14)

    result = frames.read(frame.ai.http(f"{site.url}/echo/{{n}}", rate_per_s=20.0))

    assert result["response_status"] == [200] * 60
    assert site.most_in_a_second() <= 20 * 1.05 + 4  # what may be caught up, and what a busy machine puts off


def test_a_key_is_read_on_the_worker(frames: Frames, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONLY_ON_THE_DRIVER", TOKEN)
    frames.read(frames.build({"v": ["warm", "up"]}).ai.http(f"{site.url}/echo/{{v}}"))
    frame = frames.build({"v": ["a", "b"]})

    sent = frame.ai.http(f"{site.url}/echo/{{v}}", auth=dfai.env("ONLY_ON_THE_DRIVER", read="driver"))
    assert frames.read(sent)["response_status"] == [200, 200]
    asked = [asked for asked in site.asked if asked.path in ("/echo/a", "/echo/b")]
    assert {one.headers["authorization"] for one in asked} == {f"Bearer {TOKEN}"}


def test_headers_and_parameters_carry_secrets(frames: Frames, site: Site) -> None:
    secret = dfai.secret("module:web_service:token", read="driver")
    frame = frames.build({"v": ["a"]})

    answered = frame.ai.http(f"{site.url}/echo/{{v}}", headers={"X-T": ("Token ", secret)}, params={"key": secret})

    assert frames.read(answered)["response_status"] == [200]
    (asked,) = site.asked
    assert asked.headers["x-t"] == "Token planted-in-a-module"
    assert dict(asked.query)["key"] == "planted-in-a-module"


@pytest.mark.parametrize(
    ("url", "more", "said"),
    [
        ("{v", {}, "stands alone"),
        ("https://x/v}/{v}", {}, "stands alone"),
        ("{v}/x", {}, "begins with http"),
        ("ftp://x/{v}", {}, "begins with http"),
        ("https://x/{w}", {}, "no column 'w'"),
        ("w", {}, "no column 'w'"),
        ("https://x/", {}, "nothing in this request comes from a column"),
        ("v", {"method": "G ET"}, "method="),
        ("v", {"target": dfai.local()}, "takes no target"),
        ("v", {"ok": "7xx"}, "ok="),
        ("v", {"parse": {"n": ("name", "string")}}, "no JSON path"),
        ("v", {"parse": {"n": ("$.n", "text")}}, "is no type"),
        ("v", {"parse": {"n": ("$.n", pa.date32())}}, "not known on every backend"),
        ("v", {"parse": {"error": "$.n"}}, "cannot be the name"),
        ("v", {"json": 1, "content": "x"}, "one body"),
        ("v", {"auth": "literal-token-1"}, "whatever host a row names"),
        ("v", {"headers": {"X-Api-Key": "literal-token-1"}}, "whatever host a row names"),
        ("http://far.example/{v}", {"auth": "literal-token-1"}, "unprotected"),
        ("https://{v}/x", {"auth": dfai.env("SOME")}, "whatever host a row names"),
        ("https://x/{v}", {"json": {"a": dfai.env("SOME")}}, "a secret stands in"),
        ("https://x/{v}", {"headers": {"a b": "c"}}, "no name of a header"),
        ("https://x/{v}", {"headers": {"a": "c\nd"}}, "no HTTP header can carry"),
        ("https://x/{v}", {"json": {"a": {1, 2}}}, "cannot stand in JSON"),
        ("https://x/{v}", {"pages": "next"}, "no JSON path"),
        ("https://x/{v}", {"pages": "link", "method": "POST"}, "method='GET'"),
        ("https://x/{v}", {"origins": ["x"]}, "origins="),
        ("https://x/{v}", {"timeout": 3}, "timeout_s"),
    ],
)
def test_bad_settings_raise_before_anything_is_sent(frames: Frames, site: Site, url: str, more: Any, said: str) -> None:
    frame = frames.build({"v": ["a"]})

    with pytest.raises((dfai.errors.ConfigError, dfai.errors.ColumnNotFound)) as caught:
        frame.ai.http(url, **more)

    assert said in str(caught.value)
    assert "literal-token" not in str(caught.value)


def test_a_string_that_is_a_column_is_that_column(frames: Frames, site: Site) -> None:
    frame = frames.build({"https://{x}": [f"{site.url}/echo/here"]})

    assert frames.read(frame.ai.http("https://{x}"))["response_status"] == [200]
    assert site.paths == ["/echo/here"]


def test_only_the_origins_named_are_asked(frames: Frames, site: Site) -> None:
    frame = frames.build({"link": [f"{site.url}/echo", "http://10.255.255.1/latest/meta-data"]})

    result = frames.read(frame.ai.http("link", origins=[site.url], auth=dfai.secret("module:web_service:token")))

    assert result["response_status"] == [200, None]
    assert result["response_error"] == [None, "refused"]
    assert "none of the origins" in result["response_error_message"][1]


def test_headers_that_are_none_cost_their_own_row(frames: Frames, site: Site) -> None:
    frame = frames.build({"v": ["fine", "two\r\nX-Evil: 1", "größe"]})

    result = frames.read(frame.ai.http(f"{site.url}/echo", headers={"X-V": dfai.col("v")}))

    assert result["response_error"] == [None, "refused", "refused"]
    assert "Evil" not in str(result["response_error_message"])
    assert len(site.asked) == 1


def test_values_of_dots_cannot_climb_out_of_their_place(frames: Frames, site: Site) -> None:
    frame = frames.build({"v": ["..", ".", "a/../b"]})

    result = frames.read(frame.ai.http(f"{site.url}/echo/{{v}}/x"))

    assert result["response_error"] == ["refused", "refused", None]
    assert site.paths == ["/echo/a%2F..%2Fb/x"]
