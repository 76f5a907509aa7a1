"""What the client asks and reads of voices, held against both contracts of 2021-09-05 and their examples."""

from __future__ import annotations

import re
import uuid
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson
import pytest

from contracts import CONTRACTS, check, example, load
from dfai_core.media import Content
from dfai_core.service import Ask, Body, Exchange, Failure
from dfai_core.services import services
from dfai_core.services.speech.managing_speakers import ENROL, MANAGE_VOICES
from dfai_core.services.speech.speaker_wire import Voice
from dfai_core.services.speech.verify_speaker import VERIFY_SPEAKER_AMONG
from dfai_core.transports.base import Answer
from exchanges import wired

FOLDERS = {"verification": "speaker-verification-2021-09-05", "identification": "speaker-identification-2021-09-05"}
ONE, OTHER = (Content(data, data, "audio/wav") for data in (b"RIFF one", b"RIFF other"))
PROFILE = "49a36324-fc4b-4387-aa06-090cfbf0064f"
# The engine's own: others ignore it.
EXTENSION = {"lifetimeInSec"}

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")


def steps(exchange: Exchange, document: tuple[Any, ...], *answers: Any) -> Any:
    """What is said after these answers: bodies, or status and body."""
    assert exchange.steps is not None
    told = [answer if isinstance(answer, tuple) else (200, answer) for answer in answers]
    return exchange.steps([document], [Answer(status, {}, orjson.dumps(body)) for status, body in told])


def operation(ask: Ask) -> Any:
    """What the contract says of what is asked; fails where it knows it not, or does not know a query parameter."""
    asked = urlsplit(ask.path)
    _, kind, path = asked.path.removeprefix("/speaker-recognition").split("/", 2)
    contract = load(f"{FOLDERS[kind]}/{kind.title()}.json")
    for known, methods in contract["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+?", known), f"/{path}") and ask.method.lower() in methods:
            described = methods[ask.method.lower()]
            parameters = [
                contract["parameters"][one["$ref"].rsplit("/", 1)[-1]] if "$ref" in one else one
                for one in described["parameters"]
            ]
            names = {one["name"] for one in parameters if one["in"] == "query"}
            assert set(parse_qs(asked.query)) - EXTENSION <= names
            assert parse_qs(asked.query)["api-version"] == ["2021-09-05"]
            if "consumes" in described:
                assert isinstance(ask.body, Body)
                assert ask.body.type in described["consumes"]
            return described["operationId"]
    raise AssertionError(f"{ask.method} {path} is not in the contract")


def example_of(kind: str, name: str, status: str = "200") -> Any:
    return example(f"{FOLDERS[kind]}/examples/{name}.json")["responses"][status]["body"]


CREATED = (201, {"profileId": PROFILE})
ENROLLED = (201, {"profileId": PROFILE, "enrollmentStatus": "Enrolled"})
GONE = (204, None)


def test_two_sounds_take_a_profile_an_enrolment_a_comparison_and_its_end() -> None:
    exchange, pair = wired(services()["verify_speaker"]), (ONE, OTHER)
    told = example_of("verification", "verify")
    asked = [
        steps(exchange, pair),
        steps(exchange, pair, CREATED),
        steps(exchange, pair, CREATED, ENROLLED),
        steps(exchange, pair, CREATED, ENROLLED, told),
    ]
    found = steps(exchange, pair, CREATED, ENROLLED, told, GONE)
    strict = steps(wired(services()["verify_speaker"], threshold=0.7), pair, CREATED, ENROLLED, told, GONE)

    assert [operation(ask).removeprefix("TextIndependent_") for ask in asked] == [
        *("CreateProfile", "CreateEnrollment", "VerifyProfile", "DeleteProfile")
    ]
    check(orjson.loads(asked[0].body.content), f"{FOLDERS['verification']}/Verification.json", "LocaleInfo")
    assert [asked[1].body.content, asked[2].body.content] == [b"RIFF other", b"RIFF one"]
    assert all("ignoreMinLength=true" in ask.path for ask in asked[1:3])
    assert found == [(True, 0.63)]
    assert strict == [(False, 0.63)]


def refusal(code: str, status: int = 400) -> tuple[int, Any]:
    return status, {"error": {"code": code, "message": "So it is."}}


def test_a_refused_step_ends_after_the_profile_is_deleted() -> None:
    exchange, pair = wired(services()["verify_speaker"]), (ONE, OTHER)
    no_speech, noisy = refusal("NoSpeech"), refusal("AudioTooNoisy")
    after_enrolment = steps(exchange, pair, CREATED, no_speech)
    after_comparison = steps(exchange, pair, CREATED, ENROLLED, noisy)
    ((second),) = steps(exchange, pair, CREATED, no_speech, GONE)
    # That the profile is gone already changes nothing.
    ((first),) = steps(exchange, pair, CREATED, ENROLLED, noisy, refusal("NotFound", 404))

    assert operation(after_enrolment) == operation(after_comparison) == "TextIndependent_DeleteProfile"
    assert second == Failure("nothing_found", "the second sound: So it is.", 400, False, "NoSpeech")
    assert first == Failure("refused", "the first sound: So it is.", 400, False, "AudioTooNoisy")


def test_a_profile_that_is_gone_in_between_lets_the_row_begin_anew() -> None:
    exchange, pair = wired(services()["verify_speaker"]), (ONE, OTHER)
    gone = refusal("NotFound", 404)
    ((lost),) = steps(exchange, pair, CREATED, ENROLLED, gone, gone)

    assert (lost.code, lost.retryable) == ("unavailable", True)


def test_a_profile_in_the_place_of_a_sound_is_one_request() -> None:
    option = VERIFY_SPEAKER_AMONG.option("among")
    for among in (PROFILE.upper(), uuid.UUID(PROFILE), Voice(PROFILE, "Ada")):
        exchange = wired(VERIFY_SPEAKER_AMONG, among=option.check("among", among))
        ask = steps(exchange, (ONE,))
        ranking = [{"profileId": PROFILE, "score": 0.4}]
        nobody = {"profileId": "00000000-0000-0000-0000-000000000000", "score": 0.0}

        assert operation(ask) == "TextIndependent_IdentifySingleSpeaker"
        assert f"profileIds={PROFILE}" in ask.path
        told = {"identifiedProfile": nobody, "profilesRanking": ranking}
        assert steps(exchange, (ONE,), told) == [(False, 0.4)]


def test_the_speaker_is_named_among_the_candidates() -> None:
    told = example_of("identification", "identifySingleSpeaker")
    voices = tuple(Voice(one["profileId"], f"v{place}") for place, one in enumerate(told["profilesRanking"]))
    exchange = wired(services()["identify_speaker"], among=voices)
    ask = steps(exchange, (ONE,))

    assert operation(ask) == "TextIndependent_IdentifySingleSpeaker"
    assert steps(exchange, (ONE,), told) == [("v0", 0.63)]
    ((nobody),) = steps(wired(services()["identify_speaker"], among=voices, threshold=0.9), (ONE,), told)
    assert nobody.code == "nothing_found"
    assert "none of the 5 voices speaks here; the most alike has a confidence of 0.63" in nobody.message


def test_more_candidates_than_a_request_takes_are_asked_in_several_and_merged() -> None:
    ids = [str(uuid.UUID(int=place + 1)) for place in range(120)]
    exchange = wired(
        services()["identify_speaker"], among=tuple(Voice(one, f"v{place}") for place, one in enumerate(ids))
    )

    def told(place: int, score: float) -> Any:
        best = {"profileId": ids[place], "score": score}
        nobody = {"profileId": str(uuid.UUID(int=0)), "score": 0.0}
        return {"identifiedProfile": best if score >= 0.5 else nobody, "profilesRanking": [best]}

    answers = [told(3, 0.2), told(77, 0.8), told(101, 0.6)]
    asked = [steps(exchange, (ONE,), *answers[:count]) for count in range(3)]

    assert [len(parse_qs(urlsplit(ask.path).query)["profileIds"][0].split(",")) for ask in asked] == [50, 50, 20]
    assert steps(exchange, (ONE,), *answers) == [("v77", 0.8)]
    ((nobody),) = steps(exchange, (ONE,), *answers[:1], told(60, 0.1), told(110, 0.3))
    assert nobody.code == "nothing_found"


def test_profiles_are_managed_by_requests_of_the_contract() -> None:
    for method, path, body, name in (
        ("POST", "profiles", b'{"locale":"en-US"}', "CreateProfile"),
        ("GET", "profiles?maxpagesize=500", None, "ListProfiles"),
        ("GET", f"profiles/{PROFILE}", None, "GetProfile"),
        ("POST", f"profiles/{PROFILE}:reset", None, "ResetProfile"),
        ("DELETE", f"profiles/{PROFILE}", None, "DeleteProfile"),
    ):
        assert operation(steps(wired(MANAGE_VOICES), (method, path, body))) == f"TextIndependent_{name}"
    for length, words in (("any", True), ("full", False)):
        ask = steps(wired(ENROL, at=PROFILE, length=length), (ONE,))

        assert operation(ask) == "TextIndependent_CreateEnrollment"
        assert ("ignoreMinLength=true" in ask.path) is words
