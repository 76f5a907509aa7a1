"""Manifests are what Kubernetes expects, agree with each other, and keep secrets out of themselves."""

from __future__ import annotations

import kubernetes_validate
import pytest

from deploy.manifests import DEPLOY, Container, Manifest, containers, engines, manifests, pods, project

# The oldest release whose schema has all that is used here, and the newest that is known.
RELEASES = ("1.30", kubernetes_validate.latest_version())
# Of other makers than Kubernetes: there is no schema of these. Of a DaskCluster its pods and its service are looked at.
FOREIGN = {"DaskCluster", "Kustomization"}


def named(found: object) -> str:
    return str(found)


@pytest.mark.parametrize("release", RELEASES)
@pytest.mark.parametrize("manifest", [found for found in manifests() if found.kind not in FOREIGN], ids=named)
def test_every_document_fits_the_schema_of_its_kind(manifest: Manifest, release: str) -> None:
    kubernetes_validate.validate(manifest.body, release, strict=True)


@pytest.mark.parametrize("release", RELEASES)
def test_what_a_dask_cluster_is_made_of_fits_its_schema(release: str) -> None:
    (cluster,) = [found for found in manifests() if found.kind == "DaskCluster"]
    service = cluster.body["spec"]["scheduler"]["service"]
    parts = [("Service", service), *(("Pod", pod) for pod in pods(cluster))]
    for kind, spec in parts:
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "part"}, "spec": spec}
        kubernetes_validate.validate(body, release, strict=True)

    assert len(parts) == 3


def test_a_misspelt_field_would_be_found() -> None:
    (deployment,) = [found for found in manifests() if found.kind == "Deployment"]
    spec = {**deployment.body["spec"], "replica": 2}

    with pytest.raises(kubernetes_validate.ValidationError, match="replica"):
        kubernetes_validate.validate({**deployment.body, "spec": spec}, RELEASES[-1], strict=True)


def test_each_kustomization_lists_the_files_beside_it() -> None:
    found = [manifest for manifest in manifests() if manifest.kind == "Kustomization"]
    for manifest in found:
        others = {path.name for path in manifest.path.parent.glob("*.yaml")} - {manifest.path.name}
        assert set(manifest.body["resources"]) == others

    assert len(found) == 2


@pytest.mark.parametrize("folder", ["engine", "node"])
def test_what_points_at_pods_points_at_these(folder: str) -> None:
    here = {found.kind: found.body for found in manifests() if found.path.parent == DEPLOY / "kubernetes" / folder}
    workload = here.get("Deployment") or here["DaemonSet"]
    labels = workload["spec"]["template"]["metadata"]["labels"]

    assert workload["spec"]["selector"]["matchLabels"] == labels
    assert here["Service"]["spec"]["selector"] == labels
    assert here["Service"]["spec"]["ports"][0]["targetPort"] == "https"
    for kind, field in (("PodDisruptionBudget", "selector"), ("NetworkPolicy", "podSelector")):
        if kind in here:
            assert here[kind]["spec"][field]["matchLabels"] == labels
    if "HorizontalPodAutoscaler" in here:
        assert here["HorizontalPodAutoscaler"]["spec"]["scaleTargetRef"]["name"] == workload["metadata"]["name"]
        assert "replicas" not in workload["spec"]


def test_the_dask_service_finds_the_operators_scheduler() -> None:
    (cluster,) = [found for found in manifests() if found.kind == "DaskCluster"]
    name, service = cluster.body["metadata"]["name"], cluster.body["spec"]["scheduler"]["service"]

    assert service["selector"] == {"dask.org/cluster-name": name, "dask.org/component": "scheduler"}


@pytest.mark.parametrize("container", [found for found in containers() if "image" in found.body], ids=named)
def test_images_are_those_that_the_dockerfiles_make(container: Container) -> None:
    name, _, tag = container.body["image"].partition(":")
    said = "\n".join(path.read_text(encoding="utf-8") for path in DEPLOY.glob("*.Dockerfile"))

    assert tag == project()["version"]
    assert f"--tag {name}:{tag} " in said


@pytest.mark.parametrize("container", engines(), ids=named)
def test_the_engine_has_few_rights_and_bounds(container: Container) -> None:
    own, around = container.body["securityContext"], container.pod.get("securityContext", {})
    mounts = {mount["mountPath"]: mount["name"] for mount in container.body["volumeMounts"]}
    volumes = {volume["name"]: volume for volume in container.pod["volumes"]}

    assert own["allowPrivilegeEscalation"] is False
    assert own["readOnlyRootFilesystem"] is True
    assert own["capabilities"] == {"drop": ["ALL"]}
    assert {**around, **own}["runAsNonRoot"] is True
    assert {**around, **own}["seccompProfile"] == {"type": "RuntimeDefault"}
    assert {"cpu", "memory"} <= container.body["resources"]["requests"].keys()
    assert {"cpu", "memory"} <= container.body["resources"]["limits"].keys()
    assert "sizeLimit" in volumes[mounts["/tmp"]]["emptyDir"]


def test_no_document_holds_a_secret() -> None:
    for container in containers():
        for variable in container.body.get("env", []):
            assert "value" not in variable, f"{container}: {variable['name']}"
            assert variable["valueFrom"].keys() == {"secretKeyRef"}
    assert "Secret" not in {manifest.kind for manifest in manifests()}


def test_a_pod_goes_after_its_clients_have_ended() -> None:
    from dfai_engine.serve import FAREWELL_S

    for engine in engines():
        if "lifecycle" in engine.body:
            first_s = engine.body["lifecycle"]["preStop"]["sleep"]["seconds"]
            assert engine.pod["terminationGracePeriodSeconds"] > first_s + FAREWELL_S
