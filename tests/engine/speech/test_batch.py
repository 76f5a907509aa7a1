"""Batch transcription: made, followed, read, listed and deleted, in both versions, and what may be asked of it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from contracts import check, example
from dfai_engine.app import App, create_app
from dfai_engine.failures import ServiceFailure
from dfai_engine.speech import batch, batch_filter
from engine.speech.hearing import CLIPS, MEDIA, needs_model
from engine.wire import ask

VERSIONS = {
    "v3.2": ("/speechtotext/v3.2/transcriptions", "", "speech-to-text-v3.2"),
    "2024-05-15-preview": (
        "/speechtotext/transcriptions:submit",
        "?api-version=2024-05-15-preview",
        "speech-to-text-2024-05-15-preview",
    ),
}


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    """The address of a server of the tests' clips."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(MEDIA)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(30)
    server.server_close()


def done(app: App, location: str) -> dict[str, Any]:
    """A transcription at its end; its thread is waited for, not the clock."""
    job = app.jobs.get(location.split("/transcriptions/")[1].partition("?")[0])
    assert job.future is not None
    job.future.result(timeout=120)
    found: dict[str, Any] = ask(app, "GET", location).json()
    return found


@needs_model
@pytest.mark.parametrize("version", VERSIONS)
def test_files_are_heard_and_each_failure_is_reported(
    app: App, files: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, query, contract = VERSIONS[version]
    monkeypatch.setenv("DFAI_FETCH", "private")
    body = {
        "contentUrls": [f"{files}/{name}" for name in ("synthetic_de.wav", "absent.wav", "README.md")],
        "locale": "en-US",
        "displayName": "Three files",
        "properties": {
            "timeToLive": "P1D",
            "wordLevelTimestampsEnabled": True,
            "displayFormWordLevelTimestampsEnabled": True,
            "languageIdentification": {"candidateLocales": ["en-US", "de-DE"], "mode": "Single"},
        },
    }
    made = ask(app, "POST", path + query, json=body)
    ended = done(app, made.headers["location"])
    listed = ask(app, "GET", ended["links"]["files"]).json()
    german, report = (ask(app, "GET", file["links"]["contentUrl"]).json() for file in listed["values"])
    best = german["recognizedPhrases"][0]["nBest"][0]

    assert made.status_code == 201
    for shown in (made.json(), ended):
        check(shown, f"{contract}/speechtotext.json", "Transcription")
    check(listed, f"{contract}/speechtotext.json", "PaginatedFiles")
    assert ended["status"] == "Succeeded"
    assert [file["kind"] for file in listed["values"]] == ["Transcription", "TranscriptionReport"]
    assert german["source"] == body["contentUrls"][0]
    assert german["recognizedPhrases"][0]["locale"] == "de-DE"
    assert german["combinedRecognizedPhrases"][0]["lexical"] == CLIPS["synthetic_de"]
    assert " ".join(word["word"] for word in best["words"]) == best["lexical"]
    assert best["displayWords"][0]["displayText"] == "Guten"
    assert (report["successfulTranscriptionsCount"], report["failedTranscriptionsCount"]) == (1, 2)
    assert [one.get("errorKind") for one in report["details"]] == [None, "DownloadFailed", "InvalidData"]


def test_a_transcription_is_listed_renamed_and_deleted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_FETCH", "never")
    app = create_app(key="open sesame", workers=1)
    send = functools.partial(ask, app, headers={"Ocp-Apim-Subscription-Key": "open sesame"})
    path = VERSIONS["v3.2"][0]
    locations = []
    for name in ("one", "two", "three"):
        body = {"contentUrls": ["https://contoso.example/a.wav"], "locale": "fr-FR", "displayName": name}
        locations.append(send("POST", path, json=body).headers["location"])
        job = app.jobs.get(locations[-1].rpartition("/")[2])
        assert job.future is not None
        job.future.result(timeout=60)
    failed = send("GET", f"{path}?filter=status eq 'Failed' and displayName ne 'two'&top=1").json()
    rest = send("GET", failed["@nextLink"]).json()
    renamed = send("PATCH", locations[0], json={"displayName": "first", "customProperties": {"key": "value"}}).json()
    (report,) = send("GET", f"{locations[0]}/files").json()["values"]
    there = ask(app, "GET", report["links"]["contentUrl"])
    forged = ask(app, "GET", report["links"]["contentUrl"].replace("sig=", "sig=0"))
    deleted = [send("DELETE", locations[0]).status_code for _ in range(2)]
    gone = send("GET", locations[0])
    app.close()

    assert [one["displayName"] for one in failed["values"]] == ["three"]
    assert [one["displayName"] for one in rest["values"]] == ["one"]
    assert failed["values"][0]["properties"]["error"]["code"] == "InvalidRecordingsUri"
    assert (renamed["displayName"], renamed["customProperties"]) == ("first", {"key": "value"})
    assert there.json()["failedTranscriptionsCount"] == 1
    assert forged.status_code == 403
    assert deleted == [204, 204]
    assert gone.status_code == 404
    check(gone.json(), "speech-to-text-v3.2/speechtotext.json", "Error")


@pytest.mark.parametrize("name", ["create_uri_transcription", "create_lid_transcription"])
def test_the_documented_requests_are_taken_but_for_custom_models(name: str) -> None:
    body = example(f"speech-to-text-v3.2/examples/{name}.json")["parameters"]["transcription"]
    (body["properties"].get("languageIdentification") or {}).pop("speechModelMapping", None)
    read = batch.read(body, "v3.2", 1_000)

    assert read.urls == tuple(body["contentUrls"])
    assert read.single == ("languageIdentification" in body["properties"])
    assert read.properties.items() >= {k: v for k, v in body["properties"].items() if k != "channels"}.items()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"contentUrls": []}, "contentUrls must name"),
        ({"contentUrls": ["https://x"] * 3}, "At most 2 contentUrls"),
        ({"contentContainerUrl": "https://x"}, "Containers and datasets"),
        ({"locale": ""}, "locale must be a text"),
        ({"locale": "tlh"}, "'tlh' is not supported"),
        ({"displayName": 3}, "displayName must be a text"),
        ({"mood": "sunny"}, "has no mood"),
        ({"model": {"self": "https://x"}}, "Custom models"),
        ({"customProperties": {"k": "v" * 300}}, "at most 10 texts"),
        ({"properties": {"diarizationEnabled": True}}, "Speakers are not told apart"),
        ({"properties": {"destinationContainerUrl": "https://x"}}, "sent nowhere"),
        ({"properties": {"channels": [-1]}}, "numbers, from 0 on"),
        ({"properties": {"punctuationMode": "Loud"}}, "DictatedAndAutomatic"),
        ({"properties": {"timeToLive": "P60D"}}, "at most 31 days"),
        ({"properties": {"wordLevelTimestampsEnabled": 1}}, "true or false"),
        ({"properties": {"languageIdentification": {"candidateLocales": ["en-US"]}}}, "at least two"),
        ({"properties": {"languageIdentification": "en-US"}}, "languageIdentification must be an object"),
    ],
)
def test_what_is_wrong_or_not_done_here_is_said(changes: dict[str, Any], message: str) -> None:
    body = {"contentUrls": ["https://x"], "locale": "en-US", "displayName": "x", **changes}

    with pytest.raises(ServiceFailure, match=message):
        batch.read(body, "v3.2", 2)


@pytest.mark.parametrize(
    "text", ["status", "status eq", "status gt 'x'", "mood eq 'x'", "status eq 'a' 'b'", "(status eq 'a'", "'"]
)
def test_a_filter_that_cannot_be_used_is_refused(text: str) -> None:
    with pytest.raises(ServiceFailure, match="filter cannot be used"):
        batch_filter.condition_of(text, ("status", "createdDateTime"))


def test_filters_compare_times_as_times() -> None:
    late = batch_filter.condition_of("createdDateTime ge 2026-01-01T12:00:00+02:00", ("createdDateTime",))

    assert late({"createdDateTime": "2026-01-01T10:00:00Z"})
    assert not late({"createdDateTime": "2026-01-01T09:59:59Z"})
