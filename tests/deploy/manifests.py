"""What lies under ``deploy/``, as documents, pods and containers."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["DEPLOY", "ROOT", "Container", "Manifest", "containers", "engines", "manifests", "pods", "project"]

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One document of a file."""

    path: Path
    body: Mapping[str, Any]

    @property
    def kind(self) -> str:
        return str(self.body["kind"])

    def __str__(self) -> str:
        return f"{self.path.relative_to(DEPLOY)}:{self.kind}"


@dataclass(frozen=True, slots=True)
class Container:
    """One container, with the pod that it is in."""

    manifest: Manifest
    pod: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def options(self) -> list[str]:
        """What follows ``dfai serve``."""
        command, *rest = self.body["args"]
        assert command == "serve"
        return [str(word) for word in rest]

    def port(self, name_or_number: str | int) -> int:
        """The number of a port that may be given by name."""
        if isinstance(name_or_number, int):
            return name_or_number
        (found,) = [port["containerPort"] for port in self.body["ports"] if port["name"] == name_or_number]
        return int(found)

    def __str__(self) -> str:
        return f"{self.manifest}:{self.body['name']}"


def manifests() -> list[Manifest]:
    """Every document, in the order of their files' names."""
    paths = sorted(DEPLOY.rglob("*.yaml"))
    return [Manifest(path, body) for path in paths for body in yaml.safe_load_all(path.read_text(encoding="utf-8"))]


def pods(manifest: Manifest) -> Iterator[Mapping[str, Any]]:
    """The pods' specifications in a document."""
    spec = manifest.body.get("spec", {})
    match manifest.kind:
        case "Pod":
            yield spec
        case "Deployment" | "DaemonSet":
            yield spec["template"]["spec"]
        case "DaskCluster":
            yield from (spec["scheduler"]["spec"], spec["worker"]["spec"])


def containers() -> list[Container]:
    """All containers of all pods."""
    return [
        Container(manifest, pod, body)
        for manifest in manifests()
        for pod in pods(manifest)
        for body in [*pod.get("initContainers", []), *pod["containers"]]
    ]


def engines() -> list[Container]:
    """Those that serve the engine."""
    return [container for container in containers() if str(container.body.get("image", "")).startswith("dfai-engine:")]


def project() -> Mapping[str, Any]:
    """The project's own description."""
    table: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table
