"""Names that the examples in docstrings may use without importing them; and a folder of data that is not the user's."""

from __future__ import annotations

import os
import shutil
import tempfile

import pandas as pd
import pytest

import dfai


def pytest_configure(config: pytest.Config) -> None:
    # What the engine keeps for tomorrow, faces and indexes, a test must neither find nor leave.
    os.environ.pop("DFAI_DATA", None)
    os.environ["XDG_DATA_HOME"] = folder = tempfile.mkdtemp(prefix="dfai-tests-")
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))


@pytest.fixture(autouse=True)
def _doctest_names(doctest_namespace: dict[str, object]) -> None:
    doctest_namespace.update(pd=pd, dfai=dfai)
