"""Sounds as inputs and speech to text, on every backend: each row has its answer, and what is wrong costs its row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

import dfai
from dfai.errors import ConfigError, NotOffered
from frames import Frames
from sounds import encoded, wav
from speech_service import SpeechScene, SpeechService, says, speech_running, tones

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "polars", "dask-distributed", "spark", "spark-connect"),
]

CALL = (400, 500, 0, 600)


@pytest.fixture(scope="module")
def service() -> Iterator[SpeechService]:
    with speech_running() as found:
        yield found


@pytest.fixture
def scene(service: SpeechService) -> Iterator[SpeechScene]:
    made = service.scene()
    with dfai.using(target=made.target, progress="off", attempts=1):
        yield made


def answers(
    frames: Frames, columns: dict[str, list[Any]], verb: str = "transcribe", objects: bool = False, **options: Any
) -> Any:
    """The answer's columns."""
    result = frames.read(getattr(frames.build(columns, objects=objects).ai, verb)("a", **options))
    return {name: values for name, values in result.items() if name not in columns}


def test_files_are_heard_where_the_work_is_done(frames: Frames, scene: SpeechScene, tmp_path: Path) -> None:
    paths = [str(tmp_path / name) for name in ("call.wav", "call.flac", "silence.wav", "cut.wav", "text.wav")]
    sound = wav(tones(*CALL))
    contents = [sound, encoded(tones(700, rate_hz=48_000), "flac"), wav(np.zeros(8_000)), sound[:-999], b"no sound"]
    for path, content in zip(paths, contents, strict=True):
        Path(path).write_bytes(content)
    found = answers(frames, {"a": [*paths, None, "nowhere.wav", paths[0]]}, include=["segments"])

    assert found["transcript"] == [says(*CALL), "p700.", None, None, None, None, None, says(*CALL)]
    assert found["transcript_error"] == [
        *(None, None, "nothing_found", "unreadable", "unreadable", None, "unreadable", None)
    ]
    assert found["transcript_duration_s"][0] == pytest.approx(2.7)
    assert [one["text"] for one in found["transcript_segments"][0]] == ["p400 p500.", "p600."]
    assert found["transcript_segments"][0][1]["start_s"] == pytest.approx(2.2, abs=0.03)
    # The same sound under one name is asked once, wherever its rows are.
    assert 3 <= len(scene.sent) <= 4


def test_samples_of_each_row_have_their_own_rate(frames: Frames, scene: SpeechScene) -> None:
    slow, fast = tones(400, rate_hz=8_000), tones(500, rate_hz=16_000)
    columns = {"a": [slow.tolist(), fast.tolist(), None], "hz": [8_000, 16_000, 8_000]}
    # Dask makes texts of objects unless it is told not to.
    found = answers(frames, columns, objects=True, rate_hz=dfai.col("hz"))

    assert found["transcript"] == ["p400.", "p500.", None]
    assert found["transcript_error"] == [None] * 3


def test_a_long_sound_goes_in_pieces_and_is_one_row(frames: Frames, scene: SpeechScene, tmp_path: Path) -> None:
    pitches = tuple(pitch for _ in range(13) for pitch in (*range(400, 900, 50), 0))
    path = tmp_path / "long.wav"
    path.write_bytes(wav(tones(*pitches)))
    found = answers(frames, {"a": [str(path)]}, language="en", api_version="v1")

    assert found["transcript"][0].replace(".", "") == says(*pitches).replace(".", "")
    assert len(scene.sent) == 2


def test_speech_is_translated_and_pronunciation_assessed(frames: Frames, scene: SpeechScene, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(wav(tones(400)))
    columns = {"a": [str(path), None], "said": ["hello", "hello"]}
    translated = answers(frames, columns, "translate_speech", to="de", include=["audio"])
    assessed = answers(frames, columns, "assess_pronunciation", reference=dfai.col("said"), include=["words"])

    assert translated["translation"] == ["p400. (de)", None]
    assert bytes(translated["translation_audio"][0]) == wav(tones(600))
    assert assessed["pronunciation"] == [85.0, None]
    assert assessed["pronunciation_words"][0][0]["text"] == "p400"


def test_what_a_column_cannot_hold_is_refused_before_any_request(frames: Frames, scene: SpeechScene) -> None:
    accessor = frames.build({"a": [1, 2], "p": ["x", "y"]}).ai

    with pytest.raises(ConfigError, match="transcribe reads a sound in each row"):
        accessor.transcribe("a")
    with pytest.raises(ConfigError, match="reference="):
        accessor.assess_pronunciation("p")
    with pytest.raises(NotOffered, match="none of its models scores"):
        accessor.assess_pronunciation("p", reference="a", target=dfai.local())
    assert scene.sent == []


@pytest.mark.where("pandas", "dask-distributed")
def test_arrow_columns_hold_sounds_in_every_way(frames: Frames, scene: SpeechScene) -> None:
    tone = (tones(450) * 30_000).astype(np.int16)
    data = wav(tones(650))
    columns: dict[str, pa.Array] = {
        "bytes": pa.array([data, None]),
        "lists": pa.array([tone, None]),
        "structs": pa.array([{"array": (tone / 32_768).tolist(), "sampling_rate": 16_000, "path": "a.wav"}, None]),
        "files": pa.array([{"bytes": data, "path": "b.wav"}, None]),
    }
    for name, column in columns.items():
        series = pd.Series(column, dtype=pd.ArrowDtype(column.type))
        result = frames.read(frames.build({"a": series}).ai.transcribe("a", rate_hz=16_000))

        assert result["transcript"] == ["p650." if name in ("bytes", "files") else "p450.", None], name
