"""The clients that are compared ask the same and know their answers; the head-of-line window is SynapseML's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.alone import Trial, attempt
from benchmarks.clients import Aiohttp, AzureAsync, AzureLoop, AzureThreads, Client, Dfai, DfaiSingles, Httpx
from benchmarks.head_of_line import HeadOfLine, HeadOfLineTwo, Waits
from benchmarks.mock_service import Behaviour, Latency, MockService, expected
from benchmarks.texts import reviews

_KINDS: list[type[Client]] = [
    *(Aiohttp, Httpx, AzureAsync, AzureThreads, AzureLoop, Dfai, DfaiSingles, HeadOfLine, HeadOfLineTwo)
]


@pytest.fixture(scope="module")
def service() -> Iterator[MockService]:
    with MockService() as running:
        yield running


@pytest.mark.parametrize("kind", _KINDS, ids=lambda kind: str(kind.name))
def test_every_client_asks_each_text_once_and_knows_its_label(service: MockService, kind: type[Client]) -> None:
    service.behave(Behaviour(Latency(0.005)))
    texts = reviews(65)
    client = kind(service.url, 4)
    labels = client.label(texts)
    client.close()
    counters = service.counters()

    assert labels == [expected(text)[0] for text in texts]
    assert counters.documents == 65
    assert counters.max_in_flight <= 4
    assert counters.requests == (65 if kind is DfaiSingles else 7)


def test_a_head_of_line_window_tries_a_failure_once_more_and_then_loses_its_rows() -> None:
    outcome = attempt(Trial(HeadOfLine, Behaviour(failing=1.0), requests=3, in_flight=2))

    assert outcome.lost == 30
    assert outcome.counters.requests == 6


def test_a_head_of_line_window_waits_for_its_oldest_request() -> None:
    # 40 requests, 4 in flight: those behind a straggler wait for it, whatever the others do.
    behaviour = Behaviour(straggling=0.1, straggler_s=0.1, seed=3)
    outcome = attempt(Trial(HeadOfLine, behaviour, requests=40, in_flight=4))
    stragglers = outcome.seconds / behaviour.straggler_s

    assert outcome.lost == 0
    assert stragglers >= 2  # so many times the whole window stood still


def test_waits_after_429_double_without_end_and_what_the_service_says_comes_first() -> None:
    waits = Waits()

    assert [waits.refused(None, 0.0) for _ in range(3)] == [0.2, 0.4, 0.8]
    assert waits.refused(7.0, 0.0) == 7.0
    assert waits.refused(3_600.0, 0.0) == 60.0
    assert [waits.failed(), waits.failed(), waits.refused(7.0, 0.0)] == [0.1, None, None]
