"""The mechanical part of a release, ``make dist``: it builds, looks and tries. Tagging and uploading are for people.

See docs/releasing.md.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
# Beside pyproject.toml, which holds it, the version stands in tags of images and in names of wheels.
MENTION = re.compile(
    r"(?<=dfai-engine:)\d[\w.]*\w|(?<=dfai-dask:)\d[\w.]*\w|(?<=dfai-spark:)\d[\w.]*\w|(?<=newTag: )\d[\w.]*\w"
    r"|(?<=\bdfai-)\d[\w.]*\w(?=-py3)"
)
MENTIONING = ("deploy/**/*.yaml", "docs/**/*.md", "README.md", "tests/deploy/*.py")
# What a wheel must not carry, and what an sdist must, to be tested by those who package it.
SOURCES = ("accessor", "backends", "core", "engine", "tests", "benchmarks", "docs", "examples", "deploy")
FILES = ("pyproject.toml", "constraints.txt", "conftest.py", "Makefile", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
FIRST_ANSWER = """
import dfai, pandas as pd
frame = pd.DataFrame({"review": ["Lovely room, friendly staff.", "Never again!", None]}).ai.sentiment("review")
print(frame["sentiment"].tolist())
"""


def version_of(project: str) -> str:
    """The version, of the text of a pyproject.toml.

    >>> version_of('[project]\\nversion = "1.2.3"')
    '1.2.3'
    """
    return str(tomllib.loads(project)["project"]["version"])


def with_version(text: str, version: str) -> str:
    """*text* with *version* wherever it mentions one of ours.

    >>> with_version("image: dfai-engine:0.1.0, numpy-0.1.0, dfai-0.1.0-py3-none-any.whl", "0.2.0")
    'image: dfai-engine:0.2.0, numpy-0.1.0, dfai-0.2.0-py3-none-any.whl'
    """
    return MENTION.sub(version, text)


def mentions() -> Iterator[Path]:
    """The files that may mention the version."""
    for pattern in MENTIONING:
        yield from sorted(ROOT.glob(pattern))


def notes_of(changelog: str, version: str) -> str:
    """What the changelog says of *version*; "" where that has no date yet.

    >>> notes_of("## 1.0.0 (2026-12-01)\\n\\n### Added\\n- All.\\n\\n## 0.9.0 (2026-11-01)\\n", "1.0.0")
    '### Added\\n- All.'
    """
    found = re.search(
        rf"^## {re.escape(version)} \(\d{{4}}-\d\d-\d\d\)\n(.*?)(?=^## |\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    return found[1].strip() if found else ""


def faults_of_sdist(names: list[str]) -> list[str]:
    """What an sdist with these files lacks, or should not have."""
    inner = {name.partition("/")[2] for name in names}
    tops = {name.partition("/")[0] for name in inner}
    return [
        *(f"the sdist lacks {name}" for name in FILES if name not in inner),
        *(f"the sdist lacks {name}/" for name in SOURCES if name not in tops),
        *(f"the sdist carries {name}" for name in sorted(inner) if "__pycache__" in name or name.startswith("out/")),
    ]


def built(folder: Path) -> tuple[Path, Path]:
    """A new wheel and a new sdist in *folder*."""
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], cwd=ROOT, check=True)
    return next(folder.glob("*.whl")), next(folder.glob("*.tar.gz"))


def tried(wheel: Path) -> str:
    """What the wheel says and answers in an environment that holds nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True, symlinks=True)
        python = Path(folder) / "bin" / "python"
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, f"{wheel}[local]"], check=True)
        lines = [[str(python.with_name("dfai")), "--version"], [str(python), "-W", "ignore", "-c", FIRST_ANSWER]]
        told = [subprocess.run(line, cwd=folder, check=True, capture_output=True, text=True).stdout for line in lines]
    return "".join(told).strip()


def main() -> int:
    """The command."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mentions", action="store_true", help="write the version where it is mentioned, and no more")
    options.add_argument("--out", type=Path, default=ROOT / "dist", help="where the wheel and the sdist are written")
    options.add_argument("--untried", action="store_true", help="do not install the wheel, which asks a package index")
    asked = options.parse_args()
    version = version_of((ROOT / "pyproject.toml").read_text("utf-8"))
    stale = [path for path in mentions() if with_version(path.read_text("utf-8"), version) != path.read_text("utf-8")]
    if asked.mentions:
        for path in stale:
            path.write_text(with_version(path.read_text("utf-8"), version), "utf-8")
            print(f"{path.relative_to(ROOT)}: {version}")
        return 0
    faults = [f"{path.relative_to(ROOT)} mentions another version than {version}" for path in stale]
    asked.out.mkdir(exist_ok=True)
    for old in asked.out.glob("dfai-*"):
        old.unlink()
    wheel, sdist = built(asked.out)
    with tarfile.open(sdist) as files:
        faults += faults_of_sdist([member.name for member in files if member.isfile()])
    with zipfile.ZipFile(wheel) as packed:
        tops = {name.partition("/")[0] for name in packed.namelist()}
    faults += [f"the wheel carries {top}" for top in sorted(tops) if not top.startswith("dfai")]
    for fault in faults:
        print(f"wrong: {fault}")
    if faults:
        return 1
    if not asked.untried:
        print(tried(wheel))
    notes = notes_of((ROOT / "CHANGELOG.md").read_text("utf-8"), version)
    if not notes:
        print(f"to do: CHANGELOG.md gives {version} no date, as in: ## {version} (2026-12-31)")
    print(f"built: {wheel.name}, {sdist.name}\nnext:  git tag v{version} && git push origin v{version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
