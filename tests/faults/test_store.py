"""A call with a store: nothing that was answered is asked again, nothing is asked by two at once."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pytest

from dfai_core import run
from dfai_core.errors import ConfigError
from dfai_core.store import MemoryStore, StoreSpec
from dfai_core.transports.base import Answer, Request
from faults.calls import call_of, counted, hurry, rows_of, slices
from faults.server import Server, Step, Turn, answered

TEXTS = [f"text {n}" for n in range(60)]
LABELS = [([text], None, None) for text in TEXTS]


class Counting:
    """A transport in process that answers at once, or with what *refuse* says, and counts the texts."""

    def __init__(self, refuse: dict[str, Answer] | None = None, pause_s: float = 0.0) -> None:
        self.texts: list[str] = []
        self._refuse = refuse or {}
        self._pause_s = pause_s

    async def aclose(self) -> None:
        return None

    async def send(self, request: Request) -> Answer:
        assert request.body is not None
        documents = orjson.loads(request.body)["analysisInput"]["documents"]
        self.texts += [document["text"] for document in documents]
        await asyncio.sleep(self._pause_s)
        for document in documents:
            if document["text"] in self._refuse:
                return self._refuse[document["text"]]
        return Answer(200, {}, orjson.dumps(answered(documents)))


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> StoreSpec:
    return StoreSpec(request.param, str(tmp_path / "store"))


def test_a_second_call_asks_nothing_that_the_first_was_answered(store: StoreSpec) -> None:
    service = Counting()

    first = rows_of(call_of(transport=service, store=store), TEXTS[:40])
    call = call_of(transport=service, store=store)
    second = rows_of(call, TEXTS)

    assert first == LABELS[:40]
    assert second == LABELS
    assert sorted(service.texts) == sorted(TEXTS)
    assert counted(call).from_store == 40
    assert counted(call).requests == 2


def test_another_question_is_another_answer(store: StoreSpec) -> None:
    service = Counting()

    for changed in ({}, {"options": {"language": "fr"}}, {"api_version": "2024-11-01"}, {"include": ("error_detail",)}):
        rows_of(call_of(transport=service, store=store, **changed), TEXTS[:3])

    assert len(service.texts) == 12


def test_a_documents_own_fault_is_kept_and_bad_weather_is_not(
    store: StoreSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    hurry(monkeypatch)
    service = Counting({"text 1": Answer(400, {}, b'{"error": {"code": "InvalidDocument", "message": "no"}}')})
    call = {"store": store, "attempts": 2}
    first = rows_of(call_of(transport=service, **call), TEXTS[:3])
    asked = len(service.texts)
    again = rows_of(call_of(transport=service, **call), TEXTS[:3])
    down = Counting({"text 5": Answer(503, {}, b"")})
    failed = rows_of(call_of(transport=down, **call), TEXTS[5:6])
    up = Counting()
    recovered = rows_of(call_of(transport=up, **call), TEXTS[5:6])

    assert first == again
    assert first[1][1] == "refused"
    assert len(service.texts) == asked
    assert failed[0][1] == "unavailable"
    assert recovered == [(["text 5"], None, None)]


def test_two_calls_at_once_ask_each_document_once(store: StoreSpec) -> None:
    service = Counting(pause_s=0.05)
    results: list[object] = []
    threads = [
        threading.Thread(target=lambda: results.append(rows_of(call_of(transport=service, store=store), TEXTS)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert results == [LABELS] * 4
    assert sorted(service.texts) == sorted(TEXTS)


def test_a_long_texts_pieces_are_kept_as_well(store: StoreSpec) -> None:
    service = Counting()
    long = "One sentence. " * 1_000

    first = rows_of(call_of(transport=service, store=store), [long])
    asked = len(service.texts)
    second = rows_of(call_of(transport=service, store=store), [long])

    assert first == second
    assert first[0][1] is None
    assert asked > 1
    assert len(service.texts) == asked


def until_asked(service: Counting, texts: int) -> None:
    ends = time.monotonic() + 10
    while len(service.texts) < texts:
        assert time.monotonic() < ends, "it was never asked"
        threading.Event().wait(0.005)


def test_leaving_early_gives_the_claims_back(store: StoreSpec) -> None:
    stuck, service = Counting(pause_s=60.0), Counting()

    def breaking() -> Iterator[pa.RecordBatch]:
        yield from slices(TEXTS)
        until_asked(stuck, 20)
        raise OSError("the input broke")

    with pytest.raises(OSError, match="the input broke"):
        list(run(call_of(transport=stuck, store=store, concurrency=2), breaking()))

    assert rows_of(call_of(transport=service, store=store, deadline_s=20), TEXTS) == LABELS
    assert sorted(service.texts) == sorted(TEXTS)


def test_who_claims_and_never_ends_costs_others_their_deadline_and_no_more(store: StoreSpec) -> None:
    stuck, service = Counting(pause_s=60.0), Counting()
    over = threading.Event()

    def waiting() -> Iterator[pa.RecordBatch]:
        yield from slices(TEXTS[:20])
        over.wait(20)
        raise OSError("enough")

    def hold() -> None:
        with pytest.raises(OSError, match="enough"):
            list(run(call_of(transport=stuck, store=store), waiting()))

    holder = threading.Thread(target=hold)
    holder.start()
    until_asked(stuck, 20)
    rows = rows_of(call_of(transport=service, store=store, deadline_s=0.3), TEXTS[:40])
    over.set()
    holder.join()

    assert [code for _, code, _ in rows] == ["timeout"] * 20 + [None] * 20
    assert "another process asks for it" in str(rows[0][2])
    assert service.texts == TEXTS[20:40]


def test_a_live_store_does_not_travel() -> None:
    with pytest.raises(ConfigError, match="live MemoryStore, which cannot travel"):
        call_of(store=MemoryStore()).shipped()
    assert call_of(store=StoreSpec("memory")).shipped().config.store == StoreSpec("memory")


def test_a_killed_jobs_answers_are_there_for_the_next(tmp_path: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        import pyarrow as pa
        from dfai_core import run
        from dfai_core.store import store_from
        from faults.calls import call_of

        call = call_of(target="container:" + sys.argv[1], store=store_from(sys.argv[2]), concurrency=4)
        texts = [f"text {n}" for n in range(400)]
        for batch in run(call, [pa.record_batch({"text": texts})]):
            print(batch.num_rows)
        """
    )

    async def slowly(turn: Turn) -> None:
        await asyncio.sleep(0.03)
        await turn.answer(200, answered(turn.received.documents))

    with Server(then=Step(slowly)) as server:
        command = [sys.executable, "-c", script, server.url, str(tmp_path / "store")]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        first = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
        while len(server.asked) < 150:
            threading.Event().wait(0.01)
        first.send_signal(signal.SIGKILL)
        first.wait()
        assert first.stdout is not None
        first.stdout.close()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

        assert done.stdout.strip() == "400", done.stderr
        repeated = len(server.asked) - len(set(server.asked))
        assert len(set(server.asked)) == 400
        assert repeated <= 4 * 10  # what was in flight
