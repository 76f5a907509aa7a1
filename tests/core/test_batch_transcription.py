"""Batch transcription: created, waited for, read, deleted, whatever happens on the way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.responses import JSONResponse, Response

import dfai
from sounds import wav
from speech_service import Sent, SpeechScene, SpeechService, says, speech_running, tones, transcribed

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

CALL = (400, 500, 0, 600)


@pytest.fixture(scope="module")
def service() -> Iterator[SpeechService]:
    with speech_running() as found:
        yield found


@pytest.fixture
def scene(service: SpeechService) -> Iterator[SpeechScene]:
    made = service.scene()
    with dfai.using(target=made.target, progress="off", attempts=3, store=None):
        yield made


def test_batch_transcription_gives_the_same_columns_and_leaves_nothing_behind(scene: SpeechScene) -> None:
    url = scene.at("call.wav", wav(tones(*CALL)))
    options: dict[str, Any] = {"api_version": "v3.2", "fetch": "service", "language": ["en", "de"]}
    found = transcribed(url, include=["words", "segments", "nbest"], **options)

    assert found["text"] == [says(*CALL)]
    assert found["language"] == ["en-US"]
    assert found["confidence"] == pytest.approx([0.7])
    assert [word["text"] for word in found["words"][0]] == ["p400", "p500", "p600"]
    assert [one["segment"] for one in found["nbest"][0]] == [0, 0, 1, 1]
    assert found["segments"][0][1]["start_s"] == pytest.approx(2.2, abs=0.03)
    assert scene.jobs == {}
    created = scene.sent[0].definition
    assert created["contentUrls"] == [url]
    assert created["properties"]["languageIdentification"]["candidateLocales"] == ["en-US", "de-DE"]
    assert created["properties"]["displayFormWordLevelTimestampsEnabled"] is True
    methods = [sent.method for sent in scene.sent if "/sounds/" not in sent.path]
    assert methods == ["POST", "GET", "GET", "GET", "GET", "DELETE"]


def test_a_batch_that_fails_says_why_and_is_deleted(scene: SpeechScene) -> None:
    options: dict[str, Any] = {"api_version": "v3.2", "fetch": "service", "language": "en"}
    missing = transcribed(f"{scene.url}/sounds/missing.wav", "a path.wav", **options)
    failed = {"status": "Failed", "properties": {"error": {"code": "InvalidLocale", "message": "no such locale"}}}

    def fault(sent: Sent) -> Response | None:
        if sent.method != "GET" or not sent.path.rpartition("/")[2].isdigit():
            return None
        return JSONResponse({**failed, "self": f"{scene.url}{sent.path}"})

    scene.fault = fault
    refused = transcribed(scene.at("a.wav", wav(tones(400))), **options)

    assert missing["error"] == ["unreadable", "unreadable"]
    assert "cannot be read" in missing["error_message"][0]
    assert refused["error"] == ["unsupported"]
    assert "no such locale" in refused["error_message"][0]
    assert scene.jobs == {}


def test_a_result_at_another_host_is_read_without_the_key(service: SpeechService, scene: SpeechScene) -> None:
    other = service.scene()
    host = other.url.replace("127.0.0.1", "localhost")
    scene.elsewhere = f"{host}/speechtotext/v3.2/transcriptions/1/content"
    url = scene.at("call.wav", wav(tones(*CALL)))
    other.files.update(scene.files)
    other.jobs["1"] = {"contentUrls": [url]}
    options: dict[str, Any] = {"api_version": "v3.2", "fetch": "service", "language": "en"}
    target = dfai.container(scene.url, key="0123456789abcdef")
    private = transcribed(url, target=target, attempts=1, **options)
    allowed = transcribed(url, target=target, private_urls="allow", **options)

    assert private["error"] == ["unavailable"]
    assert "private network" in private["error_message"][0]
    assert allowed["text"] == [says(*CALL)]
    (read,) = other.asked("/Transcription")
    assert "0123456789abcdef" not in str(dict(read.headers))
    assert all("0123456789abcdef" in str(dict(sent.headers)) for sent in scene.asked("/files"))


def test_what_was_answered_is_not_lost_where_it_cannot_be_deleted(scene: SpeechScene) -> None:
    url = scene.at("call.wav", wav(tones(*CALL)))
    scene.fault = lambda sent: (
        Response(status_code=500, headers={"Retry-After": "0"}) if sent.method == "DELETE" else None
    )
    found = transcribed(url, api_version="v3.2", fetch="service", language="en")

    assert found["text"] == [says(*CALL)]
    assert sum(sent.method == "DELETE" for sent in scene.sent) == 3


def test_an_operation_that_an_earlier_run_began_is_fetched_and_deleted(scene: SpeechScene, tmp_path: Path) -> None:
    scene.polls_until_done = 1_000_000
    url = scene.at("call.wav", wav(tones(*CALL)))
    options: dict[str, Any] = {
        "api_version": "v3.2",
        "fetch": "service",
        "language": "en",
        "store": str(tmp_path / "s"),
    }
    late = transcribed(url, operation_deadline_s=0.3, **options)
    scene.polls_until_done = 0
    found = transcribed(url, **options)

    assert late["error"] == ["timeout"]
    assert found["text"] == [says(*CALL)]
    assert sum(sent.method == "POST" for sent in scene.sent) == 1
    assert scene.jobs == {}


def test_an_operation_that_nobody_waits_for_any_more_is_deleted(scene: SpeechScene) -> None:
    scene.polls_until_done = 1_000_000
    good = scene.at("call.wav", wav(tones(*CALL)))
    scene.fault = lambda sent: JSONResponse({}, 400) if "bad" in str(sent.definition) else None
    bad = [f"http://bad.example/{number}.wav" for number in range(100)]
    options: dict[str, Any] = {"api_version": "v3.2", "fetch": "service", "language": "en", "concurrency": 1}
    found = transcribed(good, *bad, max_error_ratio=0.5, **options)

    ends = time.monotonic() + 60
    while scene.jobs and time.monotonic() < ends:  # the answer does not wait for it
        threading.Event().wait(0.01)

    assert found["error"][0] == "stopped"
    assert scene.jobs == {}
    assert [sent.method for sent in scene.sent].count("DELETE") == 1
