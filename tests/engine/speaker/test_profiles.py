"""Profiles: made, enrolled, listed, kept, shared by engines, ended by themselves, and gone when deleted."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from dfai_engine import weights
from dfai_engine.app import App, create_app
from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker import limits, profiles
from dfai_engine.speaker.encoder import VERSION, Voice
from dfai_engine.speaker.hearing import Heard
from dfai_engine.speaker.kinds import IDENTIFICATION as KIND
from dfai_engine.speaker.kinds import PHRASED as PHRASES
from dfai_engine.speaker.profiles import Profiles
from engine.speaker.clips import IDENTIFICATION, PHRASED, VERIFICATION, clip, enrolled, post, samples, wav
from engine.wire import ask

QUERY = "?api-version=2021-09-05"


def heard(speech_s: float = 5.0) -> Heard:
    return Heard(np.zeros(0, np.float32), speech_s + 1, speech_s)


def voice(number: int = 0) -> Voice:
    return Voice(np.full(256, number, np.float32), 2)


class Clock:
    """A time that goes on when it is told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 26, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


def test_speech_is_counted_until_there_is_enough() -> None:
    kept = Profiles(None)
    made = kept.create(KIND, "en-US", None)
    states = [kept.enrol(KIND, made.id, heard(), voice(1)) for _ in range(4)]
    reset = kept.reset(KIND, made.id)

    assert [state.ready for state in states] == [False, False, False, True]
    assert (states[-1].speech_s, states[-1].audio_s, states[-1].count, states[-1].windows) == (20, 24, 4, 8)
    assert states[-1].voice is not None
    assert states[-1].voice[0] == 4
    assert (reset.ready, reset.speech_s, reset.count, reset.voice) == (False, 0, 0, None)


def test_a_voice_print_at_once_stays_one() -> None:
    kept = Profiles(None)
    made = kept.create(KIND, "en-US", None)
    first = kept.enrol(KIND, made.id, heard(1), voice(), at_once=True)
    second = kept.enrol(KIND, made.id, heard(1), voice())

    assert first.ready
    assert second.ready


def test_profiles_are_full_at_the_contracts_limits() -> None:
    kept = Profiles(None)
    free, phrased = kept.create(KIND, "en-US", None), kept.create(PHRASES, "en-US", None)
    for _ in range(3):
        kept.enrol(KIND, free.id, heard(99), voice())
    for _ in range(limits.MOST_ENROLMENTS):
        state = kept.enrol(PHRASES, phrased.id, heard(1), voice(), phrase="p")

    assert state.phrase == "p"
    with pytest.raises(ServiceFailure, match="at most 300 s of audio"):
        kept.enrol(KIND, free.id, heard(1), voice())
    with pytest.raises(ServiceFailure, match="at most 50 enrolments"):
        kept.enrol(PHRASES, phrased.id, heard(1), voice())


def test_a_profile_for_one_comparison_ends_with_its_time_and_touches_no_disk(tmp_path: Path) -> None:
    clock = Clock()
    kept = Profiles(tmp_path, now=clock)
    short = kept.create(KIND, "en-US", 60)
    kept.enrol(KIND, short.id, heard(), voice())
    listed, files = kept.list(KIND, "", 10), [path for path in tmp_path.rglob("*") if path.is_file()]
    clock.time += timedelta(seconds=61)

    assert listed == []
    assert not any(b"en-US" in path.read_bytes() for path in files)
    with pytest.raises(ServiceFailure, match="is not found"):
        kept.get(KIND, short.id)


def test_of_too_many_passing_profiles_the_nearest_to_their_end_go_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_PASSING", 3)
    kept = Profiles(None)
    made = [kept.create(KIND, "en-US", 60 + place) for place in range(5)]
    left = []
    for one in made:
        try:
            left.append(kept.get(KIND, one.id).id)
        except ServiceFailure:
            continue

    assert left == [one.id for one in made[2:]]


def test_a_voice_of_another_model_is_not_compared(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = Profiles(tmp_path)
    made = before.create(KIND, "en-US", None)
    before.enrol(KIND, made.id, heard(20), voice())
    monkeypatch.setattr(profiles, "VERSION", "2030-01-01")
    found = before.get(KIND, made.id)

    assert found.model == VERSION
    with pytest.raises(ServiceFailure, match="Reset it and enrol the voice again"):
        before.enrol(KIND, made.id, heard(), voice())
    assert before.reset(KIND, made.id).model == "2030-01-01"


def test_two_engines_of_a_host_share_what_lasts(tmp_path: Path) -> None:
    one, other = (create_app(workers=1, data=tmp_path) for _ in range(2))
    identity = enrolled(one, IDENTIFICATION, "a_1", "a_2")
    found = post(
        other,
        f"{IDENTIFICATION}/profiles:identifySingleSpeaker",
        clip("a_3"),
        profileIds=identity,
        ignoreMinLength="true",
    ).json()
    ask(other, "DELETE", f"{IDENTIFICATION}/profiles/{identity}{QUERY}")
    gone = ask(one, "GET", f"{IDENTIFICATION}/profiles/{identity}{QUERY}")
    file = tmp_path / "speakers" / "speakers.sqlite"
    one.close()
    other.close()

    assert found["identifiedProfile"]["profileId"] == identity
    assert gone.status_code == 404
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_profiles_are_listed_page_by_page_in_order() -> None:
    app = create_app(workers=1)
    made = sorted(enrolled(app, VERIFICATION) for _ in range(3))
    link, seen, pages = f"{VERIFICATION}/profiles{QUERY}&maxpagesize=2", [], 0
    while link:
        page = ask(app, "GET", link).json()
        seen += [profile["profileId"] for profile in page["value"]]
        link, pages = page.get("nextLink", ""), pages + 1
    app.close()

    assert seen == made
    assert pages == 2


def test_a_profile_is_known_to_its_own_kind_alone(app: App) -> None:
    identity = enrolled(app, VERIFICATION, "a_1", lifetimeInSec=60)
    elsewhere = ask(app, "GET", f"{IDENTIFICATION}/profiles/{identity}{QUERY}")

    assert elsewhere.status_code == 404


@pytest.mark.parametrize(
    ("path", "content", "status", "code"),
    [
        ("profiles/{id}:verify", clip("a_1"), 400, "SpeechTooShort"),
        ("profiles/{new}:verify", clip("a_1"), 400, "ProfileNotEnrolled"),
        ("profiles/{gone}:verify", clip("a_1"), 404, "NotFound"),
        ("profiles/x:verify", clip("a_1"), 400, "InvalidRequest"),
        ("profiles/{id}:verify", b"", 400, "InvalidRequest"),
        ("profiles/{id}:verify", bytes((5 << 20) + 1), 413, "AudioTooLarge"),
        ("profiles/{id}/enrollments", wav(samples("a_1"), rate_hz=8_000), 400, "InvalidAudioFormat"),
        ("profiles/{id}/enrollments", wav(np.zeros(32_000)), 400, "NoSpeech"),
    ],
)
def test_refusals_have_codes(app: App, path: str, content: bytes, status: int, code: str) -> None:
    ids = {
        "id": enrolled(app, VERIFICATION, "a_2", lifetimeInSec=60),
        "new": enrolled(app, VERIFICATION, lifetimeInSec=60),
        "gone": "00000000-0000-0000-0000-000000000001",
    }
    answer = post(app, f"{VERIFICATION}/{path.format(**ids)}", content)

    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)
    assert answer.headers["x-ms-error-code"] == code


def test_identification_ranks_five_and_names_nobody_where_nobody_speaks(app: App) -> None:
    base = f"{IDENTIFICATION}/profiles:identifySingleSpeaker"
    names = ("a_1", "a_2", "a_3", "b_1", "b_2", "b_1")
    ids = [enrolled(app, IDENTIFICATION, name, lifetimeInSec=60) for name in names]
    known = post(app, base, clip("a_3"), profileIds=",".join(ids), ignoreMinLength="true").json()
    nobody = post(app, base, clip("a_3"), profileIds=",".join(ids[3:]), ignoreMinLength="true").json()
    many = post(app, base, clip("a_3"), profileIds=",".join([ids[0][:-4] + f"{n:04}" for n in range(51)]))

    assert known["identifiedProfile"] == known["profilesRanking"][0]
    assert known["identifiedProfile"]["profileId"] == ids[2]
    assert len(known["profilesRanking"]) == 5
    assert nobody["identifiedProfile"]["profileId"] == "00000000-0000-0000-0000-000000000000"
    assert len(nobody["profilesRanking"]) == 3
    assert many.json()["error"]["message"] == "profileIds must name 1 to 50 profiles."


def spoken(text: str) -> bytes:
    """A synthetic voice says it."""
    nanotts = pytest.importorskip("py_nanotts", reason="a voice that says the phrases is not here")
    return wav(np.frombuffer(nanotts.NanoTTS().speak(text, voice="en-US"), "<i2") / 32_768)


@pytest.mark.skipif(not weights.present("whisper-base"), reason="needs the model: dfai models pull speech")
def test_a_phrase_is_enrolled_once_it_is_understood_and_no_other_passes(app: App) -> None:
    known, other = (
        phrase["passPhrase"] for phrase in ask(app, "GET", f"{PHRASED}/phrases/en-US{QUERY}").json()["value"][:2]
    )
    identity = enrolled(app, PHRASED)
    place = f"{PHRASED}/profiles/{identity}"
    first = post(app, f"{place}/enrollments", spoken(known)).json()
    wrong = post(app, f"{place}/enrollments", spoken(other)).json()
    early = post(app, f"{place}:verify", spoken(known)).json()
    foreign = ask(app, "POST", f"{PHRASED}/profiles{QUERY}", json={"locale": "de-DE"}).json()

    assert (first["passPhrase"], first["remainingEnrollmentsCount"]) == (known, 2)
    assert wrong["error"]["code"] == "InvalidPassPhrase"
    assert early["error"]["code"] == "ProfileNotEnrolled"
    assert foreign["error"]["code"] == "InvalidLocale"
