"""What the client sends to find pictures like one, and how it reads what it is told."""

from __future__ import annotations

from email import message_from_bytes

import orjson
import pytest

from contracts import load
from dfai_core.media import Content
from dfai_core.service import Body, Exchange, Wiring
from dfai_core.services import services
from dfai_core.transports.base import Answer

SERVICE = services()["find_similar_images"]


def wired(top: int = 10) -> Exchange:
    return SERVICE.wire(Wiring({"top": top}, (), (), "7.0", None, keep_logs=False, target_kind="container"))


@pytest.mark.parametrize("data", [b"\xff\xd8 a picture \r\n--\r\n", b"\x89PNG\r\n\x1a\n" + bytes(range(256))])
def test_the_picture_is_the_forms_one_part(data: bytes) -> None:
    body = wired().write([(Content(data, b"digest", "image/png"),)])
    assert isinstance(body, Body)
    read = message_from_bytes(b"Content-Type: " + body.type.encode() + b"\r\n\r\n" + body.content)
    (part,) = read.get_payload()  # type: ignore[misc]

    assert part.get_param("name", header="Content-Disposition") == "image"  # type: ignore[union-attr]
    assert part.get_filename() == "image"  # type: ignore[union-attr]
    assert part.get_content_type() == "image/png"  # type: ignore[union-attr]
    assert data in body.content


def test_all_requests_of_a_call_have_one_type() -> None:
    write = wired().write
    bodies = [write([(Content(data, data, "image/png"),)]) for data in (b"a", b"b")]

    assert len({body.type for body in bodies if isinstance(body, Body)}) == 1
    assert wired().write([(Content(b"a", b"a", "image/png"),)]) != bodies[0]


def test_the_documented_answer_is_read_as_documented() -> None:
    body = load("bing-image-search-v7/examples/SuccessfulImageDetailRequest.json")["responses"]["200"]["body"]
    ((images,),) = wired(top=3).read(Answer(200, {}, orjson.dumps(body)), 1)  # type: ignore[misc]

    assert len(images) == 3
    assert (images[0]["name"], images[0]["size_bytes"], images[0]["width"]) == ("Edgar Degas", 79_006, 1_024)
    assert images[0]["image_id"] == "10768B7BFD0BC0DF968E155B6413BB84279C4791"


def test_nothing_alike_is_an_empty_list() -> None:
    assert wired().read(Answer(200, {}, b'{"_type": "ImageInsights"}'), 1) == [([],)]
