"""``dfai.speakers``: profiles of voices through the embedded engine, named here, kept there, asked by verbs."""

from __future__ import annotations

import pickle
import wave
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pandas as pd
import pytest

import dfai
from dfai._names import Names
from dfai.errors import ConfigError, DfaiError, NotOffered, Rejected
from dfai_engine import ENGINE, weights
from engine.server import serving

MEDIA = Path(__file__).resolve().parents[1] / "media"
A1, A2, A3, B1, B2 = (MEDIA / f"speaker_{name}.wav" for name in ("a_1", "a_2", "a_3", "b_1", "b_2"))

needs_voices = pytest.mark.skipif(
    ENGINE.lacks("TextIndependent_VerifyProfile") is not None or not weights.present("ge2e-speaker"),
    reason="needs the extra speech, and its model: dfai models pull speech",
)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(limits="wide", workers=1) as address:
        yield address


@pytest.fixture(autouse=True)
def settings(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DFAI_DATA", str(tmp_path))
    with dfai.using(target=dfai.container(url), progress="off"):
        yield
        for speaker in dfai.speakers.list():
            speaker.delete()


@needs_voices
def test_a_speaker_is_made_enrolled_found_reset_and_deleted() -> None:
    ada = dfai.speakers.create("Ada")
    (one,) = dfai.speakers.list()
    enrolled = dfai.speakers.enrol("Ada", [A1, A2.read_bytes()])
    again = dfai.speakers.get("Ada")
    reset = dfai.speakers.reset(ada)
    dfai.speakers.delete("Ada")

    assert (ada.name, ada.ready, ada.enrolments, ada.missing_s) == ("Ada", False, 0, 20)
    assert one == ada
    assert (enrolled.ready, enrolled.enrolments, enrolled.missing_s) == (True, 2, 0)
    assert 5 < enrolled.speech_s < 6.3
    assert again == enrolled
    assert (reset.id, reset.ready, reset.enrolments) == (ada.id, False, 0)
    assert dfai.speakers.list() == ()


@needs_voices
def test_a_sound_that_is_given_twice_is_enrolled_twice() -> None:
    ada = dfai.speakers.create("Ada")

    assert ada.enrol([str(A1), A1.read_bytes(), str(A1)]).enrolments == 3


@needs_voices
def test_enough_speech_may_be_waited_for() -> None:
    with wave.open(str(B2)) as file:
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    little = dfai.speakers.create("Little", samples, rate_hz=16_000, length="full")
    more = little.enrol([B1, A1, A2, A3], length="full")
    enough = more.enrol([A2, A3], length="full")

    assert (little.ready, round(little.missing_s + little.speech_s)) == (False, 20)
    assert (more.ready, more.enrolments, enough.ready, enough.missing_s) == (False, 5, True, 0)


@needs_voices
def test_a_sound_that_is_refused_leaves_no_speaker_and_the_others_stay_enrolled() -> None:
    with pytest.raises(Rejected, match=r"the sound was not enrolled: The audio is too short: 0\.01 s"):
        dfai.speakers.create("Nobody", np.zeros(160), rate_hz=16_000)
    left = dfai.speakers.list()
    some = dfai.speakers.create("Some")
    with pytest.raises(
        DfaiError, match=r"1 of 2 sounds were not enrolled, the others were\. The first, sound 0: there"
    ):
        some.enrol(["nowhere.wav", A1])

    assert left == ()
    assert dfai.speakers.get("Some").enrolments == 1


def test_names_are_one_profiles_each_and_what_is_wrong_is_said() -> None:
    dfai.speakers.create("Ada")
    with pytest.raises(ConfigError, match=r"'Ada' is the name of a profile already: dfai\.speakers\.get\('Ada'\)"):
        dfai.speakers.create("Ada")
    with pytest.raises(ConfigError, match=r"no speaker is called 'Eve' at this target; names: 'Ada'\."):
        dfai.speakers.get("Eve")
    with pytest.raises(ConfigError, match="expected what the speaker is called"):
        dfai.speakers.create(" ")
    with pytest.raises(ConfigError, match="choose 'any' or 'full'"):
        dfai.speakers.enrol("Ada", A1, length="short")  # type: ignore[arg-type]
    with pytest.raises(NotOffered, match="Azure retired Speaker Recognition on 2025-09-30"):
        dfai.speakers.list(target=dfai.azure("westeurope", key="0123456789abcdef"))


def test_a_profile_that_was_deleted_elsewhere_gives_its_name_back(url: str) -> None:
    ada = dfai.speakers.create("Ada")
    gone = f"{url}/speaker-recognition/identification/text-independent/profiles/{ada.id}?api-version=2021-09-05"
    assert httpx.delete(gone).status_code == 204
    with pytest.raises(Rejected, match="is not found"):
        dfai.speakers.get("Ada")
    dfai.speakers.delete("Ada")

    assert dfai.speakers.create("Ada").id != ada.id


def test_names_belong_to_one_target_and_survive_what_is_not_theirs(tmp_path: Path) -> None:
    here, there = (Names(target, tmp_path) for target in ("http://here", "http://there"))
    here.give("Ada", "1")
    here.give("Грейс / ../x", "2")
    for path in tmp_path.rglob("*.json"):
        path.with_name("half.json").write_text('{"name": "H', "utf-8")
    here.take("1")

    assert here.all() == {"2": "Грейс / ../x"}
    assert (here.id_of("Ada"), here.id_of("Грейс / ../x")) == (None, "2")
    assert there.all() == {}


@needs_voices
@pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")
def test_speakers_are_named_to_verbs_in_every_way_and_can_travel() -> None:
    ada, grace = dfai.speakers.create("Ada", [A1, A2]), dfai.speakers.create("Grace", B1)
    frame = pd.DataFrame({"sound": [str(A3), str(B2)], "of": [ada.id, ada.id], "all": [f"{ada.id}, {grace.id}"] * 2})
    verbs = dfai.on(frame)
    ways = [["Ada", "Grace"], [ada, grace], (ada.id, "Grace"), dfai.speakers.list()]
    alone = [verbs.identify_speaker("sound", among=one)["speaker"][0] for one in ("Ada", ada)]
    named = [verbs.identify_speaker("sound", among=among)["speaker"].tolist() for among in ways]
    by_column = verbs.identify_speaker("sound", among=dfai.col("all"))["speaker"].tolist()
    among = [verbs.verify_speaker("sound", among=one)["same_speaker"].tolist() for one in ("Ada", ada, dfai.col("of"))]

    assert named == [["Ada", "Grace"]] * 4
    assert alone == ["Ada", "Ada"]
    assert by_column == [ada.id, grace.id]
    assert among == [[True, False]] * 3
    assert pickle.loads(pickle.dumps(ada)) == ada
    assert str(ada) == "Ada"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"other": "b", "among": "Ada"}, "compare with one thing"),
        ({}, "compare with one thing"),
        ({"among": "Eve"}, "no speaker is called 'Eve'"),
        ({"among": 5}, "among=5: expected what dfai.speakers gives back"),
        ({"other": "b", "threshold": 1.2}, "expected a confidence from 0 to 1"),
        ({"other": "b", "api_version": "2020-01-01"}, 'there is one: "2021-09-05"'),
    ],
)
def test_a_comparison_that_cannot_be_is_refused_before_any_request(arguments: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        dfai.on(pd.DataFrame({"a": ["x.wav"], "b": ["y.wav"]})).verify_speaker("a", **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("among", "words"),
    [
        (None, "say whose voice it may be"),
        ([], "nobody in it"),
        (["Eve"], "no speaker is called"),
        (3, "expected what dfai.speakers gives back"),
    ],
)
def test_candidates_that_cannot_be_are_refused_before_any_request(among: object, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        dfai.on(pd.DataFrame({"a": ["x.wav"]})).identify_speaker("a", among=among)  # type: ignore[arg-type]
