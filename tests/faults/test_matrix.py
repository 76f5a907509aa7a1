"""Each fault of a network and a service, once and for ever: every row ends with its own answer or its own error."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import NamedTuple

import pytest

from dfai_core.errors import Unauthorized
from dfai_core.targets import container
from faults import server as at
from faults.calls import call_of, counted, hurry, rows_of
from faults.server import Server, Step, on_text, once, status

TEXTS = [f"text {place}" for place in range(30)]
BAD = "text 13"  # in the second of three requests of ten
IN_ITS_REQUEST = {f"text {place}" for place in range(10, 20)}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def error(code: str, words: str = "no", inner: str | None = None) -> dict[str, object]:
    return {
        "error": {
            "code": code,
            "message": words,
            **({"innererror": {"code": inner, "message": words}} if inner else {}),
        }
    }


class Fault(NamedTuple):
    """*step*, the code with which rows end if it never ceases, and what one of it adds to the counters."""

    step: Step
    code: str
    retried: bool = True
    throttled: bool = False
    maybe_billed: bool = False


FAULTS: dict[str, Fault] = {
    "429 with seconds": Fault(status(429, error("429"), Retry_After="0"), "rate_limited", throttled=True),
    "429 with milliseconds": Fault(status(429, retry_after_ms="5"), "rate_limited", throttled=True),
    "429 with x-ms milliseconds": Fault(status(429, x_ms_retry_after_ms="5"), "rate_limited", throttled=True),
    "429 with a date in the past": Fault(
        status(429, Retry_After="Wed, 21 Oct 2015 07:28:00 GMT"), "rate_limited", throttled=True
    ),
    "429 with nonsense": Fault(status(429, b"<html>", Retry_After="soon"), "rate_limited", throttled=True),
    "500": Fault(status(500, error("InternalServerError")), "unavailable"),
    "502 in HTML": Fault(status(502, b"<html>bad gateway</html>"), "unavailable"),
    "503": Fault(status(503, error("ServiceUnavailable"), Retry_After="0"), "unavailable"),
    "504": Fault(status(504), "unavailable"),
    "408": Fault(status(408), "unavailable"),
    "204": Fault(status(204), "bad_answer"),
    "200 without JSON": Fault(status(200, b"<html>sorry</html>"), "bad_answer", maybe_billed=True),
    "200 without a body": Fault(status(200), "bad_answer", maybe_billed=True),
    "200 with a list": Fault(status(200, []), "bad_answer", maybe_billed=True),
    "200 with a string": Fault(status(200, "fine"), "bad_answer", maybe_billed=True),
    "200 with null": Fault(status(200, None), "bad_answer", maybe_billed=True),
    "200 with results of null": Fault(status(200, {"results": None}), "bad_answer", maybe_billed=True),
    "200 with documents of null": Fault(status(200, {"results": {"documents": None}}), "bad_answer", maybe_billed=True),
    "200 without documents": Fault(status(200, {"results": {"documents": [], "errors": None}}), "bad_answer"),
    "half of a UTF-8 character": Fault(status(200, b'{"results": "\xc3"}'), "bad_answer", maybe_billed=True),
    "cut body": Fault(at.cut_length, "bad_answer", maybe_billed=True),
    "cut chunk": Fault(at.cut_chunk, "bad_answer", maybe_billed=True),
    "cut without a length": Fault(at.cut_without_length, "bad_answer", maybe_billed=True),
    "bad gzip": Fault(at.bad_gzip, "bad_answer", maybe_billed=True),
    "wrong ids": Fault(at.wrong_ids, "bad_answer"),
    "huge header": Fault(at.huge_header, "bad_answer", maybe_billed=True),
    "garbage": Fault(at.garbage, "bad_answer", maybe_billed=True),
    "half a head": Fault(at.half_head, "unavailable", maybe_billed=True),
    "reset before reading": Fault(at.reset_before_reading, "unavailable", maybe_billed=True),
    "reset after reading": Fault(at.reset_after_reading, "unavailable", maybe_billed=True),
    "closed before reading": Fault(at.close_before_reading, "unavailable", maybe_billed=True),
    "closed after reading": Fault(at.close_after_reading, "unavailable", maybe_billed=True),
    "hang": Fault(at.hang, "timeout", maybe_billed=True),
    "drip": Fault(at.drip, "timeout", maybe_billed=True),
    "headline of null": Fault(at.headless, "bad_answer"),
    "400": Fault(status(400, error("InvalidRequest", inner="InvalidDocument")), "refused", retried=False),
    "413": Fault(status(413), "too_large", retried=False),
    "404": Fault(status(404, error("NotFound")), "refused", retried=False),
    "410": Fault(status(410), "refused", retried=False),
    "501": Fault(status(501, error("UnsupportedOperation")), "unsupported", retried=False),
    "400 of the api-version": Fault(
        status(400, error("InvalidRequest", inner="InvalidApiVersionParameter")), "refused", retried=False
    ),
}
RETRIED = {name: fault for name, fault in FAULTS.items() if fault.retried}
# Faults of a connection come before anyone has seen what the request holds.
ON_TEXT = {name: fault for name, fault in FAULTS.items() if not fault.step.early}


def timeout_s(name: str) -> float:
    return 0.4 if FAULTS[name].code == "timeout" else 20.0


@pytest.mark.parametrize("name", RETRIED)
def test_a_fault_that_passes_costs_no_row(name: str) -> None:
    fault = RETRIED[name]
    with Server(once(fault.step)) as server:
        call = call_of(target=container(server.url), timeout_s=timeout_s(name))
        rows = rows_of(call, TEXTS)

    assert rows == [([text], None, None) for text in TEXTS]
    counters = counted(call)
    assert counters.requests == 4
    assert counters.retries == 1
    assert counters.throttled == fault.throttled
    assert counters.maybe_billed == fault.maybe_billed
    assert (counters.rows, counters.documents, counters.settled) == (30, 30, 30)
    assert not counters.errors


@pytest.mark.parametrize("name", ON_TEXT)
def test_a_fault_that_stays_costs_only_the_rows_that_it_meets(name: str) -> None:
    fault = FAULTS[name]
    with Server(then=on_text(BAD, fault.step)) as server:
        call = call_of(target=container(server.url), attempts=2, timeout_s=timeout_s(name), include=("error_detail",))
        started = time.monotonic()
        rows = rows_of(call, TEXTS)
        took_s = time.monotonic() - started

    split = name in ("400", "413")
    met = {BAD} if split else IN_ITS_REQUEST
    for text, (headline, code, message) in zip(TEXTS, rows, strict=True):
        assert (headline, code) == ((None, fault.code) if text in met else ([text], None))
        assert bool(message) == (text in met)
        assert "text 1" not in (message or "")
    counters = counted(call)
    assert counters.errors == {fault.code: len(met)}
    assert counters.requests == (3 if not split and not fault.retried else 4 if fault.retried else counters.requests)
    assert counters.retries == fault.retried
    assert counters.maybe_billed == 2 * fault.maybe_billed
    assert took_s < 5


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if fault.step.early])
def test_a_connection_that_always_breaks_fails_every_row(name: str) -> None:
    with Server(then=FAULTS[name].step) as server:
        call = call_of(target=container(server.url), attempts=3)
        rows = rows_of(call, TEXTS)

    assert {(headline, code) for headline, code, _ in rows} == {(None, "unavailable")}
    assert counted(call).requests == 9
    assert counted(call).retries == 6


def test_one_bad_document_is_found_by_halving() -> None:
    with Server(then=on_text(BAD, status(400, error("InvalidArgument")))) as server:
        rows = rows_of(call_of(target=container(server.url)), TEXTS)

        assert [code for _, code, _ in rows].count("refused") == 1
        assert rows[13][1] == "refused"
        assert len(server.received) <= 3 + 2 * 4  # a halving of ten takes at most four steps


@pytest.mark.parametrize("step", [at.missing, at.duplicate], ids=["missing", "duplicate"])
def test_only_the_documents_that_are_missing_are_asked_again(step: Step) -> None:
    with Server(once(step)) as server:
        call = call_of(target=container(server.url))
        rows = rows_of(call, TEXTS)

        assert rows == [([text], None, None) for text in TEXTS]
        assert sorted(len(received.texts) for received in server.received) == [1, 10, 10, 10]
    assert counted(call).retries == 1


def test_answers_that_nobody_asked_for_are_ignored() -> None:
    with Server(then=at.extra) as server:
        rows = rows_of(call_of(target=container(server.url)), TEXTS)

        assert rows == [([text], None, None) for text in TEXTS]
        assert len(server.received) == 3


def test_items_that_are_no_documents_do_not_hide_the_others() -> None:
    with Server(then=on_text("text 0", at.not_objects)) as server:
        rows = rows_of(call_of(target=container(server.url), attempts=2), TEXTS)

    assert [code for _, code, _ in rows] == ["bad_answer"] + [None] * 29


def test_a_value_of_another_type_is_an_error_of_its_own_rows() -> None:
    with Server(then=on_text(BAD, at.wrong_types)) as server:
        rows = rows_of(call_of(target=container(server.url), attempts=2), TEXTS)

    assert {text for text, row in zip(TEXTS, rows, strict=True) if row[1] == "bad_answer"} == IN_ITS_REQUEST
    assert sum(row[1] is None for row in rows) == 20


def test_each_document_ends_with_its_own_reason() -> None:
    async def act(turn: at.Turn) -> None:
        body = at.answered(turn.received.documents)
        documents = {d["text"]: d["id"] for d in turn.received.documents}
        body["results"]["documents"] = [d for d in body["results"]["documents"] if d["keyPhrases"][0] == "right"]
        body["results"]["errors"] = [
            {"id": documents[text], "error": {"code": "InternalServerError", "message": f"reason of {text}"}}
            for text in ("first", "second")
            if text in documents
        ]
        await turn.answer(200, body)

    with Server(then=Step(act)) as server:
        rows = rows_of(call_of(target=container(server.url), attempts=2), ["first", "right", "second", "lost"])

    assert [code for _, code, _ in rows] == ["unavailable", None, "unavailable", "bad_answer"]
    assert "reason of first" in str(rows[0][2])
    assert "reason of second" in str(rows[2][2])
    assert "reason of" not in str(rows[3][2])


def test_the_key_never_follows_a_redirect() -> None:
    key = "0123456789abcdef-planted"
    with Server() as elsewhere:
        steps = status(301, Location=f"{elsewhere.url}/language/:analyze-text")
        with Server(then=steps) as server:
            rows = rows_of(call_of(target=container(server.url, key=key)), TEXTS)

            assert {received.headers["ocp-apim-subscription-key"] for received in server.received} == {key}
        assert elsewhere.connections == 0
    assert {code for _, code, _ in rows} == {"refused"}
    assert "redirects" in str(rows[0][2])


@pytest.mark.parametrize("code", [401, 403])
def test_a_key_refused_before_anything_was_answered_raises(code: int) -> None:
    with Server(then=status(code, error("Unauthorized", "Access denied"))) as server:
        call = call_of(target=container(server.url, key="planted-key"), concurrency=1)
        with pytest.raises(Unauthorized, match="Access denied") as caught:
            rows_of(call, TEXTS)

        assert len(server.received) == 1
    assert "planted-key" not in str(caught.value)


def test_a_key_refused_later_is_an_error_of_its_rows() -> None:
    with Server(itertools.chain([at.healthy]), then=status(401, error("401", "expired"))) as server:
        rows = rows_of(call_of(target=container(server.url), concurrency=1), TEXTS)

        assert len(server.received) == 3
    assert [code for _, code, _ in rows] == [None] * 10 + ["unauthorized"] * 20


def _refusing() -> str:
    return f"http://127.0.0.1:{at.refusing_port()}"


@pytest.mark.parametrize(
    ("url", "words"),
    [(_refusing, "no connection"), (lambda: "http://nowhere.invalid", "no connection")],
    ids=["refusing port", "unknown name"],
)
def test_a_target_that_cannot_be_reached_fails_every_row_and_bills_none(url: Callable[[], str], words: str) -> None:
    call = call_of(target=container(url()), attempts=2)
    rows = rows_of(call, TEXTS)

    assert {code for _, code, _ in rows} == {"unavailable"}
    assert words in str(rows[0][2])
    assert counted(call).requests == 6
    assert counted(call).maybe_billed == 0


def test_tls_to_a_port_that_speaks_plain_http_fails_every_row() -> None:
    with Server() as server:
        call = call_of(target=container(server.url.replace("http://", "https://")), attempts=2)
        rows = rows_of(call, TEXTS)

        assert server.received == []
    assert {code for _, code, _ in rows} == {"unavailable"}
    assert counted(call).maybe_billed == 0


def test_retry_after_may_be_a_date() -> None:
    async def act(turn: at.Turn) -> None:
        await turn.answer(429, b"", {"Retry-After": format_datetime(datetime.now(UTC), usegmt=True)})

    with Server(once(Step(act))) as server:
        rows = rows_of(call_of(target=container(server.url)), TEXTS[:10])

        assert rows == [([text], None, None) for text in TEXTS[:10]]
        assert len(server.received) == 2
