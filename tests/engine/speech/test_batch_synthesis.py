"""Batch synthesis 2024-04-01, against its contract."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from contracts import check, example
from dfai_engine.app import App, create_app
from engine.speech.spoken import ssml
from engine.wire import ask

pytest.importorskip("av", reason="the extra speech is not installed")
pytest.importorskip("py_nanotts", reason="the extra speech is not installed")

CONTRACT = "batch-text-to-speech-2024-04-01/batchsynthesis.json"
JOBS = "/texttospeech/batchsyntheses"
VERSION = "api-version=2024-04-01"


@pytest.fixture
def app() -> Iterator[App]:
    made = create_app(workers=1)
    yield made
    made.close()


def put(app: App, name: str, definition: Any, **headers: str) -> Any:
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return ask(app, "PUT", f"{JOBS}/{name}?{VERSION}", json=definition, headers=named)


def finished(app: App, name: str) -> dict[str, Any]:
    """The job once it has ended; its thread is waited for, not the clock."""
    for job in list(app.jobs._jobs.values()):
        assert job.future is not None
        job.future.result(timeout=60)
    answer = ask(app, "GET", f"{JOBS}/{name}?{VERSION}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    check(found, CONTRACT, "BatchSynthesis")
    return found


def plain_text(*texts: str, **properties: Any) -> dict[str, Any]:
    return {
        "inputKind": "PlainText",
        "synthesisConfig": {"voice": "en-US-JennyNeural"},
        "inputs": [{"content": text} for text in texts],
        "properties": properties,
    }


def test_the_documented_job_goes_as_documented(app: App) -> None:
    parameters = example("batch-text-to-speech-2024-04-01/examples/create_batch_synthesis.json")["parameters"]
    operation = parameters["Operation-Id"]
    created = put(app, parameters["id"], parameters["definition"], Operation_Id=operation)
    again = put(app, parameters["id"], parameters["definition"])
    done = finished(app, parameters["id"])
    state = ask(app, "GET", created.headers["operation-location"])

    assert (created.status_code, again.status_code) == (201, 201)
    check(created.json(), CONTRACT, "BatchSynthesis")
    assert created.headers["operation-id"] == operation
    check(state.json(), CONTRACT, "Operation")
    assert state.json() == {"id": operation, "status": "Succeeded"}
    assert done["status"] == "Succeeded"
    assert done["properties"]["billingDetails"] == {"neuralCharacters": len("The rainbow has seven colors.")}
    archive = zipfile.ZipFile(io.BytesIO(ask(app, "GET", done["outputs"]["result"]).content))
    assert archive.namelist() == ["0001.wav", "summary.json"]
    assert len(archive.read("0001.wav")) == done["properties"]["sizeInBytes"]
    summary = orjson.loads(archive.read("summary.json"))
    assert summary["results"][0]["audioFileName"] == "0001.wav"
    assert summary["results"][0]["contents"] == ["The rainbow has seven colors."]


def test_an_input_that_cannot_be_spoken_costs_itself_alone(app: App) -> None:
    put(app, "mixed", plain_text("One.", "你好", "Two.\r\nThree.", outputFormat="ogg-24khz-16bit-mono-opus"))
    done = finished(app, "mixed")
    archive = zipfile.ZipFile(io.BytesIO(ask(app, "GET", done["outputs"]["result"]).content))
    results = orjson.loads(archive.read("summary.json"))["results"]

    assert [one["status"] for one in results] == ["Succeeded", "Failed", "Succeeded"]
    assert "nothing in the text" in results[1]["error"]
    assert archive.namelist() == ["0001.ogg", "0003.ogg", "summary.json"]
    assert (done["properties"]["succeededAudioCount"], done["properties"]["failedAudioCount"]) == (2, 1)


def test_all_inputs_may_become_one_sound(app: App) -> None:
    definition = {
        "inputKind": "SSML",
        "inputs": [{"content": ssml("One.")}, {"content": ssml("Due.", "it-IT-ElsaNeural")}],
        "properties": {"concatenateResult": True},
    }
    put(app, "together", definition)
    done = finished(app, "together")

    assert done["properties"]["succeededAudioCount"] == 1
    assert done["properties"]["durationInMilliseconds"] > 1_000


def test_a_job_of_which_nothing_can_be_spoken_has_failed(app: App) -> None:
    put(app, "failing", {"inputKind": "SSML", "inputs": [{"content": "<speak>"}]})
    done = finished(app, "failing")

    assert done["status"] == "Failed"
    assert "not well-formed" in done["properties"]["error"]["message"]
    assert ask(app, "GET", f"{JOBS}/failing/results.zip").status_code == 404


def test_jobs_are_listed_and_deleted(app: App) -> None:
    for number in range(3):
        put(app, f"job-{number}", plain_text("One."))
    done = finished(app, "job-0")
    first = ask(app, "GET", f"{JOBS}?{VERSION}&maxpagesize=2").json()
    second = ask(app, "GET", first["nextLink"]).json()
    deleted = [ask(app, "DELETE", f"{JOBS}/job-0?{VERSION}").status_code for _ in range(2)]

    check(first, CONTRACT, "PaginatedBatchSynthesis")
    assert [job["id"] for job in first["value"] + second["value"]] == ["job-2", "job-1", "job-0"]
    assert "nextLink" not in second
    assert deleted == [204, 204]
    assert ask(app, "GET", f"{JOBS}/job-0?{VERSION}").status_code == 404
    assert ask(app, "GET", done["outputs"]["result"]).status_code == 404


def test_a_job_is_kept_as_long_as_it_was_asked_to_be(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    put(app, "short", plain_text("One.", timeToLiveInHours=1))
    put(app, "long", plain_text("One."))
    result = finished(app, "short")["outputs"]["result"]
    monkeypatch.setattr(app.jobs, "_clock", lambda: time.time() + 30 * 86_400)

    assert ask(app, "GET", f"{JOBS}/short?{VERSION}").status_code == 404
    assert ask(app, "GET", result).status_code == 404
    assert ask(app, "GET", f"{JOBS}/long?{VERSION}").json()["status"] == "Succeeded"


def test_a_job_that_is_deleted_while_it_runs_leaves_its_name_free(app: App) -> None:
    put(app, "again", plain_text(*["One and two."] * 20))
    ask(app, "DELETE", f"{JOBS}/again?{VERSION}")
    put(app, "again", plain_text("Three."))
    done = finished(app, "again")
    archive = zipfile.ZipFile(io.BytesIO(ask(app, "GET", done["outputs"]["result"]).content))

    assert archive.namelist() == ["0001.wav", "summary.json"]


@pytest.mark.parametrize(
    ("definition", "said"),
    [
        ({}, "inputKind"),
        ({"inputKind": "PlainText", "inputs": [{"content": "a"}]}, "No voice here"),
        (plain_text(), "inputs must be a list"),
        ({**plain_text("a"), "inputs": [{"text": "a"}]}, "its text as content"),
        (plain_text("a", outputFormat="amr-wb-16000hz"), "not written here"),
        (plain_text("a", wordBoundaryEnabled=True), "word boundaries are not known"),
        (plain_text("a", destinationContainerUrl="https://example.com"), "kept by this server alone"),
        (plain_text("a", timeToLiveInHours=745), "timeToLiveInHours"),
        ({**plain_text("a"), "customVoices": {"mine": "7"}}, "no custom voices"),
    ],
)
def test_what_is_not_done_is_refused_at_once(app: App, definition: Any, said: str) -> None:
    answer = put(app, "refused", definition)

    assert answer.status_code == 400
    check(answer.json(), CONTRACT, "ErrorResponse")
    assert said in answer.json()["error"]["message"]


def test_names_are_checked_and_taken_once(app: App) -> None:
    put(app, "taken", plain_text("One."), Operation_Id="operation-1")

    assert put(app, "taken", plain_text("Two.")).status_code == 400
    assert put(app, "other", plain_text("Two."), Operation_Id="operation-1").status_code == 400
    assert put(app, "-bad", plain_text("Two.")).status_code == 400
    assert ask(app, "PUT", f"{JOBS}/unversioned", json=plain_text("One.")).status_code == 400
