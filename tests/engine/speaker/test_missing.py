"""A machine without what voices need: everything else is served, and they say what to install or to fetch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.speaker.clips import MEDIA

ASKING = """
import json, sys
for name in sys.argv[2:]:
    sys.modules[name] = None
from dfai_engine.app import create_app
from engine.speaker.clips import VERIFICATION, post
from engine.wire import ask
app, query = create_app(), "?api-version=2021-09-05"
made = ask(app, "POST", VERIFICATION + "/profiles" + query, json={"locale": "en-US"})
if made.status_code == 201:
    sound = open(sys.argv[1], "rb").read()
    made = post(app, VERIFICATION + "/profiles/" + made.json()["profileId"] + "/enrollments", sound)
print(json.dumps([made.status_code, made.json()["error"]]))
"""


@pytest.mark.parametrize(
    ("absent", "words"), [(["faster_whisper"], 'pip install "dfai[speech]"'), ([], "dfai models pull speech")]
)
def test_what_is_missing_is_named(absent: list[str], words: str, tmp_path: Path) -> None:
    tests = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "DFAI_MODELS": str(tmp_path)}
    environment["PYTHONPATH"] = os.pathsep.join([str(tests), environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(MEDIA / "speaker_a_3.wav"), *absent],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    status, error = json.loads(done.stdout)

    assert (status, error["code"]) == (400, "FeatureNotAvailable")
    assert words in error["message"]
