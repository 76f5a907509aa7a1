"""Image Analysis 4.0 on the wire: documented requests, answers held against the contract, every refusal."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import httpx
import numpy as np
import pytest

from contracts import check, example
from dfai_engine.app import App, create_app
from dfai_engine.failures import ServiceFailure
from engine.vision.made import (
    ANALYZE,
    CAT,
    COFFEE,
    FOUR,
    PRINTED,
    PRINTED_LINES,
    drawn,
    encoded,
    four,
    needs_models,
    send,
)
from engine.wire import ask

ALL = "read,tags,objects,people,caption,denseCaptions,smartCrops"


@needs_models
@pytest.mark.parametrize("version", ["2023-10-01", "2024-02-01"])
def test_the_documented_request_is_answered_as_the_contract_says(app: App, version: str) -> None:
    asked = example("image-analysis-2023-10-01/examples/AnalyzeFromImageData_MaximumSet.json")["parameters"]
    query = {
        "api-version": version,
        "features": ",".join(asked["features"]),
        "language": asked["language"],
        "gender-neutral-caption": str(asked["gender-neutral-caption"]).lower(),
        "smartcrops-aspect-ratios": ",".join(map(str, asked["smartcrops-aspect-ratios"])),
        "model-version": asked["model-version"],
    }
    answer = send(app, f"{ANALYZE}?{httpx.QueryParams(query)}", COFFEE)
    body = answer.json()

    assert answer.status_code == 200, answer.text
    check(body, FOUR, "ImageAnalysisResult")
    assert body["metadata"] == {"width": 600, "height": 400}
    assert {"cup", "espresso"} <= {tag["name"] for tag in body["tagsResult"]["values"]}
    assert body["captionResult"]["text"] == "a cup and a bowl on a dining table"
    assert 0 < body["captionResult"]["confidence"] <= 0.5
    assert body["denseCaptionsResult"]["values"][0]["text"] == body["captionResult"]["text"]
    assert [crop["aspectRatio"] for crop in body["smartCropsResult"]["values"]] == [0.9, 1.33]
    assert body["peopleResult"] == {"values": []}
    assert "ssd-mobilenet-v2" in body["modelVersion"]
    assert answer.headers["csp-billing-usage"].endswith("Transaction=7")


def test_the_other_documented_requests_are_refused_as_the_contract_says(app: App) -> None:
    for name in ("Analyze_MaximumSet_Gen", "Analyze_MinimumSet_Gen", "Analyze_Stream_MaximumSet_Gen"):
        asked = example(f"image-analysis-2024-02-01/examples/ImageAnalysis_{name}.json")["parameters"]
        query = {
            key: ",".join(held) if isinstance(held, list) else held for key, held in asked.items() if key != "body"
        }
        answer = ask(app, "POST", f"{ANALYZE}?{httpx.QueryParams(query)}", json={"url": "https://www.abc.com"})

        # Their languages and models are random letters.
        assert answer.status_code == 400
        check(answer.json(), FOUR, "ErrorResponse")


@needs_models
def test_text_is_read_with_its_words(app: App) -> None:
    body = four(app, "read", PRINTED).json()
    lines = body["readResult"]["blocks"][0]["lines"]

    check(body, FOUR, "ImageAnalysisResult")
    assert ["".join(line["text"].split()) for line in lines] == ["".join(line.split()) for line in PRINTED_LINES]
    assert [word["text"] for word in lines[0]["words"]] == ["Invoice", "No.", "2026-1147"]
    assert all(word["confidence"] > 0.9 for word in lines[0]["words"])
    left = [word["boundingPolygon"][0]["x"] for word in lines[0]["words"]]
    assert left == sorted(left)


@needs_models
def test_one_crop_is_chosen_where_no_ratio_is_named(app: App) -> None:
    (crop,) = four(app, "smartCrops", CAT).json()["smartCropsResult"]["values"]

    assert 0.5 <= crop["aspectRatio"] <= 2.0
    assert crop["boundingBox"]["w"] / crop["boundingBox"]["h"] == pytest.approx(crop["aspectRatio"], abs=0.02)


@needs_models
def test_a_picture_without_text_has_no_blocks(app: App) -> None:
    assert four(app, "read", encoded(drawn(300, 200))).json()["readResult"] == {"blocks": []}


@needs_models
def test_a_pictures_vector_is_one_long(app: App) -> None:
    path = "/computervision/retrieval:vectorizeImage?api-version=2024-02-01&model-version=latest"
    answer = send(app, path, CAT)

    check(answer.json(), FOUR, "SingleVectorResult")
    assert np.linalg.norm(answer.json()["vector"]) == pytest.approx(1, abs=1e-5)
    assert answer.json()["modelVersion"].endswith("efficientnet-lite3")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("features=tags", "BadArgument"),
        ("features=tags&api-version=1999-01-01", "BadArgument"),
        ("api-version=2024-02-01", "NotSupportedVisualFeature"),
        ("api-version=2024-02-01&features=", "NotSupportedVisualFeature"),
        ("api-version=2024-02-01&features=tags,moods", "NotSupportedVisualFeature"),
        ("api-version=2024-02-01&features=tags&language=de", "NotSupportedLanguage"),
        ("api-version=2024-02-01&features=tags&model-version=2021-04-01", "BadArgument"),
        ("api-version=2024-02-01&model-name=mine", "InvalidModel"),
        ("api-version=2024-02-01&features=caption&gender-neutral-caption=maybe", "BadArgument"),
        ("api-version=2024-02-01&features=smartCrops&smartcrops-aspect-ratios=0.74", "BadArgument"),
        ("api-version=2024-02-01&features=smartCrops&smartcrops-aspect-ratios=nan", "BadArgument"),
        ("api-version=2024-02-01&features=smartCrops&smartcrops-aspect-ratios=wide", "BadArgument"),
    ],
)
def test_wrong_options_are_refused_in_the_services_codes(app: App, query: str, code: str) -> None:
    answer = send(app, f"{ANALYZE}?{query}", CAT)

    assert answer.status_code == 400
    check(answer.json(), FOUR, "ErrorResponse")
    assert answer.json()["error"]["code"] == "InvalidRequest"
    assert answer.json()["error"]["innererror"]["code"] == code
    assert answer.headers["x-ms-error-code"] == code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "InvalidImageSize"),
        (b"words", "InvalidImageFormat"),
        (CAT[:9_000], "InvalidImageFormat"),
        (encoded(drawn(49, 49)), "InvalidImageSize"),
        (bytes((20 << 20) + 1), "InvalidImageSize"),
    ],
)
def test_wrong_pictures_are_refused_in_the_services_codes(app: App, data: bytes, code: str) -> None:
    answer = four(app, "tags", data)

    assert answer.status_code == 400
    check(answer.json(), FOUR, "ErrorResponse")
    assert answer.json()["error"]["innererror"]["code"] == code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "InvalidImageUrl"),
        ({"url": 7}, "InvalidImageUrl"),
        ({"url": ""}, "InvalidImageUrl"),
        ({"url": "ftp://example.org/a.jpg"}, "InvalidImageUrl"),
        ({"url": "file:///etc/passwd"}, "InvalidImageUrl"),
        ({"url": "http://127.0.0.1/a.jpg"}, "InvalidImageUrl"),
        (["url"], "BadArgument"),
    ],
)
def test_wrong_addresses_are_refused_in_the_services_codes(app: App, body: object, code: str) -> None:
    answer = ask(app, "POST", f"{ANALYZE}?api-version=2024-02-01&features=tags", json=body)

    assert answer.status_code == 400
    assert answer.json()["error"]["innererror"]["code"] == code


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_other_media_types_are_not_supported(app: App, kind: str) -> None:
    answer = send(app, f"{ANALYZE}?api-version=2024-02-01&features=tags", CAT, kind)

    assert answer.status_code == 415
    assert answer.json()["error"]["innererror"]["code"] == "UnsupportedMediaType"


def test_texts_have_no_vectors_and_the_answer_says_who_makes_them(app: App) -> None:
    path = "/computervision/retrieval:vectorizeText?api-version=2024-02-01&model-version=latest"
    answer = ask(app, "POST", path, json={"text": "a cat"})

    assert answer.status_code == 400
    assert answer.json()["error"]["innererror"]["code"] == "NotSupportedFeature"
    assert "Azure" in answer.json()["error"]["message"]


def test_missing_weights_become_a_sentence(app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dfai_engine.vision import detector
    from dfai_engine.vision.lending import Lender

    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))
    monkeypatch.setattr(detector, "_NETWORKS", Lender(detector._network))
    answer = four(app, "objects", CAT)

    assert answer.status_code == 400
    assert answer.json()["error"]["innererror"]["code"] == "FeatureNotAvailable"
    assert "dfai models pull vision" in answer.json()["error"]["message"]


def test_missing_packages_name_the_extra(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    # Imported already, by this package's other tests.
    monkeypatch.delattr("dfai_engine.vision.analysis", raising=False)
    monkeypatch.setitem(sys.modules, "dfai_engine.vision.analysis", None)
    answer = four(app, "tags", CAT)

    assert answer.json()["error"]["innererror"]["code"] == "FeatureNotAvailable"
    assert 'pip install "dfai[vision]"' in answer.json()["error"]["message"]


def test_more_pictures_than_are_held_are_refused_for_now() -> None:
    from dfai_engine.threads import Threads
    from dfai_engine.vision.limits import LIMITS
    from dfai_engine.vision.wire import Desk

    threads = Threads(1)
    desk = Desk(threads, LIMITS["azure"])
    held = LIMITS["azure"].held_bytes
    with desk._holding(held - 10), desk._holding(10), pytest.raises(ServiceFailure, match="as this server holds"):
        desk._holding(1)
    with desk._holding(held):
        pass
    threads.close()


@needs_models
def test_many_pictures_at_a_time_are_each_answered_with_their_own(app: App) -> None:
    made = {"cat": CAT, "cup": COFFEE}

    async def crowd() -> list[tuple[str, httpx.Response]]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://engine.test") as client:
            path = f"{ANALYZE}?api-version=2024-02-01&features=objects,tags"
            headers = {"content-type": "application/octet-stream"}
            names = ["cat", "cup", "cat", "cup", "cat", "cup"]
            posts = (client.post(path, content=made[name], headers=headers) for name in names)
            return list(zip(names, await asyncio.gather(*posts), strict=True))

    for name, answer in asyncio.run(crowd()):
        assert answer.json()["objectsResult"]["values"][0]["tags"][0]["name"] == name


def test_a_client_in_the_same_process_may_send_every_format_everywhere() -> None:
    made = create_app(limits="wide", workers=1)
    answer = send(made, "/vision/v3.2/generateThumbnail?width=10&height=10", encoded(drawn(60, 60), "WEBP"))
    made.close()

    assert answer.status_code == 200
