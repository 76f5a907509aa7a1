"""What `sound_frames` measures: minutes of speech, none like another."""

from __future__ import annotations

from pathlib import Path

import pytest

from dfai_core.media.wav import wav_in

pytest.importorskip("py_nanotts", reason="the extra speech is not installed")


def test_every_recording_is_a_minute_and_unlike_the_others(tmp_path: Path) -> None:
    from benchmarks.sound_frames import recordings

    files = [Path(path).read_bytes() for path in recordings(tmp_path, 20)]

    assert {wav_in(data).duration_s for data in files} == {60.0}
    assert len(set(files)) == 20
