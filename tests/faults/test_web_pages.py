"""Pages and operations of any web service: what fails is asked again, what leads astray is not followed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dfai_core.service import Progress
from dfai_core.transports.base import Answer
from faults import server as at
from faults.calls import rows_of
from faults.server import Server, Step, Turn, status
from faults.web import asking, path, redirect, service_of

TOKEN = "planted-0123456789abcdef"
PERHAPS = "may have been carried out"


def next_page(turn: Turn) -> bytes:
    """Pages of one item; the link to the next stands in the body's place after a line."""
    number = int(turn.received.path.rpartition("=")[2])
    return b"%d" % number


def linked(answer: Answer) -> str | None:
    number = int(answer.body)
    return f"/pages?n={number + 1}" if number < 3 else None


def joined(answers: Sequence[Answer]) -> Answer:
    return Answer(200, {}, b"+".join(answer.body for answer in answers))


@pytest.mark.parametrize("step", [at.reset_after_reading, at.cut_chunk, status(503), status(429, Retry_After="0")])
def test_a_page_that_fails_is_asked_again_and_those_before_it_are_kept(step: Step, quick: None) -> None:
    async def page(turn: Turn) -> None:
        await turn.answer(200, next_page(turn))

    pages = Step(page)
    service = service_of(next_page=linked, max_pages=9, joined=joined)
    with Server(script=iter([pages, pages, step]), then=pages) as server:
        rows = rows_of(asking(service), [f"{server.url}/pages?n=0"])

    assert rows == [("0+1+2+3", None, None)]
    assert [received.path[-1] for received in server.received] == ["0", "1", "2", "2", "3"]


@pytest.mark.parametrize(
    ("link", "said"),
    [("http://127.0.0.2/x", "another host"), ("?n=0", "itself as the next"), ("ftp://x", "another host")],
)
def test_a_page_that_leads_astray_is_refused(servers: list[Server], link: str, said: str) -> None:
    service = service_of(next_page=lambda answer: link, max_pages=9, joined=joined)

    ((_, code, message),) = rows_of(asking(service), [f"{servers[0].url}/pages?n=0"])

    assert code == "refused"
    assert said in str(message)
    assert len(servers[0].received) == 1


def progress(answer: Answer) -> Progress:
    return Progress("running" if answer.body == b"wait" else "done")


def test_an_operation_survives_failing_questions_and_is_not_begun_twice(quick: None) -> None:
    begun = status(202, b"", Location="/op/1", Retry_After="0")
    asked = [begun, status(200, b"wait", Retry_After="0"), status(500), at.reset_after_reading, status(200, b"result")]
    with Server(script=iter(asked), then=path) as server:
        rows = rows_of(asking(service_of("POST", progress=progress)), [f"{server.url}/begin"])

    assert rows == [("result", None, None)]
    assert [received.method for received in server.received] == ["POST", "GET", "GET", "GET", "GET"]
    assert {received.path for received in server.received[1:]} == {"/op/1"}


def test_an_operation_may_end_elsewhere_on_its_host(servers: list[Server], quick: None) -> None:
    begun = status(202, b"", Location="/op/1", Retry_After="0")
    servers[0].script = iter([begun, redirect(303, "/result"), status(200, b"result")])
    servers[1].script = iter([begun, redirect(303, f"{servers[0].url}/result")])
    service = service_of("POST", progress=progress)

    here, astray = rows_of(asking(service), [f"{server.url}/begin" for server in servers])

    assert here == ("result", None, None)
    assert astray[1] == "refused"
    assert "redirects to another host" in str(astray[2])


@pytest.mark.parametrize(("where", "said"), [(None, "leads nowhere"), ("http://127.0.0.2/op", "to another host")])
def test_an_operation_that_cannot_be_asked_about_says_so(servers: list[Server], where: str | None, said: str) -> None:
    servers[0].then = status(202, b"", **({"Location": where} if where else {}))

    ((_, code, message),) = rows_of(asking(service_of("POST", progress=progress)), [f"{servers[0].url}/begin"])

    assert code == "bad_answer"
    assert said in str(message)
