"""One pace, and one learned rate, for the real processes of a host: together they are one client."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest

from counting import CountingServer
from dfai_core.flow.host.pace import HostPace
from dfai_core.flow.host.rate import HostRate
from processes import process, said, together, told

HEAD = """
from pathlib import Path
from dfai_core.flow.host.pace import HostPace
from dfai_core.flow.host.rate import HostRate
path = Path(sys.argv[1])
"""


def test_a_pace_over_four_processes_is_exact(tmp_path: Path) -> None:
    reserving = """
    pace = HostPace(path, 10.0)
    print(json.dumps([1000.0 + pace.reserve(1000.0) for _ in range(500)]), flush=True)
    """
    lines = together(reserving, 4, tmp_path / "p", head=HEAD)
    places = sorted(itertools.chain(*map(json.loads, lines)))

    assert places == pytest.approx([1000.0 + n / 10 for n in range(2_000)])


def test_what_a_request_costs_keeps_the_others_waiting(tmp_path: Path) -> None:
    one, other = HostPace(tmp_path / "p", 10.0), HostPace(tmp_path / "p", 10.0)

    assert [one.reserve(100.0, 30.0), other.reserve(100.0), one.reserve(101.0)] == pytest.approx([0.0, 3.0, 2.1])
    one.close()
    assert other.reserve(101.0) == pytest.approx(2.2)
    other.close()


def test_while_nothing_is_learned_nobody_waits_and_the_host_is_counted_as_one(tmp_path: Path) -> None:
    sending = """
    rate = HostRate(path)
    for n in range(300):
        assert rate.is_free(100.0 + n / 300) and rate.reserve(100.0 + n / 300) == 0.0
    print(flush=True)
    """
    rate = HostRate(tmp_path / "r")
    for _ in range(3):
        told(sending, tmp_path / "r", HEAD)
    rate.refused(101.0, sent_at=100.99, retry_after_s=1.0, draw=0.0)

    # 300 a second were sent, three times over; each process may have kept the last twentieth of a second to itself.
    assert 900 * 0.95 <= rate.learned(101.0).peak_per_s <= 900 * 1.05
    rate.close()


def test_a_pause_and_what_was_learned_reach_all(tmp_path: Path) -> None:
    rate = HostRate(tmp_path / "r")
    assert rate.is_free(100.0)
    rate.pause(100.0, 103.0)
    assert told("print(HostRate(path).is_free(101.0), HostRate(path).reserve(101.0))", tmp_path / "r", HEAD) == (
        "False 2.0"
    )

    refusing = "HostRate(path).refused(104.0, sent_at=103.9, retry_after_s=1.0, draw=0.0); print()"
    told(refusing, tmp_path / "r", HEAD)
    assert rate.paused_until == 105.0
    assert not rate.is_free(106.0)
    assert rate.learned(105.0).rate_per_s(105.0) == pytest.approx(0.85)
    rate.close()


def test_places_are_handed_out_to_all_processes_in_one_line(tmp_path: Path) -> None:
    reserving = """
    rate = HostRate(path)
    print(json.dumps([rate.reserve(200.0) for _ in range(50)]), flush=True)
    """
    rate = HostRate(tmp_path / "r")
    for n in range(100):
        rate.reserve(198.0 + n / 100)
    rate.refused(199.0, sent_at=198.9, retry_after_s=1.0, draw=0.0)
    waits = sorted(itertools.chain(*map(json.loads, together(reserving, 4, tmp_path / "r", head=HEAD))))
    gaps = [later - earlier for earlier, later in itertools.pairwise(waits)]

    assert len(waits) == 200
    assert min(gaps) > 0
    assert max(gaps) <= 1 / 85 + 1e-9
    rate.close()


def test_eight_processes_are_one_client_to_a_target_that_says_how_much_it_bears(tmp_path: Path) -> None:
    asking = """
    async def main(rate, port, until):
        gate, clock = asyncio.Lock(), time.monotonic

        async def turn():
            if rate.is_free(clock()):
                rate.reserve(clock())
                return
            async with gate:
                while (wait_s := rate.reserve(clock())) > 0:
                    await asyncio.sleep(wait_s)
                    if rate.paused_until <= clock():
                        return

        async def worker():
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            while clock() < until:
                await turn()
                sent_at = clock()
                writer.write(b"%d\\n" % os.getpid())
                if await reader.readline() == b"no\\n":
                    rate.refused(clock(), sent_at=sent_at, retry_after_s=1.0, draw=0.5)

        await asyncio.gather(*(worker() for _ in range(4)))

    asyncio.run(main(HostRate(path), int(sys.argv[2]), time.monotonic() + 14.0))
    print(flush=True)
    """
    with CountingServer(latency_s=0.02, quota_per_s=200.0) as server:
        together(asking, 8, tmp_path / "r", server.port, head=HEAD)
    settled = server.arrivals[0][0] + 6.0
    counts = server.counts(settled, settled + 7.0)
    refused = [at for at, _ in server.refusals if settled <= at < settled + 7.0]

    assert max(counts.values()) / min(counts.values()) <= 1.1
    assert sum(counts.values()) >= 0.8 * 7.0 * 200.0  # what is left is the search for the rate
    assert len(refused) <= 0.02 * sum(counts.values())


def damage(path: Path, start: int, content: bytes) -> None:
    with path.open("r+b") as file:  # closing it costs this process no lock, since it holds none now
        file.seek(start)
        file.write(content)


@pytest.mark.parametrize("content", [b"\xff" * 40, b"\x00" * 40])
def test_a_torn_copy_is_not_read(tmp_path: Path, content: bytes) -> None:
    rate = HostRate(tmp_path / "r")
    rate.pause(1.0, 5.0)
    rate.pause(1.0, 9.0)
    damage(tmp_path / "r", 64 + 9, content)  # the second change stands in the first copy

    again = HostRate(tmp_path / "r")
    assert again.paused_until == 5.0
    again.pause(2.0, 7.0)
    assert again.paused_until == 7.0
    damage(tmp_path / "r", 0, content[:1] * (tmp_path / "r").stat().st_size)
    assert again.reserve(2.0) == 0.0
    assert again.learned(2.0).sent == 1.0
    rate.close()
    again.close()


@pytest.mark.parametrize("now", [50.0, 900_301.0], ids=["before the machine was started", "five minutes later"])
def test_what_is_old_is_forgotten(tmp_path: Path, now: float) -> None:
    rate = HostRate(tmp_path / "r")
    rate.pause(900_000.0, 900_900.0)
    rate.refused(900_000.0, sent_at=899_999.0, retry_after_s=1.0, draw=0.0)
    known = rate.learned(900_299.0).peak_per_s

    assert known < math.inf
    assert rate.is_free(now)
    assert rate.reserve(now) == 0.0
    assert rate.learned(now).peak_per_s == math.inf
    assert told(f"print(HostRate(path).is_free({now}))", tmp_path / "r", HEAD) == "True"
    rate.close()


def test_processes_killed_while_they_write_leave_a_record_that_goes_on(tmp_path: Path) -> None:
    writing = "rate = HostRate(path); print(flush=True)\nwhile True: rate.reserve(0.0, 1.0)"
    rate = HostRate(tmp_path / "r")
    last = rate.reserve(0.0, 1.0)
    for _ in range(5):
        with process(writing, tmp_path / "r", head=HEAD) as started:
            said(started)
            while (place := rate.reserve(0.0, 1.0)) < last + 50:
                assert place > last
        last = place

    assert rate.reserve(0.0, 1.0) > last
    rate.close()
