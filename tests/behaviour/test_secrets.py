"""Keys on workers: what only the driver has is missed there, and told; what is sent along serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import dfai
from frames import Frames
from service import Scene

KEY = "planted-0123456789abcdef"
ROWS = {"t": ["good", "bad"]}


def asked(frames: Frames, scene: Scene, key: Any, word: str = "") -> list[Any]:
    target = dfai.container(scene.url, key=key)
    rows = {"t": [f"{text} {word}" for text in ROWS["t"]]}
    answered = frames.build(rows).ai.sentiment("t", language="en", target=target)
    labels: list[Any] = frames.read(answered)["sentiment"]
    return labels


@pytest.fixture
def warm(frames: Frames, scene: Scene) -> Frames:
    """Workers that run already: what the driver's environment gets now, they lack."""
    # Other texts than the test's: those that a store knows are not asked again.
    assert asked(frames, scene, None, "to warm up") == ["positive", "negative"]
    scene.forget()
    return frames


def test_a_variable_that_only_the_driver_has_is_missed_by_name_and_worker(
    warm: Frames, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ONLY_ON_THE_DRIVER", KEY)
    if warm.processes == 1:  # the driver is the worker
        assert asked(warm, scene, dfai.env("ONLY_ON_THE_DRIVER")) == ["positive", "negative"]
        return
    with pytest.raises(Exception, match="env:ONLY_ON_THE_DRIVER is set here but not on worker") as caught:
        asked(warm, scene, dfai.env("ONLY_ON_THE_DRIVER"))

    assert "spark.executorEnv.ONLY_ON_THE_DRIVER" in str(caught.value)
    assert 'dfai.env("ONLY_ON_THE_DRIVER", read="driver")' in str(caught.value)
    assert KEY not in str(caught.value)
    assert scene.requests == 0


def test_a_variable_that_nobody_has_is_missed_everywhere(warm: Frames, scene: Scene) -> None:
    with pytest.raises(Exception, match="env:SET_BY_NOBODY is not set on"):
        asked(warm, scene, dfai.env("SET_BY_NOBODY"))

    assert scene.requests == 0


def test_what_the_driver_reads_serves_every_worker(
    warm: Frames, scene: Scene, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ONLY_ON_THE_DRIVER", KEY)
    sent = dfai.env("ONLY_ON_THE_DRIVER", read="driver")
    monkeypatch.delenv("ONLY_ON_THE_DRIVER")

    assert asked(warm, scene, sent) == ["positive", "negative"]


def test_a_file_that_changes_place_is_read_where_it_is(warm: Frames, scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)

    assert asked(warm, scene, dfai.secret(f"file:{tmp_path}/key")) == ["positive", "negative"]


class Credential:
    def get_token(self, *scopes: str, **more: Any) -> Any:
        raise AssertionError("nothing is asked here")

    def __reduce__(self) -> Any:
        raise AssertionError("it was pickled")


def test_a_credential_s_instance_is_refused_by_lazy_frames_before_it_is_pickled(frames: Frames) -> None:
    if not frames.lazy:
        pytest.skip("an eager frame's requests leave from the driver")
    target = dfai.azure(endpoint="https://me.cognitiveservices.azure.com", credential=Credential())

    with pytest.raises(dfai.errors.ConfigError, match="pickling it would carry its secret"):
        frames.build(ROWS).ai.sentiment("t", language="en", target=target)
