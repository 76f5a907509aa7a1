"""Rows become files, on every backend: each whole or with its own error, and none outside its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dfai
from dfai.errors import CallError, ColumnNotFound, ConfigError
from frames import Frames
from picture_service import PictureScene, picture

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars-lazy", "dask-distributed", "spark", "spark-connect"),
]


def written(frames: Frames, columns: dict[str, list[Any]], path: object, **options: Any) -> dict[str, list[Any]]:
    return frames.read(frames.build(columns).ai.write_files("c", path, progress="off", **options))


def test_each_row_has_its_file_or_its_error(frames: Frames, tmp_path: Path) -> None:
    columns = {"c": ["one", None, "three", "four", "five", "six"], "id": ["a", "b", None, "../d", "e/f", "ü g"]}

    result = written(frames, columns, f"{tmp_path}/out/{{id}}.txt")

    assert {name: result[name] for name in columns} == columns
    assert result["written"] == [f"{tmp_path}/out/a.txt", None, None, None, None, f"{tmp_path}/out/ü g.txt"]
    assert result["written_size_bytes"] == [3, None, None, None, None, 3]
    assert result["written_error"] == [None, None, None, "refused", "refused", None]
    assert {path.name: path.read_text() for path in (tmp_path / "out").iterdir()} == {"a.txt": "one", "ü g.txt": "six"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_thumbnails_become_files(frames: Frames, pictures: PictureScene, tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(picture(1))
    frame = frames.build({"id": [1, 2], "p": [str(tmp_path / "1.png"), None]})

    small = frame.ai.thumbnail("p", width_px=8, height_px=8)
    result = frames.read(small.ai.write_files("thumbnail", f"{tmp_path}/small/{{id}}.jpg", output="file"))

    assert result["file"] == [f"{tmp_path}/small/1.jpg", None]
    assert (tmp_path / "small" / "1.jpg").read_bytes() == picture(3, "JPEG", (8, 8))


def test_fill_writes_what_failed(frames: Frames, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.write_text("in the way")
    first = written(frames, {"c": ["one", "two"], "id": ["a", "b"]}, f"{folder}/{{id}}.txt")
    folder.unlink()

    second = frames.read(
        frames.build(first).ai.write_files("c", f"{folder}/{{id}}.txt", if_exists="fill", progress="off")
    )

    assert first["written_error"] == ["unavailable"] * 2
    assert second["written"] == [f"{folder}/a.txt", f"{folder}/b.txt"]
    assert second["written_error"] == [None, None]


def test_wrong_arguments_are_told_at_once(frames: Frames, tmp_path: Path) -> None:
    ai = frames.build({"c": ["one"], "id": ["a"]}).ai
    for path, words in (
        ("out/a.txt", "the same for all rows"),
        ("out/{}.txt", "the name of a column"),
        ("out/{id:>3}.txt", "the name of a column"),
        ("out/{id.txt", "a brace itself"),
        ("https://example.com/{id}", "cannot be written to"),
    ):
        with pytest.raises(ConfigError, match=words):
            ai.write_files("c", path)
    with pytest.raises(ColumnNotFound):
        ai.write_files("c", f"{tmp_path}/{{name}}.txt")
    with pytest.raises(ConfigError, match="takes no target="):
        ai.write_files("c", f"{tmp_path}/{{id}}.txt", target=dfai.local())


def test_stores_take_files_and_errors_may_raise(tmp_path: Path) -> None:
    import fsspec
    import pandas as pd

    frame = pd.DataFrame({"c": [b"\x00\x01", b"2"], "id": [1, 2]})

    result = frame.ai.write_files("c", "memory://kept/{id}.bin", progress="off")
    run = dfai.last_run()

    assert result["written"].tolist() == ["memory://kept/1.bin", "memory://kept/2.bin"]
    assert fsspec.filesystem("memory").cat("/kept/1.bin") == b"\x00\x01"
    assert run is not None
    assert (run.rows, run.documents, run.requests) == (2, 2, 0)
    (tmp_path / "out").touch()
    with pytest.raises(CallError, match="cannot be written"):
        frame.ai.write_files("c", f"{tmp_path}/out/{{id}}.bin", on_error="raise", progress="off")
