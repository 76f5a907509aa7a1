"""Names of SQL functions: nobody's is taken away, and what cannot be called says why."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

import dfai
from dfai_core.backend import Function
from dfai_spark.backend import SparkBackend
from dfai_spark.sql import register
from service import Scene
from sql import VERBS, rows

pytestmark = pytest.mark.usefixtures("detecting")


@pytest.fixture
def theirs(session: Any) -> Iterator[None]:
    """A function of the user's own, by a name that ours would have."""
    session.sql("create temporary function my_key_phrases(x string) returns string return upper(x)")
    yield
    session.sql("drop temporary function my_key_phrases")


def test_a_name_that_the_session_has_is_refused_and_nothing_is_registered(
    session: Any, scene: Scene, theirs: None
) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=r"taken .*'my_key_phrases'\. .*prefix="):
        dfai.register_functions(session, prefix="my_")

    assert not session.catalog.functionExists("my_sentiment")
    assert rows(session, "select my_key_phrases('a')")[0][0] == "A"


def test_a_function_in_the_catalog_is_not_hidden(session: Any, scene: Scene) -> None:
    session.sql("create function kept_sentiment(x string) returns string return upper(x)")
    try:
        with pytest.raises(dfai.errors.ConfigError, match=r"taken .*'kept_sentiment'\."):
            dfai.register_functions(session, prefix="kept_")
    finally:
        session.sql("drop function kept_sentiment")


def test_a_name_of_sparks_own_is_refused(session: Any, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Function] = []
    with monkeypatch.context() as patched:
        patched.setattr(SparkBackend, "register", lambda self, session, functions: made.extend(functions))
        dfai.register_functions(session, verbs=["sentiment"])

    with pytest.raises(dfai.errors.ConfigError, match=r"taken .*'Upper'\."):
        register(session, [replace(made[0], name="Upper")])


def test_our_own_functions_are_replaced_with_the_settings_of_then(
    session: Any, scene: Scene, settings_of: Callable[..., AbstractContextManager[None]]
) -> None:
    other = Scene(scene.url + "-nowhere")
    with settings_of(other):
        first = dfai.register_functions(session)
    with settings_of(scene):
        second = dfai.register_functions(session)
    with settings_of(other):
        (found,) = rows(session, "select ai_sentiment('good') as s")

    assert first == second
    assert {f"ai_{verb}" for verb in VERBS} <= {*first}
    assert found.s.sentiment == "positive"


def test_two_prefixes_have_two_settings(session: Any, scene: Scene, service: Any) -> None:
    other = service.scene()
    dfai.register_functions(session, verbs=["sentiment"], prefix="one_")
    dfai.register_functions(session, verbs=["sentiment"], prefix="two_", target=other.target)

    rows(session, "select one_sentiment('first'), two_sentiment('second')")

    assert (scene.texts, other.texts) == (["first"], ["second"])


# ---- what cannot be called ---------------------------------------------------------------------------------


def test_a_verb_that_the_target_does_not_serve_says_so_when_it_is_called(session: Any) -> None:
    names = dfai.register_functions(session, target="local")

    assert "ai_linked_entities" in names
    with pytest.raises(Exception, match=r"target=dfai\.azure"):
        rows(session, "select ai_linked_entities('Paris').linked_entities")


def test_a_verb_that_reads_rows_together_says_so(session: Any, asked: Scene) -> None:
    with pytest.raises(Exception, match=r"a function sees one row alone.*df\.ai\.detect_anomalies"):
        rows(session, "select ai_detect_anomalies(1.5)")
    with pytest.raises(dfai.errors.NotOffered, match="a function sees one row alone"):
        dfai.register_functions(session, verbs=["detect_anomalies"])


def test_a_verb_that_was_named_and_is_not_served_raises_at_once(session: Any) -> None:
    with pytest.raises(dfai.errors.NotOffered):
        dfai.register_functions(session, verbs=["linked_entities"], target="local")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"verbs": ["sentimnt"]}, "Did you mean df.ai.sentiment"),
        ({"verbs": "sentiment"}, r"expected a list of names, such as \[\"sentiment\"\]"),
        ({"prefix": "ai-"}, "expected the beginning of a function's name"),
        ({"include": ["sentence"]}, "none of these verbs can include 'sentence'; they know 'sentences'"),
        ({"concurency": 3}, "Did you mean 'concurrency'"),
        ({"outputCol": "x"}, 'write output="…"'),
    ],
)
def test_a_wrong_argument_is_refused_by_name(session: Any, scene: Scene, arguments: Any, says: str) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=says):
        dfai.register_functions(session, **arguments)


def test_what_is_no_session_is_refused_with_the_remedy(session: Any, scene: Scene) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=r"register_functions\(df\.sparkSession\)"):
        dfai.register_functions(session.table("reviews"))
    with pytest.raises(dfai.errors.ConfigError, match="pandas has no session"):
        dfai.register_functions(pd.DataFrame())


def test_english_is_assumed_with_one_warning(session: Any, scene: Scene) -> None:
    with pytest.warns(dfai.errors.LanguageAssumed, match="ai_sentiment, ai_key_phrases.* assume English") as caught:
        dfai.register_functions(session, api_version="2023-04-01")

    assert len(caught) == 1
    assert caught[0].filename == __file__


# ---- what it costs is reported ------------------------------------------------------------------------------
