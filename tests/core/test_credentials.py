"""How long a process uses a credential: keys that rotate in their files, lookups that fail, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from dfai_core.errors import SecretNotFound, Unauthorized
from dfai_core.peers import Peer
from dfai_core.secrets import env, secret
from dfai_core.targets import Credentials, azure, container
from dfai_core.targets.base import KEY_HEADER
from dfai_core.transports.base import Answer, Request
from faults.calls import call_of, counted, rows_of
from faults.server import Server, Step, Turn, healthy, status

HEADER = KEY_HEADER.lower()
OLD, NEW = "planted-old-0123456789", "planted-new-0123456789"


class NoTransport:
    async def send(self, request: Request) -> Answer:
        raise AssertionError("nothing is sent here")

    async def aclose(self) -> None:
        return None


@dataclass
class Lender:
    """As a target: lends what it is told to, and counts."""

    answers: list[Any] = field(repr=False)
    asked: list[bool] = field(default_factory=list)

    async def credentials(self, *, renew: bool = False) -> Credentials:
        self.asked.append(renew)
        await asyncio.sleep(0)
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return Credentials({KEY_HEADER: answer[0]}, answer[1])


def peer(*answers: Any) -> tuple[Lender, Peer]:
    lender = Lender(list(answers))
    return lender, Peer(lender, NoTransport())  # type: ignore[arg-type]


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_headers_are_used_for_as_long_as_the_target_says() -> None:
    lender, ours = peer((OLD, 30.0), (NEW, 60.0))

    async def story() -> list[str | None]:
        seen: list[str | None] = []
        for now in (0.0, 29.9, 30.0):
            known = ours.headers(now)
            seen.append(None if known is None else known[KEY_HEADER])
            await ours.look_up(now) if known is None else None
        known = ours.headers(89.9)
        assert known is not None
        return [*seen, known[KEY_HEADER]]

    assert run(story()) == [None, OLD, None, NEW]
    assert lender.asked == [False, False]


def test_many_that_look_up_at_once_share_one_lookup_and_its_failure() -> None:
    lender, ours = peer(SecretNotFound("not here"))

    async def story() -> list[Any]:
        return await asyncio.gather(*(ours.look_up(0.0) for _ in range(50)), return_exceptions=True)

    assert {type(result) for result in run(story())} == {SecretNotFound}
    assert len(lender.asked) == 1


def test_a_key_that_is_missing_for_a_moment_is_looked_for_again_soon() -> None:
    _, ours = peer((OLD, 60.0), SecretNotFound("being replaced"), (NEW, 60.0))

    async def story() -> list[str]:
        return [(await ours.look_up(now))[KEY_HEADER] for now in (0.0, 60.0, 70.0)]

    assert run(story()) == [OLD, OLD, NEW]
    assert ours.headers(129.0) is not None


def test_a_credential_that_gives_no_more_is_no_key_that_is_missing_for_a_moment() -> None:
    _, ours = peer((OLD, 60.0), Unauthorized("signed out"))

    async def story() -> None:
        await ours.look_up(0.0)
        await ours.look_up(60.0)

    with pytest.raises(Unauthorized, match="signed out"):
        run(story())


def test_all_that_were_refused_at_once_share_one_renewal() -> None:
    lender, ours = peer((OLD, 60.0), (NEW, 60.0))

    async def story() -> list[Any]:
        refused = await ours.look_up(0.0)
        return await asyncio.gather(*(ours.renewed(refused, 1.0) for _ in range(16)))

    assert {found[KEY_HEADER] for found in run(story())} == {NEW}
    assert lender.asked == [False, True]


def test_where_nothing_better_is_found_the_refusal_stands_and_is_not_asked_about_for_a_while() -> None:
    lender, ours = peer((OLD, 600.0))

    async def story() -> list[Any]:
        refused = await ours.look_up(0.0)
        return [await ours.renewed(refused, now) for now in (1.0, 2.0, 10.9, 11.0)]

    assert run(story()) == [None] * 4
    assert lender.asked == [False, True, True]


@pytest.mark.parametrize("error", [SecretNotFound("gone"), Unauthorized("signed out")])
def test_a_renewal_that_fails_leaves_the_refusal_as_it_is(error: Exception) -> None:
    _, ours = peer((OLD, 600.0), error)

    async def story() -> Any:
        return await ours.renewed(await ours.look_up(0.0), 1.0)

    assert run(story()) is None


def test_the_headers_show_their_names_alone() -> None:
    _, ours = peer((OLD, 600.0))
    headers = run(ours.look_up(0.0))

    assert repr(headers) == f"{{{KEY_HEADER!r}: ***, 'User-Agent': ***}}"
    assert OLD not in f"{ours!r} {headers} {Credentials(headers)!r}"


# ---- whole calls --------------------------------------------------------------------------------------------------


def only(*keys: str) -> Step:
    """A service that lets in only these keys."""

    async def act(turn: Turn) -> None:
        if turn.received.headers[HEADER] in keys:
            await healthy.act(turn)
        else:
            await turn.answer(401, {"error": {"code": "401", "message": "invalid subscription key"}})

    return Step(act)


def test_a_key_that_was_replaced_in_its_file_costs_one_more_request_and_no_row(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(OLD)
    with Server() as server:
        call = call_of(target=container(server.url, key=secret(f"file:{path}")), attempts=1, concurrency=1)
        rows_of(call, ["first"])
        path.write_text(NEW)
        server.then = only(NEW)
        again = call_of(target=call.config.target, attempts=1, concurrency=1)
        rows = rows_of(again, ["second", "third"])

        assert [request.headers[HEADER] for request in server.received] == [OLD, OLD, NEW]
    assert [row[1] for row in rows] == [None, None]
    assert counted(again).requests == 2


def test_an_operation_under_way_survives_the_change_of_its_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text(OLD)
    done = {"status": "succeeded", "tasks": {"items": [{"kind": "ExtractiveSummarizationLROResults"}]}}

    async def submitted(turn: Turn) -> None:
        path.write_text(NEW)
        server.then = Step(polled)
        await turn.answer(202, headers={"Operation-Location": f"{server.url}/jobs/1"})

    async def polled(turn: Turn) -> None:
        if turn.received.headers[HEADER] == NEW:
            sentence = {"text": "A text.", "rankScore": 1.0, "offset": 0, "length": 7}
            document = {"id": "0", "sentences": [sentence], "warnings": []}
            done["tasks"]["items"][0]["results"] = {"documents": [document], "errors": []}  # type: ignore[index]
            await turn.answer(200, done)
        else:
            await turn.answer(401, {"error": {"code": "401", "message": "invalid subscription key"}})

    with Server(then=Step(submitted)) as server:
        target = container(server.url, key=secret(f"file:{path}"))
        (row,) = rows_of(call_of("extract_summary", target=target, attempts=1), ["A text."])

        assert [request.headers[HEADER] for request in server.received] == [OLD, OLD, NEW]
    assert row == ("A text.", None, None)


def test_a_key_that_is_simply_wrong_is_asked_about_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_KEY", OLD)
    with Server(then=only(NEW)) as server:
        with pytest.raises(Unauthorized, match="refused the key from env:A_KEY before anything was answered"):
            rows_of(call_of(target=container(server.url, key=env("A_KEY")), concurrency=1), ["text"])

        assert len(server.received) == 1


def test_a_key_that_is_revoked_midway_costs_rows_and_not_the_call() -> None:
    with Server(script=iter([healthy]), then=only(NEW)) as server:
        call = call_of(target=container(server.url, key=OLD), concurrency=1)
        rows = rows_of(call, [f"text {n}" for n in range(25)])

        assert len(server.received) == 3
    assert [row[1] for row in rows] == [None] * 10 + ["unauthorized"] * 15


QUOTA = [
    {"statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 2.12 days."},
    {"error": {"code": "403", "message": "Out of call volume quota. Quota will be replenished in 12 days."}},
]


@pytest.mark.parametrize("body", QUOTA)
def test_a_used_up_quota_ends_the_call_at_once_and_says_quota_not_key(body: dict[str, Any]) -> None:
    with Server(then=status(403, body)) as server:
        with pytest.raises(Unauthorized, match="the resource's quota is used up: Out of call volume quota") as caught:
            rows_of(call_of(target=azure(endpoint=server.url, key=OLD), concurrency=1), ["text"])

        assert len(server.received) == 1
    assert "The key is right" in str(caught.value)
    assert "refused the key" not in str(caught.value)


@pytest.mark.parametrize("body", QUOTA)
def test_a_quota_that_ends_midway_is_not_tried_again_and_not_kept(body: dict[str, Any]) -> None:
    with Server(script=iter([healthy]), then=status(403, body)) as server:
        call = call_of(target=container(server.url, key=OLD), concurrency=1, store="memory")
        rows = rows_of(call, [f"text {n}" for n in range(20)])
        server.then = healthy
        later = rows_of(call_of(target=call.config.target, store="memory"), [f"text {n}" for n in range(20)])

        assert len(server.received) == 3
    assert [row[1] for row in rows] == [None] * 10 + ["unauthorized"] * 10
    assert str(rows[-1][2]).startswith("the resource's quota is used up: Out of call volume quota")
    assert [row[1] for row in later] == [None] * 20


@pytest.mark.parametrize(
    "body",
    [
        {"error": {"code": "403", "message": f"who is {OLD}?"}},
        {"error": {"code": "InvalidRequest", "innererror": {"code": OLD, "message": f"no {OLD} here"}}},
        {"error": f"Bearer {OLD}"},
        {"message": "x" * 490 + OLD},
    ],
)
@pytest.mark.parametrize("code", [400, 403, 404, 418, 429, 500, 501])
def test_a_gateway_that_quotes_the_key_is_not_quoted(code: int, body: dict[str, Any]) -> None:
    with Server(script=iter([healthy]), then=status(code, body)) as server:
        call = call_of(target=container(server.url, key=OLD), attempts=1, concurrency=1, include=("error_detail",))
        rows = rows_of(call, [f"text {n}" for n in range(20)])

    assert [row[1] for row in rows[:10]] == [None] * 10
    assert all(row[1] for row in rows[10:])
    assert OLD not in str(rows)
    assert OLD[:10] not in str(rows)
