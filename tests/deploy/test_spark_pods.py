"""Spark itself makes its executors' pods of our template; no cluster is needed for that."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from deploy.manifests import DEPLOY

TEMPLATE = DEPLOY / "kubernetes" / "spark" / "executor-pod.yaml"


@pytest.fixture(scope="module")
def made() -> dict[str, Any]:
    """The pod, and in it the container that Spark takes for its own."""
    if shutil.which("java") is None:
        pytest.skip("Spark runs on Java, which is not here")
    settings = {
        "spark.master": "k8s://https://127.0.0.1:1",
        "spark.app.name": "job",
        "spark.driver.host": "driver.example",
        "spark.driver.port": "7078",
        "spark.kubernetes.container.image": "dfai-spark:0.1.0",
        "spark.kubernetes.executor.podTemplateFile": str(TEMPLATE),
        "spark.kubernetes.executor.podTemplateContainerName": "spark-kubernetes-executor",
        "spark.kubernetes.executor.secretKeyRef.AZURE_AI_KEY": "azure:key",
    }
    program = str(Path(__file__).with_name("spark_pod.py"))
    command = [sys.executable, program, *(f"{name}={value}" for name, value in settings.items())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_spark_takes_its_container_from_the_template(made: dict[str, Any]) -> None:
    assert made["container"]["name"] == "spark-kubernetes-executor"
    assert made["container"]["image"] == "dfai-spark:0.1.0"
    assert made["container"]["args"] == ["executor"]


def test_the_engine_stays_beside_it_as_a_sidecar(made: dict[str, Any]) -> None:
    (written,) = yaml.safe_load(TEMPLATE.read_text(encoding="utf-8"))["spec"]["initContainers"]
    (kept,) = made["pod"]["spec"]["initContainers"]

    assert kept == written
    assert kept["restartPolicy"] == "Always"
    # Of the others there is none: Spark adds its own container to those that the template has besides.
    assert made["pod"]["spec"].get("containers", []) == []


def test_a_key_reaches_python_workers_by_reference(made: dict[str, Any]) -> None:
    (variable,) = [entry for entry in made["container"]["env"] if entry["name"] == "AZURE_AI_KEY"]

    assert variable["valueFrom"]["secretKeyRef"] == {"name": "azure", "key": "key"}


def test_what_spark_makes_fits_kubernetes(made: dict[str, Any]) -> None:
    pod = made["pod"]
    whole = {**pod, "spec": {**pod["spec"], "containers": [made["container"]]}}
    # Spark's Kubernetes client writes defaults that are null.
    kubernetes_validate.validate(json.loads(json.dumps(whole)), kubernetes_validate.latest_version(), strict=True)

    assert whole["spec"]["restartPolicy"] == "Never"
