"""What the Dockerfiles promise, read from them: images are not built here."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
import typer.main

from deploy.dockerfiles import instructions, last_stage
from deploy.manifests import DEPLOY, ROOT, project
from dfai_engine import commands, weights
from engine.server import serving

ENGINE, WORKERS = DEPLOY / "engine.Dockerfile", DEPLOY / "workers.Dockerfile"
BOTH = pytest.mark.parametrize("path", [ENGINE, WORKERS], ids=lambda path: path.name)


def one(path: Path, name: str) -> str:
    """What the only instruction of this name in the last stage says."""
    (found,) = [entry.rest for entry in last_stage(path) if entry.name == name]
    return found


def pinned(package: str) -> str:
    found = re.search(rf"^{package}==(.+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


@BOTH
def test_no_image_runs_as_root(path: Path) -> None:
    users = [entry.rest for entry in instructions(path) if entry.name == "USER"]

    # A number: Kubernetes cannot tell from a name that it is not root's.
    assert users
    assert all(int(user.partition(":")[0]) > 0 for user in users)
    assert last_stage(path)[-1].name in ("ENTRYPOINT", "CMD")


@BOTH
def test_packages_come_pinned_and_from_wherever_pip_is_told(path: Path) -> None:
    installs = [entry.rest for entry in instructions(path) if "pip install" in entry.rest]

    assert installs
    assert all("--constraint constraints.txt" in line for line in installs)
    assert all("--mount=type=secret,id=pip,target=/etc/pip.conf" in line for line in installs)
    assert not re.search(r"https?://|index.url|trusted.host", path.read_text(encoding="utf-8"))


@BOTH
def test_what_is_built_from_reaches_the_builder(path: Path) -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    let_through = {line.removeprefix("!") for line in lines if line.startswith("!")}
    built = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["hatch"]["build"]
    packages = {part.partition("/")[0] for part in built["targets"]["wheel"]["only-include"]}

    assert lines[1] == "*"
    assert packages | {project()["readme"], *project()["license-files"]} <= let_through
    assert {"pyproject.toml", "constraints.txt"} <= let_through
    assert all((ROOT / name).exists() for name in let_through)
    assert "COPY" in {entry.name for entry in instructions(path)}


@BOTH
def test_extras_and_versions_are_ours(path: Path) -> None:
    arguments = dict(
        entry.rest.split("=", 1) for entry in instructions(path) if entry.name == "ARG" and "=" in entry.rest
    )
    python = re.fullmatch(r"python:(3\.\d+)-slim", arguments["PYTHON"])

    assert set(arguments["EXTRAS"].split(",")) <= project()["optional-dependencies"].keys()
    assert python is not None
    assert f"Programming Language :: Python :: {python[1]}" in project()["classifiers"]
    if "SPARK" in arguments:
        assert fnmatch(arguments["SPARK"], f"spark:{pinned('pyspark')}-scala2.13-java*-ubuntu")


def test_the_engine_has_an_extra_for_each_family_of_weights() -> None:
    arguments = dict(
        entry.rest.split("=", 1) for entry in instructions(ENGINE) if entry.name == "ARG" and "=" in entry.rest
    )
    families = arguments["MODELS"].strip('"').split()

    assert weights.chosen(families)
    assert {{"text": "local"}.get(family, family) for family in families} == set(arguments["EXTRAS"].split(","))
    assert not any(model.opt_in for model in weights.chosen(families))


def test_the_engine_starts_with_options_that_it_has() -> None:
    program, command = json.loads(one(ENGINE, "ENTRYPOINT")), json.loads(one(ENGINE, "CMD"))
    options = typer.main.get_command(commands.serve).make_context("serve", command[1:]).params

    assert [*program, command[0]] == ["dfai", "serve"]
    assert options["port"] == int(one(ENGINE, "EXPOSE"))
    assert options["key"].startswith("env:")


def test_the_engines_health_is_asked_where_it_answers() -> None:
    command = json.loads(one(ENGINE, "HEALTHCHECK").partition("CMD ")[2])
    with serving(key="open sesame") as url:
        here = command[-1].replace(one(ENGINE, "EXPOSE"), url.rpartition(":")[2])
        well = subprocess.run([sys.executable, *command[1:-1], here]).returncode
    ended = subprocess.run([sys.executable, *command[1:-1], here], stderr=subprocess.DEVNULL).returncode

    assert here != command[-1]
    assert well == 0
    assert ended != 0
