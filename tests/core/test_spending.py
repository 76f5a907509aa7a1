"""What a call may spend: counted before each request, over all processes, with what may have been billed twice."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core import Call, services
from dfai_core.billed import SECOND, UNMEASURED, Billing
from dfai_core.errors import ConfigError
from dfai_core.flow.allowance import Allowance, Left, Purse
from dfai_core.flow.budget import BudgetSpec, open_budget
from dfai_core.flow.channels import Listener, listen
from dfai_core.loop import loop_thread
from dfai_core.prices import LIST_PRICES, prices_from
from faults.calls import call_of, counted, rows_of
from lookalike import Lookalike
from processes import together
from redis_server import redis_server

PRICES = {"container/sentiment": 1_000.0}  # one unit of money a text record
HEAD = """
import pickle
from dfai_core.flow.allowance import Allowance
from dfai_core.flow.budget import open_budget
spec = pickle.loads(bytes.fromhex(sys.argv[1]))
"""
SPENDING = """
async def main():
    budget = open_budget(spec, name="a call", concurrency=8, rate_per_s=None, allowance=Allowance(100, 50.0))
    granted = 0
    for _ in range(40):
        if await budget.spend(3, 0.75) is None:
            granted += 1
    await budget.aclose()
    print(granted, flush=True)
asyncio.run(main())
"""


@pytest.fixture
def spec(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BudgetSpec]:
    """A budget of the kind that the test asks for, and whoever keeps it."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # for other processes
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if request.param == "coordinator":
        listener: Listener = loop_thread().run(listen("127.0.0.1"))
        yield BudgetSpec("coordinator", f"127.0.0.1:{listener.port}", listener.token)
        loop_thread().run(listener.aclose())
    elif request.param == "redis":
        with redis_server(tmp_path) as server:
            yield BudgetSpec("redis", server.url)
    else:
        yield BudgetSpec("host")


@pytest.mark.parametrize("spec", ["host", "coordinator", "redis"], indirect=True)
def test_processes_together_spend_what_they_may_and_no_more(spec: BudgetSpec) -> None:
    granted = [int(line) for line in together(SPENDING, 3, pickle.dumps(spec).hex(), head=HEAD)]

    async def after() -> tuple[Left | None, Left | None, Left | None]:
        budget = open_budget(spec, name="a call", concurrency=8, rate_per_s=None, allowance=Allowance(100, 50.0))
        found = await budget.spend(2, 0.0), await budget.spend(-1, -0.5), await budget.spend(2, 0.0)
        await budget.aclose()
        return found

    assert sum(granted) == 33  # of three documents each: the hundredth is left
    assert asyncio.run(after()) == (Left(1, 25.25), None, None)


@settings(derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 12), st.floats(0, 3)), max_size=30), st.integers(0, 40), st.floats(0, 20))
def test_a_purse_never_holds_more_than_it_may(spendings: list[tuple[int, float]], documents: int, cost: float) -> None:
    purse = Purse(Allowance(documents, cost))
    granted = [spending for spending in spendings if purse.take(*spending) is None]

    assert sum(count for count, _ in granted) <= documents
    assert sum(amount for _, amount in granted) <= cost + 1e-6


def asking(service: Lookalike, **more: Any) -> Call:
    found: dict[str, Any] = {"transport": service.transport, "concurrency": 4, "attempts": 3, "prices": PRICES}
    return call_of("sentiment", **found | more)


def codes(call: Call, texts: list[str]) -> list[str | None]:
    return [code for _, code, _ in rows_of(call, texts)]


@pytest.mark.parametrize(("limits", "answered"), [({"max_documents": 33}, 33), ({"max_cost": 12.5}, 12)])
def test_rows_past_the_limit_are_not_sent(limits: dict[str, Any], answered: int) -> None:
    service = Lookalike()
    call = asking(service, max_error_ratio=0.0, **limits)  # not failures of the service's
    found = codes(call, [f"good {number}" for number in range(100)])

    assert len(service.texts) == answered
    assert found.count("over_budget") == 100 - answered
    assert found.count(None) == answered
    assert counted(call).units == {"text record": answered}


def test_equal_rows_cost_once_and_dear_ones_more() -> None:
    service = Lookalike()
    dear = "good " * 600  # three records
    found = codes(asking(service, max_cost=4.0), ["good", dear, "good", "bad"])

    assert found == [None, None, None, "over_budget"]


def test_what_a_store_knows_costs_nothing(tmp_path: Path) -> None:
    first = [f"good {number}" for number in range(20)]
    texts = first + [f"bad {number}" for number in range(20)]
    for store in ("memory", str(tmp_path / "store")):
        service = Lookalike()
        codes(asking(service, store=store), first)
        found = codes(asking(service, store=store, max_documents=5), texts)

        assert len(service.texts) == 25
        assert found == [None] * 25 + ["over_budget"] * 15


def test_what_may_have_been_billed_counts_again_and_what_was_not_is_given_back() -> None:
    def malformed_once(request: httpx.Request) -> httpx.Response | None:
        return httpx.Response(200, content=b"<html>") if len(broken.requests) == 1 else None

    broken = Lookalike(malformed_once)
    call = asking(broken, max_documents=15, concurrency=1)
    found = codes(call, [f"good {number}" for number in range(10)])

    assert (len(broken.requests), counted(call).maybe_billed) == (2, 1)
    assert found == [None] * 5 + ["over_budget"] * 5  # ten may be paid for, and five more are
    assert counted(call).units == {"text record": 15}

    refused = Lookalike(
        lambda _: httpx.Response(429, headers={"Retry-After": "0"}) if len(refused.requests) < 3 else None
    )
    call = asking(refused, max_documents=10, concurrency=1, attempts=2)
    found = codes(call, [f"good {number}" for number in range(20)])

    assert found == ["rate_limited"] * 10 + [None] * 10  # refusals cost nothing
    assert counted(call).units == {"text record": 10}


def test_what_cannot_be_measured_is_not_sent_under_a_limit_of_cost() -> None:
    unknown = Billing(SECOND, lambda document, _: None if "good" in document[0] else 2.0, "a test")
    service = replace(services()["sentiment"], billing=unknown)
    prices = {"container/sentiment": 3_600.0}  # one unit of money a second
    lookalike = Lookalike()
    found = codes(replace(asking(lookalike, max_cost=5.0, prices=prices), service=service), ["bad", "bad 2", "bad 3"])
    assert (found, len(lookalike.texts)) == ([None, None, "over_budget"], 2)
    limited = replace(asking(lookalike, max_cost=50.0, prices=prices), service=service)
    assert codes(limited, ["good"]) == ["over_budget"]
    free = replace(asking(lookalike, prices=prices), service=service)
    assert codes(free, ["good", "bad"]) == [None, None]
    assert counted(free).units == {"second of audio": 2.0, UNMEASURED: 1}


def test_a_cost_without_a_price_is_a_wrong_setting() -> None:
    with pytest.raises(
        ConfigError, match=r'no price is known for sentiment .*dfai.prices\(\{"container/sentiment": …\}\)'
    ):
        rows_of(asking(Lookalike(), max_cost=1.0, prices={"sentiment": 1.0}), ["good"])


def test_prices_are_read_from_files_and_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "prices.toml"
    file.write_text('currency = "EUR"\nas_of = 2026-11-01\nsentiment = 0.7\n')
    found = prices_from(str(file))

    assert (found.currency, found["sentiment"].amount, found["sentiment"].as_of) == ("EUR", 0.7, "2026-11-01")
    assert "entities" not in found
    assert pickle.loads(pickle.dumps(found)) == found
    assert prices_from({**LIST_PRICES, "sentiment": 0.7})["entities"] == LIST_PRICES["entities"]
    for wrong in ({"sentiment": -1}, {"sentiment": "free"}, 3, str(tmp_path / "absent.json")):
        with pytest.raises(ConfigError, match="prices="):
            prices_from(wrong)


def test_prices_out_of_another_table_keep_its_currency() -> None:
    euros = prices_from({"sentiment": 0.7, "currency": "EUR"})
    more = prices_from({**euros, "tag_image": 1.0})

    assert (more.currency, more["tag_image"].currency) == ("EUR", "EUR")
    with pytest.raises(ConfigError, match="in EUR and in USD: one table has one currency"):
        prices_from({**LIST_PRICES, "tag_image": 1.0, "currency": "EUR"})
