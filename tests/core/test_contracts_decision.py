"""What the client asks and reads about series, held against the contract of Anomaly Detector v1.1 and its examples."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest

from contracts import CONTRACTS, check, load
from dfai_core.moments import microseconds
from dfai_core.service import Exchange, Failure, Rows, Service, Wiring
from dfai_core.services import services
from dfai_core.services.decision.multivariate import detecting, fitting
from dfai_core.transports.base import Answer

CONTRACT = "anomaly-detector-v1.1/openapi.json"
ENTIRE, LAST, CHANGES = (
    services()[name] for name in ("detect_anomalies", "detect_last_anomaly", "detect_change_points")
)
DEFINITIONS = {
    ENTIRE.name: "Univariate.UnivariateDetectionOptions",
    LAST.name: "Univariate.UnivariateDetectionOptions",
    CHANGES.name: "Univariate.UnivariateChangePointDetectionOptions",
}
EXAMPLES = {ENTIRE.name: "EntireDetect", LAST.name: "LastDetect", CHANGES.name: "ChangePointDetect"}
# Beside each option's default: other values that users give.
VALUES: dict[str, list[Any]] = {
    "granularity": ["auto", "hourly", "none"],
    "custom_interval": [None, 5],
    "period": [None, 0, 24],
    "sensitivity": [0, 99],
    "max_anomaly_ratio": [0.0, 0.49],
    "impute": ["auto", "previous", "linear", "zero", "notFill", -1.5],
    "stability": [1, 60],
}
HOUR = 3_600_000_000
HOURS = np.arange(12, dtype=np.int64) * HOUR

pytestmark = pytest.mark.skipif(not CONTRACTS.is_dir(), reason="the public contracts are not beside the project")
every = pytest.mark.parametrize("service", [ENTIRE, LAST, CHANGES], ids=lambda service: service.name)


def wired(service: Service, **chosen: Any) -> Exchange:
    options = {option.name: option.default for option in service.options} | chosen
    return service.wire(
        Wiring(
            options=options,
            varying=(),
            include=(),
            api_version=service.api_version,
            model_version=None,
            keep_logs=False,
            target_kind="container",
        )
    )


def asked(service: Service, values: Any, times: Any, **chosen: Any) -> Any:
    """The body of the request about one series."""
    options = {option.name: option.default for option in service.options} | chosen
    assert service.gather is not None
    written = service.gather.write(Rows((np.asarray(values, float),), times), options)
    assert not isinstance(written, Failure), written
    return orjson.loads(wired(service, **chosen).write([(len(values), written)]))


def chosen_options(service: Service) -> Iterator[dict[str, Any]]:
    names = [option.name for option in service.options]
    for values in itertools.product(*(VALUES[name] for name in names)):
        yield dict(zip(names, values, strict=True))


@every
def test_every_request_is_one_that_the_contract_knows(service: Service) -> None:
    for chosen in chosen_options(service):
        for times in (HOURS, HOURS + 250_000, None):
            if times is None and chosen["granularity"] == "hourly":
                continue
            body = asked(service, range(12), times, **chosen)

            check(body, CONTRACT, DEFINITIONS[service.name])
            assert [point["value"] for point in body["series"]] == list(range(12))
            assert ("timestamp" in body["series"][0]) == (times is not None)


@every
@pytest.mark.parametrize(
    ("step", "said"),
    [
        (1, ("microsecond", 1)),
        (30_000_000, ("secondly", 30)),
        (300_000_000, ("minutely", 5)),
        (HOUR, ("hourly", 1)),
        (24 * HOUR, ("daily", 1)),
        (14 * 24 * HOUR, ("weekly", 2)),
    ],
)
def test_a_granularity_told_from_the_times_is_one_of_the_contract_s(
    service: Service, step: int, said: tuple[str, int]
) -> None:
    body = asked(service, range(12), np.arange(12, dtype=np.int64) * step)

    check(body, CONTRACT, DEFINITIONS[service.name])
    assert (body["granularity"], body.get("customInterval", 1)) == said


@every
def test_paths_are_the_contract_s(service: Service) -> None:
    path = wired(service).path

    assert path.startswith("/anomalydetector/v1.1/")
    assert path.removeprefix("/anomalydetector/v1.1") in load(CONTRACT)["paths"]
    assert service.api_version == "v1.1"


def documented(service: Service) -> tuple[Any, Any]:
    """The example's request and the answer that is documented for it."""
    example = load(f"anomaly-detector-v1.1/examples/{EXAMPLES[service.name]}.json")
    return example["parameters"]["options"], example["responses"]["200"]["body"]


@every
def test_the_documented_request_is_written_as_documented(service: Service) -> None:
    shown, _ = documented(service)
    times, there, _ = microseconds(_column([point["timestamp"] for point in shown["series"]]))
    names = {"stableTrendWindow": "stability", "maxAnomalyRatio": "max_anomaly_ratio", "imputeMode": "impute"}
    known = {option.name for option in service.options}
    given = {names.get(name, name): value for name, value in shown.items()}
    chosen = {name: value for name, value in given.items() if name in known}
    ours = asked(service, [point["value"] for point in shown["series"]], times, **chosen)

    assert there.all()
    assert ours["series"] == shown["series"]
    for name, value in shown.items():
        if names.get(name, name) in known:
            assert ours[name] == value


def _column(values: list[str]) -> Any:
    import pyarrow as pa

    return pa.array(values)


def read(service: Service, body: Any, **chosen: Any) -> tuple[Any, ...]:
    (values,) = wired(service, **chosen).read(Answer(200, {}, orjson.dumps(body)), 1)
    assert isinstance(values, tuple)
    return values


def test_the_documented_answer_about_a_series_is_read_as_documented() -> None:
    shown, body = documented(ENTIRE)
    values = read(ENTIRE, body, sensitivity=99)
    anomaly, expected, lower, upper, direction, severity, period = values
    points = len(shown["series"])

    assert [len(column) for column in values] == [points] * 7
    assert anomaly == body["isAnomaly"]
    assert expected == body["expectedValues"]
    assert severity == body.get("severity", [None] * points)
    assert set(period) == {body["period"]}
    for place in range(points):
        # With a sensitivity of 99 one margin lies on each side.
        assert upper[place] == pytest.approx(expected[place] + body["upperMargins"][place])
        assert lower[place] == pytest.approx(expected[place] - body["lowerMargins"][place])
        assert (direction[place] == "above") == body["isPositiveAnomaly"][place]
        assert (direction[place] == "below") == body["isNegativeAnomaly"][place]


def test_the_documented_answer_about_the_newest_point_is_read_as_documented() -> None:
    _, body = documented(LAST)
    anomaly, expected, lower, upper, direction, severity, period = read(LAST, body, sensitivity=95)

    assert (anomaly, direction, severity, period) == (False, None, body["severity"], body["period"])
    assert expected == body["expectedValue"]
    assert upper == pytest.approx(expected + 5 * body["upperMargin"])
    assert lower == pytest.approx(expected - 5 * body["lowerMargin"])


def test_the_documented_change_points_are_read_as_documented() -> None:
    _, body = documented(CHANGES)

    assert read(CHANGES, body) == (body["isChangePoint"], body["confidenceScores"])


@every
def test_every_documented_value_fits_our_columns(service: Service) -> None:
    import pyarrow as pa

    _, body = documented(service)
    for values, column in zip(read(service, body), service.columns, strict=True):
        each = values if isinstance(values, list) else [values]
        assert pa.array(each, column.type).to_pylist() == pytest.approx(each)


# ---- several variables: our own paths, in the contract's words ----------------------------------------------------

VARIABLES = ("series_0", "series_1")
FILLS = {"linear": "Linear", "previous": "Previous", "subsequent": "Subsequent", "zero": "Zero", 3.5: "Fixed"}


def rows_of(values: Any, times: Any = HOURS) -> Rows:
    columns = tuple(np.asarray(column, float) for column in values)
    return Rows(columns, times, tuple(~np.isnan(column) for column in columns))


@pytest.mark.parametrize("align", ["outer", "inner"])
@pytest.mark.parametrize("impute", FILLS)
def test_a_fit_s_options_are_those_of_the_contract(align: str, impute: Any) -> None:
    service = fitting(VARIABLES, several=False, keeps_gaps=True)
    options = {"window_points": 3, "align": align, "impute": impute}
    gaps = np.where(np.arange(12) == 4, np.nan, np.arange(12.0))
    assert service.gather is not None
    written = service.gather.write(rows_of([range(12), gaps]), options)
    assert isinstance(written, str)
    body = orjson.loads(wired(service, **options).write([(12, written)]))

    check(body["alignPolicy"], CONTRACT, "Multivariate.AlignPolicy")
    assert body["alignPolicy"]["fillNAMethod"] == FILLS[impute]
    assert body["alignPolicy"].get("paddingValue") == (3.5 if impute == 3.5 else None)
    assert body["variables"] == list(VARIABLES)
    assert body["window"] == 3
    assert body["series"][0]["times"] == HOURS.tolist()
    assert body["series"][0]["values"][1] == [None if hour == 4 else hour for hour in range(12)]


def test_a_model_and_a_series_make_one_request_and_the_documented_results_are_read() -> None:
    shown = load("anomaly-detector-v1.1/examples/GetResult.json")
    results = shown["responses"]["200"]["body"]["results"]
    service = detecting(VARIABLES, keeps_gaps=True)
    assert service.gather is not None
    written = service.gather.write(rows_of([range(12), range(12)]), {"model": "", "top": 7})
    exchange = wired(service, model='{"modelId":"m"}', top=7)
    body = orjson.loads(exchange.write([(12, written)]))
    columns = {
        "isAnomaly": [each["value"]["isAnomaly"] for each in results],
        "severity": [each["value"]["severity"] for each in results],
        "score": [each["value"]["score"] for each in results],
        "interpretation": [each["value"].get("interpretation") or None for each in results],
    }
    (values,) = exchange.read(Answer(200, {}, orjson.dumps(columns)), 1)

    assert body["model"] == {"modelId": "m"}
    assert body["topContributorCount"] == 7
    assert isinstance(values, tuple)
    anomaly, severity, _, variable, contributions = values
    assert (anomaly, severity) == (columns["isAnomaly"], columns["severity"])
    for said, named, read_back in zip(columns["interpretation"], variable, contributions, strict=True):
        assert (said is None) == (named is None) == (read_back is None)
        for each, entry in zip(said or [], read_back or [], strict=True):
            assert entry["variable"] == each["variable"]
            assert entry["contribution"] == each["contributionScore"]
            assert entry["changed"] == each["correlationChanges"]["changedVariables"]
