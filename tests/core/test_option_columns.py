"""Options that come from a column of lists: as good as the list itself, and never worse than an error of their row."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pandas as pd
import pyarrow as pa
import pytest

import dfai
from dfai.errors import ConfigError

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")

TARGET = dfai.container("http://127.0.0.1:9")


def test_an_option_may_be_a_column_of_lists() -> None:
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.params["returnFaceAttributes"])
        return httpx.Response(200, json=[])

    wanted = [["blur"], ["blur", "quality"], ["charm"], None, ["blur"], 3]
    frame = pd.DataFrame({"p": [b"\xff\xd8\xff"] * 6, "wanted": pd.Series(wanted, dtype=object)})
    lists, mixed = frame.iloc[:5], frame.iloc[[0, 5]]
    columns = {"attributes": dfai.col("wanted"), "output": "x"}
    with dfai.using(target=TARGET, transport=httpx.MockTransport(answer), store=None):
        result = dfai.on(lists).detect_faces("p", **columns)
        told = dfai.on(lists).estimate.detect_faces("p", **columns)
        odd = dfai.on(mixed).detect_faces("p", **columns)

    assert result["x_error"].fillna("").tolist() == ["", "", "refused", "", ""]
    assert "'charm' is no attribute" in result["x_error_message"][2]
    assert sorted(asked[:3]) == ["blur", "blur,qualityForRecognition", "qualityForRecognition"]
    assert told.requests == 4  # contents are not read: each row is a picture of its own
    assert "column 'wanted' holds a value of type" in odd["x_error_message"].tolist()[1]


@pytest.mark.parametrize("dtype", ["object", pd.ArrowDtype(pa.list_(pa.string()))])
def test_so_may_one_of_a_verb_that_reads_text(dtype: Any) -> None:
    asked: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content)
        asked.append(body["parameters"].get("piiCategories"))
        documents = [
            {"id": one["id"], "redactedText": "*", "entities": []} for one in body["analysisInput"]["documents"]
        ]
        return httpx.Response(200, json={"results": {"documents": documents, "errors": []}})

    wanted = pd.Series([["Email"], ["Email"], None, ["Person", "Email"]], dtype=dtype)
    frame = pd.DataFrame({"t": ["a", "b", "c", "d"], "wanted": wanted})
    with dfai.using(target=TARGET, transport=httpx.MockTransport(answer), store=None):
        result = dfai.on(frame).redact_pii("t", language="en", categories=dfai.col("wanted"))

    assert result["redacted"].tolist() == ["*"] * 4
    assert sorted(asked, key=str) == [None, ["Email"], ["Person", "Email"]]


@pytest.mark.parametrize(("verb", "option"), [("detect_faces", "attributes"), ("analyze_image", "features")])
def test_an_option_that_is_no_list_of_words_says_so(verb: str, option: str) -> None:
    with pytest.raises(ConfigError, match=f"^{option}.* 3 is no"):
        getattr(dfai.on(pd.DataFrame({"p": ["a.png"]})), verb)("p", **{option: 3})
