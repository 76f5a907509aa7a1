"""An answer that takes several requests: each is tried and counted alone, and none is asked twice in vain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pandas as pd
import pytest

import dfai
from dfai.errors import Unauthorized

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

RECTANGLE = {"top": 1, "left": 1, "width": 9, "height": 9}
PICTURES = {name: b"\xff\xd8\xff" + name.encode() for name in ("one", "other", "nobody")}


class Service:
    """A face service in this process: a face's id is its picture's name; *fault* may answer instead."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fault: Callable[[str], httpx.Response | None] = lambda name: None
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[-1]
        if name == "detect":
            name = f"detect {request.content[3:].decode()}"
        self.asked.append(name)
        if (fault := self.fault(name)) is not None:
            return fault
        if name == "verify":
            return httpx.Response(200, json={"isIdentical": False, "confidence": 0.25})
        faces = [] if name == "detect nobody" else [{"faceId": name, "faceRectangle": RECTANGLE}]
        return httpx.Response(200, json=faces)


@pytest.fixture
def service() -> Iterator[Service]:
    made = Service()
    target = dfai.container("http://127.0.0.1:9")
    with dfai.using(target=target, transport=made.transport, progress="off", store=None):
        yield made


def verified(*pairs: tuple[str, str], **options: Any) -> pd.DataFrame:
    rows = [(PICTURES[one], PICTURES[other]) for one, other in pairs]
    return dfai.on(pd.DataFrame(rows, columns=["p", "q"])).verify_faces("p", "q", **options)


def test_each_request_is_made_of_the_answers_before(service: Service) -> None:
    result = verified(("one", "other"))

    assert service.asked == ["detect one", "detect other", "verify"]
    assert result["same_person_confidence"].tolist() == [0.25]
    assert dfai.last_run().requests == 3


def test_what_is_known_early_asks_no_more(service: Service) -> None:
    result = verified(("nobody", "other"))

    assert service.asked == ["detect nobody"]
    assert result["same_person_error"].tolist() == ["nothing_found"]


def test_a_request_that_fails_is_tried_again_alone(service: Service) -> None:
    failures = iter((503, 429))

    def fault(name: str) -> httpx.Response | None:
        status = next(failures, None) if name == "verify" else None
        return None if status is None else httpx.Response(status, headers={"Retry-After": "0"})

    service.fault = fault
    result = verified(("one", "other"))

    assert service.asked == ["detect one", "detect other", "verify", "verify", "verify"]
    assert result["same_person_error"].isna().all()
    assert dfai.last_run().retries == 2


def test_attempts_are_those_of_each_request(service: Service) -> None:
    tried: dict[str, int] = {}

    def fault(name: str) -> httpx.Response | None:
        tried[name] = tried.get(name, 0) + 1
        return httpx.Response(503, headers={"Retry-After": "0"}) if tried[name] == 1 else None

    service.fault = fault
    result = verified(("one", "other"), attempts=2)

    assert tried == {"detect one": 2, "detect other": 2, "verify": 2}
    assert result["same_person_error"].isna().all()


def test_a_refused_step_is_the_rows_error_and_costs_no_other_row(service: Service) -> None:
    gone = {"error": {"code": "FaceNotFound", "message": "Face is not found."}}
    service.fault = lambda name: httpx.Response(404, json=gone) if name == "verify" else None
    refused = verified(("one", "other"), ("nobody", "one"))

    assert refused["same_person_error"].tolist() == ["refused", "nothing_found"]
    assert "Face is not found. (HTTP 404" in refused["same_person_error_message"][0]


def test_an_answer_that_makes_no_sense_is_asked_again(service: Service) -> None:
    answers = iter((b"[", b"{}"))

    def fault(name: str) -> httpx.Response | None:
        body = next(answers, None) if name == "verify" else None
        return None if body is None else httpx.Response(200, content=body)

    service.fault = fault
    result = verified(("one", "other"))

    assert service.asked.count("verify") == 3
    assert service.asked.count("detect one") == 1
    assert result["same_person"].tolist() == [False]


def test_a_resource_without_the_approval_says_so_at_once(service: Service) -> None:
    words = "Feature is not supported, missing approval for one or more of: Identification,Verification."
    refusal = {"error": {"code": "InvalidRequest", "innererror": {"code": "UnsupportedFeature", "message": words}}}
    service.fault = lambda name: httpx.Response(403, json=refusal)

    with pytest.raises(Unauthorized, match=r"missing approval.*The key is right: the resource needs an approval"):
        verified(("one", "other"))
    assert len(service.asked) == 1


def test_a_set_of_one_face_needs_no_grouping_and_equal_pictures_are_one(service: Service) -> None:
    one, nobody = PICTURES["one"], PICTURES["nobody"]
    frame = pd.DataFrame({"p": [one, one, nobody, None], "album": ["a", "a", "b", "b"]})
    result = dfai.on(frame).group_faces("p", by="album")

    assert sorted(service.asked) == ["detect nobody", "detect one"]
    assert result["face_group"].fillna(-1).tolist() == [0, 0, -1, -1]
    assert result["face_group_error"].tolist()[2] == "nothing_found"
    assert dfai.last_run().rows == 4
