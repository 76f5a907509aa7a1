"""Spark tasks that are tried again: what the first try counted is there, or is missed, and never counted twice.

In a process of its own: only a session that was made for it tries tasks again, and one process has one session.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from service import Service

SCRIPT = Path(__file__).with_name("spark_retries.py")


def figures(service: Service, spark: str, how: str, by_files: bool) -> dict[str, Any]:
    """What a run says in which partition 0 ends as *how* says when it is tried first, and what the service saw."""
    scene = service.scene()
    done = subprocess.run(
        [sys.executable, str(SCRIPT), spark, how, str(int(by_files)), scene.url],
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found | {"seen": scene.requests}


@pytest.mark.parametrize("spark", ["classic", "connect"])
def test_a_killed_task_is_missed_and_nothing_is_counted_twice(service: Service, spark: str) -> None:
    found = figures(service, spark, "kill", by_files=False)

    assert found["sentiments"] == {"positive": 80}
    assert (found["rows"], found["documents"], found["errors"]) == (80, 80, {})
    assert found["requests"] < found["seen"]
    assert "1 partition running, or gone without a last report; 2 reported" in found["missing"]


def test_a_task_that_failed_and_was_tried_again_is_counted_whole(service: Service) -> None:
    found = figures(service, "classic", "fail", by_files=True)

    assert found["sentiments"] == {"positive": 80}
    assert found["complete"], found["missing"]
    assert found["rows"] == 80
    assert found["requests"] == found["seen"] + 1  # the one that failed before it was sent
