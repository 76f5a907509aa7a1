"""One walk over all verbs: their options, order, columns and words follow one rule."""

from __future__ import annotations

import inspect
from pathlib import Path

import pyarrow as pa
import pytest

import dfai
from dfai._signatures import signature_of
from dfai._verbs import Verbs
from dfai_core import services
from pages import DOCS

ROOT = Path(__file__).parents[2]
SHARED_WORDS = {
    *("language", "country", "categories", "domain", "max_sentences", "order"),
    *("among", "top", "filter", "match", "select", "key", "offset", "market"),
    *("features", "fetch", "pages", "model", "width_px", "height_px", "crop"),
    *("attributes", "threshold"),
    *("profanity", "phrases", "rate_hz", "to", "reference"),
    *("rate_hz",),
    *("voice", "style", "rate", "pitch", "format", "markup"),
    *("granularity", "custom_interval", "period", "sensitivity", "max_anomaly_ratio", "impute", "stability"),
}
# httpx's own, and what only a request that says itself whom it asks can have.
WEB_WORDS = {
    *("method", "params", "headers", "json", "data", "content", "files", "auth"),
    *("parse", "ok", "pages", "poll", "batch", "origins", "idempotent"),
    "max_bytes",
}


@pytest.mark.parametrize("name", dfai.verbs())
def test_a_verbs_signature_follows_the_rule(name: str) -> None:
    service = services()[name]
    parameters = list(inspect.signature(getattr(Verbs, name)).parameters.values())[1:]
    inputs = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]

    assert tuple(inputs) == service.inputs
    groups = [] if service.gather is None else ["timestamp", "by"] if service.gather.ordered else ["by"]
    assert keywords == [*groups, *(option.name for option in service.options), "include", "output", "if_exists"]
    assert parameters[-1].kind is inspect.Parameter.VAR_KEYWORD
    assert {option.name for option in service.options} <= (WEB_WORDS if service.web else SHARED_WORDS)


def test_every_service_has_its_verb_and_every_verb_its_service() -> None:
    methods = {name for family in Verbs.__mro__ for name, held in vars(family).items() if inspect.isfunction(held)}

    assert {name for name in methods if not name.startswith("_")} - {"call"} == set(services()) == set(dfai.verbs())


@pytest.mark.parametrize("name", dfai.verbs())
def test_a_verbs_annotations_can_be_read_where_it_is_used(name: str) -> None:
    signature = signature_of(name)

    assert list(signature.options) == [option.name for option in services()[name].options]
    assert signature.types.get("among", pa.string()) == pa.string()


@pytest.mark.parametrize("name", dfai.verbs())
def test_defaults_are_the_services_own(name: str) -> None:
    service = services()[name]
    parameters = inspect.signature(getattr(Verbs, name)).parameters

    assert parameters["output"].default == service.noun
    for option in service.options:
        assert parameters[option.name].default == option.default
        assert option.check(option.name, option.default) == option.default


@pytest.mark.parametrize("name", dfai.verbs())
def test_every_column_is_documented(name: str) -> None:
    service = services()[name]
    doc = inspect.getdoc(getattr(Verbs, name)) or ""

    for column in service.columns:
        assert column.doc
        assert column.suffix in doc
    for word, column in service.includes.items():
        assert column.doc
        assert f'"{word}"' in doc


@pytest.mark.parametrize("name", dfai.verbs())
def test_the_answer_ends_with_the_error_columns(name: str) -> None:
    names = services()[name].schema("out", ["error_detail"]).names

    assert names[0] == "out" + services()[name].columns[0].suffix
    assert names[-3:] == ["out_error_detail", "out_error", "out_error_message"]


@pytest.mark.parametrize("name", dfai.verbs())
def test_every_verb_has_its_page_in_the_list(name: str) -> None:
    assert (DOCS / "verbs" / f"{name}.md").exists()
    assert f"(verbs/{name}.md)" in (DOCS / "README.md").read_text(encoding="utf-8")
