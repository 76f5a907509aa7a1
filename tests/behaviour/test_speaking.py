"""Text to speech on every backend: the embedded engine as a server, each row with its own sound."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai.errors import ConfigError, Unauthorized
from engine.server import serving
from frames import Frames

av = pytest.importorskip("av", reason="the extra speech is not installed")
pytest.importorskip("py_nanotts", reason="the extra speech is not installed")
pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "dask-distributed", "spark"),
]


@pytest.fixture(scope="module")
def target() -> Iterator[dfai.Target]:
    with serving(key="open sesame", workers=2) as url:
        yield dfai.container(url, key="open sesame")


@pytest.fixture(autouse=True)
def settings(target: dfai.Target) -> Iterator[None]:
    with dfai.using(target=target, progress="off", attempts=2):
        yield


def seconds(data: bytes) -> float:
    """How long a decoder hears it."""
    with av.open(io.BytesIO(data)) as file:
        heard = sum(frame.samples for frame in file.decode(audio=0))
        return float(heard / file.streams.audio[0].rate)


def answers(frames: Frames, columns: dict[str, list[Any]], **options: Any) -> dict[str, list[Any]]:
    """The answer's columns."""
    result = frames.read(frames.build(columns).ai.synthesize_speech("t", **options))
    return {name: values for name, values in result.items() if name not in columns}


def test_each_row_has_its_sound_or_its_own_error(frames: Frames) -> None:
    columns = {
        "t": ["Hello there.", None, " ", "Guten Tag.", "你好", "a < b", "Hello there.", "Ciao."],
        "lang": ["en-US", "en", "en", "de", "en", None, "en-US", "tlh"],
        "form": ["wav", "wav", "wav", "mp3", "wav", "ogg", "wav", "wav"],
    }
    found = answers(frames, columns, language=dfai.col("lang"), format=dfai.col("form"))

    assert found["audio_error"] == [None, None, "empty", None, "nothing_found", None, None, "refused"]
    assert [audio is None for audio in found["audio"]] == [False, True, True, False, True, False, False, True]
    for audio, told_s in zip(found["audio"], found["audio_duration_s"], strict=True):
        if audio is not None:
            assert told_s == pytest.approx(seconds(audio), abs=0.01)
    with wave.open(io.BytesIO(found["audio"][0])) as file:
        assert (file.getframerate(), file.getnchannels()) == (24_000, 1)
    assert found["audio"][3][:1] == b"\xff"
    assert found["audio"][5][:4] == b"OggS"
    # Equal texts are asked once.
    assert found["audio"][0] == found["audio"][6] or frames.processes > 1


def test_markup_of_each_row_is_looked_at(frames: Frames) -> None:
    markup = ['One <break time="2s"/> two.', "One <break> two.", "One two.", '<audio src="https://example.com/x"/>']
    found = answers(frames, {"t": markup}, markup="ssml", rate_hz=16_000)

    assert found["audio_error"] == [None, "refused", None, "unsupported"]
    assert "not well-formed: mismatched tag at line 1" in found["audio_error_message"][1]
    assert found["audio_duration_s"][0] == pytest.approx(found["audio_duration_s"][2] + 2.0, abs=0.6)


def test_sounds_become_files(frames: Frames, tmp_path: Path) -> None:
    frame = frames.build({"id": [1, 2], "t": ["One.", "Two."]}).ai.synthesize_speech("t")
    result = frames.read(frame.ai.write_files("audio", f"{tmp_path}/{{id}}.wav"))

    assert result["written_error"] == [None, None]
    for name, audio in zip("12", result["audio"], strict=True):
        assert (tmp_path / f"{name}.wav").read_bytes()[:4] == b"RIFF"
        assert len(audio) > 20_000


@pytest.mark.where("pandas")  # how files of each kind are joined: tests/core/test_sound_files.py
def test_a_text_over_the_limit_is_spoken_in_parts_and_joined(frames: Frames) -> None:
    text = "This sentence is one of very many. " * 88
    with dfai.track() as run:
        found = answers(frames, {"t": [text]}, format="mp3", rate_hz=16_000, rate=2, store=None)

    assert (run.requests, found["audio_error"]) == (2, [None])
    assert found["audio_duration_s"][0] > 60
    assert found["audio_duration_s"][0] == pytest.approx(seconds(found["audio"][0]), abs=0.1)


@pytest.mark.where("pandas")
def test_a_text_of_days_costs_its_row_and_no_request(frames: Frames) -> None:
    with dfai.track() as run:
        found = answers(frames, {"t": ["Day after day. " * 12_001, None]}, store=None)

    assert (run.requests, found["audio_error"]) == (0, ["too_large", None])
    assert "give it as several rows" in found["audio_error_message"][0]


def test_batch_synthesis_brings_the_same_sounds(frames: Frames) -> None:
    found = answers(frames, {"t": ["One.", "你好", None, "Two."]}, api_version="2024-04-01", format="mp3")

    assert found["audio_error"] == [None, "nothing_found", None, None]
    assert "nothing in the text" in found["audio_error_message"][1]
    assert seconds(found["audio"][0]) == pytest.approx(found["audio_duration_s"][0], abs=0.05)


@pytest.mark.where("spark")
def test_sql_speaks_too(frames: Any, target: dfai.Target) -> None:
    frames.build({"t": ["One.", None], "lang": ["de", "de"]}).createOrReplaceTempView("to_speak")
    dfai.register_functions(frames.session, verbs=["synthesize_speech"], prefix="tts_", target=target)
    spoken = "tts_synthesize_speech(t, language => lang, rate => 1.5, format => 'mp3')"
    found = frames.session.sql(f"select s.audio, s.duration_s, s.error from (select {spoken} as s from to_speak)")
    rows = sorted(found.collect(), key=lambda row: row.audio is None)

    assert seconds(bytes(rows[0].audio)) == pytest.approx(rows[0].duration_s, abs=0.05)
    assert tuple(rows[1]) == (None, None, None)


@pytest.mark.where("pandas")
def test_voices_are_listed_as_a_table(frames: Frames, target: Any) -> None:
    every, english = dfai.list_voices(), dfai.list_voices("en")

    assert every["voice"].tolist()[:3] == ["en-US-Pico", "en-GB-Pico", "de-DE-Pico"]
    assert english["language"].tolist() == ["en-US", "en-GB"]
    assert every["rate_hz"].dtype == "Int64"
    assert dfai.list_voices("ja").empty
    with pytest.raises(Unauthorized):
        dfai.list_voices(target=dfai.container(target.base, key="wrong key"))


@pytest.mark.where("pandas")
def test_wrong_options_are_told_at_once(frames: Frames) -> None:
    frame = pd.DataFrame({"t": ["a"], "voice": ["b"]})

    with pytest.raises(ConfigError, match="format='flac'"):
        frame.ai.synthesize_speech("t", format="flac")
    with pytest.raises(ConfigError, match="api_version='v9'"):
        frame.ai.synthesize_speech("t", api_version="v9")
    with pytest.raises(ConfigError, match='markup="ssml"'):
        frame.ai.synthesize_speech("t", useSSML=True)
    with pytest.raises(ConfigError, match=r"dfai\.col"):
        frame.ai.synthesize_speech("t", language="voice")
    with pytest.raises(AttributeError, match="synthesize_speech"):
        frame.ai.text_to_speech("t")


@pytest.mark.where("pandas")
def test_the_local_target_speaks_without_a_server(frames: Frames) -> None:
    frame = pd.DataFrame({"t": ["One.", None]}).ai.synthesize_speech("t", target=dfai.local())

    with wave.open(io.BytesIO(frame["audio"][0])) as file:
        assert file.getframerate() == 16_000
    assert frame["audio"].isna().tolist() == [False, True]
