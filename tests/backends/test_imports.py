"""Backends are found without importing their libraries, and attach when these come."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dfai_core.backend import backends


def run(code: str) -> str:
    """What *code* prints in a fresh process."""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_all_backends_are_installed() -> None:
    assert set(backends()) >= {"pandas", "dask", "polars", "pyspark"}


def test_backends_do_not_import_their_libraries() -> None:
    code = (
        "import dfai, dfai_dask, dfai_polars, dfai_spark, sys; "
        "print(sorted({'dask', 'distributed', 'polars', 'pyspark'} & set(sys.modules)))"
    )

    assert run(code) == "[]"


def test_importing_brings_nothing_that_only_some_calls_need() -> None:
    seldom = "{'aiohttp', 'dfai_engine', 'http.client', 'httpx', 'pandas', 'tomllib', 'urllib.request', 'xml'}"

    assert run(f"import dfai, sys; print(sorted({seldom} & set(sys.modules)))") == "[]"


@pytest.mark.parametrize(
    "code",
    [
        "import dfai; import dask.dataframe as dd; print('ai' in vars(dd.DataFrame), 'ai' in vars(dd.Series))",
        "import dask.dataframe as dd; import dfai; print('ai' in vars(dd.DataFrame), 'ai' in vars(dd.Series))",
        "import dfai; import polars as pl; print('ai' in vars(pl.DataFrame), 'ai' in vars(pl.Series))",
        "import polars as pl; import dfai; print('ai' in vars(pl.LazyFrame), 'dfai' in vars(pl.LazyFrame))",
        "import dfai; from pyspark.sql import DataFrame; print('ai' in vars(DataFrame), 'dfai' in vars(DataFrame))",
        "from pyspark.sql import DataFrame; import dfai; print('ai' in vars(DataFrame), 'dfai' in vars(DataFrame))",
    ],
)
def test_the_accessor_appears_in_either_order_of_imports(code: str) -> None:
    assert run(code) == "True True"


@pytest.mark.parametrize(
    "library",
    ["from dask.dataframe import DataFrame", "from polars import DataFrame", "from pyspark.sql import DataFrame"],
    ids=["dask", "polars", "spark"],
)
def test_an_accessor_of_somebody_else_is_left_alone_until_it_is_taken_over(library: str) -> None:
    code = f"""
import warnings
{library}
DataFrame.ai = theirs = property(lambda frame: "theirs")
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    import dfai
print(DataFrame.ai is theirs, [w.category.__name__ for w in caught if "df.ai" in str(w.message)])
dfai.register("ai", replace=True)
print(DataFrame.ai is theirs)
"""
    assert run(code).splitlines() == ["True ['AccessorTaken']", "False"]
