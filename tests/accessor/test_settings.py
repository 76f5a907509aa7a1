"""Where settings come from, and which wins."""

from __future__ import annotations

import threading

import pandas as pd
import pytest

import dfai
from dfai.errors import ConfigError
from lookalike import Lookalike

FRAME = pd.DataFrame({"t": ["good"]})


def test_call_beats_using_beats_configure_beats_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_CONCURRENCY", "2")
    monkeypatch.setenv("DFAI_ATTEMPTS", "9")
    assert dfai.settings()["concurrency"] == 2
    dfai.configure(concurrency=3)
    try:
        assert dfai.settings()["concurrency"] == 3
        with dfai.using(concurrency=4):
            assert dfai.settings()["concurrency"] == 4
            with dfai.using(concurrency=5):
                assert dfai.settings()["concurrency"] == 5
            assert dfai.settings()["concurrency"] == 4
        assert dfai.settings()["attempts"] == 9
    finally:
        dfai.configure(concurrency=None)
    assert dfai.settings()["concurrency"] == 2


def test_the_table_says_where_each_value_came_from() -> None:
    with dfai.using(concurrency=4):
        shown = repr(dfai.settings())
        html = dfai.settings()._repr_html_()

    assert any(line.split() == ["concurrency", "4", "using"] for line in shown.splitlines())
    assert any(line.split() == ["attempts", "6", "default"] for line in shown.splitlines())
    assert "<td>concurrency</td><td>4</td><td>using</td>" in html
    with pytest.raises(KeyError):
        dfai.settings()["nothing"]


def test_a_key_never_shows() -> None:
    key = "s3cr3t-planted-key"
    target = dfai.azure("westeurope", key=key)

    with dfai.using(target=target):
        shown = [repr(dfai.settings()), dfai.settings()._repr_html_(), repr(target), str(target), repr(target.key)]

    assert not any(key in text for text in shown)


def test_using_is_seen_by_its_own_thread_only() -> None:
    seen: list[int] = []
    with dfai.using(concurrency=7):
        thread = threading.Thread(target=lambda: seen.append(dfai.settings()["concurrency"]))
        thread.start()
        thread.join()

    assert seen == [16]


def test_wrong_settings_are_refused_where_they_are_made() -> None:
    with pytest.raises(ConfigError, match="Did you mean 'rate_per_s'"):
        dfai.configure(rate_per_sec=3)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="share from 0 to 1"), dfai.using(max_error_ratio=3):
        pass
    assert dfai.settings()["rate_per_s"] is None


def test_a_wrong_environment_names_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DFAI_CONCURRENCY", "many")

    with pytest.raises(ConfigError, match="concurrency='many': expected a number"):
        dfai.settings()


def test_the_key_travels_in_its_header_and_references_are_read_late(
    service: Lookalike, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = dfai.container("http://localhost:5000", key=dfai.env("A_KEY_FOR_TESTS"))
    monkeypatch.setenv("A_KEY_FOR_TESTS", "from-the-environment")

    FRAME.ai.sentiment("t", target=target)

    assert service.headers[0]["Ocp-Apim-Subscription-Key"] == "from-the-environment"


def test_a_missing_key_is_named_with_the_remedy() -> None:
    with pytest.raises(dfai.errors.SecretNotFound, match=r"env:AZURE_AI_KEY is not set .*export AZURE_AI_KEY=….*key="):
        FRAME.ai.sentiment("t", language="en", target=dfai.azure("westeurope"))


def test_a_route_chooses_by_verb_then_family(service: Lookalike) -> None:
    target = dfai.route(
        {"sentiment": dfai.container("http://localhost:1"), "language": dfai.container("http://localhost:2")},
        default=dfai.local(),
    )
    from dfai_core import services

    assert str(target.resolve(services()["sentiment"])) == "http://localhost:1"
    assert str(target.resolve(services()["key_phrases"])) == "http://localhost:2"
    assert FRAME.ai.sentiment("t", target=target)["sentiment"].tolist() == ["positive"]
    with pytest.raises(ConfigError, match="neither a verb nor a family"):
        dfai.route({"sentimant": dfai.local()}, default=dfai.local())
