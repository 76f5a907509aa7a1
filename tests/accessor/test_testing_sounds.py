"""`dfai.testing.fake` for sounds and for what is spoken: every verb's answers, by content wherever it comes from."""

from __future__ import annotations

import io
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import dfai
from sounds import encoded, hum, wav

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

HIGH, LOW, STRANGE = wav(hum(1.0, pitch_hz=880)), wav(hum(1.5, pitch_hz=110)), wav(hum(1.0, pitch_hz=55))
ADA, GRACE = "3fa85f64-5717-4562-b3fc-2c963f66afa6", "9b2f1a40-2222-4562-b3fc-000000000001"


def frame(**columns: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in columns.items()})


@pytest.mark.parametrize("version", ["2025-10-15", "v1"])
def test_sounds_are_heard_as_was_told_from_bytes_files_and_arrays(version: str, tmp_path: Path) -> None:
    path = tmp_path / "high.wav"
    path.write_bytes(HIGH)
    told = {"transcript": "Ninety.", "language": "en-GB", "confidence": 0.5}
    fake = dfai.testing.fake({"transcribe": {str(path): told, LOW: "Low."}})
    with dfai.using(target=fake, progress="off", api_version=version):
        found = frame(a=[HIGH, str(path), LOW, None]).ai.transcribe("a", language="en-GB")
        strange = frame(a=[STRANGE]).ai.transcribe("a", language="en-GB")

    assert found["transcript"].tolist()[:3] == ["Ninety.", "Ninety.", "Low."]
    assert found["transcript_confidence"].tolist()[:3] == [0.5, 0.5, 1.0]
    assert found["transcript_duration_s"].tolist()[:3] == [1.0, 1.0, 1.5]
    assert found["transcript_language"][0] == "en-GB"
    assert found["transcript_error"].isna().all()
    assert 'dfai.testing.fake({"transcribe": {sound: answer}})' in strange["transcript_error_message"][0]


def test_a_sound_that_is_converted_on_the_way_is_known_all_the_same() -> None:
    packed = encoded(hum(1.0, 48_000), "flac")
    fake = dfai.testing.fake({"transcribe": {packed: "Packed."}, "identify_speaker": {packed: ADA}})
    with dfai.using(target=fake, progress="off"):
        found = frame(a=[packed]).ai.identify_speaker("a", among=[ADA, GRACE]).ai.transcribe("a", include=["words"])
        short = frame(a=[packed]).ai.transcribe("a", language="en", api_version="v1")

    assert found["speaker"].tolist() == [ADA]
    assert found["transcript"].tolist() == short["transcript"].tolist() == ["Packed."]
    assert [word["text"] for word in found["transcript_words"][0]] == ["Packed."]


def test_silence_and_words_are_told_apart() -> None:
    with dfai.using(target=dfai.testing.fake({"transcribe": lambda sound: "Loud." if len(sound) > 40_000 else ""})):
        found = frame(a=[LOW, HIGH]).ai.transcribe("a", progress="off")

    assert found["transcript"].fillna("-").tolist() == ["Loud.", "-"]
    assert found["transcript_error"].fillna("-").tolist() == ["-", "nothing_found"]


def test_texts_are_spoken_as_was_told() -> None:
    samples = wav(hum(0.5, 16_000))
    fake = dfai.testing.fake({"synthesize_speech": {"Tea & milk?": samples, "Hush.": 2.0}})
    with dfai.using(target=fake, progress="off"):
        found = pd.DataFrame({"t": ["Tea & milk?", "Hush.", "What?"]}).ai.synthesize_speech("t")
        other = pd.DataFrame({"t": ["Hush."]}).ai.synthesize_speech("t", format="mp3")
    with wave.open(io.BytesIO(found["audio"][1])) as file:
        silence = np.frombuffer(file.readframes(file.getnframes()), "<i2")

    assert found["audio"][0] == samples
    assert found["audio_duration_s"].tolist()[:2] == [0.5, 2.0]
    assert not silence.any()
    assert found["audio_error"][2] == "refused"
    assert "silence is not written as" in other["audio_error_message"][0]


def test_voices_are_compared_as_was_told() -> None:
    pairs = {(HIGH, LOW): False, (HIGH, HIGH): {"same_speaker": True, "confidence": 0.8}, (LOW, ADA): True}
    fake = dfai.testing.fake({"verify_speaker": pairs})
    with dfai.using(target=fake, progress="off"):
        found = frame(a=[HIGH, HIGH], b=[LOW, HIGH]).ai.verify_speaker("a", "b")
        known = frame(a=[LOW, HIGH]).ai.verify_speaker("a", among=ADA)

    assert found["same_speaker"].tolist() == [False, True]
    assert found["same_speaker_confidence"].tolist() == [0.0, 0.8]
    assert known["same_speaker"].fillna(False).tolist() == [True, False]
    assert known["same_speaker_error"].fillna("-").tolist() == ["-", "refused"]


def test_speakers_are_identified_as_was_told() -> None:
    told = {HIGH: ADA, LOW: {"speaker": GRACE, "confidence": 0.6}, STRANGE: None}
    with dfai.using(target=dfai.testing.fake({"identify_speaker": told}), progress="off"):
        found = frame(a=[HIGH, LOW, STRANGE]).ai.identify_speaker("a", among=[ADA, GRACE])

    assert found["speaker"].fillna("-").tolist() == [ADA, GRACE, "-"]
    assert found["speaker_confidence"].tolist()[:2] == [1.0, 0.6]
    assert found["speaker_error"][2] == "nothing_found"


def test_a_sound_fails_alone_and_requests_are_listed() -> None:
    fake = dfai.testing.fake(
        {"transcribe": "Heard.", "verify_speaker": True, "synthesize_speech": 1.0}, fail={LOW: "rate_limited"}
    )
    with dfai.using(target=fake, attempts=1, progress="off"):
        found = frame(a=[HIGH, LOW], b=[HIGH, HIGH]).ai.transcribe("a").ai.verify_speaker("a", "b")

    assert found["transcript_error"].fillna("-").tolist() == ["-", "rate_limited"]
    assert found["same_speaker_error"].fillna("-").tolist() == ["-", "rate_limited"]
    assert {asked.verb for asked in fake.requests} == {"transcribe", "verify_speaker"}
    assert sum(asked.status == 429 for asked in fake.requests) == 2
