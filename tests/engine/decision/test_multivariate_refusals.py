"""Every way to ask wrongly about several variables has its own error, at once or as the model's."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from contracts import check
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


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"dataSource": None}, "BadArgument"),
        ({"dataSource": "../train.csv"}, "InvalidDataSource"),
        ({"dataSource": "/etc/passwd"}, "InvalidDataSource"),
        ({"dataSource": "file:///etc/passwd"}, "InvalidDataSource"),
        ({"dataSource": "file://elsewhere/train.csv"}, "InvalidDataSource"),
        ({"dataSource": "https://a.blob.core.windows.net/b/c.csv"}, "InvalidDataSource"),
        ({"dataSource": "http://169.254.169.254/"}, "InvalidDataSource"),
        ({"dataSource": "train.csv\0"}, "InvalidDataSource"),
        ({"startTime": None}, "BadArgument"),
        ({"endTime": "yesterday"}, "InvalidTimestampFormat"),
        ({"startTime": END, "endTime": BEGIN}, "BadArgument"),
        ({"displayName": "x" * 25}, "BadArgument"),
        ({"displayName": 5}, "BadArgument"),
        ({"slidingWindow": 2_881}, "BadArgument"),
        ({"slidingWindow": "300"}, "BadArgument"),
        ({"dataSchema": "TwoTables"}, "BadArgument"),
        ({"alignPolicy": {"alignMode": "Left"}}, "BadArgument"),
        ({"alignPolicy": {"fillNAMethod": "Mean"}}, "BadArgument"),
        ({"alignPolicy": {"fillNAMethod": "Fixed"}}, "BadArgument"),
        ({"alignPolicy": "Outer"}, "BadArgument"),
    ],
)
def test_a_wrong_training_request_is_refused_at_once(app: App, fields: dict[str, Any], code: str) -> None:
    body = {"dataSource": "train.csv", "startTime": BEGIN, "endTime": END} | fields
    answer = ask(app, "POST", MODELS, json=body)

    check(answer.json(), CONTRACT, "Multivariate.ResponseError")
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert ask(app, "GET", MODELS).json()["currentCount"] == 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begin with a line of column names"),
        ("time,v0\n", "begin with a line of column names"),
        ("timestamp,v0,v0\n", "all different"),
        ("timestamp,v0\n2021-01-01T00:00:00Z\n", "line 2 of data.csv has 1 fields, not 2"),
        ("timestamp,v0\nsoon,1\n", "line 2 of data.csv is not a date"),
        ("timestamp,v0\n2021-01-01T00:00:00Z,many\n", "line 2 of data.csv holds a value that is no number"),
        ("timestamp,v0\n2021-01-01T00:00:00Z,1\n2021-01-01T00:00:00Z,2\n", "'v0' has 2021-01-01T00:00:00Z twice"),
        ("timestamp,v0\n2021-01-01T00:00:00Z,1e200\n", "beyond 1e+150"),
        ("timestamp,v0\n2021-01-01T00:00:00Z,\n", "no timestamp"),
        ("timestamp,v0\n2021-01-01T00:00:00Z,1\n", "has 1 timestamps"),
        ('timestamp,v0\n"2021-01-01T00:00:00Z,1\n', "no CSV file"),
    ],
)
def test_data_that_will_not_do_fails_the_model_with_the_reason(app: App, text: str, said: str) -> None:
    shown = ready(app, train(app, inline(text)))

    check(shown, CONTRACT, "Multivariate.AnomalyDetectionModel")
    assert shown["modelInfo"]["status"] == "FAILED"
    assert said in shown["modelInfo"]["errors"][0]["message"]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("data:,%ff%fe", "no CSV file in UTF-8"),
        ("data:text/csv", "after its type comes a comma"),
        ("data:text/csv;base64,@", "not valid base64"),
    ],
)
def test_a_data_url_that_is_none_fails_the_model_with_the_reason(app: App, source: str, said: str) -> None:
    shown = ready(app, train(app, source))

    assert said in shown["modelInfo"]["errors"][0]["message"]


def test_a_percent_encoded_data_url_is_read(app: App) -> None:
    shown = ready(app, train(app, f"data:text/csv,{quote(csv_of(together(100)))}"))

    assert shown["modelInfo"]["status"] == "READY"


def test_data_from_another_time_fails_the_model(app: App) -> None:
    shown = ready(app, train(app, "train.csv", startTime="2031-01-01", endTime="2032-01-01"))

    assert "has 0 timestamps from startTime to endTime" in shown["modelInfo"]["errors"][0]["message"]


def test_a_folder_that_is_a_file_and_the_other_way_round_fail(app: App, folder: Path) -> None:
    shown = [
        ready(app, train(app, "train.csv", dataSchema="MultiTable")),
        ready(app, train(app, ".", dataSchema="OneTable")),
        ready(app, train(app, "absent.csv")),
    ]

    assert ["dataSource is no" in model["modelInfo"]["errors"][0]["message"] for model in shown] == [True] * 3


@pytest.mark.parametrize("broken", [False, True])
def test_other_variables_than_the_models_are_refused(app: App, broken: bool) -> None:
    model = ready(app, train(app, "train.csv"))["modelId"]
    names = NAMES[:-1] if broken else [*NAMES, "v4"]
    values = together(50, variables=5)[:, : len(names)]
    newest = ask(app, "POST", f"{MODELS}/{model}:detect-last", json={"variables": variables(values, names)})
    body = {"dataSource": inline(csv_of(values, names)), "startTime": BEGIN, "endTime": END}
    begun = ask(app, "POST", f"{MODELS}/{model}:detect-batch", json=body)
    wait(app)
    result = ask(app, "GET", begun.headers["operation-location"]).json()

    check(result, CONTRACT, "Multivariate.MultivariateDetectionResult")
    assert (newest.status_code, newest.json()["code"]) == (400, "VariableMismatch")
    assert result["summary"]["status"] == "FAILED"
    assert result["summary"]["errors"][0]["code"] == "VariableMismatch"
    assert ("'v3'" if broken else "'v4'") in newest.json()["message"]


@pytest.mark.parametrize(
    "entries",
    [
        None,
        [],
        [5],
        [{"variable": "v0"}],
        [{"variable": "v0", "timestamps": moments(2), "values": [1.0]}],
        [{"variable": "v0", "timestamps": [], "values": []}],
        [{"variable": "v0", "timestamps": ["soon"], "values": [1.0]}],
        [{"variable": "v0", "timestamps": moments(1), "values": ["1"]}],
        [{"variable": "v0", "timestamps": moments(1), "values": [None]}],
        [{"variable": "v0", "timestamps": moments(1), "values": [1.0]}] * 2,
    ],
)
def test_wrong_variables_are_refused(app: App, entries: Any) -> None:
    model = ready(app, train(app, inline(csv_of(together(600)[:, :1]))))["modelId"]
    answer = ask(app, "POST", f"{MODELS}/{model}:detect-last", json={"variables": entries})

    check(answer.json(), CONTRACT, "Multivariate.ResponseError")
    assert answer.status_code == 400


@pytest.mark.parametrize("identity", ["3f2b6c1e-0000-4000-8000-000000000000", "..%2Ftrain", "x"])
def test_an_unknown_model_or_result_is_404(app: App, identity: str) -> None:
    asked = [
        ("GET", f"{MODELS}/{identity}"),
        ("DELETE", f"{MODELS}/{identity}"),
        ("POST", f"{MODELS}/{identity}:detect-last"),
        ("POST", f"{MODELS}/{identity}:detect-batch"),
        ("GET", f"{MODELS}/{identity}:export"),
        ("GET", f"/anomalydetector/v1.1/multivariate/detect-batch/{identity}"),
    ]

    assert [ask(app, method, path, json={}).status_code for method, path in asked] == [404] * 6


def test_a_model_that_failed_answers_nothing(app: App) -> None:
    model = ready(app, train(app, inline("timestamp,v0\n")))["modelId"]
    answer = ask(app, "POST", f"{MODELS}/{model}:detect-last", json={"variables": variables(together(40))})

    assert (answer.status_code, answer.json()["code"]) == (400, "ModelNotReady")


def test_without_a_data_folder_only_inline_data_is_read() -> None:
    app = create_app(workers=1)
    refused = train(app, "train.csv")
    shown = ready(app, train(app, inline(csv_of(together(600)))))
    app.close()

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidDataSource")
    assert "--data" in refused.json()["message"]
    assert shown["modelInfo"]["status"] == "READY"


@pytest.mark.skipif(not hasattr(Path, "symlink_to"), reason="no links here")
def test_a_link_out_of_the_data_folder_is_not_followed(app: App, folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.csv"
    outside.write_text(csv_of(together(600)))
    (folder / "link.csv").symlink_to(outside)
    (folder / "plant").mkdir()
    (folder / "plant" / "v0.csv").symlink_to(outside)
    refused, shown = train(app, "link.csv"), ready(app, train(app, "plant", dataSchema="MultiTable"))

    assert (refused.status_code, refused.json()["code"]) == (400, "InvalidDataSource")
    assert shown["modelInfo"]["errors"][0]["code"] == "InvalidDataSource"
