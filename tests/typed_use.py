"""The public API as a type checker sees it: mypy and pyright must accept this file, and nothing looser."""

from __future__ import annotations

from typing import assert_type

import pandas as pd
import polars as pl

import dfai
from own_service import LENGTHS

frame = pd.DataFrame({"review": ["Lovely."], "lang": ["en"]})

assert_type(dfai.on(frame), dfai.FrameAI[pd.DataFrame])
assert_type(dfai.on(frame).sentiment("review"), pd.DataFrame)
assert_type(
    dfai.on(frame).sentiment(
        "review", language=dfai.col("lang"), include=["sentences", "opinions"], output="mood", concurrency=4
    ),
    pd.DataFrame,
)
assert_type(dfai.on(frame).estimate.sentiment("review", language="en", max_cost=2.5), dfai.Estimate)
assert_type(dfai.on(frame).estimate(sample_rows=10).read_text(["photo"]).cost, float | None)
assert_type(dfai.prices({"sentiment": 0.7, "currency": "EUR"}), dfai.Prices)
assert_type(dfai.on(frame).redact_pii(["review"], include="all", target=dfai.local()), pd.DataFrame)
assert_type(
    dfai.on(frame).http(
        "https://api.example/{review}",
        method="POST",
        json={"lang": dfai.col("lang"), "of": [1, "two"]},
        auth=("me", dfai.env("PASSWORD")),
        parse={"name": ("$.name", "string")},
        pages=dfai.Pages("$.next", "$.items"),
        include=["headers"],
        rate_per_s=2.5,
    ),
    pd.DataFrame,
)
assert_type(
    dfai.on(frame).analyze_image("photo", features=["tags", "color"], fetch="service", private_urls="allow"),
    pd.DataFrame,
)
assert_type(dfai.on(frame).verify_speaker("call", among=dfai.Speaker("id")), pd.DataFrame)
assert_type(dfai.on(frame).identify_speaker("call", among=["Ada", dfai.Speaker("id")], threshold=0.7), pd.DataFrame)
assert_type(dfai.speakers.create("Ada", b"sound", target=dfai.local()), dfai.Speaker)
assert_type(dfai.on(frame).read_text(["photo"], pages=1, include=["lines", "words"]), pd.DataFrame)
assert_type(
    dfai.on(frame).transcribe(
        "call", language=["de", "en"], profanity="keep", rate_hz=dfai.col("hz"), include=["words", "segments"]
    ),
    pd.DataFrame,
)
assert_type(dfai.on(frame).translate_speech("call", to="fr", include=["audio"]), pd.DataFrame)
assert_type(dfai.on(frame).assess_pronunciation("call", reference=dfai.col("text"), include="all"), pd.DataFrame)
assert_type(dfai.on(frame).call(LENGTHS, "review", mark="!", concurrency=4), pd.DataFrame)
assert_type(dfai.on(pl.DataFrame({"review": ["Lovely."]})).sentiment("review"), pl.DataFrame)
assert_type(dfai.on(pl.LazyFrame({"review": ["Lovely."]})).sentiment("review", include="all"), pl.LazyFrame)
model = dfai.on(frame).fit_anomalies(["rpm", "power"], timestamp="at", window_points=3, impute=0.5)
assert_type(model, dfai.AnomalyModel)
assert_type(model.detect(frame, by=["device"], if_exists="fill", concurrency=4), pd.DataFrame)
assert_type(dfai.load_model("model.json"), dfai.AnomalyModel)

dfai.on(frame).fit_anomalies(["rpm"], impute="auto")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
dfai.on(frame).http("review", include=["sentences"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
dfai.on(frame).http("review", timeout=3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
dfai.on(frame).sentiment("review", include=["sentence"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
dfai.on(frame).sentiment("review", langauge="en")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
dfai.on(frame).analyze_image("photo", features="colour")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
dfai.on(frame).tag_image("photo", fetch="driver")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
dfai.on(frame).transcribe("call", profanity="raw")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
dfai.on(frame).transcribe("call", include=["text"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
dfai.configure(concurrency="many")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
