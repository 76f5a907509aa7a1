"""`http` from where users stand: on a column, without a network, in a report, under names known from elsewhere."""

from __future__ import annotations

from typing import Any

import httpx
import pandas as pd
import pytest

import dfai

pytestmark = pytest.mark.filterwarnings("ignore::dfai.errors.RowsFailed")


class Echo:
    """Answers with the URL, and keeps what it is asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        return httpx.Response(200, json={"url": str(request.url)})


@pytest.fixture
def echo() -> Any:
    found = Echo()
    with dfai.using(transport=found.transport, progress="off"):
        yield found


def test_users_test_without_a_network(echo: Echo) -> None:
    frame = pd.DataFrame({"id": [1, 2, 2, None], "host": ["a", "b", "b", "c"]})

    result = frame.ai.http("https://{host}.example/{id}", parse={"url": "$.url"})

    assert result["response_url"].tolist()[:3] == ["https://a.example/1", "https://b.example/2", "https://b.example/2"]
    assert result["response_url"].isna().tolist() == [False, False, False, True]
    assert sorted(str(request.url) for request in echo.asked) == ["https://a.example/1", "https://b.example/2"]


def test_a_column_of_urls_has_the_verb_too(echo: Echo) -> None:
    column = pd.Series(["https://a.example/1", None], name="link").ai.http()

    assert column.name == "response"
    assert column.tolist()[0] == '{"url":"https://a.example/1"}'
    assert column.isna().tolist() == [False, True]


def test_a_run_says_what_was_asked_and_whom(echo: Echo) -> None:
    pd.DataFrame({"id": [1, 2, 2]}).ai.http("https://a.example/{id}")
    run = dfai.last_run()

    assert (run.rows, run.requests, run.coalesced) == (3, 2, 1)
    assert str(run).splitlines()[0] == "http  on pandas, answered by the web"
    assert run.to_dict()


def test_a_target_that_is_set_for_all_verbs_is_none_of_its_own(echo: Echo) -> None:
    with dfai.using(target=dfai.container("http://127.0.0.1:9")):
        result = pd.DataFrame({"id": [1]}).ai.http("https://a.example/{id}")

    assert result["response_status"].tolist() == [200]


def test_names_known_from_elsewhere_lead_to_it() -> None:
    with pytest.raises(AttributeError, match=r"Here it is: df\.ai\.http"):
        _ = pd.DataFrame({"id": [1]}).ai.SimpleHTTPTransformer


def test_plans_and_reprs_hold_no_literal_token(echo: Echo) -> None:
    token = "planted-0123456789abcdef"
    pd.DataFrame({"id": [1]}).ai.http("https://a.example/{id}", auth=token, params={"api_key": token})

    assert echo.asked[0].headers["authorization"] == f"Bearer {token}"
    assert dict(echo.asked[0].url.params) == {"api_key": token}
    assert token not in str(dfai.last_run().to_dict())


def test_columns_may_have_names_that_are_no_text(echo: Echo) -> None:
    frame = pd.DataFrame({0: ["x"], "u": ["https://a.example/"]})

    result = frame.ai.http("u", params={"v": dfai.col(0)}, parse={"url": "$.url"})

    assert result["response_url"].tolist() == ["https://a.example/?v=x"]


def test_any_number_of_hosts_takes_bounded_room(echo: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    from dfai_core import origins, peers

    monkeypatch.setattr(peers, "_peers", {})  # those of other tests stay where they are
    monkeypatch.setattr(peers, "_MOST_PEERS", 40)
    monkeypatch.setattr(origins, "_MOST_WAYS", 10)
    frame = pd.DataFrame({"host": [f"h{number}" for number in range(300)]})

    result = frame.ai.http("https://{host}.example/", concurrency=4, parse={"url": "$.url"})

    assert result["response_url"].tolist() == [f"https://h{number}.example/" for number in range(300)]
    assert len(peers._peers) <= 41


def test_values_of_mixed_kinds_are_told_by_row(echo: Echo) -> None:
    frame = pd.DataFrame({"v": pd.Series(["a", 3, None], dtype=object)})

    result = frame.ai.http("https://a.example/{v}")

    assert result["response_status"].tolist()[0] == 200
    assert result["response_error"].tolist()[1] == "unsupported"
    assert result["response_error"].isna().tolist() == [True, False, True]
