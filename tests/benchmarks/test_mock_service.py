"""The mock that benchmarks call: it does what it says, and counts what it does."""

from __future__ import annotations

import asyncio
import http.client
import time
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import urlsplit

import orjson
import pytest

from benchmarks.clients import LANGUAGE_PATH, Aiohttp, body_of, labels_of
from benchmarks.mock_counters import GRACE_S, Pauses
from benchmarks.mock_service import Behaviour, Latency, MockService, expected
from benchmarks.texts import reviews

_JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def service() -> Iterator[MockService]:
    with MockService() as running:
        yield running


class Connection:
    """One connection to the mock, as a client has it."""

    def __init__(self, service: MockService) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(service.url).netloc, timeout=5)

    def post(self, path: str, body: bytes) -> tuple[int, http.client.HTTPMessage, bytes]:
        self._connection.request("POST", path, body, _JSON)
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def ask(self, *texts: str) -> int:
        """The status of one analysis."""
        return self.post(LANGUAGE_PATH, body_of(texts))[0]

    def close(self) -> None:
        self._connection.close()


@pytest.fixture
def client(service: MockService) -> Iterator[Connection]:
    connection = Connection(service)
    yield connection
    connection.close()


def test_each_text_has_its_own_label_and_everything_is_counted(service: MockService) -> None:
    service.behave(Behaviour(Latency(0.01)))
    texts = reviews(95)
    client = Aiohttp(service.url, 5)
    labels = client.label(texts)
    client.close()
    counters = service.counters()

    assert labels == [expected(text)[0] for text in texts]
    assert (counters.requests, counters.answered, counters.documents) == (10, 10, 95)
    assert counters.max_in_flight == 5
    assert counters.in_flight == 0
    assert counters.connections >= 5


@pytest.mark.parametrize("quota", ["bucket", "fixed window", "sliding window"])
def test_a_quota_refuses_what_is_too_much_and_says_when_to_come_back(
    service: MockService, client: Connection, quota: str
) -> None:
    service.behave(Behaviour(quota=quota, quota_per_s=20, retry_after_s=1.0))
    if quota == "fixed window":  # not over the border of two seconds
        while time.monotonic() % 1 > 0.5:
            time.sleep(0.01)
    answers = [client.post(LANGUAGE_PATH, body_of([text])) for text in reviews(30)]
    statuses = Counter(status for status, _, _ in answers)
    waits = {headers["Retry-After"] for status, headers, _ in answers if status == 429}
    counters = service.counters()

    assert statuses[200] >= 20  # a bucket may have refilled meanwhile
    assert statuses[429] >= 5
    assert waits == {"1"}
    assert (counters.answered, counters.refused) == (statuses[200], statuses[429])


def test_who_does_not_wait_is_counted_and_who_waits_is_not(service: MockService, client: Connection) -> None:
    service.behave(Behaviour(quota="bucket", quota_per_s=1, retry_after_s=0.2, refusal_s=0.0))
    assert [client.ask("@a one"), client.ask("@a two")] == [200, 429]
    time.sleep(0.05)
    client.ask("@a three")  # told to wait
    client.ask("@b one")  # only another was told
    counters = service.counters()

    assert (counters.in_window, counters.in_window_of_others) == (1, 1)

    time.sleep(0.25)
    client.ask("@a four")

    assert service.counters().in_window == 1


def test_what_was_on_its_way_when_the_refusal_left_breaks_nothing() -> None:
    pauses = Pauses()
    pauses.refused("a", left_at=1.0, retry_after_s=1.0)
    pauses.refused("a", left_at=1.003, retry_after_s=1.0)  # a second refusal lengthens the pause, not the grace

    assert not pauses.broken("a", 1.0 + GRACE_S / 2)
    assert pauses.broken("a", 1.004 + GRACE_S)
    assert pauses.broken("a", 2.002)
    assert not pauses.broken("a", 2.003)


def test_clients_are_counted_by_the_mark_of_their_texts(service: MockService, client: Connection) -> None:
    service.behave(Behaviour(quota="bucket", quota_per_s=3))
    for text in ("@a one", "@b one", "@a two", "@b two", "@b three"):
        client.ask(text)
    clients = service.counters().clients

    assert (clients["@a"].requests, clients["@a"].answered, clients["@a"].refused) == (2, 2, 0)
    assert (clients["@b"].requests, clients["@b"].answered, clients["@b"].refused) == (3, 1, 2)


def test_counting_anew_leaves_the_quota_as_it_is(service: MockService, client: Connection) -> None:
    service.behave(Behaviour(quota="bucket", quota_per_s=1))
    client.ask("@a one")
    service.reset()

    assert client.ask("@a two") == 429
    assert service.counters().requests == 1


def test_one_answer_in_a_hundred_is_a_straggler_and_fates_keep_their_shares() -> None:
    behaviour = Behaviour(
        Latency(0.1), straggling=0.01, straggler_s=5.0, hanging=0.01, failing=0.05, resetting=0.02, malformed=0.01
    )
    dice = Random(1)
    fates = [behaviour.fate(dice) for _ in range(50_000)]
    kinds = Counter(fate.kind for fate in fates)
    stragglers = sum(fate.after_s == 5.0 for fate in fates)

    assert stragglers == pytest.approx(500, rel=0.15)
    assert kinds["hanging"] == pytest.approx(500, rel=0.15)
    assert kinds["failed"] == pytest.approx(2_500, rel=0.1)
    assert kinds["reset"] == pytest.approx(1_000, rel=0.1)
    assert kinds["malformed"] == pytest.approx(500, rel=0.15)
    assert {fate.status for fate in fates if fate.kind == "failed"} == {500, 502, 503}
    assert all(fate.after_s == 0.1 for fate in fates if fate.kind == "answered" and fate.after_s != 5.0)


def test_a_lognormal_latency_has_the_mean_that_was_asked_for() -> None:
    dice = Random(1)
    latency = Latency.of_mean(0.1, 1.0)

    assert sum(latency.draw(dice) for _ in range(200_000)) / 200_000 == pytest.approx(0.1, rel=0.03)


def test_stragglers_arrive_late_and_others_do_not(service: MockService, client: Connection) -> None:
    service.behave(Behaviour(straggling=1.0, straggler_s=0.15))
    began = time.perf_counter()
    status = client.ask("late")
    late_s = time.perf_counter() - began
    service.behave(Behaviour())
    began = time.perf_counter()
    client.ask("at once")

    assert status == 200
    assert late_s >= 0.15
    assert time.perf_counter() - began < 0.1


def test_a_hanging_request_is_never_answered_and_ends_with_its_connection(service: MockService) -> None:
    service.behave(Behaviour(hanging=1.0))
    host, port = urlsplit(service.url).hostname, urlsplit(service.url).port

    async def hang() -> bytes:
        reader, writer = await asyncio.open_connection(host, port)
        body = body_of(["a text"])
        writer.write(b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (LANGUAGE_PATH.encode(), len(body), body))
        try:
            async with asyncio.timeout(0.2):
                return await reader.read(1)
        except TimeoutError:
            return b"nothing"
        finally:
            writer.close()
            await writer.wait_closed()

    assert asyncio.run(hang()) == b"nothing"

    deadline = time.monotonic() + 5
    while service.counters().in_flight and time.monotonic() < deadline:
        time.sleep(0.01)

    assert (service.counters().hanging, service.counters().in_flight) == (1, 0)


def test_failures_resets_and_malformed_answers_are_what_they_are_called(service: MockService) -> None:
    statuses = set()
    for behaviour in (Behaviour(failing=1.0, failures=(503,)), Behaviour(resetting=1.0)):
        service.behave(behaviour)
        connection = Connection(service)
        try:
            statuses.add(connection.ask("a text"))
        except ConnectionResetError:
            statuses.add(0)
        finally:
            connection.close()
    unread = Counter[str]()
    for seed in range(8):
        service.behave(Behaviour(malformed=1.0, seed=seed))
        connection = Connection(service)
        try:
            _, _, body = connection.post(LANGUAGE_PATH, body_of(["a text"]))
            with pytest.raises(orjson.JSONDecodeError):
                orjson.loads(body)
            unread["half of the JSON"] += 1
        except http.client.IncompleteRead:
            unread["half of the bytes"] += 1
        finally:
            connection.close()

    assert statuses == {503, 0}
    assert set(unread) == {"half of the JSON", "half of the bytes"}


def test_documents_asked_again_and_worked_on_again_are_counted(service: MockService, client: Connection) -> None:
    service.behave(Behaviour(failing=1.0))
    client.ask("one", "two")
    client.ask("two", "three")
    refused = service.counters()
    service.behave(Behaviour(straggling=1.0, straggler_s=0.01))
    client.ask("one", "two")
    client.ask("two", "three")
    answered = service.counters()

    assert (refused.repeated_documents, refused.billed_twice) == (1, 0)
    assert (answered.repeated_documents, answered.billed_twice) == (1, 1)


@pytest.mark.parametrize("content", ["Lovely room.", [{"type": "text", "text": "Lovely room."}]])
def test_chat_completions_have_the_shape_that_openais_client_reads(client: Connection, content: Any) -> None:
    asked = {"model": "mock", "messages": [{"role": "system", "content": "?"}, {"role": "user", "content": content}]}
    status, _, body = client.post("/v1/chat/completions", orjson.dumps(asked))
    answer = orjson.loads(body)

    assert status == 200
    assert (answer["object"], answer["model"]) == ("chat.completion", "mock")
    assert answer["choices"][0]["message"] == {
        "role": "assistant",
        "content": expected("Lovely room.")[0],
        "refusal": None,
    }
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert set(answer["usage"]) == {"prompt_tokens", "completion_tokens", "total_tokens"}


def test_responses_answer_one_text_or_each_of_an_envelope(client: Connection) -> None:
    texts = reviews(3)
    envelope = {"user_messages": [{"id": place, "body": text} for place, text in enumerate(texts)]}
    found = []
    for said in (texts[0], [{"role": "user", "content": texts[0]}], orjson.dumps(envelope).decode()):
        _, _, body = client.post("/v1/responses", orjson.dumps({"model": "mock", "input": said}))
        (message,) = orjson.loads(body)["output"]
        assert (message["type"], message["role"], message["content"][0]["type"]) == (
            "message",
            "assistant",
            "output_text",
        )
        found.append(message["content"][0]["text"])

    assert found[:2] == [expected(texts[0])[0]] * 2
    assert orjson.loads(found[2])["assistant_messages"] == [
        {"id": place, "body": expected(text)[0]} for place, text in enumerate(texts)
    ]


def test_several_requests_in_one_write_are_answered_in_order(service: MockService) -> None:
    service.behave(Behaviour())
    host, port = urlsplit(service.url).hostname, urlsplit(service.url).port

    async def pipeline() -> list[list[str | None]]:
        reader, writer = await asyncio.open_connection(host, port)
        bodies = [body_of([text]) for text in ("a", "bb", "ccc")]
        head = b"POST %b HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b"
        writer.write(b"".join(head % (LANGUAGE_PATH.encode(), len(body), body) for body in bodies))
        found = []
        for _ in bodies:
            answer = await reader.readuntil(b"\r\n\r\n")
            size = int(answer.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            found.append(labels_of(await reader.readexactly(size), 1))
        writer.close()
        await writer.wait_closed()
        return found

    assert asyncio.run(pipeline()) == [[expected(text)[0]] for text in ("a", "bb", "ccc")]
