"""The public API as a type checker sees it: mypy and pyright must accept this file, and nothing looser."""

from __future__ import annotations

from typing import assert_type

import pandas as pd

import dfai

frame = pd.DataFrame({"review": ["Lovely."], "lang": ["en"]})

assert_type(dfai.on(frame), dfai.FrameAI[pd.DataFrame])
assert_type(dfai.on(frame).sentiment("review"), pd.DataFrame)
assert_type(
    dfai.on(frame).sentiment(
        "review", language=dfai.col("lang"), include=["sentences", "opinions"], output="mood", concurrency=4
    ),
    pd.DataFrame,
)
assert_type(dfai.on(frame).redact_pii(["review"], include="all", target=dfai.local()), pd.DataFrame)

dfai.on(frame).sentiment("review", include=["sentence"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
dfai.on(frame).sentiment("review", langauge="en")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
dfai.configure(concurrency="many")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
