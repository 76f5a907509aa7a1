"""Whole requests to any host: each origin's limits are its own, and nothing is done twice that must not be."""

from __future__ import annotations

import itertools
import time

import pytest

from dfai_core import run
from dfai_core.secrets import as_secret, env
from dfai_core.whole import Sealed
from faults import server as at
from faults.calls import counted, rows_of, slices
from faults.server import Server, Step, Turn, once, refusing_port, status
from faults.web import asking, path, redirect, service_of

TOKEN = "planted-0123456789abcdef"
PERHAPS = "may have been carried out"


def test_each_row_asks_where_it_says(servers: list[Server]) -> None:
    one, two = servers
    urls = [f"{server.url}/{place}" for place in range(20) for server in (one, two)]
    call = asking(service_of())

    rows = rows_of(call, urls)

    assert [row[0] for row in rows] == [f"/{place}" for place in range(20) for _ in (one, two)]
    assert len(one.received) == len(two.received) == 20


def test_equal_rows_are_asked_once(servers: list[Server]) -> None:
    rows = rows_of(asking(service_of()), [f"{servers[0].url}/a"] * 30, size=7)

    assert [row[0] for row in rows] == ["/a"] * 30
    assert len(servers[0].received) == 1


def test_equal_rows_that_do_something_are_each_sent(servers: list[Server]) -> None:
    call = asking(service_of("POST"), store="memory")
    rows = rows_of(call, [f"{servers[0].url}/a"] * 30, size=7)

    assert [row[0] for row in rows] == ["/a"] * 30
    assert len(servers[0].received) == 30
    assert {received.method for received in servers[0].received} == {"POST"}


def test_a_paused_origin_holds_up_no_other(servers: list[Server]) -> None:
    paused, free = servers
    paused.script = once(status(429, Retry_After="2"))
    urls = [f"{paused.url}/{place}" for place in range(50)] + [f"{free.url}/{place}" for place in range(50)]
    began = time.monotonic()

    rows = rows_of(asking(service_of(), concurrency=4), urls)

    assert [row[1] for row in rows] == [None] * 100
    assert max(received.at for received in free.received) - began < 1.5
    refused_at = paused.received[0].at
    later = [received.at for received in paused.received if received.at > refused_at + 0.5]
    assert min(later) >= refused_at + 2.0
    assert len(later) >= 46  # all but those that were in flight


def test_a_call_that_is_stopped_leaves_nobody_in_line(servers: list[Server]) -> None:
    paused, failing = servers
    paused.then = status(429, Retry_After="30")
    failing.then = status(404)
    urls = [f"{paused.url}/{place}" for place in range(50)] + [f"{failing.url}/{place}" for place in range(300)]
    began = time.monotonic()

    rows = rows_of(asking(service_of(), max_error_ratio=0.1, concurrency=4), urls)

    assert time.monotonic() - began < 5
    assert {row[1] for row in rows[:50]} == {"stopped"}
    assert {row[1] for row in rows[50:]} == {"refused", "stopped"}
    assert len(paused.received) <= 4


def test_whoever_leaves_early_has_nothing_sent_for_them_later(servers: list[Server]) -> None:
    good, paused = servers
    paused.script = once(status(429, Retry_After="1"))
    batches = [*slices([f"{good.url}/{n}" for n in range(20)]), *slices([f"{paused.url}/{n}" for n in range(20)])]
    answers = run(asking(service_of(), concurrency=2), batches)

    assert next(answers).num_rows == 20
    answers.close()
    time.sleep(0.3)  # what was under way has arrived
    seen = len(paused.received)
    time.sleep(1.2)  # longer than the pause

    assert len(paused.received) == seen <= 2


def test_an_origin_that_is_down_ends_its_own_rows_alone(servers: list[Server], quick: None) -> None:
    dead = f"http://127.0.0.1:{refusing_port()}"
    urls = [f"{dead}/{place}" for place in range(60)] + [f"{servers[0].url}/{place}" for place in range(60)]
    call = asking(service_of(), attempts=3, concurrency=8)

    rows = rows_of(call, urls)

    assert [row[1] for row in rows] == ["unavailable"] * 60 + [None] * 60
    assert len(servers[0].received) == 60
    assert counted(call).requests < 60 + 60 * 3  # most of the first were not tried at all


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed_and_keep_the_row(servers: list[Server], code: int) -> None:
    one, two = servers
    one.script = iter([redirect(code, "/b"), redirect(code, f"{two.url}/c")])
    call = asking(service_of(), attempts=1)

    assert rows_of(call, [f"{one.url}/a"]) == [("/c", None, None)]
    assert [received.path for received in one.received] == ["/a", "/b"]


def test_credentials_follow_no_redirect_to_another_origin(
    servers: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_TOKEN", TOKEN)
    one, two = servers
    one.script = iter([redirect(302, "/b"), redirect(302, f"{two.url}/c")])
    headers: dict[str, str | Sealed] = {
        "Authorization": Sealed(env("SOME_TOKEN"), "Bearer "),
        "X-Custom": "might be a key",
        "Accept": "text/plain",
    }

    rows = rows_of(asking(service_of(headers=headers)), [f"{one.url}/a"])

    assert rows == [("/c", None, None)]
    assert [r.headers["authorization"] for r in one.received] == [f"Bearer {TOKEN}"] * 2
    assert "authorization" not in two.received[0].headers
    assert "x-custom" not in two.received[0].headers
    assert two.received[0].headers["accept"] == "text/plain"
    assert TOKEN not in repr(two.received[0])


@pytest.mark.parametrize("where", ["ftp://elsewhere/", "https://user@host/", "file:///etc/passwd"])
def test_a_redirect_to_no_web_address_is_refused(servers: list[Server], where: str) -> None:
    servers[0].then = redirect(302, where)

    ((answer, code, message),) = rows_of(asking(service_of()), [f"{servers[0].url}/a"])

    assert (answer, code) == (None, "refused")
    assert "no http or https URL" in str(message)


def test_redirects_end(servers: list[Server]) -> None:
    servers[0].then = redirect(302, "/again")

    ((_, code, message),) = rows_of(asking(service_of()), [f"{servers[0].url}/a"])

    assert code == "refused"
    assert "more than 10 redirects" in str(message)
    assert len(servers[0].received) == 11


def test_a_redirected_post_is_not_sent_elsewhere(servers: list[Server]) -> None:
    servers[0].then = redirect(307, f"{servers[1].url}/b")

    ((_, code, message),) = rows_of(asking(service_of("POST")), [f"{servers[0].url}/a"])

    assert code == "refused"
    assert "GET and HEAD alone" in str(message)
    assert servers[1].received == []


@pytest.mark.parametrize(
    ("step", "code"),
    [
        (at.reset_after_reading, "unavailable"),
        (at.close_after_reading, "unavailable"),
        (at.half_head, "unavailable"),
        (at.cut_chunk, "bad_answer"),
        (status(500), "unavailable"),
        (status(502), "unavailable"),
        (status(503), "unavailable"),
        (status(504), "unavailable"),
        (status(408), "unavailable"),
    ],
)
def test_what_may_have_been_done_is_not_sent_again_and_says_so(step: Step, code: str, quick: None) -> None:
    with Server(script=once(step), then=path) as server:
        ((answer, found, message),) = rows_of(asking(service_of("POST")), [f"{server.url}/a"])

    assert (answer, found) == (None, code)
    assert PERHAPS in str(message)
    assert len(server.received) == 1


def test_what_hangs_until_its_time_is_up_is_not_sent_again(quick: None) -> None:
    with Server(script=once(at.hang), then=path) as server:
        ((_, code, message),) = rows_of(asking(service_of("POST"), timeout_s=0.3), [f"{server.url}/a"])

    assert code == "timeout"
    assert PERHAPS in str(message)
    assert len(server.received) == 1


@pytest.mark.parametrize("step", [status(429), status(429, Retry_After="0"), status(503, Retry_After="0")])
def test_what_was_certainly_not_done_is_sent_again(step: Step, quick: None) -> None:
    with Server(script=once(step), then=path) as server:
        rows = rows_of(asking(service_of("POST")), [f"{server.url}/a"])

    assert rows == [("/a", None, None)]
    assert len(server.received) == 2


def test_a_refused_connection_is_tried_again_whatever_the_method(quick: None) -> None:
    call = asking(service_of("POST"), attempts=3)

    ((_, code, message),) = rows_of(call, [f"http://127.0.0.1:{refusing_port()}/a"])

    assert code == "unavailable"
    assert PERHAPS not in str(message)
    assert counted(call).requests == 3


def test_whoever_says_that_it_is_idempotent_is_retried(quick: None) -> None:
    with Server(script=once(at.reset_after_reading), then=path) as server:
        rows = rows_of(asking(service_of("POST", repeatable=True)), [f"{server.url}/a"])

    assert rows == [("/a", None, None)]


def test_a_slow_answer_to_a_post_is_waited_for(quick: None) -> None:
    """Quick answers before teach a limit of a second, which must not leave open whether this one was carried out."""
    pace = itertools.count()

    async def act(turn: Turn) -> None:
        if next(pace) == 40:
            import asyncio

            await asyncio.sleep(1.6)
        await turn.answer(200, b"done")

    with Server(then=Step(act)) as server:
        rows = rows_of(asking(service_of("POST"), concurrency=2), [f"{server.url}/{n}" for n in range(45)])

    assert [row[0] for row in rows] == ["done"] * 45
    assert len(server.received) == 45


@pytest.mark.parametrize(("method", "connections"), [("GET", 1), ("POST", 2)])
def test_what_must_not_be_sent_twice_goes_over_no_connection_that_has_idled(method: str, connections: int) -> None:
    with Server(then=path) as server:
        rows = rows_of(asking(service_of(method), rate_per_s=0.75), [f"{server.url}/{n}" for n in range(2)])

    assert [row[0] for row in rows] == ["/0", "/1"]
    assert server.connections == connections


def test_a_secret_travels_by_tls_or_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_TOKEN", TOKEN)
    service = service_of(headers={"X-Api-Key": Sealed(env("SOME_TOKEN"))})

    ((_, code, message),) = rows_of(asking(service), ["http://far.example/a"])

    assert code == "refused"
    assert "unprotected to far.example" in str(message)


def test_a_quoted_secret_is_blotted_out(servers: list[Server]) -> None:
    secret = as_secret(TOKEN)
    assert secret is not None
    servers[0].then = status(400, {"message": f"who is {TOKEN}?"})
    service = service_of(headers={"Authorization": Sealed(secret, user="me")})

    ((_, code, message),) = rows_of(asking(service), [f"{servers[0].url}/a"])

    assert code == "refused"
    assert "who is ***?" in str(message)


@pytest.mark.parametrize("url", ["ftp://x/", "no url", "https://", "http://a b/", "//host/x", "https://us:er@host/"])
def test_what_is_no_url_costs_its_own_row_alone(servers: list[Server], url: str) -> None:
    rows = rows_of(asking(service_of()), [url, f"{servers[0].url}/a"])

    assert rows[0][1] == "refused"
    assert url not in str(rows[0][2])
    assert rows[1] == ("/a", None, None)


def test_refusals_of_one_host_stop_nothing(servers: list[Server]) -> None:
    servers[0].then = status(401)
    urls = [f"{servers[0].url}/{n}" for n in range(3)] + [f"{servers[1].url}/{n}" for n in range(3)]

    rows = rows_of(asking(service_of()), urls)

    assert [row[1] for row in rows] == ["unauthorized"] * 3 + [None] * 3


def test_the_calls_own_limits_hold_over_all_origins(servers: list[Server]) -> None:
    for server in servers:
        server.then = Step(_slowly)
    urls = [f"{server.url}/{place}" for place in range(15) for server in servers]
    began = time.monotonic()

    rows = rows_of(asking(service_of(), concurrency=3, rate_per_s=40.0), urls)

    assert {row[0] for row in rows} == {"slow"}
    assert max(server.most_in_flight for server in servers) <= 3
    assert time.monotonic() - began >= (30 - 1) / 40 - 0.05  # a twentieth of a second may be caught up


async def _slowly(turn: Turn) -> None:
    import asyncio

    await asyncio.sleep(0.02)
    await turn.answer(200, b"slow")
