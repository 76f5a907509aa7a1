"""Models that travel with a request: fitted from what it holds, used on what it holds, kept nowhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from contracts import check
from dfai_engine.app import App
from dfai_engine.decision.correlation import fit, judge, lagged
from engine.decision.tables import MODELS, NAMES, together, variables
from engine.wire import ask

CONTRACT = "anomaly-detector-v1.1/openapi.json"
MINUTE = 60_000_000


def series(values: Any, first: int = 0) -> dict[str, Any]:
    columns = [[None if np.isnan(value) else value for value in column] for column in values.T.tolist()]
    return {"times": [(first + place) * MINUTE for place in range(len(values))], "values": columns}


def fit_body(*tables: Any, **more: Any) -> dict[str, Any]:
    return {"variables": NAMES, "series": [series(table) for table in tables], **more}


def fitted(app: App, *tables: Any, **more: Any) -> dict[str, Any]:
    answer = ask(app, "POST", f"{MODELS}:fit", json=fit_body(*tables, **more))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def detected(app: App, model: Any, values: Any, **more: Any) -> dict[str, Any]:
    body = {"model": model, "variables": NAMES, "series": series(values), **more}
    answer = ask(app, "POST", f"{MODELS}:detect", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_model_is_fitted_and_used_and_nothing_is_kept(app: App) -> None:
    values = together(100, seed=5)
    values[40, 2] += 6 * together(600)[:, 2].std()
    found = detected(app, fitted(app, together(600)), values, topContributorCount=2)

    assert [at for at, anomaly in enumerate(found["isAnomaly"]) if anomaly] == [40]
    assert found["interpretation"][40][0]["variable"] == "v2"
    assert len(found["interpretation"][40]) == 2
    for entry in found["interpretation"][40]:
        check(entry, CONTRACT, "Multivariate.AnomalyInterpretation")
    assert [said for said in found["interpretation"] if said] == [found["interpretation"][40]]
    assert ask(app, "GET", MODELS).json()["models"] == []


def test_the_same_model_serves_the_protocol_s_own_operations(app: App) -> None:
    model = fitted(app, together(600), window=1)
    check(
        {name: model[name] for name in ("modelId", "createdTime", "lastUpdatedTime", "modelInfo")},
        CONTRACT,
        "Multivariate.AnomalyDetectionModel",
    )
    put = ask(app, "PUT", f"{MODELS}/{model['modelId']}", json=model)
    values = together(50, seed=7)
    newest = ask(app, "POST", f"{MODELS}/{model['modelId']}:detect-last", json={"variables": variables(values)}).json()

    assert put.status_code == 201
    travelled = detected(app, model, values)
    assert [each["value"]["score"] for each in newest["results"]] == pytest.approx(travelled["score"][1:], rel=1e-12)


def test_several_series_make_one_model_and_windows_stay_within_each(app: App) -> None:
    one, other = together(300), together(300, seed=1)
    model = fitted(app, one, other, window=3)
    expected, _ = fit(np.concatenate([lagged(one, 3), lagged(other, 3)]), 3)

    assert model["fitted"] == {**expected.written()}
    assert detected(app, model, one)["score"] == judge(one, expected).score.tolist()


def test_long_series_are_judged_in_parts_that_know_what_came_before(monkeypatch: pytest.MonkeyPatch) -> None:
    values = together(257)
    model, _ = fit(lagged(values, 4), 4)
    whole = judge(values, model)
    monkeypatch.setattr("dfai_engine.decision.correlation.CHUNK", 10)

    assert np.allclose(judge(values, model).score, whole.score, rtol=1e-12)


def test_gaps_are_filled_and_a_missing_time_means_even_spacing(app: App) -> None:
    values = together(60)
    gaps = values.copy()
    gaps[10:13, 1] = np.nan
    model = fitted(app, values, alignPolicy={"alignMode": "Outer", "fillNAMethod": "Previous"})
    filled = values.copy()
    filled[10:13, 1] = values[9, 1]

    assert detected(app, model, gaps)["score"] == detected(app, model, filled)["score"]
    untimed = {"model": model, "variables": NAMES, "series": {"times": None, "values": filled.T.tolist()}}
    answer = ask(app, "POST", f"{MODELS}:detect", json=untimed).json()
    assert answer["score"] == detected(app, model, filled)["score"]


def _without(body: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != name}


GOOD = fit_body(together(20))
FIT_REFUSALS: list[tuple[dict[str, Any], str]] = [
    (_without(GOOD, "variables"), "'variables' field must be a list of names"),
    (GOOD | {"variables": ["v0"] * 4}, "A variable stands twice"),
    (GOOD | {"variables": NAMES[:3]}, "one list of values for each variable"),
    (_without(GOOD, "series"), "'series' field must be a list"),
    (GOOD | {"series": [{"times": None}]}, "must be an object with 'values'"),
    (GOOD | {"series": [series(together(5))]}, "There are 5 moments to fit a model to; there must be 12 to 1,000,000"),
    (GOOD | {"series": [{"times": [1], "values": [["x"]] * 4}]}, "'v0' has values that are no numbers"),
    (GOOD | {"series": [{"times": [1], "values": [[1e300]] * 4}]}, "'v0' has values beyond 1e\\+150"),
    (GOOD | {"series": [{"times": [1, 1], "values": [[1, 2]] * 4}]}, "must rise; they do not after index 0"),
    (GOOD | {"series": [{"times": [1.5], "values": [[1]] * 4}]}, "as many whole 'times' as values"),
    (GOOD | {"series": [{"times": [10**18], "values": [[1]] * 4}]}, "beyond the year 9999"),
    (GOOD | {"series": [{"times": [1], "values": [[1], [None], [1], [1]]}]}, "Variable 'v1' has no values"),
    (GOOD | {"series": [{"times": [1, 2], "values": [[1, None]] * 4}]}, "A moment of the series has no value"),
    (GOOD | {"window": 76}, "'window' field must be an integer between 1 and 75"),
    (GOOD | {"alignPolicy": {"fillNAMethod": "Fixed"}}, "'paddingValue' field is required"),
]


@pytest.mark.parametrize(("body", "message"), FIT_REFUSALS, ids=[message for _, message in FIT_REFUSALS])
def test_what_cannot_be_fitted_is_refused_with_the_reason(app: App, body: dict[str, Any], message: str) -> None:
    answer = ask(app, "POST", f"{MODELS}:fit", json=body)

    assert answer.status_code == 400
    check(answer.json(), CONTRACT, "Multivariate.ErrorResponse")
    with pytest.raises(AssertionError, match=message):
        raise AssertionError(answer.json()["message"])


def test_what_cannot_be_judged_is_refused_with_the_reason(app: App) -> None:
    model = fitted(app, together(100))
    values = together(20)
    for body, message in (
        ({"variables": NAMES, "series": series(values)}, "The 'model' field holds no model: not an object."),
        (
            {"model": model | {"variables": ["v0"]}, "variables": NAMES, "series": series(values)},
            "The 'model' field holds no model: it has other variables than arrays.",
        ),
        (
            {"model": model, "variables": NAMES[:3], "series": series(values[:, :3])},
            "The model and the series differ in the variable 'v3'; the model has 'v0', 'v1', 'v2', 'v3'.",
        ),
        (
            {"model": model, "variables": NAMES, "series": series(together(20_001))},
            "The series has 20,001 moments; there may be 20,000 in a request.",
        ),
    ):
        answer = ask(app, "POST", f"{MODELS}:detect", json=body)

        assert answer.status_code == (413 if "20,001" in message else 400)
        assert answer.json()["message"] == message
