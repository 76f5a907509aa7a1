"""What the client reads in answers about pictures, held against both generations' documented and recorded ones."""

from __future__ import annotations

from typing import Any

import orjson
import pyarrow as pa
import pytest

from contracts import CONTRACTS, load
from dfai_core.operations import location_of, progress_of
from dfai_core.service import Exchange, Service
from dfai_core.services import services
from dfai_core.services.vision.features import FEATURES
from dfai_core.transports.base import Answer
from dfai_core.verdict import Action, judge_answer
from exchanges import bound, wired

V4_FEATURES = tuple(name for name, feature in FEATURES.items() if feature.v4)
V3_FEATURES = tuple(name for name, feature in FEATURES.items() if feature.v3)

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def read(exchange: Exchange, body: Any) -> Any:
    written = body if isinstance(body, bytes) else orjson.dumps(body)
    (found,) = exchange.read(Answer(200, {}, written), 1)
    return found


def example(path: str) -> Any:
    return load(path)["responses"]["200"]["body"]


def fits(service: Service, values: Any, include: tuple[str, ...] = ()) -> None:
    """The values fill the columns, and fit their types."""
    columns = service.answer_columns(include)[:-2]
    assert len(values) == len(columns)
    for value, column in zip(values, columns, strict=True):
        assert pa.array([value], column.type).to_pylist() == [value]


@pytest.mark.parametrize(
    ("contract", "name"),
    [
        ("image-analysis-2024-02-01", "ImageAnalysis_Analyze_MaximumSet_Gen"),
        ("image-analysis-2024-02-01", "ImageAnalysis_Analyze_Stream_MaximumSet_Gen"),
        ("image-analysis-2023-10-01", "AnalyzeFromImageData_MaximumSet"),
    ],
)
def test_the_documented_analysis_is_read_as_documented(contract: str, name: str) -> None:
    body = example(f"{contract}/examples/{name}.json")
    analyze = services()["analyze_image"]
    service, _ = bound(analyze, features=V4_FEATURES)

    found = dict(zip(V4_FEATURES, read(wired(analyze, features=V4_FEATURES), body), strict=True))

    fits(service, tuple(found.values()))
    assert found["tags"] == [tag["name"] for tag in body["tagsResult"]["values"]]
    assert found["caption"] == body["captionResult"]["text"]
    assert [one["text"] for one in found["dense_captions"]] == [
        one["text"] for one in body["denseCaptionsResult"]["values"]
    ]
    assert [one["name"] for one in found["objects"]] == [
        one["tags"][0]["name"] for one in body["objectsResult"]["values"]
    ]
    written = [line["text"] for block in body["readResult"]["blocks"] for line in block["lines"]]
    assert found["read"] == "\n".join(written)
    assert [one["width_px"] for one in found["people"]] == [
        one["boundingBox"]["w"] for one in body["peopleResult"]["values"]
    ]
    assert [one["aspect_ratio"] for one in found["smart_crops"]] == [
        one["aspectRatio"] for one in body["smartCropsResult"]["values"]
    ]


def test_the_same_answer_is_read_by_the_verbs_of_single_features() -> None:
    body = example("image-analysis-2023-10-01/examples/AnalyzeFromImageData_MaximumSet.json")
    for name, version in (
        ("tag_image", None),
        ("describe_image", None),
        ("detect_objects", None),
        ("read_text", "2024-02-01"),
    ):
        service = services()[name]
        include = tuple(service.includes)

        values = read(wired(service, version, include), body)

        fits(service, values, include)
        assert values[0]


def test_the_documented_analysis_of_v3_is_read_as_documented() -> None:
    body = example("computer-vision-v3.2/examples/SuccessfulAnalyzeImageWithUrl.json")
    analyze = services()["analyze_image"]
    service, _ = bound(analyze, features=V3_FEATURES)

    found = dict(zip(V3_FEATURES, read(wired(analyze, "v3.2", features=V3_FEATURES), body), strict=True))

    fits(service, tuple(found.values()))
    assert found["tags"] == [tag["name"] for tag in body["tags"]]
    assert found["caption"] == "Satya Nadella sitting on a bench"
    assert found["objects"][0] == {
        "name": "tree",
        "confidence": 0.9,
        "x_px": 0,
        "y_px": 0,
        "width_px": 50,
        "height_px": 50,
        "parents": ["plant"],
    }
    assert found["categories"][1] == {"name": "people_", "confidence": 0.83984375}
    assert found["color"]["dominant"] == ["Brown", "Black"]
    assert found["color"]["black_and_white"] is False
    assert found["image_type"] == {"clip_art": 0, "line_drawing": False}
    assert found["adult"]["flagged"] is False
    assert [brand["name"] for brand in found["brands"]] == ["Pepsi", "Coca-Cola"]

    moderated = read(wired(services()["moderate_image"]), body)
    assert moderated == (False, 0.0934349000453949, 0.06861349195241928, 0.012872257380997575)


def test_a_picture_without_tags_has_none_and_is_no_failure() -> None:
    assert read(wired(services()["tag_image"]), {"tagsResult": {"values": []}}) == ([],)


def test_scores_that_a_service_does_not_have_are_null() -> None:
    moderate = services()["moderate_image"]

    values = read(wired(moderate), {"adult": {"isAdultContent": True, "adultScore": 0.9}})

    assert values == (True, 0.9, None, None)
    with pytest.raises(ValueError, match="no verdict"):
        read(wired(moderate), {"adult": {}})


def test_documented_operations_of_v3_are_read_as_documented() -> None:
    folder = "computer-vision-v3.2/examples/"
    tags = example(folder + "SuccessfulTagImageWithStream.json")
    captions = example(folder + "SuccessfulDescribeImageWithUrl.json")["description"]["captions"]
    described = read(
        wired(services()["describe_image"], "v3.2"), example(folder + "SuccessfulDescribeImageWithUrl.json")
    )
    found = read(wired(services()["tag_image"], "v3.2", ("confidence",)), tags)
    objects = read(wired(services()["detect_objects"], "v3.2"), example(folder + "SuccessfulDetectObjectsWithUrl.json"))

    assert found == ([tag["name"] for tag in tags["tags"]], [tag["confidence"] for tag in tags["tags"]])
    assert described == (captions[0]["text"], captions[0]["confidence"])
    assert objects[0][0]["parents"] == ["plant"]


def test_a_picture_without_words_is_told_from_a_bad_answer() -> None:
    empty = {"description": {"tags": [], "captions": []}}
    several = wired(services()["analyze_image"], "v3.2", features=("caption", "tags"))
    others = wired(services()["analyze_image"], "v3.2", features=("tags", "caption"))

    assert read(wired(services()["describe_image"], "v3.2"), empty).code == "nothing_found"
    assert read(several, empty | {"tags": []}).code == "nothing_found"
    assert read(others, empty | {"tags": []}) == ([], None)


def test_the_documented_pages_are_read_as_documented() -> None:
    body = example("computer-vision-v3.2/examples/SuccessfulGetReadResult.json")
    service = services()["read_text"]
    include = ("lines", "words", "pages")

    text, lines, words, pages = read(wired(service, None, include), body)

    written = body["analyzeResult"]["readResults"]
    fits(service, (text, lines, words, pages), include)
    assert text == "\n\n".join("\n".join(line["text"] for line in page["lines"]) for page in written)
    assert [line["page"] for line in lines] == [1, 1, 1, 2]
    assert lines[0]["polygon"] == [float(number) for number in written[0]["lines"][0]["boundingBox"]]
    assert [word["text"] for word in words][:5] == ["Our", "greatest", "glory", "is", "not"]
    assert {(word["page"], word["line"]) for word in words} == {(1, 1), (1, 2), (1, 3), (2, 1)}
    assert (pages[0]["angle_degrees"], pages[0]["unit"], pages[1]["page"]) == (49.59, "pixel", 2)


def test_documented_print_is_read_as_documented() -> None:
    body = example("computer-vision-v3.2/examples/SuccessfulRecognizePrintedTextWithUrl.json")
    service = services()["read_text"]
    include = ("lines", "words", "pages")

    text, lines, words, pages = read(wired(service, None, include, model="ocr"), body)

    fits(service, (text, lines, words, pages), include)
    assert text.splitlines()[:2] == ["A GOAL WITHOUT", "A PLAN IS"]
    assert lines[0]["polygon"] == [462.0, 379.0, 959.0, 379.0, 959.0, 453.0, 462.0, 453.0]
    assert (words[3]["text"], words[3]["confidence"], words[3]["line"]) == ("A", None, 2)
    assert (pages[0]["page"], pages[0]["language"], pages[0]["width"]) == (1, "en", None)


@pytest.mark.parametrize(
    ("turn", "orientation", "degrees"),
    [(0.0, "Up", 0), (-0.1, "Up", 5.73), (0.1, "Right", 84.27), (0.0, "Down", 180), (0.0, "Left", -90)],
)
def test_printed_text_tells_its_angle_as_read_does(turn: float, orientation: str, degrees: float) -> None:
    body = {"language": "unk", "textAngle": turn, "orientation": orientation, "regions": []}
    (text, (page,)) = read(wired(services()["read_text"], None, ("pages",), model="ocr"), body)

    assert (text, page["language"]) == ("", None)
    assert page["angle_degrees"] == pytest.approx(degrees, abs=0.01)


def test_the_documented_area_of_interest_is_read_as_documented() -> None:
    body = example("computer-vision-v3.2/examples/SuccessfulGetAreaOfInterestWithStream.json")
    service = services()["area_of_interest"]

    found = read(wired(service), body)

    fits(service, found)
    assert found == ({"x_px": 160, "y_px": 0, "width_px": 950, "height_px": 951},)


def test_a_thumbnail_is_the_answer_s_own_bytes() -> None:
    thumbnail = wired(services()["thumbnail"])

    assert read(thumbnail, b"\xff\xd8\xff\xe0 and so on") == (b"\xff\xd8\xff\xe0 and so on",)
    with pytest.raises(ValueError, match="no picture"):
        read(thumbnail, b"<html>")


def test_a_recorded_refusal_of_a_picture_has_our_code() -> None:
    (interaction,) = load("computer-vision-v3.2/recorded/analyze_invalid_url_400.json")["interactions"]
    response = interaction["response"]
    codes = wired(services()["analyze_image"]).codes

    verdict = judge_answer(Answer(response["status"], {}, orjson.dumps(response["body"])), codes=codes)

    assert (verdict.action, verdict.code, verdict.service_code) == (Action.SPLIT, "unreadable", "InvalidImageUrl")


def test_a_recorded_reading_is_read_as_it_was_recorded() -> None:
    recorded = load("computer-vision-v3.2/recorded/v2.0_analyze_words.json")["interactions"]
    begun, *polled = (one["response"] for one in recorded)
    # Today's answer has the lines of that one's a level deeper, and pages around them.
    lines = polled[-1]["body"]["recognitionResult"]["lines"]
    page = {"page": 1, "angle": 0.0, "width": 1, "height": 1, "unit": "pixel", "lines": lines}
    exchange = wired(services()["read_text"], None, ("lines", "words"))
    headers = {"Operation-Location": begun["headers"]["operation-location"]}
    asked = location_of(Answer(begun["status"], headers, b"")) or ""
    states = [progress_of(Answer(one["status"], {}, orjson.dumps(one["body"]))).state for one in polled]

    text, found, words = read(exchange, {"analyzeResult": {"readResults": [page]}})

    assert asked.endswith("/textOperations/59af55bf-2e0e-43f7-a4aa-ec0b8e2ae978")
    assert states == ["running", "done"]
    assert text == "\n".join(line["text"] for line in lines)
    assert [word["confidence"] for word in words] == [None] * len(words)
    assert found[0]["polygon"] == [float(number) for number in lines[0]["boundingBox"]]
