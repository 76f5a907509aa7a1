"""The wheel that users install: everything it needs, nothing it must not carry."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_every_package_and_its_data_are_there(wheel: zipfile.ZipFile) -> None:
    names = set(wheel.namelist())

    for package in ("dfai", "dfai_core", "dfai_engine", "dfai_pandas", "dfai_dask", "dfai_spark"):
        assert f"{package}/__init__.py" in names
        assert f"{package}/py.typed" in names
    assert "dfai_engine/manifest.toml" in names
    assert "dfai_engine/language/languages.json" in names
    heads = {Path(name).name for name in names if name.startswith("dfai_engine/language/heads/")}
    assert {"use-english.json", "e5-others.json"} <= heads


def test_no_weights_texts_or_tests_are_in_it(wheel: zipfile.ZipFile) -> None:
    assert sum(entry.file_size for entry in wheel.infolist()) < 2_000_000
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.startswith("dfai")} == set()


def test_licences_and_entry_points_travel_along(wheel: zipfile.ZipFile) -> None:
    names = wheel.namelist()
    points = wheel.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()

    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    for group in ("dfai.backends", "dfai.engines", "dfai.commands", "console_scripts"):
        assert f"[{group}]" in points
