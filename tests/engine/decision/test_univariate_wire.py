"""The routes for one series: contracts, versions, limits, and the code of every fault."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from contracts import check, example, load
from dfai_engine.app import App, create_app
from engine.decision.made import MONTHLY, ask_for, points, spiky, waves
from engine.wire import ask

V1_1 = "anomaly-detector-v1.1/openapi.json"
V1_0 = "anomaly-detector-v1.0/AnomalyDetector.json"
DAILY = {"series": points(MONTHLY), "granularity": "daily"}
OPERATIONS = ("entire", "last", "changepoint")


@pytest.fixture(scope="module")
def app() -> App:
    return create_app(workers=1)


@pytest.mark.parametrize(
    ("operation", "file", "name"),
    [
        ("entire", "EntireDetect", "Univariate.UnivariateEntireDetectionResult"),
        ("last", "LastDetect", "Univariate.UnivariateLastDetectionResult"),
        ("changepoint", "ChangePointDetect", "Univariate.UnivariateChangePointDetectionResult"),
    ],
)
def test_the_contracts_examples_are_answered_in_the_contracts_shape(
    app: App, operation: str, file: str, name: str
) -> None:
    read = example(f"anomaly-detector-v1.1/examples/{file}.json")
    answer = ask_for(app, operation, read["parameters"]["options"])

    check(read["responses"]["200"]["body"], V1_1, name)
    check(answer.json(), V1_1, name)
    assert answer.status_code == 200
    assert answer.json().keys() == read["responses"]["200"]["body"].keys()


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        ("entire", "EntireDetectResponse"),
        ("last", "LastDetectResponse"),
        ("changepoint", "ChangePointDetectResponse"),
        ("changePoint", "ChangePointDetectResponse"),
    ],
)
def test_the_older_version_is_answered_in_its_own_shape(app: App, operation: str, name: str) -> None:
    answer = ask_for(app, operation, DAILY, "v1.0")

    check(answer.json(), V1_0, name)
    assert answer.status_code == 200


def test_requests_of_azures_client_are_answered(app: App) -> None:
    calls = [
        call
        for call in load("sdk-requests/requests.json")["requests"]
        if "anomalydetector" in call["call"] and "/timeseries/" in call["path"]
    ]
    answers = [ask(app, call["method"], call["path"], json=call["body"]) for call in calls]

    assert [answer.status_code for answer in answers] == [200, 200]


def test_the_documentations_sample_needs_no_options(app: App) -> None:
    series = [
        {"timestamp": f"{1972 + place // 12}-{place % 12 + 1:02}-01T00:00:00Z", "value": float(value)}
        for place, value in enumerate(MONTHLY)
    ]
    answer = ask_for(app, "entire", {"series": series, "granularity": "monthly"}).json()

    flagged = [point["timestamp"] for point, flag in zip(series, answer["isAnomaly"], strict=True) if flag]
    assert flagged == ["1972-08-01T00:00:00Z", "1973-03-01T00:00:00Z"]
    assert answer["isPositiveAnomaly"] == answer["isAnomaly"]
    assert not any(answer["isNegativeAnomaly"])


@pytest.mark.parametrize("path", ["changePoint", "CHANGEPOINT", "Entire", "last"])
def test_operations_are_found_in_any_case(app: App, path: str) -> None:
    assert ask_for(app, path, DAILY).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/anomalydetector/v1.1/timeseries/entire/detect", 405),
        ("POST", "/anomalydetector/v1.1/timeseries/middle/detect", 404),
        ("POST", "/anomalydetector/v2.0/timeseries/entire/detect", 404),
        ("POST", "/anomalydetector/v1.1/timeseries/entire", 404),
    ],
)
def test_what_is_not_served_is_a_json_error(app: App, method: str, path: str, status: int) -> None:
    answer = ask(app, method, path, json=DAILY)

    assert answer.status_code == status
    assert answer.json()


def changed(**fields: object) -> dict[str, object]:
    return {key: value for key, value in (DAILY | fields).items() if value is not Ellipsis}


def with_point(place: int, **fields: object) -> list[dict[str, Any]]:
    series = points(MONTHLY)
    series[place] = {key: value for key, value in (series[place] | fields).items() if value is not Ellipsis}
    return series


FAULTS: dict[str, tuple[Mapping[str, object], str, str]] = {
    "no series": (changed(series=...), "RequiredSeries", "required"),
    "null series": (changed(series=None), "RequiredSeries", "required"),
    "series of another kind": (changed(series={"a": 1}), "InvalidSeries", "list"),
    "too few points": (changed(series=points(MONTHLY[:11])), "InvalidSeries", "11 points; it must hold 12 to 8,640"),
    "too many points": (changed(series=points([1.0] * 8_641)), "InvalidSeries", "8,641 points"),
    "a point of another kind": (changed(series=[*points(MONTHLY), 5]), "InvalidSeries", "index 15"),
    "a point without a value": (changed(series=with_point(3, value=...)), "InvalidSeries", "index 3"),
    "a null value": (changed(series=with_point(3, value=None)), "InvalidSeries", "index 3 is null"),
    "a text as a value": (changed(series=with_point(3, value="5")), "InvalidSeries", "index 3 is not a number"),
    "a truth as a value": (changed(series=with_point(3, value=True)), "InvalidSeries", "index 3 is not a number"),
    "no timestamp": (changed(series=with_point(3, timestamp=...)), "InvalidSeries", "index 3 is missing"),
    "a timestamp that is none": (changed(series=with_point(3, timestamp="soon")), "InvalidSeries", "index 3"),
    "a thirteenth month": (changed(series=with_point(3, timestamp="2021-13-04T00:00:00Z")), "InvalidSeries", "index 3"),
    "a timestamp as a number": (changed(series=with_point(3, timestamp=1609718400)), "InvalidSeries", "index 3"),
    "a timestamp twice": (
        changed(series=with_point(3, timestamp="2021-01-03T00:00:00Z")),
        "InvalidSeries",
        "index 3 is that of the point before it",
    ),
    "timestamps out of order": (changed(series=points(MONTHLY)[::-1]), "InvalidSeries", "index 1 is earlier"),
    "a timestamp between two steps": (
        changed(series=with_point(3, timestamp="2021-01-04T01:00:00Z")),
        "InvalidSeries",
        "index 3 is invalid in daily granularity with an interval of 1",
    ),
    "a timestamp between two intervals": (changed(customInterval=2), "InvalidSeries", "index 1"),
    "gaps wider than the series": (changed(granularity="secondly"), "InvalidSeries", "most are missing"),
    "an unknown granularity": (changed(granularity="fortnightly"), "InvalidGranularity", "yearly, monthly"),
    "a granularity of another kind": (changed(granularity=5), "InvalidGranularity", "yearly"),
    "a custom interval of 0": (changed(customInterval=0), "InvalidCustomInterval", "positive"),
    "a custom interval as a text": (changed(customInterval="5"), "InvalidCustomInterval", "positive"),
    "a negative period": (changed(period=-1), "InvalidPeriod", "from 0 to 7"),
    "a period longer than half": (changed(period=8), "InvalidPeriod", "from 0 to 7"),
    "a period as a text": (changed(period="7"), "InvalidPeriod", "integer"),
    "a sensitivity of 100": (changed(sensitivity=100), "InvalidModelArgument", "between 0 and 99"),
    "a negative sensitivity": (changed(sensitivity=-1), "InvalidModelArgument", "between 0 and 99"),
    "half a sensitivity": (changed(sensitivity=95.5), "InvalidModelArgument", "integer"),
    "half the points": (changed(maxAnomalyRatio=0.5), "InvalidModelArgument", "less than 0.5"),
    "a negative ratio": (changed(maxAnomalyRatio=-0.1), "InvalidModelArgument", "at least 0"),
    "a ratio as a text": (changed(maxAnomalyRatio="0.1"), "InvalidModelArgument", "number"),
    "an unknown way to fill": (changed(imputeMode="mean"), "InvalidImputeMode", "auto, previous"),
    "a fixed value that is not there": (changed(imputeMode="fixed"), "InvalidImputeFixedValue", "required"),
    "a fixed value as a text": (
        changed(imputeMode="fixed", imputeFixedValue="5"),
        "InvalidImputeFixedValue",
        "number",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
@pytest.mark.parametrize("operation", ["entire", "last"])
def test_each_fault_has_the_services_code_and_says_where(app: App, operation: str, name: str) -> None:
    body, code, said = FAULTS[name]
    answer = ask_for(app, operation, body)

    check(answer.json(), V1_1, "Univariate.AnomalyDetectorError")
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert said in answer.json()["message"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"granularity": ...}, "RequiredGranularity"),
        ({"stableTrendWindow": 0}, "InvalidModelArgument"),
        ({"stableTrendWindow": 8}, "InvalidModelArgument"),
        ({"threshold": 1.1}, "InvalidModelArgument"),
        ({"threshold": "high"}, "InvalidModelArgument"),
        ({"series": ...}, "RequiredSeries"),
    ],
)
def test_change_points_have_faults_of_their_own(app: App, fields: dict[str, object], code: str) -> None:
    answer = ask_for(app, "changepoint", changed(**fields))

    assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b'{"series": NaN}', b"\xff"])
def test_a_body_that_is_no_json_object_is_refused(app: App, body: bytes) -> None:
    answer = ask(app, "POST", "/anomalydetector/v1.1/timeseries/entire/detect", content=body)

    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidJsonFormat")


@pytest.mark.parametrize("operation", OPERATIONS)
def test_errors_are_flat_whoever_finds_them(app: App, operation: str) -> None:
    answer = ask(app, "POST", f"/anomalydetector/v1.1/timeseries/{operation}/detect", content=b" " * 8_000_001)

    assert answer.status_code == 413
    assert set(answer.json()) == {"code", "message"}


def test_without_granularity_timestamps_are_not_looked_at(app: App) -> None:
    answer = ask_for(app, "entire", {"series": [{"value": value} for value in MONTHLY]})
    strange = ask_for(app, "entire", {"series": [{"value": value, "timestamp": "x"} for value in MONTHLY]})

    assert answer.status_code == strange.status_code == 200
    assert answer.json() == strange.json()


def test_the_older_version_fills_no_gaps(app: App) -> None:
    assert ask_for(app, "entire", DAILY | {"imputeMode": "nonsense"}, "v1.0").status_code == 200


def test_the_longest_series_is_answered_and_longer_ones_in_process(app: App) -> None:
    longest = {"series": points(spiky(waves(8_640), 1)[0], timedelta(minutes=5)), "granularity": "minutely"}
    longer = {"series": [{"value": value} for value in spiky(waves(20_000), 1)[0].tolist()]}
    wide = create_app(limits="wide", workers=1)

    assert len(ask_for(app, "entire", longest | {"customInterval": 5}).json()["isAnomaly"]) == 8_640
    assert ask_for(app, "entire", longer).status_code == 400
    assert ask_for(wide, "entire", longer).json()["period"] == 24
    wide.close()


def test_a_fault_of_the_engine_is_flat_too_and_quotes_nothing(
    app: App, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from dfai_engine.decision import entire

    number = "a secret number"

    def broken(*_: object) -> None:
        raise LookupError(number)

    monkeypatch.setattr(entire, "detect", broken)
    answer = ask_for(app, "entire", DAILY)

    assert (answer.status_code, answer.json()["code"]) == (500, "InternalServerError")
    assert "a secret" not in answer.text + caplog.text
