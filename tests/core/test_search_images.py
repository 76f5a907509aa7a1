"""What the client asks of Bing's protocol, page by page, and how it reads what it is told."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from contracts import load
from dfai_core.service import Exchange, Wiring
from dfai_core.services import services
from dfai_core.transports.base import Answer
from dfai_core.verdict import judge_answer

SERVICE = services()["search_images"]


def wired(**options: Any) -> Exchange:
    given = {option.name: option.default for option in SERVICE.options} | options
    wiring = Wiring(given, (), (), "7.0", None, keep_logs=False, target_kind="container")
    return SERVICE.wire(wiring)


def page(numbers: range, following: int | None, total: int = 1_000) -> Answer:
    values = [{"imageId": str(number), "contentUrl": f"https://a.example/{number}"} for number in numbers]
    body = {"_type": "Images", "totalEstimatedMatches": total, "nextOffset": following, "value": values}
    return Answer(200, {}, orjson.dumps(body))


def asked(exchange: Exchange, *pages: Answer) -> dict[str, str] | None:
    assert exchange.paged is not None
    path = exchange.paged.path(("grüne Katze",), pages)
    return None if path is None else dict(parse_qsl(urlsplit(path).query))


def test_the_first_page_is_what_the_official_client_asks() -> None:
    captured = load("sdk-requests/requests.json")
    text = json.dumps(captured)
    start = text.index("/bing/v7.0/images/search?")
    theirs = urlsplit(text[start : text.index('"', start)])
    exchange = wired(top=10, offset=20, market="en-us")
    assert exchange.paged is not None
    ours = urlsplit(exchange.paged.path(("cat",), ()) or "")

    assert ours.path == theirs.path
    assert dict(parse_qsl(ours.query)).items() <= dict(parse_qsl(theirs.query)).items()


def test_pages_are_asked_until_there_are_enough() -> None:
    exchange = wired(top=200, offset=5)

    assert asked(exchange) == {"q": "grüne Katze", "count": "150", "offset": "5"}
    assert asked(exchange, page(range(150), 163)) == {"q": "grüne Katze", "count": "50", "offset": "163"}
    assert asked(exchange, page(range(150), 163), page(range(150, 200), 220)) is None


@pytest.mark.parametrize(
    "last", [page(range(0), 163), page(range(10), 0), page(range(10), None), page(range(10), 15, total=15)]
)
def test_what_leads_nowhere_ends_it(last: Answer) -> None:
    assert asked(wired(top=200), last) is None


def test_an_image_on_two_pages_is_told_once() -> None:
    exchange = wired(top=5)
    assert exchange.paged is not None
    whole = exchange.paged.joined([page(range(3), 3), page(range(2, 9), 9)])
    ((images, count),) = exchange.read(whole, 1)  # type: ignore[misc]

    assert [image["image_id"] for image in images] == ["0", "1", "2", "3", "4"]
    assert count == 1_000


def test_the_documented_answer_is_read_as_documented() -> None:
    body = load("bing-image-search-v7/examples/SuccessfulImageSearchRequest.json")["responses"]["200"]["body"]
    ((images, count),) = wired().read(Answer(200, {}, orjson.dumps(body)), 1)  # type: ignore[misc]

    assert count == 760
    assert len(images) == len(body["value"])
    assert images[0]["name"] == "Arts and Facts: Episode 20: Edgar Degas"
    assert (images[0]["size_bytes"], images[0]["width"], images[0]["encoding_format"]) == (108_428, 1_024, "jpeg")
    assert images[0]["insights_token"].startswith("ccid_")


def test_errors_in_a_list_are_told() -> None:
    said = {"code": "InvalidRequest", "subCode": "ParameterMissing", "message": "Required parameter is missing."}
    verdict = judge_answer(Answer(400, {}, orjson.dumps({"_type": "ErrorResponse", "errors": [said]})))

    assert (verdict.message, verdict.service_code) == ("Required parameter is missing.", "InvalidRequest")
