"""Azure's own client for transcription, unchanged, against the engine over a socket."""

from __future__ import annotations

import functools
import http.server
import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from benchmarks.spoken import word_errors
from engine.server import serving
from engine.speech.hearing import CLIPS, MEDIA, clip, needs_model

transcription = pytest.importorskip("azure.ai.transcription")
models = pytest.importorskip("azure.ai.transcription.models")
exceptions = pytest.importorskip("azure.core.exceptions")
credentials = pytest.importorskip("azure.core.credentials")

KEY = "open sesame"


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with (
        serving(key=KEY, workers=1) as address,
        transcription.TranscriptionClient(address, credentials.AzureKeyCredential(KEY)) as made,
    ):
        yield made


def content(name: str, **options: Any) -> Any:
    return models.TranscriptionContent(
        definition=models.TranscriptionOptions(**options), audio=(f"{name}.wav", io.BytesIO(clip(name)))
    )


@needs_model
def test_the_newest_client_transcribes(client: Any) -> None:
    found = client.transcribe(content("speaker_a_3", locales=["en-US"], profanity_filter_mode="Masked"))
    (phrase,) = found.phrases

    assert word_errors(CLIPS["speaker_a_3"], found.combined_phrases[0].text) == 0
    assert found.duration_milliseconds == 5_300
    assert phrase.locale == "en-US"
    assert 0.5 < phrase.confidence <= 1
    assert " ".join(word.text for word in phrase.words) == phrase.text
    assert phrase.words[-1].offset_milliseconds + phrase.words[-1].duration_milliseconds <= 5_300


@needs_model
def test_the_newest_client_translates_into_english(client: Any) -> None:
    wanted = models.EnhancedModeProperties(task="translate", target_language="en")
    found = client.transcribe(content("synthetic_de", enhanced_mode=wanted))

    assert "weather" in found.combined_phrases[0].text
    assert found.phrases[0].locale == "en-US"


@needs_model
def test_the_newest_client_names_a_url(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            return

    monkeypatch.setenv("DFAI_FETCH", "private")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(MEDIA))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found = client.transcribe_from_url(f"http://127.0.0.1:{server.server_port}/speaker_a_1.wav")
        server.shutdown()
        thread.join(30)

    assert word_errors(CLIPS["speaker_a_1"], found.combined_phrases[0].text) == 0


def test_the_newest_client_reads_what_is_refused(client: Any) -> None:
    speakers = models.TranscriptionDiarizationOptions(max_speakers=3)
    with pytest.raises(exceptions.HttpResponseError, match="Speakers are not told apart") as caught:
        client.transcribe(content("speaker_a_1", diarization_options=speakers))

    assert caught.value.status_code == 400
