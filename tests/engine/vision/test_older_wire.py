"""Computer Vision v3.2 on the wire: documented requests, answers held against the contract, every refusal."""

from __future__ import annotations

import io
from typing import Any

import httpx
import pytest

from contracts import check, example
from dfai_engine.app import App
from dfai_engine.vision.limits import LIMITS
from engine.vision.made import CAT, COFFEE, OLDER, PRINTED, Image, drawn, encoded, needs_models, send
from engine.wire import ask

pictures = pytest.importorskip("dfai_engine.vision.pictures")

PATH = "/vision/v3.2"
EXAMPLES = "computer-vision-v3.2/examples"


def documented(name: str, **more: str) -> str:
    """The query of an upstream example."""
    asked: dict[str, Any] = example(f"{EXAMPLES}/{name}.json")["parameters"]
    left_out = ("Endpoint", "Ocp-Apim-Subscription-Key", "ImageUrl", "Image", "model")
    query = {key: held for key, held in asked.items() if key not in left_out} | more
    plain = {
        key: ",".join(held) if isinstance(held, list) else str(held).lower() if isinstance(held, bool) else held
        for key, held in query.items()
    }
    return str(httpx.QueryParams(plain))


@needs_models
@pytest.mark.parametrize(
    ("path", "name", "definition"),
    [
        ("analyze", "SuccessfulAnalyzeImageWithUrl", "ImageAnalysis"),
        ("tag", "SuccessfulTagImageWithStream", "TagResult"),
        ("describe", "SuccessfulDescribeImageWithUrl", "ImageDescription"),
        ("detect", "SuccessfulDetectObjectsWithUrl", "DetectResult"),
        ("areaOfInterest", "SuccessfulGetAreaOfInterestWithStream", "AreaOfInterestResult"),
        ("ocr", "SuccessfulRecognizePrintedTextWithUrl", "OcrResult"),
    ],
)
def test_documented_requests_are_answered_as_the_contract_says(app: App, path: str, name: str, definition: str) -> None:
    answer = send(app, f"{PATH}/{path}?{documented(name)}", COFFEE)
    body = answer.json()

    assert answer.status_code == 200, answer.text
    check(body, OLDER, definition)
    assert body["modelVersion"] == "2026-11-26"
    if path != "ocr":
        assert body["metadata"] == {"width": 600, "height": 400, "format": "Jpeg"}
        assert body["requestId"] == answer.headers["apim-request-id"]


@needs_models
def test_all_features_of_a_photo(app: App) -> None:
    body = send(app, f"{PATH}/analyze?{documented('SuccessfulAnalyzeImageWithUrl')}", CAT).json()

    assert body["categories"][0]["name"] == "animal_cat"
    assert {"cat", "animal", "Egyptian cat"} <= {tag["name"] for tag in body["tags"]}
    assert {tag["name"]: tag.get("hint") for tag in body["tags"]}["Egyptian cat"] == "cat"
    assert body["description"]["captions"] == [{"text": "a cat", "confidence": pytest.approx(0.43, abs=0.05)}]
    assert body["objects"][0]["object"] == "cat"
    assert body["objects"][0]["parent"]["object"] == "mammal"
    assert body["color"]["isBWImg"] is False
    assert body["imageType"] == {"clipArtType": 0, "lineDrawingType": 0}


@needs_models
def test_what_nobody_looked_for_is_not_said_to_be_absent(app: App) -> None:
    body = send(app, f"{PATH}/analyze?visualFeatures=Adult,Faces,Brands", CAT).json()

    assert body["adult"] == {"isAdultContent": False, "adultScore": pytest.approx(0, abs=0.05)}
    assert body["faces"] is None
    assert body["brands"] is None


def test_domain_details_are_null_where_they_were_asked_for(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from dfai_engine.vision import older
    from dfai_engine.vision.detector import Box, Found
    from dfai_engine.vision.seen import Seen

    monkeypatch.setattr(Seen, "people", [Found("person", "", 0.9, Box(0, 0, 1, 1))])
    monkeypatch.setattr(Seen, "tags", [])
    picture = pictures.read(CAT, LIMITS["azure"].older)
    with_details = older.analyze(picture, ["Categories"], ["Celebrities", "Landmarks"])
    without = older.analyze(picture, ["Categories"], [])

    assert with_details["categories"] == [{"name": "people_", "score": 0.9, "detail": {"celebrities": None}}]
    assert without["categories"] == [{"name": "people_", "score": 0.9}]


@needs_models
def test_printed_text_comes_in_regions_lines_and_words(app: App) -> None:
    body = send(app, f"{PATH}/ocr?language=unk&detectOrientation=true", PRINTED).json()
    words = [word["text"] for region in body["regions"] for line in region["lines"] for word in line["words"]]

    assert words[:3] == ["Invoice", "No.", "2026-1147"]
    assert (body["orientation"], body["language"]) == ("Up", "unk")
    assert abs(body["textAngle"]) < 0.02


@needs_models
@pytest.mark.parametrize(("turn", "wanted"), [(90, "Left"), (180, "Down"), (270, "Right")])
def test_a_page_on_its_side_is_read_and_its_orientation_told(app: App, turn: int, wanted: str) -> None:
    turned = encoded(Image.open(io.BytesIO(PRINTED)).rotate(turn, expand=True))
    body = send(app, f"{PATH}/ocr?language=en&detectOrientation=true", turned).json()
    words = [word["text"] for region in body["regions"] for line in region["lines"] for word in line["words"]]

    assert words[:3] == ["Invoice", "No.", "2026-1147"]
    assert body["orientation"] == wanted


@pytest.mark.parametrize("smart", ["true", "false"])
def test_a_thumbnail_has_the_size_that_was_asked_for(app: App, smart: str) -> None:
    query = documented("SuccessfulGenerateThumbnailWithUrl", width="50", height="80", smartCropping=smart)
    answer = send(app, f"{PATH}/generateThumbnail?{query}", CAT)

    assert answer.headers["content-type"] == "image/jpeg"
    assert Image.open(io.BytesIO(answer.content)).size == (50, 80)


def test_a_picture_comes_in_a_form_too(app: App) -> None:
    answer = ask(app, "POST", f"{PATH}/generateThumbnail?width=9&height=9", files={"image": ("cat.jpg", CAT)})
    empty = ask(
        app,
        "POST",
        f"{PATH}/tag",
        content=b"--x--",
        headers={"content-type": "multipart/form-data; boundary=x"},
    )

    assert answer.status_code == 200
    assert empty.json()["error"]["innererror"]["code"] == "BadArgument"


def test_there_are_no_domain_models(app: App) -> None:
    listed = ask(app, "GET", f"{PATH}/models")
    known = send(app, f"{PATH}/models/Celebrities/analyze", CAT)
    unknown = send(app, f"{PATH}/models/clouds/analyze", CAT)

    check(listed.json(), OLDER, "ListModelsResult")
    assert listed.json() == {"models": []}
    assert known.json()["error"]["innererror"]["code"] == "NotSupportedFeature"
    assert unknown.json()["error"]["innererror"]["code"] == "InvalidModel"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("analyze?visualFeatures=Moods", "NotSupportedVisualFeature"),
        ("analyze?visualFeatures=Faces", "NotSupportedVisualFeature"),
        ("analyze?visualFeatures=Brands,Faces", "NotSupportedVisualFeature"),
        ("analyze?details=Songs", "InvalidDetails"),
        ("analyze?language=xx", "NotSupportedLanguage"),
        ("analyze?model-version=2021-04-01", "BadArgument"),
        ("analyze?descriptionExclude=Songs", "BadArgument"),
        ("tag?language=ja", "NotSupportedLanguage"),
        ("describe?maxCandidates=0", "BadArgument"),
        ("describe?maxCandidates=many", "BadArgument"),
        ("ocr?language=ru", "NotSupportedLanguage"),
        ("ocr?language=el", "NotSupportedLanguage"),
        ("ocr?detectOrientation=perhaps", "BadArgument"),
        ("generateThumbnail?width=0&height=10", "InvalidThumbnailSize"),
        ("generateThumbnail?width=10&height=1025", "InvalidThumbnailSize"),
        ("generateThumbnail?width=10", "InvalidThumbnailSize"),
        ("generateThumbnail?width=10&height=10&smartCropping=7", "BadArgument"),
    ],
)
def test_wrong_options_are_refused_in_the_services_codes(app: App, path: str, code: str) -> None:
    answer = send(app, f"{PATH}/{path}", CAT)

    assert answer.status_code == 400
    check(answer.json(), OLDER, "ComputerVisionErrorResponse")
    assert answer.json()["error"]["code"] == "InvalidArgument"
    assert answer.json()["error"]["innererror"]["code"] == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "InvalidImageSize"),
        (b"words", "InvalidImageFormat"),
        (encoded(drawn(60, 60), "TIFF"), "InvalidImageFormat"),
        (encoded(drawn(40, 60)), "InvalidImageSize"),
        (bytes((4 << 20) + 1), "InvalidImageSize"),
    ],
)
def test_wrong_pictures_are_refused_in_the_services_codes(app: App, data: bytes, code: str) -> None:
    answer = send(app, f"{PATH}/tag", data)

    assert answer.status_code == 400
    check(answer.json(), OLDER, "ComputerVisionErrorResponse")
    assert answer.json()["error"]["code"] == "InvalidRequest"
    assert answer.json()["error"]["innererror"]["code"] == code


def test_an_inaccessible_url_is_refused_as_the_service_did(app: App) -> None:
    recorded = example("computer-vision-v3.2/recorded/analyze_invalid_url_400.json")["interactions"][0]["response"]
    answer = ask(app, "POST", f"{PATH}/analyze?visualFeatures=Categories", json={"url": "http://127.0.0.1:9/a.jpg"})

    assert answer.status_code == recorded["status"]
    assert answer.json() == recorded["body"]
