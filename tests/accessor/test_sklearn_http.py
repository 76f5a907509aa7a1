"""A request of one's own as a step of scikit-learn's pipelines: what it answers follows from its arguments."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
from sklearn.base import clone

import dfai
from dfai.errors import ConfigError
from dfai.sklearn import AITransformer
from web_service import Site, web_running

KEY = "hush-4f1d9c"


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with web_running() as web:
        yield web.site()


@pytest.fixture
def countries() -> pd.DataFrame:
    frame = pd.DataFrame({"iso": ["br", "us", None], "page": [1, 2, 3], "stars": [5, 1, 3]})
    return frame.set_index(pd.Index(list("abc")))


def step(site: Site, **arguments: Any) -> AITransformer:
    return AITransformer(
        "http",
        column=site.url + "/country/{iso}",
        params={"page": dfai.col("page")},
        parse={"name": ("$[1][0].name", "string"), "longitude": ("$[1][0].longitude", "float")},
        output="bank",
        **arguments,
    )


def test_it_answers_with_the_columns_that_its_arguments_name(site: Site, countries: pd.DataFrame) -> None:
    asking = step(site, fields=("status", "name"))
    answer = asking.fit_transform(countries)

    assert list(answer.columns) == ["bank_status", "bank_name"] == asking.get_feature_names_out().tolist()
    assert list(answer.index) == list("abc")
    assert answer["bank_status"].tolist()[:2] == [200, 200]
    assert answer["bank_name"].isna().tolist() == [False, False, True]
    assert sorted(asked.query[0] for asked in site.asked) == [("page", "1"), ("page", "2")]  # a null asks nothing


def test_its_numbers_are_numbers(site: Site, countries: pd.DataFrame) -> None:
    numbers = step(site, fields="numeric").fit_transform(countries)

    assert list(numbers.columns) == ["bank_status", "bank_longitude"]


def test_it_is_copied_and_pickled_without_its_keys(site: Site, countries: pd.DataFrame) -> None:
    kept = step(site, headers={"X-Api-Key": dfai.env("MY_KEY"), "Accept": "application/json"}).fit(countries)
    loaded = pickle.loads(pickle.dumps(kept))
    literal = step(site, headers={"X-Api-Key": KEY})

    assert clone(kept).get_params() == kept.get_params()
    assert clone(literal).get_params() == literal.get_params()
    assert loaded.get_feature_names_out().tolist() == kept.get_feature_names_out().tolist()
    assert KEY not in repr(literal) + str(literal.get_params())
    with pytest.raises(ConfigError, match="holds a key itself"):
        pickle.dumps(literal)


def test_without_a_column_it_has_no_place_to_ask(countries: pd.DataFrame) -> None:
    with pytest.raises(ConfigError, match=r"say column=…, one of URLs or a template"):
        AITransformer("http").fit(countries)
