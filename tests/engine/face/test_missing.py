"""A machine without what faces need: everything else is served, and faces say what to install or to fetch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from engine.face.portraits import MEDIA

ASKING = """
import json, sys
for name in sys.argv[2:]:
    sys.modules[name] = None
from dfai_engine.app import create_app
from engine.wire import ask
picture = open(sys.argv[1], "rb").read()
answer = ask(create_app(), "POST", "/face/v1.2/detect", headers={"Content-Type": "image/jpeg"}, content=picture)
print(json.dumps([answer.status_code, answer.json()["error"]]))
"""


def refusal(*absent: str, models: Path | None = None) -> tuple[int, dict[str, Any]]:
    """How an engine refuses that lacks these packages, or has another model folder."""
    environment = {**os.environ, **({} if models is None else {"DFAI_MODELS": str(models)})}
    tests = Path(__file__).resolve().parents[2]
    environment["PYTHONPATH"] = os.pathsep.join([str(tests), environment.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", ASKING, str(MEDIA / "face_a1.jpg"), *absent],
        capture_output=True,
        text=True,
        env=environment,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    status, error = json.loads(done.stdout)
    return status, error


def test_without_the_packages_the_extra_is_named() -> None:
    status, error = refusal("dlib", "PIL")

    assert (status, error["code"]) == (400, "FeatureNotAvailable")
    assert 'pip install "dfai[face]"' in error["message"]


def test_without_the_weights_the_command_is_named(tmp_path: Path) -> None:
    status, error = refusal(models=tmp_path)

    assert (status, error["code"]) == (400, "FeatureNotAvailable")
    assert "dfai models pull face" in error["message"]
