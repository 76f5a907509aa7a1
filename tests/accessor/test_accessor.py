"""Where the accessor appears, and what an editor sees of it."""

from __future__ import annotations

import inspect
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

import dfai
from dfai._series import SeriesAI
from dfai.errors import ConfigError, RowsFailed
from lookalike import Lookalike

FRAME = pd.DataFrame({"review": ["good", None, "awful"]})


def python(script: str) -> str:
    """Runs *script* in a Python of its own, warnings being errors, and gives what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_public_names_are_exactly_all() -> None:
    public = {name for name in vars(dfai) if not name.startswith("_")}
    submodules = {"annotations", "cli", "sklearn", "spark"}

    assert public - submodules == set(dfai.__all__)


def test_import_brings_no_library_and_no_engine() -> None:
    loaded = python(
        """
        import sys, dfai
        heavy = "pandas dask pyspark sklearn aiohttp httpx starlette dfai_engine tqdm typer spacy fsspec PIL".split()
        print([name for name in heavy if name in sys.modules])
        """
    )

    assert loaded == "[]"


@pytest.mark.parametrize("module", ["spark", "sklearn"])
def test_what_brings_a_library_is_imported_when_it_is_named(module: str) -> None:
    found = python(
        f"""
        import sys, warnings, dfai
        warnings.simplefilter("ignore")
        print("dfai.{module}" in sys.modules, dfai.{module}.AITransformer.__module__)
        """
    )

    assert found == f"False dfai.{module}"


@pytest.mark.parametrize(("module", "library"), [("spark", "pyspark"), ("sklearn", "sklearn")])
def test_a_library_that_is_not_here_is_named_with_its_extra(module: str, library: str) -> None:
    found = python(
        f"""
        import sys, dfai
        sys.modules["{library}"] = None
        try:
            dfai.{module}
        except dfai.errors.MissingExtra as error:
            print(error)
        """
    )

    assert found.endswith(f'pip install "dfai[{module}]"')


def test_a_name_that_does_not_exist_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="module 'dfai' has no attribute 'sparks'"):
        dfai.sparks  # type: ignore[attr-defined]  # noqa: B018


@pytest.mark.parametrize("first", ["dfai", "pandas"])
def test_import_order_does_not_matter_on_pandas(first: str) -> None:
    second = {"dfai": "pandas", "pandas": "dfai"}[first]
    found = python(
        f"""
        import {first}
        import {second}
        import pandas as pd
        print(hasattr(pd.DataFrame, "ai"), hasattr(pd.DataFrame, "dfai"), hasattr(pd.Series, "ai"))
        """
    )

    assert found == "True True True"


def test_a_name_that_another_library_holds_is_left_alone() -> None:
    found = python(
        """
        import warnings
        import pandas as pd

        @pd.api.extensions.register_dataframe_accessor("ai")
        class Theirs:
            def __init__(self, frame): pass

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            import dfai
        frame = pd.DataFrame({"t": ["x"]})
        warned = caught[0]
        print(type(frame.ai).__name__, type(frame.dfai).__name__)
        print(warned.category.__name__, "on(df)" in str(warned.message))
        dfai.register("ai", replace=True)
        print(type(pd.DataFrame({"t": ["x"]}).ai).__name__)
        """
    )

    assert found == "Theirs FrameAI\nAccessorTaken True\nFrameAI"


def test_the_accessor_can_have_another_name(service: Lookalike) -> None:
    dfai.register("smart")
    try:
        assert FRAME.smart.sentiment("review")["sentiment"].tolist()[0] == "positive"
    finally:
        del pd.DataFrame.smart, pd.Series.smart
    with pytest.raises(ConfigError, match="plain attribute name"):
        dfai.register("not a name")


def test_a_column_called_ai_is_reached_by_its_name(service: Lookalike) -> None:
    frame = pd.DataFrame({"ai": ["good"]})

    result = frame.ai.sentiment("ai")

    assert result["ai"].tolist() == ["good"]
    assert result["sentiment"].tolist() == ["positive"]


def test_editors_see_verbs_with_signature_and_docstring() -> None:
    others = {"call", "estimate", "fit_anomalies", "plot_anomalies", "show", "write_files", "write_search_index"}
    assert set(dir(FRAME.ai)) == {*dfai.verbs(), *others}
    assert list(inspect.signature(FRAME.ai.sentiment).parameters)[:4] == ["text", "language", "include", "output"]
    assert "ISO 639-1" in (inspect.getdoc(FRAME.ai.sentiment) or "")
    assert "sentiment" in repr(FRAME.ai)


def test_a_column_has_the_same_verbs_without_input_and_frame_options() -> None:
    for name in dfai.verbs():
        frame_verb = inspect.signature(getattr(FRAME.ai, name)).parameters
        column_verb = inspect.signature(getattr(FRAME["review"].ai, name)).parameters

        assert list(column_verb) == [p for p in list(frame_verb)[1:] if p not in ("include", "output", "if_exists")]
        assert inspect.getdoc(getattr(SeriesAI, name))


def test_a_column_gives_the_headline_under_the_verbs_noun(service: Lookalike) -> None:
    labels = FRAME["review"].ai.sentiment()

    assert labels.name == "sentiment"
    assert labels.index.equals(FRAME.index)
    assert labels.tolist()[::2] == ["positive", "negative"]
    assert labels.isna().tolist() == [False, True, False]


def test_a_nameless_column_works_too(service: Lookalike) -> None:
    assert pd.Series(["good"]).ai.sentiment().tolist() == ["positive"]


def test_a_column_refuses_what_only_a_frame_has_room_for(service: Lookalike) -> None:
    with pytest.raises(ConfigError, match=r"takes no include=. Call it on the frame: df.ai.sentiment"):
        FRAME["review"].ai.sentiment(include=["sentences"])


def test_a_column_warns_in_its_own_words(service: Lookalike) -> None:
    column = pd.Series(["good", "refuse me"], name="review")

    with pytest.warns(RowsFailed, match=r"1 of 2 rows have no answer: refused 1. .*df.ai.sentiment\('review'\)"):
        labels = column.ai.sentiment()

    assert labels.isna().tolist() == [False, True]


def test_failed_rows_are_told_once_for_an_eager_call(service: Lookalike) -> None:
    frame = pd.DataFrame({"t": ["good", "refuse me", "  "]})

    with pytest.warns(RowsFailed, match="2 of 3 rows have no answer: .*; see 'sentiment_error'.*fill") as caught:
        result = frame.ai.sentiment("t")

    assert len(caught) == 1
    assert result["sentiment_error"].tolist()[1:] == ["refused", "empty"]
    assert result["sentiment_error_message"][1] == "This one is refused. [InvalidDocument]"


def test_the_language_is_assumed_only_with_a_word_about_it(service: Lookalike) -> None:
    azure = dfai.azure(endpoint="https://name.cognitiveservices.azure.com", key="k")

    with pytest.warns(dfai.errors.LanguageAssumed, match="2023-04-01 cannot detect the language, so English"):
        FRAME.ai.sentiment("review", target=azure, api_version="2023-04-01")
    FRAME.ai.sentiment("review", target=azure, api_version="2024-11-01")

    assert service.languages == [None, None, "auto", "auto"]
