"""Two sounds are compared by a profile for a while: whatever becomes of the row, nothing of it is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pandas as pd
import pytest

import dfai
from dfai_core.media.wav import wav_of

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

ZEROS = pd.Series([0] * 16_000, dtype="int16").to_numpy()
SOUNDS = {name: wav_of(ZEROS + place, 16_000) for place, name in enumerate(("one", "other", "silent"))}
Fault = Callable[[str, int], httpx.Response | None]


class Service:
    """A speaker service in this process; *fault* may answer instead, given what is asked and how often it was."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.counts: Counter[str] = Counter()
        self.profiles: set[str] = set()
        self.fault: Fault = lambda name, time: None
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        _, _, last = request.url.path.rpartition("/profiles")
        identity = last.strip("/").partition(":")[0].partition("/")[0]
        name = "create" if not last else "delete" if request.method == "DELETE" else last[-6:].strip(":")
        self.asked.append(name)
        self.counts[name] += 1
        if (fault := self.fault(name, self.counts[name])) is not None:
            return fault
        if name == "create":
            assert request.url.params["lifetimeInSec"] == "600"
            self.profiles.add(f"p{len(self.asked)}")
            return httpx.Response(201, json={"profileId": f"p{len(self.asked)}"})
        if identity not in self.profiles:
            return refusal("NotFound", 404)
        if name == "delete":
            self.profiles.remove(identity)
            return httpx.Response(204)
        if request.content == SOUNDS["silent"]:
            return refusal("NoSpeech")
        told = {"recognitionResult": "accept", "score": 0.75}
        return httpx.Response(201 if name == "lments" else 200, json=told)


def refusal(code: str, status: int = 400) -> httpx.Response:
    return httpx.Response(status, json={"error": {"code": code, "message": "No."}})


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    target = dfai.container("http://127.0.0.1:9")
    with dfai.using(target=target, transport=made.transport, progress="off", store=None):
        yield made


def verified(*pairs: tuple[str, str], **settings: Any) -> pd.DataFrame:
    rows = [(SOUNDS[one], SOUNDS[other]) for one, other in pairs]
    return dfai.on(pd.DataFrame(rows, columns=["p", "q"])).verify_speaker("p", "q", **settings)


def test_equal_pairs_are_compared_once_and_nothing_is_left(service: Service) -> None:
    found = verified(("one", "other"), ("one", "other"))

    assert service.asked == ["create", "lments", "verify", "delete"]
    assert found["same_speaker_confidence"].tolist() == [0.75, 0.75]
    assert service.profiles == set()


@pytest.mark.parametrize(
    ("pair", "asked", "which"),
    [
        (("one", "silent"), ["create", "lments", "delete"], "second"),
        (("silent", "one"), ["create", "lments", "verify", "delete"], "first"),
    ],
)
def test_a_refused_sound_leaves_no_profile(
    service: Service, pair: tuple[str, str], asked: list[str], which: str
) -> None:
    found = verified(pair)

    assert service.asked == asked
    assert found["same_speaker_error"].tolist() == ["nothing_found"]
    assert found["same_speaker_error_message"][0].startswith(f"the {which} sound: No. (HTTP 400")
    assert service.profiles == set()


def test_a_profile_that_is_lost_in_between_lets_the_row_begin_anew(service: Service) -> None:
    def forgets(name: str, time: int) -> httpx.Response | None:
        if (name, time) == ("verify", 1):
            service.profiles.clear()
        return None

    service.fault = forgets
    found = verified(("one", "other"))

    assert found["same_speaker"].tolist() == [True]
    assert service.counts["create"] == 2
    assert service.profiles == set()


def test_a_service_that_loses_every_profile_ends_the_row(service: Service) -> None:
    service.fault = lambda name, time: refusal("NotFound", 404) if name == "verify" else None
    found = verified(("one", "other"), attempts=1)

    assert found["same_speaker_error"].tolist() == ["unavailable"]
    assert service.profiles == set()


def test_a_comparison_that_stumbles_is_asked_again_alone(service: Service) -> None:
    service.fault = lambda name, time: httpx.Response(503) if (name, time) == ("verify", 1) else None
    found = verified(("one", "other"))

    assert service.asked == ["create", "lments", "verify", "verify", "delete"]
    assert found["same_speaker"].tolist() == [True]


def test_an_estimate_counts_each_request_of_a_comparison(service: Service) -> None:
    frame = pd.DataFrame({"p": [SOUNDS["one"]], "q": [SOUNDS["other"]]})
    told = dfai.on(frame).estimate.verify_speaker("p", "q")
    known = dfai.on(frame).estimate.verify_speaker("p", among="0e5f5cda-9e3d-4a83-a1f7-6f1c8a3c0a11")
    verified(("one", "other"))

    assert told.requests == len(service.asked) == 4
    assert known.requests == 1


@pytest.mark.parametrize("verb", ["verify_speaker", "identify_speaker"])
def test_a_profile_that_is_not_there_costs_the_row_and_says_what_to_do(service: Service, verb: str) -> None:
    frame = pd.DataFrame({"a": [SOUNDS["one"], None]})
    missing = "0e5f5cda-9e3d-4a83-a1f7-6f1c8a3c0a11"
    result = getattr(dfai.on(frame), verb)("a", among=missing, output="x")

    assert result["x_error"].replace({float("nan"): None}).tolist() == ["refused", None]
    assert "it was deleted, or is another target's; dfai.speakers.list() has all" in result["x_error_message"][0]
    assert "(HTTP 404" in result["x_error_message"][0]
    assert len(service.asked) == 1
