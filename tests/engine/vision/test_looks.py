"""Measures without a network: colours, kinds of pictures, what matters, captions, the order of lines."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from engine.vision.made import Image, ImageDraw, drawn, noise

from dfai_engine.vision import captions, categories, colors, crops, image_type, labels, layout, tags  # isort: skip
from dfai_engine.vision.detector import Box, Found  # isort: skip
from dfai_engine.vision.lending import Lender  # isort: skip
from dfai_engine.vision.ocr import Line, Text  # isort: skip

WHOLE = Box(0, 0, 1, 1)


def pixels(image: Any) -> Any:
    return np.asarray(image)


@pytest.mark.parametrize(
    ("color", "name"),
    [
        ("black", "Black"),
        ("white", "White"),
        ((128, 128, 128), "Gray"),
        ("red", "Red"),
        ("blue", "Blue"),
        ("green", "Green"),
        ("yellow", "Yellow"),
        ("orange", "Orange"),
        ((0, 128, 128), "Teal"),
        ((128, 0, 160), "Purple"),
        ("pink", "Pink"),
        ((110, 70, 40), "Brown"),
    ],
)
def test_colours_have_the_services_twelve_names(color: Any, name: str) -> None:
    found = colors.colors_of(pixels(Image.new("RGB", (60, 60), color)))

    assert (found.foreground, found.background, found.dominant) == (name, name, (name,))
    assert found.black_and_white is (name in ("Black", "White", "Gray"))


def test_the_middle_is_the_foreground_and_the_border_the_background() -> None:
    image = Image.new("RGB", (100, 100), "white")
    image.paste((200, 20, 20), (25, 25, 75, 75))
    found = colors.colors_of(pixels(image))

    assert (found.foreground, found.background) == ("Red", "White")
    assert found.dominant == ("White", "Red")
    assert found.accent == "C81414"


def test_drawings_are_told_from_photographs() -> None:
    line = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(line).ellipse((30, 30, 170, 170), outline="black", width=2)
    flat = image_type.type_of(pixels(drawn(200, 200)))
    outline = image_type.type_of(pixels(line))
    photo = image_type.type_of(pixels(noise(3, 200)))

    assert (flat.clip_art, flat.line_drawing) == (3, 0)
    assert outline.line_drawing == 1
    assert (photo.clip_art, photo.line_drawing) == (0, 0)


@pytest.mark.parametrize("left", [0, 140, 280])
@pytest.mark.parametrize("ratio", [0.75, 1.0, 1.8])
def test_a_crop_keeps_what_stands_out_and_has_its_shape(left: int, ratio: float) -> None:
    image = Image.new("RGB", (400, 120), (90, 120, 90))
    image.paste((230, 30, 30), (left, 30, left + 60, 90))
    found = crops.window(pixels(image), ratio)
    x, y, wide, high = found.in_pixels(400, 120)

    assert (y, high) == (0, 120)
    assert wide / high == pytest.approx(ratio, abs=0.02)
    assert x <= left + 20
    assert x + wide >= left + 40


def test_the_area_of_interest_is_around_what_stands_out() -> None:
    image = Image.new("RGB", (300, 300), (90, 120, 90))
    image.paste(pixels_of_noise := noise(5, 80), (190, 40))
    x, y, wide, high = crops.area_of_interest(pixels(image)).in_pixels(300, 300)

    assert pixels_of_noise.size == (80, 80)
    assert x > 120
    assert y + high < 200
    assert wide < 180


def test_an_empty_picture_is_of_interest_as_a_whole() -> None:
    assert crops.area_of_interest(pixels(Image.new("RGB", (60, 60)))) == WHOLE


def found(name: str, confidence: float = 0.8) -> Found:
    return Found(name, "", confidence, WHOLE)


@pytest.mark.parametrize(
    ("objects", "text"),
    [
        (["person"], "a person"),
        (["person", "person", "dog"], "two people and a dog"),
        (["cup", "bowl", "dining table"], "a bowl and a cup on a dining table"),
        (["dining table"], "a dining table"),
        (["cat", "dog", "person", "horse", "bird"], "a person, a cat and a dog"),
        (["umbrella"] * 12, "12 umbrellas"),
        (["bus", "bus", "sheep", "sheep"], "two buses and two sheep"),
        (["skis"], "skis"),
    ],
)
def test_captions_count_and_name_what_was_found(objects: list[str], text: str) -> None:
    listed = sorted(objects) if "cup" in objects else objects
    said = captions.caption([found(name) for name in listed], [])

    assert said.text == text
    assert said.confidence == pytest.approx(0.4)


def test_captions_fall_back_on_tags_and_on_nothing() -> None:
    word = tags.Tag("espresso", 0.8, "coffee")
    kind = tags.Tag("drink", 0.9)

    assert captions.caption([], [kind, word]) == captions.Caption("an espresso", 0.4)
    assert captions.caption([], []) == captions.Caption("an image", 0.0)
    grey = tags.Tag(tags.BLACK_AND_WHITE, 1.0)
    assert captions.caption([found("cat")], [grey]).text == "a black and white picture of a cat"


def test_a_kind_is_as_sure_as_its_classes_together() -> None:
    shares = np.zeros(1_000, np.float32)
    shares[[281, 282, 285]] = 0.2, 0.25, 0.3
    said = {tag.name: tag for tag in tags.of_classes(shares)}

    assert said["cat"].confidence == pytest.approx(0.75)
    assert said["Egyptian cat"].hint == "cat"
    assert "tabby cat" in said
    assert said["cat"].hint == ""


def test_of_equally_sure_words_the_narrowest_comes_first() -> None:
    words = tags.tags(np.zeros(1_000, np.float32), [found("cat")])

    assert [tag.name for tag in words] == ["cat", "mammal", "animal"]


def test_categories_are_of_the_taxonomy_and_the_narrowest() -> None:
    words = [tags.Tag("cat", 0.8), tags.Tag("animal", 0.9)]
    crowd = [found("person")] * 4

    assert [each.name for each in categories.categories(words, [])] == ["animal_cat"]
    assert [each.name for each in categories.categories([], crowd)] == ["people_group"]
    assert categories.categories([], []) == []


def test_labels_are_whole() -> None:
    assert len(labels.classes()) == 1_000
    assert len(labels.objects()) == 80
    assert all(label.name == label.name.strip() != "" for label in (*labels.classes(), *labels.objects().values()))


def lines(*boxes: tuple[float, float, float, float]) -> Text:
    made = []
    for left, top, right, bottom in boxes:
        corners = np.array(((left, top), (right, top), (right, bottom), (left, bottom)))
        made.append(Line(f"{left},{top}", 1.0, corners, ()))
    return Text(tuple(made))


def test_columns_under_a_heading_are_read_one_after_the_other() -> None:
    page = lines((0, 0, 400, 20), (0, 60, 180, 80), (220, 60, 400, 80), (0, 90, 180, 110), (220, 90, 400, 110))

    assert [line.text for line in layout.columns_first(page)] == ["0,0", "0,60", "0,90", "220,60", "220,90"]
    assert [line.text for line in layout.top_down(page)] == ["0,0", "0,60", "220,60", "0,90", "220,90"]
    assert [len(group) for group in layout.paragraphs(page)] == [1, 2, 2]


def test_a_thousand_lines_are_ordered_without_recursion() -> None:
    page = lines(*((0, 10.0 * place, 100, 10.0 * place + 8) for place in reversed(range(1_000))))

    assert [line.corners[0, 1] for line in layout.columns_first(page)] == [10.0 * place for place in range(1_000)]


def test_an_empty_page_has_no_angle_and_no_lines() -> None:
    assert layout.angle(Text(())) == 0
    assert layout.top_down(Text(())) == layout.columns_first(Text(())) == []


def test_no_two_threads_have_the_same_instance() -> None:
    made: list[object] = []
    together = threading.Barrier(2)

    def make() -> object:
        made.append(object())
        return made[-1]

    lender: Lender[object] = Lender(make, most=2)
    held: list[object] = []

    def work() -> None:
        with lender.lend() as instance:
            held.append(instance)
            together.wait(10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert len(made) == 2
    assert len(held) == 4
