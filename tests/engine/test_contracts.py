"""The contracts themselves: upstream examples pass, departures are found; so a passing check says something."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from contracts import example, faults
from engine.wire import CONTRACT

EXAMPLES = "language-2023-04-01/examples"
SYNCHRONOUS = ("EntityLinking", "EntityRecognition", "KeyPhraseExtraction", "PiiEntityRecognition", "SentimentAnalysis")


@pytest.fixture
def answer() -> Any:
    body = example(f"{EXAMPLES}/SuccessfulSentimentAnalysisRequest.json")["responses"]["200"]["body"]
    return copy.deepcopy(body)


@pytest.mark.parametrize("kind", SYNCHRONOUS)
def test_upstream_examples_pass(kind: str) -> None:
    found = example(f"{EXAMPLES}/Successful{kind}Request.json")

    assert faults(found["responses"]["200"]["body"], CONTRACT, "AnalyzeTextTaskResult") == []
    assert faults(found["parameters"]["body"], CONTRACT, "AnalyzeTextTask") == []


def test_an_upstream_job_passes() -> None:
    found = example(f"{EXAMPLES}/SuccessfulAbstractiveSummarizationTaskResult.json")

    assert faults(found["responses"]["200"]["body"], CONTRACT, "AnalyzeTextJobState") == []


def test_a_missing_property_is_found(answer: Any) -> None:
    del answer["results"]["documents"][0]["sentences"][0]["offset"]

    assert faults(answer, CONTRACT, "AnalyzeTextTaskResult")


def test_an_undeclared_property_is_found(answer: Any) -> None:
    answer["results"]["documents"][0]["mood"] = "sunny"

    assert faults(answer, CONTRACT, "AnalyzeTextTaskResult")


def test_a_word_outside_a_closed_enumeration_is_found(answer: Any) -> None:
    answer["results"]["documents"][0]["sentiment"] = "sunny"

    assert faults(answer, CONTRACT, "AnalyzeTextTaskResult")


def test_another_kinds_results_are_found(answer: Any) -> None:
    answer["kind"] = "KeyPhraseExtractionResults"

    assert faults(answer, CONTRACT, "AnalyzeTextTaskResult")
