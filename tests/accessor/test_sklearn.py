"""A verb as a step of scikit-learn's pipelines: params, shapes, names, pickles, and a classifier behind it."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import estimator_checks_generator

import dfai
from dfai.errors import ColumnNotFound, ConfigError, RowsFailed
from dfai.sklearn import AITransformer
from dfai_core import services
from lookalike import Lookalike
from pages import run_python, samples

KEY = "hush-4f1d9c"
TEXTS = ["good room", "awful bed", "a lovely stay", "bad food", "great view", "bad, awful"]
STARS = [5, 1, 5, 1, 5, 1]
NUMBERS = ["sentiment_positive", "sentiment_neutral", "sentiment_negative"]

pytestmark = pytest.mark.usefixtures("service")


@pytest.fixture
def reviews() -> pd.DataFrame:
    frame = pd.DataFrame({"review": TEXTS, "title": ["good"] * 6, "lang": ["fr", "de"] * 3, "nights": range(6)})
    return frame.set_index(pd.Index(list("abcdef")))


# ---- frames and arrays ---------------------------------------------------------------------------------------


def test_a_frame_gives_a_frame_with_the_columns_of_the_answer(reviews: pd.DataFrame) -> None:
    found = AITransformer("sentiment", column="review").fit_transform(reviews)

    pd.testing.assert_frame_equal(found, reviews.ai.sentiment("review").drop(columns=reviews.columns))


def test_chosen_fields_come_out_in_the_order_in_which_they_were_named(reviews: pd.DataFrame) -> None:
    step = AITransformer("sentiment", column="review", output="mood", fields=("negative", "sentiment"))
    found = step.fit_transform(reviews)

    assert list(found.columns) == list(step.get_feature_names_out()) == ["mood_negative", "mood"]
    assert found["mood"].tolist()[:2] == ["positive", "negative"]


@pytest.mark.parametrize("shape", [TEXTS, tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object)[:, None]])
def test_an_array_or_a_list_gives_an_array(shape: Any) -> None:
    numbers = AITransformer("sentiment", fields="numeric").fit_transform(shape)
    labels = AITransformer("sentiment", fields="sentiment").fit_transform(shape)

    assert numbers.dtype == np.float64
    assert numbers[:2].tolist() == [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
    assert labels[:, 0].tolist() == ["positive", "negative"] * 3


def test_a_series_gives_a_frame_with_its_index(reviews: pd.DataFrame) -> None:
    found = AITransformer("sentiment", fields="numeric").fit_transform(reviews["review"])

    assert list(found.columns) == NUMBERS
    assert list(found.index) == list(reviews.index)


def test_every_column_is_answered_where_none_is_named() -> None:
    step = AITransformer("sentiment", fields=["positive"]).fit(np.array([["good", "bad"], ["bad", "good"]]))
    found = step.transform(np.array([["good", "bad"]]))

    assert found.tolist() == [[1.0, 0.0]]
    assert step.get_feature_names_out().tolist() == ["x0_sentiment_positive", "x1_sentiment_positive"]


def test_columns_that_options_are_taken_from_are_not_answered(reviews: pd.DataFrame, service: Lookalike) -> None:
    step = AITransformer("sentiment", language=dfai.col("lang"), fields="numeric")
    found = step.fit_transform(reviews[["review", "lang"]])

    assert list(found.columns) == NUMBERS
    assert sorted(filter(None, service.languages)) == ["de"] * 3 + ["fr"] * 3


def test_named_columns_are_each_answered(reviews: pd.DataFrame) -> None:
    step = AITransformer("sentiment", columns=["title", "review"], fields=["positive"])

    assert list(step.fit_transform(reviews).columns) == ["title_sentiment_positive", "review_sentiment_positive"]
    assert step.get_feature_names_out().tolist() == ["title_sentiment_positive", "review_sentiment_positive"]


def test_nulls_and_failed_rows_are_missing_numbers() -> None:
    with pytest.warns(RowsFailed, match="1 of 3 rows"):
        found = AITransformer("sentiment", fields=["positive"]).fit_transform(["good", None, "refuse me"])

    assert found[0] == [1.0]
    assert np.isnan(found[1:]).all()


def test_set_output_makes_frames_of_arrays(reviews: pd.DataFrame) -> None:
    step = AITransformer("sentiment", fields="numeric").set_output(transform="pandas")

    assert list(step.fit_transform(TEXTS).columns) == NUMBERS
    assert list(step.fit_transform(reviews[["review"]]).index) == list(reviews.index)


@pytest.mark.parametrize("verb", [verb for verb in dfai.verbs() if services()[verb].bind is None])
def test_every_verb_is_a_step(verb: str) -> None:
    service = services()[verb]
    inputs: dict[str, Any] = {"columns": service.inputs} if service.inputs[1:] else {"column": service.inputs[0]}
    step = AITransformer(verb, **inputs, include="all")

    assert step.get_feature_names_out().tolist() == service.schema(include=[*service.includes, "error_detail"]).names
    assert set(clone(step).get_params()) == set(step.get_params())


def test_a_verb_over_series_reads_their_times_too() -> None:
    month = pd.date_range("2023-01-01", periods=24, freq="MS")
    sales = pd.DataFrame({"month": month, "sold": [100.0, 110, 120] * 5 + [400] + [110.0, 120, 100, 110] * 2})
    step = AITransformer("detect_anomalies", timestamp="month", fields=["anomaly", "expected"], target="local")
    with dfai.using(transport=None, api_version=None):
        found = step.fit_transform(sales)

    assert list(found.columns) == ["anomaly", "anomaly_expected"]
    assert found.index[found["anomaly"]].tolist() == [15]


# ---- fit checks, and sends nothing -----------------------------------------------------------------------------


def test_fit_sends_nothing(reviews: pd.DataFrame, service: Lookalike) -> None:
    AITransformer("sentiment", column="review").fit(reviews)

    assert not service.requests


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"column": "reviw"}, ColumnNotFound, "Did you mean 'review'?"),
        ({"column": "nights"}, ConfigError, "column 'nights' holds int64"),
        ({"column": "review", "columns": ["title"]}, ConfigError, r"one column, column=…, or several"),
        (
            {"column": "review", "fields": ["positiv"]},
            ConfigError,
            "no field 'positiv'; it has 'sentiment', 'positive'",
        ),
        ({"column": "review", "fields": ["sentences"]}, ConfigError, "no field 'sentences'"),
        ({"column": "review", "include": ["sentence"]}, ConfigError, "cannot include 'sentence'"),
        ({"column": "review", "language": dfai.col("lng")}, ColumnNotFound, "Did you mean 'lang'?"),
        ({"column": "review", "concurrency": 0}, ConfigError, "expected a whole number"),
    ],
)
def test_fit_refuses_what_transform_could_not_do(
    reviews: pd.DataFrame, arguments: Any, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        AITransformer("sentiment", **arguments).fit(reviews)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"verb": "sentimnt"}, r"Did you mean df\.ai\.sentiment"),
        ({"verb": "sentiment", "langauge": "en"}, "Did you mean 'language'?"),
        ({"verb": "sentiment", "categories": ["Email"]}, "no setting or option 'categories'"),
        ({"verb": "sentiment", "if_exists": "fill"}, "no param 'if_exists'"),
        ({"verb": "call"}, "no 'call'"),
    ],
)
def test_a_name_that_does_not_exist_is_refused_at_once(arguments: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        AITransformer(**arguments)


def test_three_dimensions_are_no_texts() -> None:
    with pytest.raises(ConfigError, match="not in 3 dimensions"):
        AITransformer("sentiment").fit(np.empty((1, 1, 1), dtype=object))


# ---- params, copies, pickles -----------------------------------------------------------------------------------


def test_params_are_read_set_and_cloned() -> None:
    step = AITransformer("sentiment", column="review", fields=("positive",), language="en", concurrency=4)
    step.set_params(language="fr", output="mood", rate_per_s=10)
    copy = clone(step)

    assert copy.get_params() == step.get_params()
    assert copy.get_params() == {
        "verb": "sentiment",
        "column": "review",
        "columns": None,
        "output": "mood",
        "fields": ("positive",),
        "include": (),
        "language": "fr",
        "concurrency": 4,
        "rate_per_s": 10,
    }
    assert "language='fr'" in repr(copy)


def through_joblib(step: AITransformer) -> AITransformer:
    file = io.BytesIO()
    joblib.dump(step, file)
    file.seek(0)
    loaded: AITransformer = joblib.load(file)
    return loaded


@pytest.mark.parametrize("through", [lambda step: pickle.loads(pickle.dumps(step)), through_joblib])
def test_a_fitted_step_is_pickled(reviews: pd.DataFrame, through: Callable[[AITransformer], AITransformer]) -> None:
    target = dfai.azure("westeurope", key=dfai.env("MY_KEY"))
    step = AITransformer("sentiment", fields="numeric", language=dfai.col("lang"), target=target, store="memory")
    copy = through(step.fit(reviews[["review", "lang"]]))

    assert copy.get_params() == step.get_params()
    assert copy.get_feature_names_out().tolist() == NUMBERS


@pytest.mark.parametrize(
    "settings",
    [{"target": dfai.azure("westeurope", key=KEY)}, {"store": f"redis://:{KEY}@cache"}],
    ids=["key", "password"],
)
def test_a_key_is_never_shown_and_refused_in_a_pickle(settings: Any) -> None:
    step = AITransformer("sentiment", **settings)

    assert KEY not in repr(step)
    assert KEY not in step._repr_html_()
    assert KEY not in str(step.get_params())
    assert clone(step).get_params() == step.get_params()
    with pytest.raises(ConfigError, match=r"dfai\.configure") as refused:
        pickle.dumps(step)
    assert KEY not in str(refused.value)


# ---- among other steps -----------------------------------------------------------------------------------------


def test_a_classifier_learns_from_the_numbers_of_the_answer(reviews: pd.DataFrame, service: Lookalike) -> None:
    model = make_pipeline(
        AITransformer("sentiment", column="review", fields=("positive", "negative")), LogisticRegression()
    )
    model.fit(reviews, STARS)
    learned_from = list(service.texts)
    found = model.predict(pd.DataFrame({"review": ["a great bed", "an awful view"]}))

    assert learned_from == TEXTS
    assert found.tolist() == [5, 1]
    assert model[:-1].get_feature_names_out().tolist() == ["sentiment_positive", "sentiment_negative"]


def test_missing_answers_are_a_later_steps_to_fill() -> None:
    model = make_pipeline(AITransformer("sentiment", fields="numeric"), SimpleImputer(), LogisticRegression())

    assert model.fit([*TEXTS, None], [*STARS, 5]).predict(["good", "bad"]).tolist() == [5, 1]


@pytest.mark.parametrize("output", ["default", "pandas"])
def test_it_stands_beside_other_columns(reviews: pd.DataFrame, output: str) -> None:
    columns = ColumnTransformer(
        [("mood", AITransformer("sentiment", fields=["positive"]), ["review"]), ("nights", "passthrough", ["nights"])]
    ).set_output(transform=output)
    found = columns.fit_transform(reviews)

    assert columns.get_feature_names_out().tolist() == ["mood__sentiment_positive", "nights__nights"]
    assert np.asarray(found)[1].tolist() == [0.0, 1.0]


def test_a_grid_searches_over_options(reviews: pd.DataFrame, service: Lookalike) -> None:
    model = make_pipeline(AITransformer("sentiment", column="review", fields="numeric"), LogisticRegression())
    search = GridSearchCV(model, {"aitransformer__language": ["en", "fr"], "logisticregression__C": [100.0]}, cv=2)
    search.fit(reviews, STARS)

    assert search.best_score_ == 1.0
    assert set(service.languages) == {"en", "fr"}


def test_cross_validation_pays_once_with_a_store(service: Lookalike, tmp_path: Path) -> None:
    step = AITransformer("sentiment", fields="numeric", store=tmp_path / "answers")
    scores = cross_val_score(make_pipeline(step, LogisticRegression()), TEXTS, STARS, cv=3)

    assert scores.tolist() == [1.0] * 3
    assert sorted(service.texts) == sorted(TEXTS)


def test_a_pipeline_runs_on_the_embedded_engine() -> None:
    step = AITransformer("sentiment", fields=("positive", "negative"), target="local", transport=None)
    model = make_pipeline(step, LogisticRegression(C=100))
    model.fit(["Lovely room.", "Never again!", "Friendly staff, great food.", "The bed was dirty."], [5, 1, 5, 1])

    assert model.predict(["A lovely stay.", "A horrible night."]).tolist() == [5, 1]


def test_the_samples_of_the_page_run_as_they_stand() -> None:
    names: dict[str, Any] = {}
    for language, sample in samples("pipelines.md", "scikit-learn"):
        assert language == "python"
        run_python(sample, "pipelines.md", names)

    assert names["model"].predict(names["reviews"]).tolist() == [5, 1, 5, 1]
    assert names["features"].get_feature_names_out().tolist()[-1] == "stay__nights"


# ---- scikit-learn's own checks -----------------------------------------------------------------------------------


class OfNumbers(AITransformer):
    """Reads numbers as texts: scikit-learn's checks know no others."""

    def fit(self, X: Any, y: object = None) -> OfNumbers:
        super().fit(_texts(X))
        return self

    def transform(self, X: Any) -> Any:
        return super().transform(_texts(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array = tags.input_tags.string = False
        return tags


def _texts(numbers: Any) -> Any:
    if hasattr(numbers, "tocsr"):
        return numbers
    return numbers.map(str) if isinstance(numbers, pd.DataFrame) else np.asarray(numbers).astype(str)


OTHERWISE = {
    "check_do_not_raise_errors_in_init_or_set_params": "a verb that does not exist is refused as a wrong keyword is",
    "check_complex_data": "they are texts by then",
    "check_dtype_object": "they are texts by then",
    "check_estimators_empty_data_messages": "no rows give no rows",
    "check_fit1d": "one dimension is one column",
    "check_fit2d_predict1d": "the message is scikit-learn's own for another number of columns",
    "check_array_api_input": "texts are on no other device",
}


@pytest.mark.parametrize(
    ("step", "check"),
    [
        pytest.param(step, check, id=getattr(check, "func", check).__name__)
        for step, check in estimator_checks_generator(OfNumbers("sentiment", fields="numeric"))
        if getattr(check, "func", check).__name__ not in OTHERWISE
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_it_keeps_the_rules_of_scikit_learn(step: Any, check: Callable[[Any], None]) -> None:
    check(step)

    assert isinstance(step, AITransformer)
