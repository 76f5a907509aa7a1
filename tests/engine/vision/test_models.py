"""What the models see in pictures whose content is known."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dfai_engine import ENGINE, weights
from dfai_engine.lite.running import Runner
from engine.vision.made import CAT, COFFEE, PRINTED, PRINTED_LINES, Image, ImageFont, needs_models, noise, written

from dfai_engine.vision import adult, classifier, detector, ocr, ssd  # isort: skip
from dfai_engine.vision.labels import objects  # isort: skip

pytestmark = needs_models


def pixels(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_batches_and_single_pictures_give_the_same() -> None:
    both = [pixels(CAT), pixels(COFFEE)]
    together, apart = detector.detect(both), [detector.detect([each])[0] for each in both]

    assert [[each.name for each in found] for found in together] == [["cat"], ["cup", "dining table", "bowl"]]
    assert apart == together
    assert np.allclose(classifier.classify(both), np.stack([classifier.classify([each])[0] for each in both]))
    assert np.allclose(adult.scores(both), [adult.scores([each])[0] for each in both], atol=1e-4)


def test_eight_bits_see_what_thirty_two_see() -> None:
    path = weights.folder(detector.MODELS[0]) / "frozen_inference_graph.pb"
    numbers = list(objects())
    whole, eight = (Runner(ssd.network(path, numbers, ranges)) for ranges in (None, ssd.spans()))
    for data in (CAT, COFFEE):
        small = np.asarray(Image.open(io.BytesIO(data)).convert("RGB").resize((300, 300)))
        found = whole((small.astype(np.float32) * (2 / 255) - 1)[None]), eight((small ^ 128).view(np.int8)[None])
        logits = [np.concatenate([each.values.reshape(-1, 80) for each in given[1:12:2]]) for given in found]
        here, there = (1 / (1 + np.exp(-each.max(axis=0))) for each in logits)

        assert here.max() == pytest.approx(there.max(), abs=0.05)
        assert here.argmax() == there.argmax()
        assert np.abs(here - there).mean() < 0.03


def test_many_pictures_stay_in_order() -> None:
    found = detector.detect([pixels(CAT)] * 3 + [pixels(COFFEE)])

    assert [each[0].name for each in found] == ["cat"] * 3 + ["cup"]


def test_no_pictures_are_no_answers() -> None:
    assert detector.detect([]) == []
    assert classifier.embed([]).shape == (0, classifier.DIMENSIONS)
    assert adult.scores([]).shape == (0,)


def test_alike_pictures_have_alike_vectors() -> None:
    cat = Image.open(io.BytesIO(CAT)).convert("RGB")
    mirrored = cat.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    vectors = classifier.embed([np.asarray(cat), np.asarray(mirrored), pixels(COFFEE)])
    likeness = vectors @ vectors.T

    assert likeness.diagonal() == pytest.approx(1, abs=1e-5)
    assert likeness[0, 1] > 0.9
    assert likeness[0, 2] < 0.5


def test_harmless_pictures_score_low() -> None:
    assert adult.scores([pixels(CAT), pixels(COFFEE), pixels(PRINTED)]).max() < 0.1


def test_clean_print_is_read_letter_by_letter() -> None:
    found = ocr.read(pixels(PRINTED))

    assert ["".join(line.text.split()) for line in found.lines] == ["".join(line.split()) for line in PRINTED_LINES]
    assert all(line.confidence > 0.9 for line in found.lines)


@pytest.mark.parametrize("quarter", [1, 2])
def test_corners_follow_a_turned_page(quarter: int) -> None:
    straight = ocr.read(pixels(PRINTED)).lines[0]
    turned = ocr.read(np.ascontiguousarray(np.rot90(pixels(PRINTED), quarter))).lines[0]
    corners = straight.corners
    for step in range(quarter):
        # A quarter turn counterclockwise of a picture so wide.
        across = 720 if step % 2 == 0 else 290
        corners = np.stack((corners[:, 1], across - corners[:, 0]), axis=1)

    assert turned.text == straight.text
    assert np.allclose(turned.corners, corners, atol=6)


def test_letters_of_many_languages_are_read() -> None:
    # Pillow's own font has no other letters than English ones.
    fonts = Path(pytest.importorskip("matplotlib").get_data_path()) / "fonts" / "ttf"
    wanted = ["Grüße aus Köln, à bientôt!", "Dzień dobry, çok güzel", "På en ø bor åtta älgar"]
    font = ImageFont.truetype(str(fonts / "DejaVuSans.ttf"), 28)
    found = ocr.read(np.asarray(written(*wanted, size=28, font=font)))

    assert [line.text for line in found.lines] == wanted


def test_photographs_and_noise_hold_no_text() -> None:
    assert [ocr.read(pixels(data)).lines for data in (CAT, COFFEE)] == [(), ()]
    assert ocr.read(np.asarray(noise(1, 120))).lines == ()


def test_a_strip_and_a_speck_are_read_without_fault() -> None:
    strip = np.asarray(written("A single long line of text in a strip", size=24, width=640))[40:90]

    assert [line.text for line in ocr.read(strip).lines] == ["A single long line of text in a strip"]
    assert ocr.read(np.full((50, 50, 3), 255, np.uint8)).lines == ()


def test_threads_at_once_give_what_one_gives() -> None:
    jobs = [CAT, COFFEE, PRINTED] * 2
    with ThreadPoolExecutor(4) as pool:
        objects = list(pool.map(lambda data: [each.name for each in detector.detect([pixels(data)])[0]], jobs))
        texts = list(pool.map(lambda data: [line.text for line in ocr.read(pixels(data)).lines], jobs))

    assert objects[0] == objects[3] == ["cat"]
    assert objects[1] == objects[4]
    assert texts[2] == texts[5] == [line.text for line in ocr.read(pixels(PRINTED)).lines]


def test_the_engines_door_knows_the_models_of_each_operation() -> None:
    versions = ENGINE.versions(["TagImage", "AdultContent", "Read", "GenerateThumbnail"])

    assert ENGINE.missing(["AnalyzeImage", "Read"]) == []
    assert "efficientnet-lite3" in versions["TagImage"]
    assert "open-nsfw" in versions["AdultContent"]
    assert "open-nsfw" not in versions["Read"]
    assert "ssd-mobilenet-v2-coco" in versions["GenerateThumbnail"]
    assert ENGINE.refuses("VectorizeText")
    assert ENGINE.refuses("TagImage") is None
    assert ENGINE.lacks("Read") is None
