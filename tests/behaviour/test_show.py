"""The first rows of a frame of any library, seen: no other row is asked about for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from frames import Frames
from picture_service import PictureScene, name_of, picture

pytestmark = pytest.mark.where("pandas", "polars", "polars-lazy", "dask-threads", "spark")
ROWS, TOP = 24, 8


def test_verbs_that_wait_are_asked_about_the_rows_that_are_shown_and_no_others(
    frames: Frames, pictures: PictureScene, tmp_path: Path
) -> None:
    paths = [tmp_path / f"{number}.png" for number in range(ROWS)]
    for number, path in enumerate(paths):
        path.write_bytes(picture(number))
    # Partitions of six, so that two are needed; two verbs, each of which hides a limit from the other.
    frame = frames.build({"p": [str(path) for path in paths]}, partitions=4)
    answered = frame.ai.detect_objects("p", store=None).ai.tag_image("p", store=None)
    before = len(pictures.sent)
    shown = answered.ai.show("p", top=TOP)

    asked = 2 * TOP if frames.lazy else 0
    seen = {tile.title for tile in shown.tiles}
    assert len(pictures.sent) - before == asked
    assert len(seen) == TOP
    for tile in shown.tiles:
        number = int(tile.title.removesuffix(".png"))
        words = {note.name: note.text for note in tile.notes}
        assert words["objects"].startswith(name_of(picture(number)))
        assert words["tags"] == f"{name_of(picture(number))}, outdoor"
        assert tile.views[0].image is not None
        assert len(tile.views[0].spots) == 1
