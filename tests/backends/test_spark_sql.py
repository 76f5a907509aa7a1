"""Verbs as SQL functions: names, arguments, fields, and what a query pays. On classic Spark and on Connect."""

from __future__ import annotations

from typing import Any

import pytest

import dfai
from dfai_core import services
from frames import SparkFrames
from service import Scene
from sql import PARTITIONS, ROW_BY_ROW, ROWS, rows

pytestmark = pytest.mark.usefixtures("detecting")

# ---- what a query pays -------------------------------------------------------------------------------------

SCORED = "select ai_sentiment(t) as s from reviews"
ONCE: dict[str, tuple[str, int, int]] = {
    # query, rows of its result, documents that it asks
    "all": ("select ai_sentiment(t) from reviews", ROWS, ROWS),
    "two fields of one": ("select s.sentiment, s.positive from (select ai_sentiment(t) as s from reviews)", ROWS, ROWS),
    "named twice": ("select ai_sentiment(t).sentiment, ai_sentiment(t).positive from reviews", ROWS, ROWS),
    "an option from a column": ("select ai_sentiment(t, language => lang).sentiment from reviews", ROWS, ROWS),
    "filter on the answer": ("select id from reviews where ai_sentiment(t).sentiment = 'positive'", 300, ROWS),
    "group by the answer": (
        "select s.sentiment, avg(s.positive) from (select ai_sentiment(t) as s from reviews) group by s.sentiment",
        3,
        ROWS,
    ),
    "group by the function": (
        "select ai_sentiment(t).sentiment, count(*) from reviews group by ai_sentiment(t).sentiment",
        3,
        ROWS,
    ),
    "filter beside it": ("select id from reviews where id < 100 and ai_sentiment(t).sentiment = 'positive'", 34, 100),
    "filter beside it, written after": (
        "select id from reviews where ai_sentiment(t).sentiment = 'positive' and id < 100",
        34,
        100,
    ),
    "filter before, filter after": (
        "select id from (select id, ai_sentiment(t) as s from reviews where id < 100) where s.sentiment = 'positive'",
        34,
        100,
    ),
    "having": ("select t from reviews group by t having ai_sentiment(t).error is null and max(id) < 100", 100, 100),
    "limit after": ("select ai_sentiment(t).sentiment from reviews limit 5", 5, 5 * PARTITIONS),
    "limit before": ("select ai_sentiment(t).sentiment from (select * from reviews limit 5)", 5, 5),
    "join before, filter after": (
        f"select s.error from ({SCORED} join few using (id)) where s.sentiment = 'positive'",
        4,
        10,
    ),
    "semi-join before, filter after": (
        f"select s.error from ({SCORED} left semi join few using (id)) where s.error is null",
        10,
        10,
    ),
    "join after": ("select s.error from (select id, ai_sentiment(t) as s from reviews) join few using (id)", 10, ROWS),
    "unused": ("select count(*) from (select ai_sentiment(t) as s from reviews)", 1, 0),
    "only where it matters": ("select ai_sentiment(case when id < 100 then t end).sentiment from reviews", ROWS, 100),
    "a window": (
        "select rank() over (partition by s.sentiment order by id) from (select id, ai_sentiment(t) as s from reviews)",
        ROWS,
        ROWS,
    ),
}


@pytest.mark.parametrize("name", ONCE)
def test_a_query_asks_for_each_of_its_rows_once(session: Any, asked: Scene, name: str) -> None:
    query, found, most = ONCE[name]

    assert len(rows(session, query)) == found
    assert len(asked.texts) <= most
    assert name == "limit after" or len(asked.texts) == most


AGAIN = {
    "in filter and list": "select ai_sentiment(t).positive from reviews where ai_sentiment(t).sentiment = 'positive'",
    "sort by the answer": "select s.error from (select ai_sentiment(t) as s from reviews) order by s.positive",
    "join with itself": "with s as (select id, ai_sentiment(t) as x from reviews) "
    "select a.id from s a join s b using (id) where a.x.sentiment = b.x.sentiment",
}


@pytest.mark.parametrize("name", AGAIN)
def test_what_spark_evaluates_again_is_paid_once(session: Any, scene: Scene, name: str) -> None:
    dfai.register_functions(session, verbs=["sentiment"])

    assert rows(session, AGAIN[name])
    assert len(scene.texts) == len(set(scene.texts)) <= ROWS


# ---- arguments ---------------------------------------------------------------------------------------------


def test_arguments_come_by_place_or_by_name_and_have_the_verbs_defaults(session: Any, asked: Scene) -> None:
    query = (
        "select ai_sentiment('a'), ai_sentiment('b', 'fr'), ai_sentiment(language => lang, text => 'c') from reviews"
    )

    rows(session, query + " where id = 1")

    assert {document["text"]: document.get("language") for document in asked.documents} == {
        "a": "auto",
        "b": "fr",
        "c": "de",
    }


def test_options_that_are_lists_or_numbers_come_as_such(session: Any, asked: Scene) -> None:
    (found,) = rows(
        session,
        "select ai_redact_pii('call 555', categories => array('Email', 'PhoneNumber'), domain => 'phi').redacted, "
        "ai_redact_pii('none').redacted, ai_extract_summary('One. Two. Three.', max_sentences => 2).summary",
    )
    sent = {name: value for parameters in asked.parameters for name, value in parameters.items()}

    assert tuple(found) == ("call ***", "none", "One.  Two.")
    assert [parameters.get("piiCategories") for parameters in asked.parameters].count(["Email", "PhoneNumber"]) == 1
    assert sent["sentenceCount"] == 2
    assert {parameters.get("domain") for parameters in asked.parameters} == {"phi", "none", None}


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select ai_extract_summary('One.', max_sentences => 99) as s", "max_sentences=99: expected a whole number"),
        ("select ai_redact_pii('call 5', domain => 'all') as s", "domain='all': choose 'none' or 'phi'"),
        (
            "select ai_redact_pii('call 5', categories => array(cast(null as string))) as s",
            "expected a list of categor",
        ),
    ],
)
def test_an_option_that_does_not_exist_is_the_rows_error(session: Any, asked: Scene, query: str, says: str) -> None:
    (found,) = rows(session, query)

    assert found.s.error == "refused"
    assert says in found.s.error_message
    assert not asked.texts


def test_an_option_that_is_null_is_the_verbs_default(session: Any, asked: Scene) -> None:
    (found,) = rows(session, "select ai_extract_summary('A. B. C. D.', max_sentences => null, order => null) as s")

    assert found.s.summary == "A.  B.  C."


def test_an_argument_that_no_function_has_is_refused_by_spark(session: Any, asked: Scene) -> None:
    with pytest.raises(Exception, match="UNRECOGNIZED_PARAMETER_NAME"):
        session.sql("select ai_sentiment('a', lang => 'fr')").collect()


def test_nulls_and_blanks_are_not_asked(session: Any, asked: Scene) -> None:
    nothing, blank = rows(session, "select ai_sentiment(t) as s from values (null), ('  ') as texts(t)")

    assert tuple(nothing.s) == (None,) * 6
    assert blank.s.error == "empty"
    assert not asked.texts


# ---- every verb, from its own signature --------------------------------------------------------------------


def test_http_is_no_function_and_says_why(session: Any, scene: Scene) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=r"depends on its arguments.*df\.ai\.http"):
        dfai.register_functions(session, verbs=["http"])


NEEDED = {"search_index": {"among": "notes"}}
"""Options without which a verb makes no sense."""


def input_of(verb: str) -> dict[str, list[str | None]]:
    """A text that every verb finds something in, and none."""
    return {name: ["Ann is good. Bob is bad, call 555.", None] for name in services()[verb].inputs}


@pytest.mark.parametrize("verb", ROW_BY_ROW)
@pytest.mark.parametrize("include", [(), "all"], ids=["plain", "all"])
def test_every_verb_answers_in_sql_what_it_answers_on_a_frame(
    session: Any, spark: SparkFrames, scene: Scene, verb: str, include: Any
) -> None:
    service = services()[verb]
    version = "2024-11-01" if service.family == "language" else service.api_version or "2024-11-01"
    texts = spark.build(input_of(verb))
    texts.createOrReplaceTempView("texts")
    needed = NEEDED.get(verb, {})
    arguments = [*service.inputs, *(f"{option} => '{value}'" for option, value in needed.items())]
    with dfai.using(api_version=version):
        (name,) = dfai.register_functions(session, verbs=[verb], include=include)
        answer = session.sql(f"select {name}({', '.join(arguments)}) as s, __row from texts")
        found = spark.read(answer.select("s.*", "__row"))
        expected = spark.read(getattr(texts.ai, verb)(*service.inputs, include=include, **needed))

    noun = services()[verb].noun
    assert found == {
        column.removeprefix(f"{noun}_"): values for column, values in expected.items() if column.startswith(noun)
    }


@pytest.mark.parametrize("verb", ROW_BY_ROW)
def test_every_functions_arguments_are_its_verbs(session: Any, scene: Scene, verb: str) -> None:
    import inspect

    (name,) = dfai.register_functions(session, verbs=[verb], prefix="walk_")
    described = "\n".join(row[0] for row in rows(session, f"describe function extended {name}"))
    block = described.partition("Input:")[2].partition("Returns:")[0]
    parameters = list(inspect.signature(getattr(dfai.Verbs, verb)).parameters)[1:]

    assert [line.split()[0] for line in block.strip().splitlines()] == parameters[: parameters.index("include")]
    assert (inspect.getdoc(getattr(dfai.Verbs, verb)) or "?").splitlines()[0] in described


def test_fields_are_the_noun_and_the_suffixes(session: Any, asked: Scene) -> None:
    from pyspark.sql.types import StructType

    def fields(query: str) -> list[str]:
        kind = session.sql(query).schema["s"].dataType
        assert isinstance(kind, StructType)
        return kind.names

    assert fields("select ai_detect_language('a') as s") == ["language", "name", "confidence", "error", "error_message"]
    assert fields("select ai_sentiment('a') as s")[:2] == ["sentiment", "positive"]
    dfai.register_functions(session, include=["sentences"])
    assert fields("select ai_sentiment('a') as s")[4:] == ["sentences", "error", "error_message"]
    assert fields("select ai_extract_summary('a') as s") == ["summary", "sentences", "error", "error_message"]
    assert fields("select ai_key_phrases('a') as s") == ["key_phrases", "error", "error_message"]


def test_functions_are_called_from_frames_too(session: Any, asked: Scene) -> None:
    from pyspark.sql import functions as f

    frame = session.table("reviews").where("id < 3").orderBy("id")
    by_name = frame.select(f.call_function("ai_sentiment", "t")["sentiment"].alias("s"))
    by_text = frame.selectExpr("ai_sentiment(t, language => 'en').sentiment as s")

    assert [row.s for row in by_name.collect()] == [row.s for row in by_text.collect()]
    assert [row.s for row in by_name.collect()] == ["positive", "negative", "neutral"]


# ---- names -------------------------------------------------------------------------------------------------


def test_a_query_is_reported_as_any_call_is(session: Any, asked: Scene) -> None:
    with dfai.track() as run:
        rows(session, "select ai_sentiment(t).sentiment from reviews where id < 30")

    assert (run.rows, run.documents, run.requests) == (30, 30, asked.requests)
