"""A machine without what faces need: everything else is served, and faces say what to install or to fetch."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from dfai_engine import weights
from engine.face.portraits import MEDIA

ASKING = """
import json, sys
for name in sys.argv[2:]:
    sys.modules[name] = None
from dfai_engine.app import create_app
from engine.wire import ask
picture = open(sys.argv[1], "rb").read()
app = create_app()
said = []
for query in ("", "?returnFaceId=false&returnFaceLandmarks=true"):
    sent = {"headers": {"Content-Type": "image/jpeg"}, "content": picture}
    answer = ask(app, "POST", "/face/v1.2/detect" + query, **sent)
    said.append([answer.status_code, answer.json()])
print(json.dumps(said))
"""


def answers(*absent: str, models: Path | None = None) -> list[tuple[int, Any]]:
    """What an engine says that lacks these packages, or has another model folder: asked for ids, and for none."""
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
    said: list[tuple[int, Any]] = json.loads(done.stdout)
    return said


def refusal(*absent: str, models: Path | None = None) -> tuple[int, dict[str, Any]]:
    """How such an engine refuses."""
    (status, said), _ = answers(*absent, models=models)
    return status, said["error"]


def test_without_the_packages_the_extra_is_named() -> None:
    status, error = refusal("dlib", "PIL")

    assert (status, error["code"]) == (400, "FeatureNotAvailable")
    assert 'pip install "dfai[face]"' in error["message"]


def test_without_the_weights_the_command_is_named(tmp_path: Path) -> None:
    status, error = refusal(models=tmp_path)

    assert (status, error["code"]) == (400, "FeatureNotAvailable")
    assert "dfai models pull face" in error["message"]


def test_faces_and_their_points_are_found_without_what_tells_persons_apart(tmp_path: Path) -> None:
    shutil.copytree(weights.folder("face-mesh"), tmp_path / "face-mesh")
    (with_ids, refused), (without, found) = answers(models=tmp_path)

    assert (with_ids, refused["error"]["code"]) == (400, "FeatureNotAvailable")
    assert "the model mobilefacenet is not ready" in refused["error"]["message"]
    assert (without, len(found), len(found[0]["faceLandmarks"])) == (200, 1, 27)
