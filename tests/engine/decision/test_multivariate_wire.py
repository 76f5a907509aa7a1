"""The routes for several variables: models, batches, the newest moments."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from contracts import check, example
from dfai_engine.app import App, create_app
from engine.decision.tables import (
    BEGIN,
    END,
    MODELS,
    NAMES,
    csv_of,
    inline,
    moments,
    ready,
    together,
    train,
    variables,
    wait,
)
from engine.wire import ask

CONTRACT = "anomaly-detector-v1.1/openapi.json"


def broken_at(row: int, column: int) -> np.ndarray[Any, Any]:
    """New data in which one variable leaves the others once."""
    values = together(100, seed=5)
    values[row, column] += 6 * together(600)[:, column].std()
    return values


@pytest.mark.parametrize("kind", ["path", "file URL", "inline"])
def test_a_model_is_trained_shown_listed_and_deleted(app: App, folder: Path, kind: str) -> None:
    source = {
        "path": "train.csv",
        "file URL": (folder / "train.csv").as_uri(),
        "inline": inline(csv_of(together(600))),
    }[kind]
    begun = train(app, source, displayName="pumps", slidingWindow=20, dataSchema="OneTable")
    shown = ready(app, begun)
    listed, gone = ask(app, "GET", MODELS), ask(app, "DELETE", f"{MODELS}/{shown['modelId']}")

    for body in (begun.json(), shown):
        check(body, CONTRACT, "Multivariate.AnomalyDetectionModel")
    check(listed.json(), CONTRACT, "Multivariate.ModelList")
    assert begun.headers["location"] == f"http://engine.test:5000{MODELS}/{shown['modelId']}"
    assert begun.json()["modelInfo"]["status"] == "CREATED"
    assert shown["modelInfo"]["status"] == "READY"
    assert shown["modelInfo"]["displayName"] == "pumps"
    states = shown["modelInfo"]["diagnosticsInfo"]["variableStates"]
    assert [(state["variable"], state["effectiveCount"], state["filledNARatio"]) for state in states] == [
        (name, 600, 0.0) for name in NAMES
    ]
    assert [model["modelId"] for model in listed.json()["models"]] == [shown["modelId"]]
    assert listed.json()["currentCount"] == 1
    assert (gone.status_code, gone.content) == (204, b"")
    assert ask(app, "GET", f"{MODELS}/{shown['modelId']}").status_code == 404


def test_what_a_request_carried_is_not_told_again(app: App) -> None:
    shown = ready(app, train(app, inline(csv_of(together(600)))))

    assert shown["modelInfo"]["dataSource"] == "data:,"


def test_a_folder_holds_a_file_for_each_variable(app: App, folder: Path) -> None:
    values = together(600)
    (folder / "plant").mkdir()
    for column, name in enumerate(("speed", "torque", "heat")):
        (folder / "plant" / f"{name}.csv").write_text(csv_of(values[:, column : column + 1], ["value"]))
    shown = ready(app, train(app, "plant", dataSchema="MultiTable"))
    body = {"dataSource": "plant", "startTime": BEGIN, "endTime": END}
    begun = ask(app, "POST", f"{MODELS}/{shown['modelId']}:detect-batch", json=body)
    wait(app)
    result = ask(app, "GET", begun.headers["operation-location"]).json()

    states = shown["modelInfo"]["diagnosticsInfo"]["variableStates"]
    assert [state["variable"] for state in states] == ["heat", "speed", "torque"]
    assert result["summary"]["status"] == "READY"
    assert len(result["results"]) == 600


def test_a_batch_names_the_moment_and_the_variable_that_broke(app: App) -> None:
    model = ready(app, train(app, "train.csv"))["modelId"]
    body = {
        "dataSource": inline(csv_of(broken_at(70, 2), first=1_000)),
        "startTime": moments(1, 1_010)[0],
        "endTime": moments(1, 1_089)[0],
        "topContributorCount": 2,
    }
    begun = ask(app, "POST", f"{MODELS}/{model}:detect-batch", json=body)
    wait(app)
    result = ask(app, "GET", begun.headers["operation-location"])

    for answer in (begun, result):
        check(answer.json(), CONTRACT, "Multivariate.MultivariateDetectionResult")
    assert begun.status_code == 202
    assert begun.headers["operation-id"] == begun.json()["resultId"]
    assert begun.json()["summary"]["status"] in ("CREATED", "RUNNING", "READY")
    assert result.json()["summary"]["setupInfo"] == body | {"dataSource": "data:,"}
    results = result.json()["results"]
    assert [each["timestamp"] for each in results] == moments(80, 1_010)
    wrong = [each for each in results if each["value"]["isAnomaly"]]
    assert [each["timestamp"] for each in wrong] == [moments(1, 1_070)[0]]
    first, _ = wrong[0]["value"]["interpretation"]
    assert first["variable"] == "v2"
    assert first["contributionScore"] > 0.5
    assert "v2" not in first["correlationChanges"]["changedVariables"]
    assert wrong[0]["value"]["score"] > 1 > max(each["value"]["score"] for each in results if each not in wrong)


def test_the_newest_moments_are_judged_at_once(app: App) -> None:
    model = ready(app, train(app, "train.csv", slidingWindow=28))["modelId"]
    ask_last = f"{MODELS}/{model}:detect-last"
    values = broken_at(29, 1)[:30]
    answer = ask(app, "POST", ask_last, json={"variables": variables(values), "topContributorCount": 1})
    alone = ask(app, "POST", ask_last, json={"variables": variables(values[29:])})

    check(answer.json(), CONTRACT, "Multivariate.MultivariateLastDetectionResult")
    assert [each["timestamp"] for each in answer.json()["results"]] == moments(2, 28)
    assert [each["value"]["isAnomaly"] for each in answer.json()["results"]] == [False, True]
    assert [each["variable"] for each in answer.json()["results"][1]["value"]["interpretation"]] == ["v1"]
    assert [each["value"]["isAnomaly"] for each in alone.json()["results"]] == [True]


def test_the_contracts_last_request_is_answered_in_its_shape(app: App) -> None:
    read = example("anomaly-detector-v1.1/examples/LastDetectAnomaly.json")
    options = read["parameters"]["options"]
    names = [each["variable"] for each in options["variables"]]
    data = np.random.default_rng(1).random((400, len(names)))
    model = ready(app, train(app, inline(csv_of(data, names)), slidingWindow=28))["modelId"]
    answer = ask(app, "POST", f"{MODELS}/{model}:detect-last", json=options)

    expected = read["responses"]["200"]["body"]
    check(answer.json(), CONTRACT, "Multivariate.MultivariateLastDetectionResult")
    assert [each["timestamp"] for each in answer.json()["results"]] == [
        each["timestamp"] for each in expected["results"]
    ]


def test_the_contracts_training_request_needs_only_a_source_that_is_here(app: App) -> None:
    body = example("anomaly-detector-v1.1/examples/TrainModel.json")["parameters"]["modelInfo"]
    refused = ask(app, "POST", MODELS, json=body)
    values = csv_of(together(600)).replace("2021-01-01", "2019-04-01")
    shown = ready(app, ask(app, "POST", MODELS, json=body | {"dataSource": inline(values)}))

    check(refused.json(), CONTRACT, "Multivariate.ResponseError")
    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidDataSource")
    assert "over the network" in refused.json()["message"]
    assert shown["modelInfo"]["status"] == "READY"
    assert shown["modelInfo"]["alignPolicy"] == body["alignPolicy"]


def test_models_come_in_pages(app: App) -> None:
    made = {train(app, "train.csv").json()["modelId"] for _ in range(3)}
    wait(app)
    first = ask(app, "GET", f"{MODELS}?skip=0&top=2").json()
    second = ask(app, "GET", first["nextLink"]).json()

    assert {model["modelId"] for model in first["models"] + second["models"]} == made
    assert len(first["models"]) == 2
    assert "nextLink" not in second
    assert first["currentCount"] == second["currentCount"] == 3


def test_variables_at_other_moments_are_aligned_as_the_policy_says(app: App) -> None:
    values = together(600)
    values[::3, 0] = np.nan
    outer = ready(app, train(app, inline(csv_of(values))))
    inner = ready(app, train(app, inline(csv_of(values)), alignPolicy={"alignMode": "Inner"}))

    def first_state(model: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = model["modelInfo"]["diagnosticsInfo"]["variableStates"][0]
        return found

    assert first_state(outer)["effectiveCount"] == first_state(inner)["effectiveCount"] == 400
    assert first_state(outer)["filledNARatio"] == pytest.approx(1 / 3)
    assert first_state(inner)["filledNARatio"] == 0
    assert first_state(outer)["firstTimestamp"] == moments(1, 1)[0]


def test_a_model_is_carried_to_another_server(app: App) -> None:
    model = ready(app, train(app, "train.csv", slidingWindow=28))["modelId"]
    carried = ask(app, "GET", f"{MODELS}/{model}:export").content
    other = create_app(workers=1)
    body = {"variables": variables(broken_at(29, 1)[:30])}
    before = ask(other, "POST", f"{MODELS}/{model}:detect-last", json=body)
    taken = ask(other, "PUT", f"{MODELS}/{model}", content=carried)
    again = ask(other, "PUT", f"{MODELS}/{model}", content=carried)
    here, there = (ask(each, "POST", f"{MODELS}/{model}:detect-last", json=body) for each in (app, other))
    other.close()

    assert before.status_code == 404
    assert (taken.status_code, again.status_code) == (201, 201)
    assert here.json() == there.json()
    assert here.json()["results"][1]["value"]["isAnomaly"]


@pytest.mark.parametrize("spoilt", [b"{}", b"[]", b'{"modelId": "x"}'])
def test_what_is_no_exported_model_is_not_taken(app: App, spoilt: bytes) -> None:
    answer = ask(app, "PUT", f"{MODELS}/3f2b6c1e-0000-4000-8000-000000000000", content=spoilt)

    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize("field", ["centre", "scale", "precision", "correlation", "threshold"])
def test_a_model_with_spoilt_arrays_is_not_taken(app: App, field: str) -> None:
    model = ready(app, train(app, "train.csv"))["modelId"]
    carried = ask(app, "GET", f"{MODELS}/{model}:export").json()
    carried["fitted"][field] = -1 if field == "threshold" else carried["fitted"][field][:-1]
    answer = ask(app, "PUT", f"{MODELS}/{model}", json=carried)

    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidModel")
