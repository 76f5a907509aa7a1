"""Models are kept: over a restart, for other processes of the folder, never torn."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dfai_engine.app import create_app
from dfai_engine.decision.correlation import fit
from dfai_engine.decision.models import FOLDER, Models
from dfai_engine.failures import ServiceFailure
from engine.decision.tables import MODELS, csv_of, inline, ready, together, train
from engine.wire import ask

INFO = {"dataSource": "x.csv", "startTime": "2021-01-01", "endTime": "2021-01-02"}


def test_a_model_outlives_its_server(tmp_path: Path) -> None:
    first = create_app(data=tmp_path, workers=1)
    shown = ready(first, train(first, inline(csv_of(together(300)))))
    first.close()
    second = create_app(data=tmp_path, workers=1)
    again = ask(second, "GET", f"{MODELS}/{shown['modelId']}").json()
    second.close()

    assert again == shown


def test_a_model_whose_training_was_cut_off_has_failed(tmp_path: Path) -> None:
    before = Models(tmp_path, most=10)
    record = before.create(INFO)
    before.update(record.id, status="RUNNING")
    after = Models(tmp_path, most=10).get(record.id)

    assert after.status == "FAILED"
    assert after.errors[0]["code"] == "Interrupted"


def test_what_another_process_trained_in_the_folder_is_found(tmp_path: Path) -> None:
    mine, theirs = Models(tmp_path, most=10), Models(tmp_path, most=10)
    fitted, _ = fit(np.random.default_rng(0).normal(0, 1, (50, 2)))
    record = theirs.create(INFO)
    theirs.update(record.id, status="READY", names=("a", "b"), fitted=fitted)

    found, model = mine.ready(record.id)
    assert found.names == ("a", "b")
    assert model.threshold == fitted.threshold


def test_deleted_models_are_gone_from_the_folder(tmp_path: Path) -> None:
    models = Models(tmp_path, most=10)
    record = models.create(INFO)
    assert [path.stem for path in (tmp_path / FOLDER).iterdir()] == [record.id]
    models.delete(record.id)

    assert list((tmp_path / FOLDER).iterdir()) == []
    assert models.update(record.id, status="READY") is None
    with pytest.raises(ServiceFailure):
        models.get(record.id)


def test_files_that_are_no_models_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.json", '{"modelId": "c"}')):
        (tmp_path / FOLDER / name).write_text(text)

    assert Models(tmp_path, most=10).all() == []


def test_no_more_models_are_kept_than_may_be() -> None:
    models = Models(None, most=1)
    kept = models.create(INFO)

    with pytest.raises(ServiceFailure, match="1 models are kept") as refused:
        models.create(INFO)
    assert refused.value.code == "ModelCountExceeded"
    models.delete(kept.id)
    assert models.create(INFO).status == "CREATED"


def test_models_are_listed_the_newest_first_with_their_times() -> None:
    hours = iter(range(10))
    models = Models(None, most=10, now=lambda: datetime(2026, 11, 24, next(hours), tzinfo=UTC))
    first, second = models.create(INFO), models.create(INFO)
    models.update(first.id, status="RUNNING")

    assert [record.id for record in models.all()] == [second.id, first.id]
    assert models.get(first.id).created == "2026-11-24T00:00:00Z"
    assert models.get(first.id).updated == "2026-11-24T02:00:00Z"


def test_an_exported_record_is_the_same_record(tmp_path: Path) -> None:
    from dfai_engine.decision.models import record_of

    fitted, _ = fit(np.random.default_rng(0).normal(0, 1, (50, 2)))
    record = replace(Models(None, most=1).create(INFO), status="READY", names=("a", "b"), fitted=fitted)

    assert record_of(record.exported()).exported() == record.exported()
