"""What is special on Dask: meta, divisions, tokens, and what its optimizer may do to a verb."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cloudpickle
import dask
import dask.bag
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

import dfai
from dfai_core import services
from dfai_dask.application import here
from dfai_dask.partition import Answer
from service import Scene

TEXTS = ["good", "bad", None, "good Anna 5", "bad Bob", "plain"] * 5
VERBS = sorted(name for name, service in services().items() if service.family == "language")


def build(npartitions: int = 3) -> dd.DataFrame:
    frame = pd.DataFrame({"id": range(30), "t": [t and f"{t} {i}" for i, t in enumerate(TEXTS)]})
    return dd.from_pandas(frame, npartitions=npartitions)


@pytest.mark.parametrize("verb", VERBS)
def test_the_meta_says_what_every_partition_will_be(scene: Scene, verb: str) -> None:
    known = {} if verb == "detect_language" else {"language": "en"}
    answered = getattr(dfai.on(build()), verb)("t", include="all", **known)

    parts = dask.compute(*answered.partitions, scheduler="threads")

    for part in parts:
        pd.testing.assert_series_equal(part.dtypes, answered._meta.dtypes)
    assert sum(map(len, parts)) == 30


def test_building_the_graph_sends_nothing_and_keeps_divisions(scene: Scene) -> None:
    frame = build()

    answered = frame.ai.sentiment("t", language="en")
    answered.optimize().dask  # noqa: B018 the graph is what is built here

    assert answered.divisions == frame.divisions == (0, 10, 20, 29)
    assert answered.npartitions == 3
    assert scene.requests == 0


def test_unknown_divisions_stay_unknown(scene: Scene) -> None:
    frame = build().clear_divisions()

    answered = frame.ai.sentiment("t", language="en")

    assert answered.divisions == (None,) * 4


def test_the_index_is_kept_with_its_name_and_its_repeats(scene: Scene) -> None:
    pandas = pd.DataFrame({"t": ["good", "bad", "good"]}, index=pd.Index([7, 7, 9], name="key"))
    frame = dd.from_pandas(pandas, npartitions=2, sort=False)

    result = frame.ai.sentiment("t", language="en").compute(scheduler="threads")

    pd.testing.assert_index_equal(result.index, pandas.index)
    assert result["sentiment"].tolist() == ["positive", "negative", "positive"]


def test_a_call_has_one_token_wherever_it_is_met(scene: Scene) -> None:
    frame = build()
    one, other = frame.ai.sentiment("t", language="en"), frame.ai.sentiment("t", language="en")

    with dask.config.set({"tokenize.ensure-deterministic": True}):
        tokens = [dask.tokenize.tokenize(f) for f in (one, one, cloudpickle.loads(cloudpickle.dumps(one)), other)]

    assert tokens[0] == tokens[1] == tokens[2]
    assert tokens[0] != tokens[3]


def test_results_computed_together_ask_once(scene: Scene) -> None:
    answered = build().ai.sentiment("t", language="en")

    dask.compute(
        answered["sentiment"].value_counts(),
        answered["id"].sum(),
        answered[answered["sentiment"] == "positive"],
        answered[["sentiment_error"]],
        scheduler="threads",
    )

    assert scene.texts == sorted(set(scene.texts))
    assert len(scene.texts) == 25


def test_head_asks_for_one_partition(scene: Scene) -> None:
    head = build().ai.sentiment("t", language="en").head(3, compute=False).compute(scheduler="threads")

    assert head["sentiment"].tolist()[:2] == ["positive", "negative"]
    assert {int(text.rsplit(" ", 1)[1]) for text in scene.texts} <= set(range(10))


@pytest.mark.parametrize(
    "then",
    [
        lambda f: f[["id", "sentiment"]],
        lambda f: f[f["id"] >= 0][["id", "sentiment"]],
        lambda f: f.drop(columns="t"),
        lambda f: f.rename(columns={"t": "text"}).assign(one=1),
        lambda f: f.repartition(npartitions=2),
        lambda f: f.merge(build(2)[["id"]], on="id"),
        lambda f: f.set_index("id", drop=False, sorted=True),
    ],
    ids=["projection", "filter", "drop", "rename", "repartition", "merge", "set_index"],
)
def test_optimizations_leave_every_answer_with_its_row(
    scene: Scene, then: Callable[[dd.DataFrame], dd.DataFrame]
) -> None:
    expected = {"good": "positive", "bad": "negative", "plain": "neutral"}

    result = then(build().ai.sentiment("t", language="en")).compute(scheduler="threads")

    found = dict(zip(result["id"], result["sentiment"], strict=True))
    assert len(found) == 30
    for row, text in enumerate(TEXTS):
        answer = found[row]
        assert (answer if isinstance(answer, str) else None) == (text and expected[text.split()[0]])


def test_a_shuffled_partition_keeps_answers_with_their_rows(scene: Scene) -> None:
    merged = build().merge(build(2)[["id"]], on="id", how="inner").ai.sentiment("t", language="en")

    result = merged.compute(scheduler="threads").dropna(subset="t")

    assert len(result) == 25
    assert ((result["sentiment"] == "positive") == result["t"].str.startswith("good")).all()


def test_partitions_may_hold_other_dtypes_than_the_meta_says(scene: Scene) -> None:
    parts = [
        pd.DataFrame({"t": pd.Series(["good", None], dtype=object)}),
        pd.DataFrame({"t": pd.Series([np.nan, np.nan])}),
        pd.DataFrame({"t": pd.Series(["bad"], dtype="string[pyarrow]")}),
        pd.DataFrame({"t": pd.Series(["good", "bad"], dtype="category")}),
        pd.DataFrame({"t": pd.Series([1, 2])}),
    ]
    frame = dd.from_delayed([dask.delayed(part) for part in parts], meta={"t": object}, verify_meta=False)

    with dask.config.set({"dataframe.convert-string": False}):
        result = frame.ai.sentiment("t", language="en").compute(scheduler="threads")

    answers = [answer if isinstance(answer, str) else None for answer in result["sentiment"]]
    assert answers == ["positive", None, None, None, "negative", "positive", "negative", None, None]
    assert result["sentiment_error"].tolist()[-2:] == ["unsupported"] * 2
    assert result["sentiment_error"].isna().sum() == 7


@pytest.mark.parametrize("known", [True, False], ids=["known", "unknown"])
def test_categories_of_text_are_texts(scene: Scene, known: bool) -> None:
    frame = build().categorize(columns=["t"]) if known else build().astype({"t": "category"})

    result = frame.ai.sentiment("t", language="en").compute(scheduler="threads")

    assert result["sentiment"].tolist()[:2] == ["positive", "negative"]


def test_a_series_gives_the_headline_lazily(scene: Scene) -> None:
    frame = build()

    headline = frame["t"].ai.sentiment(language="en")
    before = scene.requests
    result = headline.compute(scheduler="threads")

    assert before == 0
    assert isinstance(headline, dd.Series)
    assert headline.divisions == frame.divisions
    assert (result.name, str(result.dtype)) == ("sentiment", str(headline.dtype))
    assert result.tolist()[:2] == ["positive", "negative"]


def test_nested_answers_go_through_parquet(scene: Scene, tmp_path: Path) -> None:
    answered = build().ai.entities("t", language="en")

    with dask.config.set(scheduler="threads"):
        answered.to_parquet(tmp_path)
        back = dd.read_parquet(tmp_path, dtype_backend="pyarrow").compute()

    assert back["entities"].iloc[3][0]["text"] == "Anna"
    assert back["entities"].iloc[0] == []
    assert back["entities_error"].isna().all()


def test_what_is_no_frame_is_declined_with_the_remedy() -> None:
    for thing, words in (
        (build()["t"], r"series\.ai"),
        (dask.bag.from_sequence(["good"]), "to_dataframe"),
    ):
        with pytest.raises(dfai.errors.BackendNotFound, match=words):
            dfai.on(thing)


def test_numbers_are_no_texts_even_in_a_meta_without_rows(scene: Scene) -> None:
    with pytest.raises(dfai.errors.ConfigError, match="column 'id' holds int64"):
        build().ai.sentiment("id")


def test_a_key_stays_out_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AZURE_AI_KEY", "planted-key-0123456789abcdef")

    answered = build().ai.sentiment("t", language="en", target=dfai.azure("westeurope"))

    assert b"planted-key" not in cloudpickle.dumps(answered)
    assert "planted-key" not in repr(answered.expr) + str(dict(answered.dask))


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork:DeprecationWarning")  # that is the point
def test_a_worker_is_another_process_than_the_one_that_built_the_graph_even_if_it_was_forked_from_it() -> None:
    name = here()
    code = "from dfai_dask.application import here; print(here())"
    started = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    child = os.fork()
    if child == 0:
        os._exit(0 if here() not in (name, started) else 1)
    _, status = os.waitpid(child, 0)

    assert started.startswith("dask-")
    assert started != name
    assert os.waitstatus_to_exitcode(status) == 0
    assert here() == name


def test_the_name_of_the_process_goes_with_the_graph_and_is_no_part_of_its_token(scene: Scene) -> None:
    answered = build().ai.sentiment("t", language="en")
    there = cloudpickle.loads(cloudpickle.dumps(answered))
    [step] = [operand for operand in there.expr.operands if isinstance(operand, Answer)]

    assert step.application == here()
    assert replace(step, application="elsewhere").__dask_tokenize__() == step.__dask_tokenize__()
