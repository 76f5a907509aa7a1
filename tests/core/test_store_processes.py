"""A folder under several processes: each document asked once, and nobody's death stands in another's way."""

from __future__ import annotations

import asyncio
import json
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dfai_core.store import Claim
from dfai_core.store.lmdb import LmdbStore

DOCUMENTS = 200

# Asks for all documents, in an order of its own, like a task whose partition overlaps with the others'. It says which
# it asked a service for.
WORKER = """
import asyncio, json, random, sys
from pathlib import Path
from dfai_core.store import Claim
from dfai_core.store.lmdb import LmdbStore

async def work(folder, seed, documents):
    store = LmdbStore(Path(folder))
    numbers = list(range(documents))
    random.Random(seed).shuffle(numbers)
    asked, answers = [], {}
    print("ready", flush=True)
    sys.stdin.readline()
    while numbers:
        batch, numbers = numbers[:10], numbers[10:]
        found = await store.reserve([b"%016d" % number for number in batch])
        mine = [number for number, one in zip(batch, found) if one is Claim.MINE]
        await asyncio.sleep(0)
        asked += mine
        await store.put([(b"%016d" % number, b"answer %d" % number) for number in mine])
        numbers += [number for number, one in zip(batch, found) if one is Claim.THEIRS]
        answers.update((number, one.decode()) for number, one in zip(batch, found) if isinstance(one, bytes))
    await store.aclose()
    print(json.dumps([asked, answers]))

asyncio.run(work(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
"""

# Claims and stores without end, saying after each round how far it came.
WRITER = """
import asyncio, sys
from itertools import count
from pathlib import Path
from dfai_core.store.lmdb import LmdbStore

async def work(folder, start):
    store = LmdbStore(Path(folder))
    for number in count(int(start), 10):
        keys = [b"%016d" % one for one in range(number, number + 10)]
        await store.reserve(keys)
        await store.put([(key, b"answer " + key * 20) for key in keys])
        print(number, flush=True)

asyncio.run(work(sys.argv[1], sys.argv[2]))
"""

HOLDER = """
import asyncio, sys
from pathlib import Path
from dfai_core.store.lmdb import LmdbStore

store = LmdbStore(Path(sys.argv[1]))
asyncio.run(store.reserve([b"held"]))
print("held", flush=True)
sys.stdin.readline()
"""


def start(code: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", code, *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_several_processes_ask_for_each_document_once(tmp_path: Path) -> None:
    workers = [start(WORKER, tmp_path, seed, DOCUMENTS) for seed in range(3)]
    assert [line(worker) for worker in workers] == ["ready"] * 3
    ended = [worker.communicate("go\n")[0] for worker in workers]
    asked: list[int] = []
    for said in ended:
        own, answers = json.loads(said)
        asked += own
        assert answers == {str(one): f"answer {one}" for one in range(DOCUMENTS) if one not in own}

    assert [worker.returncode for worker in workers] == [0] * 3
    assert sorted(asked) == list(range(DOCUMENTS))


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_process_s_claims_are_free_at_once(tmp_path: Path, end: signal.Signals) -> None:
    async def reserve() -> list[bytes | Claim]:
        store = LmdbStore(tmp_path)
        found = await store.reserve([b"held"])
        holder.send_signal(end)
        holder.communicate()
        found += await store.reserve([b"held"])
        found += await store.reserve([b"held"])
        await store.aclose()
        return found

    holder = start(HOLDER, tmp_path)
    assert line(holder) == "held"

    assert asyncio.run(reserve()) == [Claim.THEIRS, Claim.MINE, Claim.THEIRS]
    assert list((tmp_path / "live").iterdir()) == []


def test_a_process_killed_amid_writes_damages_nothing(tmp_path: Path) -> None:
    draw = random.Random(7)
    reached = 0
    for _ in range(12):
        writer = start(WRITER, tmp_path, reached)
        for _ in range(draw.randint(1, 60)):
            reached = int(line(writer))
        writer.kill()
        # Lines that it wrote before its end, read after it, count too; a torn one does not.
        assert writer.stdout is not None
        complete = writer.stdout.read().split("\n")[:-1]
        writer.communicate()
        reached = int(complete[-1] if complete else reached) + 10

    async def read() -> tuple[list[bytes | None], list[bytes | Claim], int | None]:
        store = LmdbStore(tmp_path)
        keys = [b"%016d" % number for number in range(reached)]
        found = await store.look_up(keys)
        claims = await store.reserve([b"%016d" % number for number in range(reached, reached + 100)])
        await store.put([(b"%016d" % (reached + 100), b"after")])
        counts = store.statistics()
        await store.aclose()
        assert counts.bytes is not None
        return found, claims, counts.entries

    found, claims, entries = asyncio.run(read())

    assert found == [b"answer " + b"%016d" % number * 20 for number in range(reached)]
    # What was being written when the last writer died is there as a whole, or free to be asked for again.
    assert all(claim is Claim.MINE or isinstance(claim, bytes) for claim in claims)
    assert entries == reached + 1 + sum(isinstance(claim, bytes) for claim in claims)
