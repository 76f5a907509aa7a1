"""Each operation on transcriptions that the contracts have is answered here."""

from __future__ import annotations

import pytest

from contracts import load
from dfai_engine.app import App
from engine.wire import ask

SPECIFIED = {"speech-to-text-v3.2": "/speechtotext/v3.2", "speech-to-text-2024-05-15-preview": "/speechtotext"}
SOMETHING = "3fa85f64-5717-4562-b3fc-2c963f66afa6"


@pytest.mark.parametrize("contract", SPECIFIED)
def test_every_operation_on_transcriptions_has_a_route(app: App, contract: str) -> None:
    lost, met = {}, 0
    for path, methods in load(f"{contract}/speechtotext.json")["paths"].items():
        if not path.startswith("/transcriptions"):
            continue
        filled = path.replace("{id}", SOMETHING).replace("{fileId}", SOMETHING)
        for method in methods:
            url = f"{SPECIFIED[contract]}{filled}?api-version=2024-05-15-preview"
            answer = ask(app, method.upper(), url, json={})
            met += 1
            if "Resource not found" in answer.text or answer.status_code in (405, 500):
                lost[f"{method} {path}"] = answer.status_code

    assert lost == {}
    assert met >= 8
