"""A verb as a stage of Spark's ML pipelines: among others, copied, saved, loaded. On classic Spark and on Connect."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import dfai
from dfai.spark import AITransformer
from dfai_core import services
from frames import SparkFrames
from service import Scene
from spark_stream import Job

KEY = "hush-4f1d9c"
TEXTS = ["good one", "bad one", "good two", "plain"]


@pytest.fixture
def reviews(spark: SparkFrames) -> Any:
    return spark.build({"t": TEXTS, "title": ["bad", "good", "good", "plain"], "lang": ["fr", "de", "fr", "de"]})


def saved_text(folder: Path) -> str:
    """All that was saved below *folder*."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert files
    return "\n".join(file.read_bytes().decode(errors="replace") for file in files)


# ---- one stage -----------------------------------------------------------------------------------------------


# What a column holds that a verb can read.
HELD = {"text": "Ann is good. Call 555.", "numbers": 1.5, "any": "http://127.0.0.1/", "media": "photo.png"}


# Options without which a verb makes no sense.
NEEDED: dict[str, dict[str, Any]] = {
    "search_index": {"among": "staff"},
    "identify_faces": {"among": "staff"},
    "find_similar_faces": {"among": "staff"},
    "identify_speaker": {"among": "2f9cb2a8-7a3e-4b69-8f2b-5d5a1d1b9f10"},
    "assess_pronunciation": {"reference": "Ann is good."},
}


@pytest.mark.parametrize("verb", dfai.verbs())
def test_a_stage_adds_the_columns_of_its_verb(spark: SparkFrames, scene: Scene, verb: str) -> None:
    service = services()[verb]
    inputs = list(service.inputs)
    frame = spark.build({**{name: [HELD[service.reads]] for name in inputs}, "at": ["2026-01-01"]})
    columns: dict[str, Any] = {"inputCol": inputs[0]} if len(inputs) == 1 else {"inputCols": inputs}
    options: dict[str, Any] = {"timestamp": "at"} if service.gather and service.gather.ordered else {}
    options |= NEEDED.get(verb, {})
    version = {"api_version": "2024-11-01"} if service.family == "language" else {}

    with dfai.using(**version):
        whole = AITransformer(verb, **columns, **options, include="all", outputCol="found").transform(frame)
        plain = AITransformer(verb, **columns, **options).transform(frame)
        expected = getattr(frame.ai, verb)(*inputs, **options, include="all", output="found")

    assert whole.schema == expected.schema
    assert plain.columns[-1] == f"{service.noun}_error_message"
    assert scene.requests == 0


def test_a_request_of_ones_own_is_a_stage_and_hides_its_keys(spark: SparkFrames, tmp_path: Path) -> None:
    def stage(**credentials: Any) -> AITransformer:
        return AITransformer(
            "http",
            inputCol="https://api.example/{iso}",
            outputCol="bank",
            params={"format": "json", "for": dfai.col("iso")},
            parse={"name": ("$.name", "string")},
            ok=[200, 404],
            pages=dfai.Pages("$.next"),
            poll=dfai.Poll(done=("ready",)),
            **credentials,
        )

    kept = stage(headers={"X-Api-Key": dfai.env("MY_KEY")}, auth=("me", dfai.env("MY_PASSWORD")))
    kept.save(str(tmp_path / "stage"))
    loaded = AITransformer.load(str(tmp_path / "stage"))
    frame = spark.build({"iso": ["br"]})

    for name in ("params_", "headers", "auth", "ok", "pages", "poll"):
        assert loaded.getOrDefault(name) == kept.getOrDefault(name)
    assert loaded.transform(frame).schema == kept.transform(frame).schema
    assert "bank_name" in loaded.transform(frame).columns
    for credentials in ({"auth": KEY}, {"auth": ("me", KEY)}, {"headers": {"X-Api-Key": KEY}}):
        literal = stage(**credentials)
        assert KEY not in literal.explainParams()
        with pytest.raises(dfai.errors.ConfigError, match=r'holds a key itself.*dfai\.env\("NAME"\)\.$'):
            literal.save(str(tmp_path / "refused"))


def test_a_stage_answers_as_its_verb_does(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    stage = AITransformer("sentiment", inputCol="t", outputCol="mood", language=dfai.col("lang"), include=["sentences"])
    found = spark.read(stage.transform(reviews))

    assert found["mood"] == ["positive", "negative", "positive", "neutral"]
    assert found["mood_sentences"][0][0]["text"] == "good one"
    assert sorted(document["language"] for document in scene.documents) == ["de", "de", "fr", "fr"]


def test_several_columns_are_each_answered(spark: SparkFrames, reviews: Any, scene: Scene) -> None:
    found = spark.read(AITransformer("sentiment", inputCols=["title", "t"], language="en").transform(reviews))

    assert found["title_sentiment"] == ["negative", "positive", "positive", "neutral"]
    assert found["t_sentiment"] == ["positive", "negative", "positive", "neutral"]


def test_a_stages_own_settings_win_and_the_others_are_those_of_then(
    spark: SparkFrames, reviews: Any, service: Any, settings_of: Callable[..., AbstractContextManager[None]]
) -> None:
    first, second = service.scene(), service.scene()
    free = AITransformer("sentiment", inputCol="t", language="en")
    bound = AITransformer("sentiment", inputCol="t", language="en", outputCol="bound", target=first.target)
    with settings_of(second):
        answered = bound.transform(free.transform(reviews))
    spark.read(answered)

    assert first.texts == second.texts == sorted(TEXTS)


def test_params_tell_what_they_are_and_what_they_are_set_to() -> None:
    stage = AITransformer("extract_summary", inputCol="t", max_sentences=5, target=dfai.azure("westeurope", key=KEY))
    said = dict(line.split(": ", 1) for line in stage.explainParams().splitlines())

    assert said["max_sentences"] == "At most this many, from 1 to 20. (default: 3, current: 5)"
    assert said["order"].endswith("(default: offset)")
    assert said["outputCol"].endswith("(default: summary)")
    assert said["concurrency"] == "requests in flight, for the whole call (undefined)"
    assert "westeurope" in said["target"]
    assert KEY not in stage.explainParams()
    assert not stage.hasParam("categories")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"langauge": "en"}, "Did you mean 'language'?"),
        ({"categories": ["Email"]}, "no setting or option 'categories'"),
        ({"output": "mood"}, "among stages it is outputCol"),
        ({"concurrency": None}, "expected a number"),
        ({"include": ["sentence"]}, "cannot include 'sentence'"),
    ],
)
def test_a_wrong_argument_is_refused_when_it_is_given(arguments: Any, says: str) -> None:
    with pytest.raises(dfai.errors.ConfigError, match=says):
        AITransformer("sentiment", inputCol="t", **arguments)


def test_a_stage_keeps_its_verb() -> None:
    with pytest.raises(dfai.errors.ConfigError, match=r"Did you mean df\.ai\.sentiment"):
        AITransformer("sentimnt", inputCol="t")

    stage = AITransformer("sentiment", inputCol="t")
    with pytest.raises(ValueError, match="make another stage for 'key_phrases'"):
        stage.copy({stage.verb: "key_phrases"})


@pytest.mark.parametrize("columns", [{}, {"inputCol": "t", "inputCols": ["t"]}])
def test_a_stage_reads_one_column_or_several(reviews: Any, scene: Scene, columns: Any) -> None:
    with pytest.raises(dfai.errors.ConfigError, match="name one column, inputCol=…, or several"):
        AITransformer("sentiment", **columns).transform(reviews)


# ---- among other stages --------------------------------------------------------------------------------------


@pytest.fixture
def pipeline(spark: SparkFrames) -> Any:
    """Sentiment, only those with an answer, its label as a number."""
    assert spark.session  # Spark's own stages want one
    from pyspark.ml import Pipeline
    from pyspark.ml.feature import SQLTransformer, StringIndexer

    return Pipeline(
        stages=[
            AITransformer("sentiment", inputCol="t", outputCol="mood", language="en", include=["sentences"]),
            SQLTransformer(statement="select * from __THIS__ where mood != 'neutral'"),
            StringIndexer(inputCol="mood", outputCol="label", stringOrderType="alphabetAsc"),
        ]
    )


def labels(spark: SparkFrames, frame: Any) -> dict[str, float]:
    found = spark.read(frame)
    return dict(zip(found["t"], found["label"], strict=True))


EXPECTED = {"good one": 1.0, "bad one": 0.0, "good two": 1.0}


def test_a_fitted_pipeline_pays_once_for_what_it_learned_from(
    spark: SparkFrames, reviews: Any, scene: Scene, pipeline: Any
) -> None:
    model = pipeline.fit(reviews)

    assert labels(spark, model.transform(reviews)) == EXPECTED
    assert scene.texts == sorted(TEXTS)


def test_a_pipeline_that_learns_nothing_from_a_stage_sends_nothing_to_fit(reviews: Any, scene: Scene) -> None:
    from pyspark.ml import Pipeline

    Pipeline(stages=[AITransformer("sentiment", inputCol="t", language="en")]).fit(reviews)

    assert scene.requests == 0


def test_pipelines_and_their_models_are_saved_and_loaded(
    spark: SparkFrames, reviews: Any, scene: Scene, pipeline: Any, tmp_path: Path
) -> None:
    from pyspark.ml import Pipeline, PipelineModel

    pipeline.save(str(tmp_path / "pipeline"))
    loaded = Pipeline.load(str(tmp_path / "pipeline"))
    model = loaded.fit(reviews)
    model.save(str(tmp_path / "model"))
    model.write().overwrite().save(str(tmp_path / "model"))
    again = PipelineModel.load(str(tmp_path / "model"))

    assert labels(spark, again.transform(reviews)) == EXPECTED
    assert isinstance(again.stages[0], AITransformer)
    assert again.stages[0].extractParamMap() == pipeline.getStages()[0].extractParamMap()
    assert again.stages[0].explainParams() == pipeline.getStages()[0].explainParams()


def test_a_copy_and_a_grid_change_params(spark: SparkFrames, reviews: Any, scene: Scene, pipeline: Any) -> None:
    from pyspark.ml.tuning import ParamGridBuilder

    stage = pipeline.getStages()[0]
    grid = ParamGridBuilder().addGrid(stage.language, ["fr", "de"]).build()
    for params in grid:
        labels(spark, pipeline.copy(params).fit(reviews).transform(reviews))
    spark.read(stage.transform(reviews, {stage.outputCol: "other"}).select("other"))

    assert [document["language"] for document in scene.documents].count("fr") == len(TEXTS)
    assert [document["language"] for document in scene.documents].count("de") == len(TEXTS)
    assert stage.getOrDefault("language") == "en"
    assert stage.getOutputCol() == "mood"


def test_a_fitted_pipeline_answers_a_stream(spark: SparkFrames, scene: Scene, pipeline: Any, tmp_path: Path) -> None:
    job = Job(spark.session, tmp_path)
    job.feed([["good 1", "plain"], ["bad 1"]])
    pipeline.getStages()[0].setInputCol("value")
    model = pipeline.fit(spark.build({"value": ["good", "bad"]}))

    assert job.write(model.transform(job.source())).awaitTermination(120)

    assert {row.value: row.label for row in job.rows()} == {"good 1": 1.0, "bad 1": 0.0}
    assert scene.texts == ["bad", "bad 1", "good", "good 1", "plain"]


# ---- saved -----------------------------------------------------------------------------------------------------


def test_a_stage_is_saved_with_all_its_params_but_no_key(spark: SparkFrames, tmp_path: Path) -> None:
    assert spark.session
    place = str(tmp_path / "stage")
    stage = AITransformer(
        "redact_pii",
        inputCols=["t", "title"],
        outputCol="{column}_clean",
        categories=["Email"],
        language=dfai.col("lang"),
        include="all",
        if_exists="fill",
        target=dfai.route({"language": dfai.azure("westeurope", key=dfai.env("MY_KEY"))}, default=dfai.local()),
        store=tmp_path / "answers",
        rate_per_s=None,
    )
    stage.save(place)
    stage.write().overwrite().save(place)
    loaded = AITransformer.load(place)

    assert loaded.uid == stage.uid
    assert loaded.extractParamMap() == stage.extractParamMap()
    assert loaded.getVerb() == "redact_pii"
    assert "env:MY_KEY" in saved_text(tmp_path / "stage")


@pytest.mark.parametrize("inside", [False, True], ids=["a stage", "a pipeline"])
def test_a_key_itself_is_refused_when_it_would_be_saved(spark: SparkFrames, tmp_path: Path, inside: bool) -> None:
    assert spark.session
    from pyspark.ml import Pipeline

    stage = AITransformer("sentiment", inputCol="t", target=dfai.azure("westeurope", key=KEY))
    with pytest.raises(dfai.errors.ConfigError, match=r'key=dfai\.env\("AZURE_AI_KEY"\)') as refused:
        (Pipeline(stages=[stage]) if inside else stage).save(str(tmp_path / "saved"))

    assert KEY not in str(refused.value)
    assert not inside or KEY not in saved_text(tmp_path)


def test_a_stage_that_is_refused_leaves_what_was_there(spark: SparkFrames, tmp_path: Path) -> None:
    assert spark.session
    place = str(tmp_path / "stage")
    stage = AITransformer("sentiment", inputCol="t")
    stage.save(place)

    with pytest.raises(dfai.errors.ConfigError):
        stage.copy({stage.target: dfai.azure("westeurope", key=KEY)}).write().overwrite().save(place)

    assert AITransformer.load(place).extractParamMap() == stage.extractParamMap()


def test_a_stage_of_another_version_says_what_is_not_known_here(spark: SparkFrames, tmp_path: Path) -> None:
    AITransformer("sentiment", inputCol="t").save(str(tmp_path / "stage"))
    metadata = json.loads(spark.session.read.text(str(tmp_path / "stage" / "metadata")).first()[0])
    metadata["paramMap"]["tone"] = "formal"
    metadata["dfaiVersion"] = "99.0"
    (tmp_path / "later" / "metadata").mkdir(parents=True)
    (tmp_path / "later" / "metadata" / "part-00000").write_text(json.dumps(metadata), encoding="utf-8")

    with pytest.raises(
        dfai.errors.ConfigError, match=r"was saved by dfai 99\.0; this is .*no setting or option 'tone'"
    ):
        AITransformer.load(str(tmp_path / "later"))
