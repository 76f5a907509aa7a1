"""What `show` tells and reads: by the page's elements, and by what costs one tile alone."""

from __future__ import annotations

import gc
import io
import sys
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from PIL import Image

import dfai
from dfai._show.drawing import DENSITY
from dfai._show.rows import Step, _steps, first_rows, remember
from dfai.errors import ColumnNotFound, ConfigError, MissingExtra
from picture_service import picture, pictures_running
from show_frames import FIRST, HIGH, SHOWN_PX, WIDE, Elements, answered, blank, box, frame


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    import matplotlib as mpl

    mpl.use("Agg")
    with dfai.using(progress="off"):
        yield


# ---- what is told --------------------------------------------------------------------------------------------------


def test_plain_answers_stand_below_and_columns_of_ones_own_do_not() -> None:
    made = answered([blank()], caption=["a wall"], tags=[["grey", "wall"]], flagged=[False], text=[""], face_group=[3])
    made["caption_confidence"], made["flagged_adult"], made["price"], made["notes"] = 0.61, 0.02, 7.5, "mine"
    shown: Any = made.ai.show("p")

    assert [note.line for note in shown.tiles[0].notes] == [
        "caption: a wall 61%",
        "tags: grey, wall",
        "flagged: no, adult 0.02",
        "face_group: 3",
        "no text",
    ]


def test_features_people_and_candidates_are_told_by_name() -> None:
    made = answered([blank()], image=[None])
    del made["image"]
    made["image_tags"], made["image_caption"] = [["wall"]], ["a wall"]
    candidates = [
        box(5, 5, 30, 30, name=name, person_id=name, confidence=sure) for name, sure in (("Ada", 0.9), ("Bo", 0.6))
    ]
    made["image_people"] = [[box(50, 5, 30, 60, confidence=0.4)]]
    made["people"] = [candidates]
    shown: Any = made.ai.show("p")
    view = shown.tiles[0].views[0]

    assert "caption: a wall" in shown.tiles[0].says
    assert "Ada 90%" in shown.tiles[0].says
    assert [spot.tip for spot in view.spots] == ["people 40%", "Ada 90%; or Bo 60%"]
    assert "people: 40%" in shown.tiles[0].says


def test_a_texts_label_hides_no_text() -> None:
    """Of lines that stand close only those have a label that have room for it above or below."""
    lines = [
        {"text": f"line {number}", "page": 1, "polygon": [20.0, y, 180.0, y, 180.0, y + 18, 20.0, y + 18]}
        for number, y in enumerate((40.0, 60.0, 80.0))
    ]
    shown: Any = frame([blank((200, 140))], text_lines=[lines]).ai.show("p", width_px=200)
    pixels = np.asarray(shown.tiles[0].views[0].image)
    plates = [row for row in range(pixels.shape[0]) if (pixels[row, 44:90] == FIRST).all(axis=1).mean() > 0.5]

    assert any(row < 2 * 40 - 4 for row in plates)
    assert any(row > 2 * 98 + 4 for row in plates)
    assert len([row for row in plates if 2 * 40 + 4 < row < 2 * 98 - 4]) <= 4 * 4  # the lines' own frames


def test_names_given_by_hand_are_shown_and_no_others() -> None:
    made = answered([blank(), blank()], objects=[[box(1, 2, 30, 40, name="cup")], None], caption=["a cup", "x"])
    made["price"] = [7.5, 8.0]
    made.loc[1, ["objects_error", "objects_error_message"]] = ["rate_limited", "slow down"]
    shown: Any = made.ai.show("p", found=["objects", "price"], caption=["price"])

    assert [tile.title for tile in shown.tiles] == ["7.5", "8.0"]
    assert [tile.says for tile in shown.tiles] == ["objects: cup; price: 7.5", "rate_limited: slow down; price: 8"]


def test_a_row_that_fails_costs_its_own_tile_alone(tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff and no more")
    rows = [
        blank(),
        tmp_path / "nothing.png",
        tmp_path / "broken.jpg",
        None,
        3.5,
        b"",
        "http://127.0.0.1:9/a.png?sig=s3cret",
    ]
    made = answered(rows, caption=["fine", *[None] * 6])
    made["caption_error"] = [None, *["unreadable"] * 6]
    made["caption_error_message"] = [None, *["why"] * 6]
    shown: Any = made.ai.show("p")
    errors = [tile.views[0].error for tile in shown.tiles]

    assert errors[0] is None
    assert errors[3] is None
    assert [error and error[0] for error in errors] == [
        None, "unreadable", "unreadable", None, "unsupported", "empty", "unreadable",
    ]  # fmt: skip
    assert "private network" in errors[6][1]
    assert shown.tiles[6].title == "a.png"
    assert "s3cret" not in shown.to_html()
    assert shown.tiles[1].notes[0].is_error
    assert "unreadable: why" in Elements(shown.to_html()).text


def test_urls_are_read_by_the_guarded_reader_where_they_are_trusted() -> None:
    with pictures_running() as service:
        scene = service.scene()
        scene.given["one.png"] = picture(1)
        made = frame([f"{scene.url}/files/one.png", f"{scene.url}/files/two.png"])
        shown: Any = made.ai.show("p", private_urls="allow")

    assert scene.sent == []
    assert sorted(scene.fetched) == ["one.png", "two.png"]
    assert shown.tiles[0].views[0].image is not None
    assert shown.tiles[1].views[0].error[0] == "unreadable"


def test_every_kind_of_picture_is_decoded_as_people_see_it() -> None:
    glass = Image.new("RGBA", (40, 20), (0, 0, 0, 0))
    deep = Image.fromarray(np.linspace(0, 65_535, 800).reshape(20, 40).astype(np.uint16))
    files = []
    for image, form in (
        (glass, "PNG"),
        (deep, "PNG"),
        (Image.new("P", (40, 20)), "GIF"),
        (Image.new("CMYK", (40, 20)), "TIFF"),
    ):
        file = io.BytesIO()
        image.save(file, form)
        files.append(file.getvalue())
    shown: Any = frame([*files, glass]).ai.show("p")
    first = [tuple(np.asarray(tile.views[0].image)[0, 0]) for tile in shown.tiles]

    assert first == [(255, 255, 255), (0, 0, 0), (0, 0, 0), (255, 255, 255), (255, 255, 255)]
    assert np.asarray(shown.tiles[1].views[0].image)[-1, -1].min() > 250


# ---- several pictures, sounds, series -------------------------------------------------------------------------------


def test_two_columns_stand_side_by_side_each_with_its_own_boxes() -> None:
    made = answered([blank()], same_person=[True])
    made["same_person_confidence"] = 0.9
    made["q"] = pd.Series([blank((50, 50))], dtype=object)
    made["p_faces"], made["q_faces"] = [[box(1, 1, 9, 9, name="a")]], [[box(2, 2, 9, 9, name="b")]]
    both: Any = made.ai.show(["p", "q"])
    alone: Any = made.ai.show("q")

    assert [[spot.tip for spot in view.spots] for view in both.tiles[0].views] == [["a"], ["b"]]
    assert "same_person: yes (90%)" in both.tiles[0].says
    assert len(alone.tiles[0].views) == 1
    assert "q_faces: b" in alone.tiles[0].says
    assert "p_faces" not in alone.tiles[0].says


def test_hits_are_thumbnails_beside_what_was_looked_for(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(picture(1))
    here = (tmp_path / "one.png").as_uri()
    hits = [
        {"name": "one", "thumbnail_url": "http://127.0.0.1:9/gone.png", "content_url": here},
        {"name": "two", "thumbnail_url": None, "content_url": "http://127.0.0.1:9/gone.png"},
    ]
    made = answered([blank()], similar_images=[hits])
    made["wish"] = "a cup"
    by_picture, by_words, themselves = (made.ai.show(name) for name in ("p", "wish", "similar_images"))

    for shown in (by_picture, by_words, themselves):
        assert [hit.image is not None for hit in shown.tiles[0].hits] == [True, False]
        assert [hit.alt for hit in shown.tiles[0].hits] == ["one", "two"]
    assert len(by_picture.tiles[0].views) == 1
    assert (by_words.tiles[0].title, by_words.tiles[0].views) == ("a cup", ())
    assert themselves.tiles[0].views == ()


def test_sounds_have_a_player_and_what_was_said_when() -> None:
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8_000)
        sound.writeframes(bytes(1_600))
    made = answered([file.getvalue(), b"no sound"], transcript=["Hello there.", None])
    made["transcript_segments"] = [
        [{"text": "Hello there.", "start_s": 61.24, "duration_s": 0.8, "speaker": "2"}],
        None,
    ]
    page = Elements(made.ai.show("p").to_html())

    assert [player["src"].partition(",")[0] for player in page.all("audio")] == ["data:audio/wav;base64"]
    assert "controls" in page.all("audio")[0]
    assert "1:01.2" in page.text
    assert "2: Hello there." in page.text
    assert "unreadable" in page.text


def test_series_are_drawn_as_plot_anomalies_draws_them_and_left_open_nowhere() -> None:
    from matplotlib import pyplot as plt

    hours = pd.date_range("2026-03-01", periods=48, freq="h")
    values = pd.DataFrame({"at": hours, "rpm": 100 + np.sin(np.arange(48) / 4), "pump": "one"})
    values = values.assign(anomaly=np.arange(48) == 30, anomaly_expected=100.0, anomaly_lower=98.0, anomaly_upper=102.0)
    shown = values.ai.show("rpm", timestamp="at", by="pump", unit="1/min")
    page = Elements(shown.to_html())

    assert plt.get_fignums() == []
    assert "pump: one: 1 anomaly in 48 points" in repr(shown)
    assert page.all("img")[0]["src"].startswith("data:image/png;base64,")
    assert shown.image().width > 1_000
    with pytest.raises(ColumnNotFound, match="detect_anomalies"):
        values.ai.show("rpm", output="other")


# ---- the page, the file, the terminal ------------------------------------------------------------------------------


def test_the_page_needs_nothing_else_and_says_what_is_to_be_seen() -> None:
    made = answered([blank(), blank()], objects=[[box(50, 25, 100, 50, name="<b>cup</b>", confidence=0.9)], []])
    shown = made.ai.show("p")
    page = Elements(shown.to_html())
    pictures = page.all("img")

    assert len(pictures) == 2
    assert all(each["src"].startswith("data:image/") for each in pictures)
    assert "<b>cup</b> 90%" in pictures[0]["alt"]
    assert page.all("script") == page.all("link") == []
    assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
    assert page.all("i") == [{"title": "<b>cup</b> 90%", "style": "left:25.00%;top:25.00%;width:50.00%;height:50.00%"}]
    assert "<b>cup</b> 90%" in page.text
    assert not any(
        value.startswith(("http:", "https:", "//")) for _, attributes in page.found for value in attributes.values()
    )


def test_a_notebook_keeps_the_colours_around_and_a_page_has_light_and_dark() -> None:
    shown: Any = frame([blank()]).ai.show("p", columns=3)
    piece, page = shown._repr_html_(), shown.to_html()

    assert "color-scheme" not in piece
    assert "repeat(3, " in piece
    assert "prefers-color-scheme: dark" in page
    assert not hasattr(shown, "_repr_png_")  # a notebook would keep each picture twice


def test_it_is_saved_as_a_page_or_a_picture(tmp_path: Path) -> None:
    shown = frame([blank()] * 5).ai.show("p", width_px=SHOWN_PX, columns=2, caption=None)

    page = shown.save(tmp_path / "a.html")
    with Image.open(shown.save(tmp_path / "a.png")) as image:
        wide, high = image.size

    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert wide > 2 * SHOWN_PX * DENSITY
    assert high > 3 * SHOWN_PX * DENSITY * HIGH / WIDE
    with pytest.raises(ConfigError, match=r"a\.gif.*\.html, \.png"):
        shown.save(tmp_path / "a.gif")


def test_a_terminal_says_what_was_found_and_how_to_see_it() -> None:
    made = answered([blank()] * 20, caption=["a wall"] * 20)
    said = repr(made.ai.show("p", top=2))

    assert said.splitlines() == [
        "2 pictures of 'p' with caption; to see them: .save('shown.html')",
        "  row 0  caption: a wall",
        "  row 1  caption: a wall",
    ]
    assert repr(made.iloc[:0].ai.show("p")) == "no rows of 'p'"
    assert "The first 2 of 20 rows." in made.ai.show("p", top=2).to_html()


def test_wrong_arguments_are_told_before_anything_is_read() -> None:
    made = frame([blank()], objects=[[]])

    with pytest.raises(ColumnNotFound, match="Did you mean 'objects'"):
        made.ai.show("p", found=["object"])
    with pytest.raises(ConfigError, match=r"found=\['objects'\]"):
        made.ai.show("p", found="objects")
    with pytest.raises(ConfigError, match="top=0: expected a whole number from 1"):
        made.ai.show("p", top=0)
    with pytest.raises(ConfigError, match="name the column"):
        made.ai.show([])


def test_without_pillow_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    made = frame([b"GIF89a"])
    monkeypatch.setitem(sys.modules, "PIL", None)

    with pytest.raises(MissingExtra, match=r'pip install "dfai\[vision\]"'):
        made.ai.show("p")


def test_frames_that_are_gone_are_remembered_no_longer() -> None:
    import polars as pl

    before = len(_steps)
    lazy = pl.LazyFrame({"t": ["good"]}).ai.sentiment("t")
    while_there = len(_steps)
    del lazy
    gc.collect()

    assert (while_there - before, len(_steps) - before) == (1, 0)


def test_frames_that_cannot_be_referred_to_weakly_are_not_kept_alive() -> None:
    before = len(_steps)
    remember(object(), cast("Step", None))

    assert len(_steps) == before


def test_on_dask_columns_may_be_chosen_after_the_verbs(tmp_path: Path) -> None:
    import dask.dataframe as dd

    paths = [tmp_path / f"{number}.png" for number in range(12)]
    for number, path in enumerate(paths):
        path.write_bytes(picture(number))
    frame = dd.from_pandas(pd.DataFrame({"p": [str(path) for path in paths]}), npartitions=3)
    with pictures_running() as service:
        scene = service.scene()
        with dfai.using(target=scene.target, store=None):
            answered = frame.ai.detect_objects("p").ai.tag_image("p")
            shown: Any = answered[["tags", "p"]].rename(columns={"tags": "words"}).ai.show("p", found=["words"], top=5)

    assert len(scene.sent) == 10
    assert [tile.title for tile in shown.tiles] == [path.name for path in paths[:5]]
    assert all("outdoor" in tile.says for tile in shown.tiles)


class Bare:
    """A backend of somebody else's that does no more than it must."""

    name = "theirs"

    def __init__(self, *, lazy: bool) -> None:
        self.lazy = lazy

    def is_lazy(self, frame: Any) -> bool:
        return self.lazy


def test_another_librarys_frames_come_as_arrow_and_lazy_ones_are_asked_for_in_memory() -> None:
    table: Any = pa.table({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    backend: Any = Bare(lazy=False)

    assert first_rows(backend, table, ["b"], 2) == {"b": ["x", "y"]}
    with pytest.raises(ConfigError, match="theirs frames are lazy"):
        first_rows(Bare(lazy=True), table, ["b"], 2)  # type: ignore[arg-type]


def test_lists_as_parquet_gives_them_back_are_drawn(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(picture(1))
    made = pd.DataFrame(
        {"p": [str(tmp_path / "one.png")], "things": [[box(5, 5, 20, 20, name="lamp", confidence=None)]]}
    )
    made.to_parquet(tmp_path / "found.parquet")
    shown: Any = pd.read_parquet(tmp_path / "found.parquet").ai.show("p")

    assert shown.tiles[0].says == "things: lamp"
    assert dfai.on(made).show("p").tiles[0].says == "things: lamp"  # type: ignore[attr-defined]
