"""Read on the wire: 202, polls, pages of TIFF and PDF, and what is refused at once."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest

from contracts import check, example
from dfai_engine.app import App
from engine.vision.made import CAT, PRINTED, PRINTED_LINES, Image, drawn, encoded, pdf, send, tiff, written
from engine.wire import ask

PATH = "/vision/v3.2/read/analyze"
CONTRACT = "computer-vision-v3.2/Ocr.json"


def read(app: App, data: bytes, query: str = "") -> dict[str, Any]:
    """The last state of a job."""
    begun = send(app, f"{PATH}?{query}", data)
    assert begun.status_code == 202, begun.text
    assert begun.content == b""
    location = begun.headers["operation-location"]
    future = app.jobs.get(location.rpartition("/")[2]).future
    assert future is not None
    future.result(timeout=120)
    answer = ask(app, "GET", location)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    check(found, CONTRACT, "ReadOperationResult")
    return found


def texts(page: dict[str, Any]) -> list[str]:
    return [line["text"] for line in page["lines"]]


def test_a_picture_is_read(app: App) -> None:
    found = read(app, PRINTED, "language=en&model-version=latest&readingOrder=basic")
    (page,) = found["analyzeResult"]["readResults"]

    assert found["status"] == "succeeded"
    assert ["".join(text.split()) for text in texts(page)] == ["".join(line.split()) for line in PRINTED_LINES]
    assert (page["page"], page["unit"], page["width"], page["height"]) == (1, "pixel", 720, 290)
    assert abs(page["angle"]) < 1
    assert page["language"] == "en"


def test_the_documented_request_names_pages_of_a_document(app: App) -> None:
    asked = example("computer-vision-v3.2/examples/SuccessfulReadWithUrl.json")["parameters"]
    pages = [written(f"This is page number {number}") for number in (1, 2, 3, 4)]
    query = httpx.QueryParams({"language": asked["language"], "pages": ",".join(asked["Pages"])})
    found = read(app, pdf(*pages), str(query))["analyzeResult"]["readResults"]

    assert [page["page"] for page in found] == [2, 3]
    assert [texts(page) for page in found] == [["This is page number 2"], ["This is page number 3"]]
    assert {page["unit"] for page in found} == {"inch"}
    assert found[0]["width"] == pytest.approx(6.4, abs=0.02)
    box = found[0]["lines"][0]["boundingBox"]
    assert 0 < box[0] < box[2] < 6.4


def test_a_tiff_of_several_pages_is_read_page_by_page(app: App) -> None:
    found = read(app, tiff(written("The first page"), written("The second page", width=700)))["analyzeResult"]

    assert [texts(page) for page in found["readResults"]] == [["The first page"], ["The second page"]]
    assert [page["width"] for page in found["readResults"]] == [640, 700]


def test_columns_are_read_one_after_the_other_in_natural_order(app: App) -> None:
    page = Image.new("RGB", (1_000, 260), "white")
    page.paste(written("one alpha", "two alpha", width=300), (0, 20))
    page.paste(written("one beta", "two beta", width=300), (600, 20))
    basic, natural = (
        texts(read(app, encoded(page), f"readingOrder={order}")["analyzeResult"]["readResults"][0])
        for order in ("basic", "natural")
    )

    assert basic == ["one alpha", "one beta", "two alpha", "two beta"]
    assert natural == ["one alpha", "two alpha", "one beta", "two beta"]


def test_a_turned_page_tells_its_angle(app: App) -> None:
    turned = encoded(Image.open(io.BytesIO(PRINTED)).rotate(-90, expand=True))
    (page,) = read(app, turned)["analyzeResult"]["readResults"]

    assert page["angle"] == pytest.approx(90, abs=1)
    assert texts(page)[0] == PRINTED_LINES[0]


@pytest.mark.parametrize(
    ("query", "data", "code"),
    [
        ("pages=2", PRINTED, "InvalidPageRange"),
        ("pages=0", PRINTED, "InvalidPageRange"),
        ("pages=a-b", PRINTED, "InvalidPageRange"),
        ("pages=3-1", PRINTED, "InvalidPageRange"),
        ("readingOrder=random", PRINTED, "InvalidReadingOrder"),
        ("language=ru", PRINTED, "NotSupportedLanguage"),
        ("model-version=2021-04-12", PRINTED, "BadArgument"),
        ("", b"words", "InvalidImageFormat"),
        ("", b"", "InvalidImageSize"),
        ("", CAT[:9_000], "InvalidImageFormat"),
        ("", b"%PDF-1.7 nothing more", "InvalidImageFormat"),
        ("", encoded(drawn(20, 20)), "InvalidImageSize"),
    ],
)
def test_what_cannot_be_read_is_refused_at_once_and_flat(app: App, query: str, data: bytes, code: str) -> None:
    answer = send(app, f"{PATH}?{query}", data)

    assert answer.status_code == 400
    check(answer.json(), CONTRACT, "ComputerVisionOcrError")
    assert answer.json()["code"] == code


def test_an_unknown_operation_is_not_found(app: App) -> None:
    answer = ask(app, "GET", "/vision/v3.2/read/analyzeResults/e56ffa6e-1ee4-4042-bc07-993db706c95f")

    assert answer.status_code == 404
    check(answer.json(), CONTRACT, "ComputerVisionOcrError")


def test_broken_documents_end_as_refused_or_failed_never_worse(app: App) -> None:
    whole = pdf(written("a page"), written("another page"))
    pages = tiff(drawn(60, 60), drawn(60, 60))
    for data in (whole, pages):
        for end in range(len(data) // 6, len(data), len(data) // 6):
            begun = send(app, PATH, data[:end])
            if begun.status_code == 202:
                identity = begun.headers["operation-location"].rpartition("/")[2]
                future = app.jobs.get(identity).future
                assert future is not None
                future.result(timeout=120)
                state = ask(app, "GET", begun.headers["operation-location"])
                assert state.json()["status"] in ("succeeded", "failed")
                check(state.json(), CONTRACT, "ReadOperationResult")
            else:
                assert begun.json()["code"] == "InvalidImageFormat"
