"""Detect: where faces are, what is told of them, and what never is."""

from __future__ import annotations

import io
import random
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw

from contracts import definition
from dfai_engine.app import App
from engine.face.portraits import BYTES, FACE, detect, image, send, turned
from engine.wire import ask

ALL = "returnFaceAttributes=headPose,blur,exposure,noise,qualityForRecognition&recognitionModel=recognition_04"


def error(app: App, query: str, data: bytes | None = None) -> tuple[int, str, str]:
    """Status, code and message of a refused detection."""
    answer = send(app, f"{FACE}/detect?{query}", image("face_a1") if data is None else data)
    said = answer.json()["error"]
    assert answer.headers["x-ms-error-code"] == said["code"]
    return answer.status_code, said["code"], said["message"]


def around(face: dict[str, Any], left: int, top: int, side: int, slack: int = 12) -> bool:
    """Whether a face is where it should be."""
    box = face["faceRectangle"]
    found = (box["left"], box["top"], box["width"], box["height"])
    return all(abs(one - other) <= slack for one, other in zip(found, (left, top, side, side), strict=True))


def test_a_face_is_found_where_it_is(app: App) -> None:
    (face,) = detect(app, image("face_a1"))

    assert around(face, 160, 83, 88)
    assert set(face) == {"faceId", "faceRectangle"}


def test_the_largest_face_comes_first(app: App) -> None:
    faces = detect(app, image("faces_two"), "returnFaceId=false")

    assert [set(face) for face in faces] == [{"faceRectangle"}] * 2
    assert faces[0]["faceRectangle"]["width"] > faces[1]["faceRectangle"]["width"]


def test_a_picture_without_a_face_has_no_faces(app: App) -> None:
    file = io.BytesIO()
    Image.effect_noise((200, 200), 60).save(file, "PNG")

    assert detect(app, file.getvalue()) == []


def test_small_faces_are_found_in_small_pictures_and_large_pictures_are_looked_at_smaller(app: App) -> None:
    (small,) = detect(app, turned(image("face_a1"), times=0.6), "returnFaceId=false")
    (large,) = detect(app, turned(image("face_a1"), times=6), "returnFaceId=false")

    assert around(small, 96, 50, 53)
    assert around(large, 960, 498, 528, slack=80)


def test_a_picture_is_seen_as_its_camera_was_held(app: App) -> None:
    held = Image.open(io.BytesIO(image("face_a1"))).transpose(Image.Transpose.ROTATE_90)
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    held.save(file, "JPEG", exif=exif, quality=95)
    (face,) = detect(app, file.getvalue(), "returnFaceId=false")

    assert around(face, 160, 83, 88)


def test_attributes_that_are_asked_for_are_told(app: App) -> None:
    (face,) = detect(app, image("face_b1"), ALL + "&returnRecognitionModel=true")

    told = face["faceAttributes"]
    assert set(told) == {"headPose", "blur", "exposure", "noise", "qualityForRecognition"}
    assert all(abs(told["headPose"][angle]) < 12 for angle in ("pitch", "roll", "yaw"))
    assert told["blur"]["blurLevel"] == "low"
    assert told["exposure"]["exposureLevel"] == "goodExposure"
    assert told["noise"]["noiseLevel"] == "low"
    assert told["qualityForRecognition"] == "high"
    assert face["recognitionModel"] == "recognition_04"


def test_the_older_version_spells_levels_with_a_capital(app: App) -> None:
    (face,) = detect(app, image("face_b1"), "returnFaceAttributes=blur,exposure", base="/face/v1.0")

    assert face["faceAttributes"]["blur"]["blurLevel"] == "Low"
    assert face["faceAttributes"]["exposure"]["exposureLevel"] == "GoodExposure"


def points_of(app: App, data: bytes) -> dict[str, tuple[float, float]]:
    """The landmarks of the largest face."""
    told = detect(app, data, "returnFaceLandmarks=true&returnFaceId=false")[0]["faceLandmarks"]
    return {name: (point["x"], point["y"]) for name, point in told.items()}


def test_all_landmarks_of_the_contract_are_told_and_lie_as_in_a_face(app: App) -> None:
    points = points_of(app, image("face_a1"))

    assert set(points) == set(definition("face-v1.0/Face.json", "FaceLandmarks")["properties"])
    for row in (
        ("eyebrowLeftOuter", "eyebrowLeftInner", "eyebrowRightInner", "eyebrowRightOuter"),
        ("eyeLeftOuter", "pupilLeft", "eyeLeftInner", "noseRootLeft", "noseRootRight", "eyeRightInner", "pupilRight"),
        ("noseLeftAlarOutTip", "noseLeftAlarTop", "noseTip", "noseRightAlarTop", "noseRightAlarOutTip"),
        ("mouthLeft", "upperLipTop", "mouthRight"),
    ):
        across = [points[name][0] for name in row]
        assert across == sorted(across), row
    for column in (
        ("eyebrowLeftInner", "eyeLeftTop", "pupilLeft", "eyeLeftBottom", "noseLeftAlarTop", "noseLeftAlarOutTip"),
        ("noseRootLeft", "noseTip", "upperLipTop", "upperLipBottom", "underLipTop", "underLipBottom"),
    ):
        down = [points[name][1] for name in column]
        assert down == sorted(down), column
    assert points["pupilLeft"] == pytest.approx((184, 102), abs=4)


def test_pupils_are_seen_and_not_guessed_from_the_edges_of_the_eyes(app: App) -> None:
    held = Image.open(io.BytesIO(image("face_b1"))).convert("RGB")
    before = points_of(app, image("face_b1"))
    corners = [np.array(before[name]) for name in ("eyeLeftOuter", "eyeLeftInner")]
    width = abs(corners[1][0] - corners[0][0])
    # An eye is painted over: white, with a dark iris towards its inner corner.
    middle = (corners[0] + corners[1]) / 2
    drawn = ImageDraw.Draw(held)
    white, aside = np.array([width / 2, width / 5]), np.array([width / 4, 0])
    drawn.ellipse((*(middle - white), *(middle + white)), fill=(225, 220, 215))
    iris = middle + aside
    drawn.ellipse((*(iris - width / 5), *(iris + width / 5)), fill=(40, 30, 25))
    file = io.BytesIO()
    held.save(file, "PNG")
    after = points_of(app, file.getvalue())

    assert after["pupilLeft"] == pytest.approx(tuple(iris), abs=0.12 * width)


def test_landmarks_of_a_mirrored_face_are_mirrored(app: App) -> None:
    points = points_of(app, image("face_b1"))
    mirrored = points_of(app, turned(image("face_b1"), mirrored=True))
    width = Image.open(io.BytesIO(image("face_b1"))).width
    sides = {name: name.replace("Left", "#").replace("Right", "Left").replace("#", "Right") for name in points}
    eyes = points["pupilRight"][0] - points["pupilLeft"][0]

    missed = [
        abs(width - 1 - points[name][0] - mirrored[other][0]) + abs(points[name][1] - mirrored[other][1])
        for name, other in sides.items()
    ]
    assert max(missed) < 0.12 * eyes


@pytest.mark.parametrize("name", ["age", "gender", "emotion", "smile", "facialHair", "hair", "makeup"])
def test_withdrawn_attributes_are_refused_with_the_reason(app: App, name: str) -> None:
    status, code, message = error(app, f"returnFaceAttributes=blur,{name}")

    assert (status, code) == (403, "UnsupportedFeature")
    assert message.startswith(f"{name}: withdrawn, because")
    assert "unreliable and unfair" in message


@pytest.mark.parametrize("name", ["glasses", "occlusion", "accessories", "mask"])
def test_attributes_that_no_model_sees_are_refused_and_not_guessed(app: App, name: str) -> None:
    status, code, message = error(app, f"returnFaceAttributes={name}")

    assert (status, code) == (400, "UnsupportedFeature")
    assert "does not guess" in message


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("returnFaceAttributes=mood", "'mood' is no face attribute"),
        ("returnFaceAttributes=blur&detectionModel=detection_02", "not supported by detection_02"),
        ("returnFaceAttributes=noise&detectionModel=detection_03", "not supported by detection_03"),
        ("returnFaceAttributes=qualityForRecognition", "needs recognition_03 or recognition_04"),
        ("returnFaceLandmarks=true&detectionModel=detection_02", "Landmarks are not supported"),
        ("detectionModel=detection_09", "detectionModel is invalid"),
        ("recognitionModel=best", "recognitionModel is invalid"),
        ("returnFaceId=maybe", "returnFaceId must be true or false"),
        ("faceIdTimeToLive=59", "faceIdTimeToLive must be a whole number from 60 to 86400"),
    ],
)
def test_what_the_contract_does_not_have_is_refused(app: App, query: str, words: str) -> None:
    status, code, message = error(app, query)

    assert (status, code) == (400, "BadArgument")
    assert words in message


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * 2_000, "InvalidImage"),
        (image("face_a1")[:1_000], "InvalidImageSize"),
        (image("face_a1") + bytes(6 << 20), "InvalidImageSize"),
        (turned(image("face_a1"), times=0.08), "InvalidImageSize"),
    ],
)
def test_what_is_no_picture_or_none_of_the_size_is_refused(app: App, data: bytes, code: str) -> None:
    status, found, _ = error(app, "", data)

    assert (status, found) == (400, code)


def test_pictures_come_as_bytes_or_in_a_data_url_and_from_nowhere_else(app: App) -> None:
    def url(address: str) -> Any:
        return ask(app, "POST", f"{FACE}/detect?returnFaceId=false", json={"url": address})

    import base64

    inline = url("data:image/jpeg;base64," + base64.b64encode(image("face_a1")).decode())
    elsewhere = url("http://127.0.0.1:9/face.jpg")
    other_type = ask(app, "POST", f"{FACE}/detect", headers={"Content-Type": "text/plain"}, content=b"face")

    assert len(inline.json()) == 1
    assert elsewhere.json()["error"]["code"] == "InvalidURL"
    assert (other_type.status_code, other_type.json()["error"]["code"]) == (415, "BadArgument")


def test_broken_pictures_get_an_answer_and_never_a_fault(app: App) -> None:
    dice = random.Random(7)
    for seed in (image("face_a2"), turned(image("face_a2"), times=0.5)):
        for _ in range(25):
            data = bytearray(seed)
            for _ in range(dice.randrange(1, 40)):
                data[dice.randrange(len(data))] = dice.randrange(256)
            if dice.random() < 0.3:
                data = data[: dice.randrange(1_024, len(data))]
            answer = send(
                app, f"{FACE}/detect?returnFaceId=false&returnFaceAttributes=headPose,blur,noise", bytes(data)
            )

            assert answer.status_code in (200, 400), answer.text


def test_versions_that_nobody_speaks_and_features_that_are_not_here_say_so(app: App) -> None:
    unknown = ask(app, "POST", "/face/v2/detect", headers=BYTES, content=image("face_a1"))
    absent = ask(app, "POST", "/face/v1.2-preview.1/detectLiveness/singleModal/sessions", json={})

    assert unknown.status_code == 404
    assert "Served: v1.0, v1.2" in unknown.json()["error"]["message"]
    assert absent.json()["error"]["code"] == "UnsupportedFeature"
