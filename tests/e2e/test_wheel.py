"""What a release is made of: a wheel with everything it needs and nothing else, an sdist, one version."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from deploy import release


@pytest.fixture(scope="module")
def files(wheel: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(wheel)


def test_every_package_and_its_data_are_there(files: zipfile.ZipFile) -> None:
    names = set(files.namelist())

    for package in ("dfai", "dfai_core", "dfai_engine", "dfai_pandas", "dfai_polars", "dfai_dask", "dfai_spark"):
        assert f"{package}/__init__.py" in names
        assert f"{package}/py.typed" in names
    assert "dfai_engine/manifest.toml" in names
    assert "dfai_engine/language/languages.json" in names
    page = Path(__file__).parents[2] / "engine/dfai_engine/page/files"
    assert {f"dfai_engine/page/files/{file.name}" for file in page.iterdir()} <= names
    heads = {Path(name).name for name in names if name.startswith("dfai_engine/language/heads/")}
    assert {"use-english.json", "e5-others.json"} <= heads


def test_no_weights_texts_or_tests_are_in_it(files: zipfile.ZipFile) -> None:
    sizes = [entry.file_size for entry in files.infolist()]

    assert max(sizes) < 100_000  # weights and texts are larger than any of our files
    assert sum(sizes) < 4_000_000
    tops = {name.partition("/")[0] for name in files.namelist()}
    assert {top for top in tops if not top.startswith("dfai")} == set()


def test_licences_and_entry_points_travel_along(files: zipfile.ZipFile) -> None:
    names = files.namelist()
    points = files.read(next(name for name in names if name.endswith("entry_points.txt"))).decode()

    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert any(name.endswith("licenses/NOTICE") for name in names)
    for group in ("dfai.backends", "dfai.engines", "dfai.commands", "console_scripts"):
        assert f"[{group}]" in points


def test_the_version_is_written_once_and_mentioned_alike_everywhere() -> None:
    version = release.version_of((release.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = {path: path.read_text(encoding="utf-8") for path in release.mentions()}

    assert [path for path, text in texts.items() if release.with_version(text, version) != text] == []
    assert sum(release.with_version(text, "9.9.9") != text for text in texts.values()) >= 5
    assert f"## {version} (" in (release.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_sdist_holds_what_its_tests_need(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "sdist", "-d", str(tmp_path)]
    subprocess.run(build, cwd=release.ROOT, check=True, capture_output=True, timeout=120)
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as files:
        names = files.getnames()

    assert release.faults_of_sdist(names) == []
    assert release.faults_of_sdist([name for name in names if not name.endswith("conftest.py")])
