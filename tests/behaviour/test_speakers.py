"""Voices on every backend: recorded speech, the engine as a server, each row with its own answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dfai
from dfai_engine import ENGINE, weights
from engine.server import serving
from frames import Frames, SparkFrames
from sounds import wav

pytestmark = [
    pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed"),
    pytest.mark.where("pandas", "dask-distributed", "spark", "spark-connect"),
    pytest.mark.skipif(
        ENGINE.lacks("TextIndependent_VerifyProfile") is not None or not weights.present("ge2e-speaker"),
        reason="needs the extra speech, and its model: dfai models pull speech",
    ),
]

MEDIA = Path(__file__).resolve().parents[1] / "media"
A1, A2, A3, B1, B2 = (str(MEDIA / f"speaker_{name}.wav") for name in ("a_1", "a_2", "a_3", "b_1", "b_2"))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dfai.Target]:
    """A served engine that knows two voices, named on this machine."""
    with pytest.MonkeyPatch.context() as patch, serving(limits="wide", workers=2) as url:
        patch.setenv("DFAI_DATA", str(tmp_path_factory.mktemp("names")))
        made = dfai.container(url)
        dfai.speakers.create("Ada", [A1, A2], target=made)
        dfai.speakers.create("Grace", B1, target=made)
        yield made


@pytest.fixture(autouse=True)
def settings(target: dfai.Target) -> Iterator[None]:
    with dfai.using(target=target, progress="off", attempts=2):
        yield


def answers(frames: Frames, columns: dict[str, list[Any]], verb: str, *inputs: str, **options: Any) -> Any:
    """The answer's columns."""
    result = frames.read(getattr(frames.build(columns).ai, verb)(*inputs, **options))
    return {name: values for name, values in result.items() if name not in columns}


def test_pairs_are_compared_sound_by_sound(frames: Frames) -> None:
    columns = {"p": [A1, A1, None, B1, A3, "nowhere.wav"], "q": [A2, B2, A1, B2, str(MEDIA / "face_a1.jpg"), A1]}
    found = answers(frames, columns, "verify_speaker", "p", "q")
    strict = answers(frames, {"p": [A1], "q": [A2]}, "verify_speaker", "p", "q", threshold=0.999)

    assert found["same_speaker"] == [True, False, None, True, None, None]
    assert found["same_speaker_error"] == [None, None, None, None, "unreadable", "unreadable"]
    assert found["same_speaker_confidence"][0] > 0.5 > 0.2 > found["same_speaker_confidence"][1]
    assert strict["same_speaker"] == [False]


def test_silence_costs_its_row_alone(frames: Frames, tmp_path: Path) -> None:
    silent = tmp_path / "silent.wav"
    silent.write_bytes(wav(np.zeros(32_000)))
    sounds = [A1, str(silent), A2]
    found = answers(frames, {"p": sounds, "q": sounds[::-1]}, "verify_speaker", "p", "q")

    assert found["same_speaker"] == [True, None, True]
    assert found["same_speaker_error"] == [None, "nothing_found", None]
    assert "the second sound: There is no speech" in found["same_speaker_error_message"][1]


def test_speakers_are_identified_by_name_where_names_are_known_here_alone(frames: Frames) -> None:
    columns = {"p": [A3, B2, str(MEDIA / "face_a1.jpg"), None]}
    found = answers(frames, columns, "identify_speaker", "p", among=["Ada", "Grace"])
    stranger = answers(frames, {"p": [B2]}, "identify_speaker", "p", among=["Ada"])
    one = answers(frames, {"p": [A3, B2]}, "verify_speaker", "p", among="Ada")

    assert found["speaker"] == ["Ada", "Grace", None, None]
    assert found["speaker_error"] == [None, None, "unreadable", None]
    assert (stranger["speaker"], stranger["speaker_error"]) == ([None], ["nothing_found"])
    assert one["same_speaker"] == [True, False]


def test_functions_of_sql_take_sounds_and_ids(spark: SparkFrames) -> None:
    session, ids = spark.session, ",".join(speaker.id for speaker in dfai.speakers.list())
    dfai.register_functions(session, prefix="voice_", verbs=["verify_speaker", "identify_speaker"])
    said = session.sql(
        f"SELECT voice_identify_speaker(path => '{A3}', among => '{ids}') AS who, "
        f"voice_verify_speaker(audio_path => '{A1}', other_path => '{A2}', threshold => 0.4) AS same"
    ).collect()[0]

    assert said.who.speaker in ids
    assert said.same.same_speaker


def test_a_function_of_sql_compares_each_row_with_a_sound_or_with_a_profile(spark: SparkFrames) -> None:
    session = spark.session
    ada = dfai.speakers.get("Ada").id
    rows = [(1, A3, None, ada), (2, B2, None, ada), (3, A1, A2, None), (4, A1, None, None), (5, A1, A2, ada)]
    session.createDataFrame(rows, "id int, p string, q string, who string").createOrReplaceTempView("calls")
    dfai.register_functions(session, prefix="voice_", verbs=["verify_speaker"])
    with dfai.track() as run:
        found = session.sql(
            "SELECT id, voice_verify_speaker(audio_path => p, other_path => q, among => who) AS same FROM calls"
        ).collect()
    found.sort(key=lambda row: row.id)

    assert [row.same and row.same.same_speaker for row in found] == [True, False, True, None, None]
    assert [row.same and row.same.error for row in found] == [None, None, None, None, "refused"]
    assert "not with both" in found[4].same.error_message
    assert run.errors == {"refused": 1}  # neither call counts the rows of the other
