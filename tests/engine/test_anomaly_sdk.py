"""Azure's own client for the Anomaly Detector, unchanged, against the engine over a socket."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.decision.made import MONTHLY, spiky, waves
from engine.decision.tables import csv_of, inline, together
from engine.server import serving

sdk = pytest.importorskip("azure.ai.anomalydetector")
aio = pytest.importorskip("azure.ai.anomalydetector.aio")
models = pytest.importorskip("azure.ai.anomalydetector.models")
exceptions = pytest.importorskip("azure.core.exceptions")
credentials = pytest.importorskip("azure.core.credentials")

KEY = "open sesame"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("data")
    (made / "plant.csv").write_text(csv_of(together(600)))
    return made


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    with serving(key=KEY, data=folder) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[Any]:
    with sdk.AnomalyDetectorClient(url, credentials.AzureKeyCredential(KEY)) as made:
        yield made


def series(values: Any, step: timedelta = DAY) -> list[Any]:
    begin = datetime(2021, 1, 1, tzinfo=UTC)
    return [models.TimeSeriesPoint(timestamp=begin + step * at, value=float(value)) for at, value in enumerate(values)]


def options(values: Any, **more: Any) -> Any:
    return models.UnivariateDetectionOptions(series=series(values), granularity=models.TimeGranularity.DAILY, **more)


def test_a_whole_series(client: Any) -> None:
    found = client.detect_univariate_entire_series(options(MONTHLY, sensitivity=95, max_anomaly_ratio=0.25))

    assert [place for place, flag in enumerate(found.is_anomaly) if flag] == [7, 14]
    assert found.is_positive_anomaly == found.is_anomaly
    assert len(found.expected_values) == len(found.upper_margins) == len(found.lower_margins) == 15
    assert [severity > 0 for severity in found.severity] == found.is_anomaly


def test_gaps_filled_and_the_older_version(url: str) -> None:
    points = series(spiky(waves(60, 7), 1)[0])
    del points[20:23]
    for version in ("v1.0", "v1.1"):
        with sdk.AnomalyDetectorClient(url, credentials.AzureKeyCredential(KEY), api_version=version) as client:
            asked = models.UnivariateDetectionOptions(
                series=points, granularity=models.TimeGranularity.DAILY, impute_mode=models.ImputeMode.LINEAR
            )
            found = client.detect_univariate_entire_series(asked)

            assert found.period == 7
            assert len(found.is_anomaly) == 57


def test_the_newest_point(client: Any) -> None:
    found = client.detect_univariate_last_point(options([*MONTHLY[:-1], 90_000], sensitivity=90))

    assert (found.is_anomaly, found.is_positive_anomaly, found.is_negative_anomaly) == (True, True, False)
    assert found.suggested_window == 29
    assert found.expected_value + 10 * found.upper_margin < 90_000


def test_change_points(client: Any) -> None:
    values = 100 + np.random.default_rng(0).normal(0, 1, 200)
    values[120:] += 8
    asked = models.UnivariateChangePointDetectionOptions(
        series=series(values), granularity=models.TimeGranularity.DAILY, stable_trend_window=10, threshold=0.9
    )
    found = client.detect_univariate_change_point(asked)

    assert [place for place, flag in enumerate(found.is_change_point) if flag] == [120]
    assert len(found.confidence_scores) == 200


def test_a_fault_is_an_error_with_the_services_code(client: Any) -> None:
    with pytest.raises(exceptions.HttpResponseError) as refused:
        client.detect_univariate_entire_series(options(MONTHLY[:5]))

    assert refused.value.status_code == 400
    assert refused.value.response.headers["x-ms-error-code"] == "InvalidSeries"
    assert "must hold 12 to 8,640" in str(refused.value)


def test_a_wrong_key_is_an_authentication_error(url: str) -> None:
    with (
        sdk.AnomalyDetectorClient(url, credentials.AzureKeyCredential("wrong")) as client,
        pytest.raises(exceptions.ClientAuthenticationError),
    ):
        client.detect_univariate_entire_series(options(MONTHLY))


def patiently(ask: Any, done: Any) -> Any:
    """What *ask* gives once it is *done*; the server is another thread, so there is nothing else to wait for."""
    deadline = time.monotonic() + 60
    while not done(found := ask()):
        assert time.monotonic() < deadline, found
    return found


def at(minutes: int) -> datetime:
    return datetime(2021, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)


def trained(client: Any, source: str) -> Any:
    info = models.ModelInfo(
        data_source=source,
        data_schema=models.DataSchema.ONE_TABLE,
        start_time=at(0),
        end_time=at(599),
        sliding_window=28,
        display_name="plant",
        align_policy=models.AlignPolicy(
            align_mode=models.AlignMode.OUTER, fill_n_a_method=models.FillNAMethod.LINEAR, padding_value=0
        ),
    )
    model = client.train_multivariate_model(info)
    return patiently(
        lambda: client.get_multivariate_model(model.model_id),
        lambda found: found.model_info.status in (models.ModelStatus.READY, models.ModelStatus.FAILED),
    )


def test_a_model_of_several_variables_from_training_to_deletion(client: Any) -> None:
    model = trained(client, "plant.csv")
    assert model.model_info.status == models.ModelStatus.READY, model.model_info.errors

    fresh = together(60, seed=5)
    fresh[50, 2] += 6 * fresh[:, 2].std()
    batch = client.detect_multivariate_batch_anomaly(
        model.model_id,
        models.MultivariateBatchDetectionOptions(
            data_source=inline(csv_of(fresh)), start_time=at(28), end_time=at(59), top_contributor_count=2
        ),
    )
    result = patiently(
        lambda: client.get_multivariate_batch_detection_result(batch.result_id),
        lambda found: found.summary.status in ("READY", "FAILED"),
    )
    wrong = [each for each in result.results if each.value.is_anomaly]

    assert [each.timestamp for each in wrong] == [at(50)]
    assert wrong[0].value.interpretation[0].variable == "v2"
    assert len(result.results) == 32
    assert len(result.summary.variable_states) == 4

    newest = client.detect_multivariate_last_anomaly(
        model.model_id,
        models.MultivariateLastDetectionOptions(
            variables=[
                models.VariableValues(
                    variable=f"v{column}",
                    timestamps=[at(minute).strftime("%Y-%m-%dT%H:%M:%SZ") for minute in range(23, 51)],
                    values=fresh[23:51, column].tolist(),
                )
                for column in range(4)
            ]
        ),
    )

    assert [each.value.is_anomaly for each in newest.results] == [True]
    assert model.model_id in [each.model_id for each in client.list_multivariate_models()]

    client.delete_multivariate_model(model.model_id)
    with pytest.raises(exceptions.ResourceNotFoundError):
        client.get_multivariate_model(model.model_id)


def test_models_are_listed_over_pages(client: Any) -> None:
    made = {trained(client, inline(csv_of(together(100)))).model_id for _ in range(3)}
    listed = [each.model_id for each in client.list_multivariate_models(skip=0, top=2)]
    for identity in made:
        client.delete_multivariate_model(identity)

    assert made <= set(listed)


def test_the_asynchronous_client(url: str) -> None:
    async def use() -> tuple[Any, Any]:
        async with aio.AnomalyDetectorClient(url, credentials.AzureKeyCredential(KEY)) as client:
            whole = await client.detect_univariate_entire_series(options(MONTHLY))
            newest = await client.detect_univariate_last_point(options(MONTHLY))
            return whole, newest

    whole, newest = asyncio.run(use())

    assert sum(whole.is_anomaly) == 2
    assert newest.is_anomaly
