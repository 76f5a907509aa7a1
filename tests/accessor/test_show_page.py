"""The page about `show`: its samples run as they stand, and show what they say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import dfai
from pages import run_python, samples
from speech_service import speech_running

BOX = {"x_px": 5, "y_px": 5, "width_px": 40, "height_px": 30}
TOLD = {
    "detect_objects": [{"name": "cup", "confidence": 0.98, **BOX, "parents": []}],
    "describe_image": "a cup on a table",
    "detect_faces": [BOX],
    "tag_image": ["cup"],
    "read_text": "NIGHT TRAIN",
    "verify_faces": True,
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with what the page's samples read."""
    dice = np.random.default_rng(7)
    pictures = [f"museum/{number}.jpg" for number in range(5)] + ["posters/one.jpg"]
    for name in (*pictures, *(f"faces/{face}.jpg" for face in ("a1", "a2", "b1"))):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(dice.integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(path)
    sound = Path(__file__).parents[1] / "media" / "synthetic_en.wav"
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "one.wav").write_bytes(sound.read_bytes())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_runs_as_it_stands(folder: Path) -> None:
    at = pd.date_range("2026-03-01", periods=48, freq="h")
    names: dict[str, Any] = {"readings": pd.DataFrame({"at": at, "device": "pump", "rpm": np.sin(np.arange(48.0))})}
    fake = dfai.testing.fake(TOLD)
    with speech_running() as service:
        target = dfai.route({"speech": service.scene().target, "decision": dfai.local()}, default=fake)
        with dfai.using(target=target, progress="off", attempts=1):
            for language, sample in samples("show.md"):
                if language == "python":
                    run_python(sample, "show.md", names)
            paired = names["pairs"].ai.verify_faces("selfie", "passport").ai.show(["selfie", "passport"])

    assert repr(names["shown"]).startswith("4 pictures of 'path' with objects, caption, faces")
    assert (folder / "seen.html").stat().st_size > 10_000
    assert (folder / "seen.png").stat().st_size > 10_000
    assert len(names["lazy"].ai.show("path", top=3)) == 3
    assert len(paired) == 2
