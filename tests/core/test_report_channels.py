"""Reports on their way home: whatever is lost, doubled or late, nothing is counted twice."""

from __future__ import annotations

import json
import random
import signal
import stat
import subprocess
import sys
import textwrap
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dfai_core import Call
from dfai_core.errors import DfaiWarning
from dfai_core.host_reports import HostReporter, host_channel
from dfai_core.ledger import LEDGER, Entry, Ledger, collect, new_group
from dfai_core.report import Counters, Report, counters_of, process_id
from dfai_core.reported import Reported
from dfai_core.transports import Answer, Request
from faults.calls import call_of, slices
from faults.server import answered

ELSEWHERE = "another process"


class InProcess:
    """A transport that answers at once, each text with itself."""

    async def send(self, request: Request) -> Answer:
        assert request.body is not None
        return Answer(200, {}, json.dumps(answered(json.loads(request.body)["analysisInput"]["documents"])).encode())

    async def aclose(self) -> None:
        return None


class Remembering:
    """A reporter that keeps what it is given; *tries* of its partition went before."""

    def __init__(self, tries: int = 0) -> None:
        self.reports: list[Report] = []
        self.tries = tries

    def send(self, report: Report) -> None:
        self.reports.append(report)

    def repeated(self) -> int:
        return self.tries


class Fetched:
    """A channel that gives what a test has put into it."""

    reporter = Remembering()

    def __init__(self) -> None:
        self.waiting: list[Report] = []
        self.forgotten: list[str] = []

    def collect(self, call_ids: Any) -> list[Report]:
        return [report for report in self.waiting if report.call_id in call_ids]

    def forget(self, call_id: str) -> None:
        self.forgotten.append(call_id)

    def listening(self) -> Any:
        return nullcontext()


def entry_of(call: Call, *channels: Any, **more: Any) -> Entry:
    return Entry.of(call, "test", lazy=True, group=new_group(), channels=channels, **more)


# ---- in the process that made the call ---------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(25))
def test_reports_add_up_however_they_arrive(seed: int) -> None:
    dice = random.Random(seed)
    call, sent, expected = call_of(), [], 0
    for _ in range(dice.randrange(1, 6)):
        source = Counters()
        for _ in range(dice.randrange(1, 9)):
            source.rows += dice.randrange(100)
            sent.append(source.report(call.id))
        expected += source.rows
    last = {report.source: report for report in sent}
    arrived = [report for report in sent if dice.random() < 0.7 or report is last[report.source]] * 2
    dice.shuffle(arrived)
    entry = entry_of(call)

    for report in arrived:
        entry.take(Report.from_plain(json.loads(json.dumps(report.plain()))) or report)

    assert entry.figures().rows == expected


def test_a_process_does_not_count_its_own_reports_again() -> None:
    call = call_of()
    entry = entry_of(call)
    own = counters_of(call.id)
    own.rows = 5

    entry.take(own.report(call.id))

    assert entry.figures().rows == 5


def test_a_process_that_was_cut_off_is_missed() -> None:
    entry, source = entry_of(call_of()), Counters()
    source.begin()
    entry.take(source.report(entry.call_id))

    assert entry.lost() == 1
    source.end()
    entry.take(source.report(entry.call_id))
    assert entry.lost() == 0


def test_an_earlier_try_that_never_reported_is_missed() -> None:
    entry, second = entry_of(call_of()), Counters()
    second.begin()
    second.end(repeated=1)
    entry.take(second.report(entry.call_id))

    assert entry.lost() == 1
    first = Counters()
    first.begin()
    first.end(failed=True)
    entry.take(first.report(entry.call_id))
    assert entry.lost() == 0


def test_damaged_reports_are_passed_over() -> None:
    entry = entry_of(call_of())

    entry.take(Report(entry.call_id, "s", 1, {"rows": "many"}))

    assert entry.figures().rows == 0


def test_calls_that_nobody_may_ask_for_any_more_are_forgotten_by_their_channels() -> None:
    ledger, channel = Ledger(), Fetched()
    entries = [entry_of(call_of(), channel) for _ in range(1_003)]

    for entry in entries:
        ledger.add(entry)

    assert channel.forgotten == [entry.call_id for entry in entries[:3]]
    assert len(ledger.entries()) == 1_000


def test_a_channel_is_asked_once_for_all_of_its_calls() -> None:
    channel = Fetched()
    entries = [entry_of(call_of(), channel) for _ in range(3)]
    for entry in entries:
        source = Counters(rows=2)
        channel.waiting.append(source.report(entry.call_id))

    collect(entries)

    assert [entry.figures().rows for entry in entries] == [2, 2, 2]


def test_a_channel_that_fails_is_said_and_the_others_are_asked() -> None:
    class Failing(Fetched):
        def collect(self, call_ids: Any) -> list[Report]:
            raise RuntimeError("gone")

    good = Fetched()
    entry = entry_of(call_of(), Failing(), good)
    good.waiting.append(Counters(rows=2).report(entry.call_id))

    with pytest.warns(DfaiWarning, match="could not be fetched: RuntimeError: gone"):
        collect([entry])

    assert entry.figures().rows == 2


# ---- in a worker -------------------------------------------------------------------------------------------


def reported(call: Call, texts: list[str], *reporters: Any, size: int | None = None) -> Iterator[pa.RecordBatch]:
    return Reported(ELSEWHERE, "test", reporters)(call, slices(texts, size))


def test_a_partition_reports_that_it_began_and_all_it_did() -> None:
    reporter, call = Remembering(), call_of(transport=InProcess())

    rows = sum(batch.num_rows for batch in reported(call, [f"text {n}" for n in range(30)], reporter))

    first, last = reporter.reports[0].figures, reporter.reports[-1].figures
    assert rows == 30
    assert (first["begun"], first.get("ended", 0), first.get("rows", 0)) == (1, 0, 0)
    assert (last["begun"], last["ended"], last["rows"], last["documents"]) == (1, 1, 30, 30)
    assert [report.sequence for report in reporter.reports] == sorted(report.sequence for report in reporter.reports)


def test_nothing_is_sent_where_the_call_was_made() -> None:
    reporter, call = Remembering(), call_of(transport=InProcess())

    list(Reported(process_id(), "test", (reporter,))(call, slices(["text"])))

    assert reporter.reports == []
    assert counters_of(call.id).ended == 1


def test_what_has_left_was_reported_before_it_left() -> None:
    reporter, call = Remembering(), call_of(transport=InProcess())
    with closing(reported(call, [f"text {n}" for n in range(20)], reporter)) as answers:  # type: ignore[type-var]
        next(answers)

        assert reporter.reports[-1].figures["rows"] == 20


def test_a_consumer_that_stops_early_leaves_an_end_and_no_failure() -> None:
    reporter, call = Remembering(tries=2), call_of(transport=InProcess())
    answers = reported(call, [f"text {n}" for n in range(40)], reporter, size=10)
    next(answers)

    answers.close()  # type: ignore[attr-defined]

    last = reporter.reports[-1].figures
    assert (last["begun"], last["ended"], last.get("failed", 0), last["repeated"]) == (1, 1, 0, 2)


def test_a_partition_that_fails_says_so() -> None:
    reporter, call = Remembering(tries=1), call_of(transport=InProcess(), on_error="raise")

    def breaking() -> Iterable[pa.RecordBatch]:
        yield from slices(["text"])
        raise ValueError("the input broke")

    with pytest.raises(ValueError, match="the input broke"):
        list(Reported(ELSEWHERE, "test", (reporter,))(call, breaking()))

    last = reporter.reports[-1].figures
    assert (last["begun"], last["ended"], last["failed"], last.get("repeated", 0)) == (1, 1, 1, 0)


def test_a_broken_channel_costs_no_row_and_is_said_once() -> None:
    class Broken(Remembering):
        def send(self, report: Report) -> None:
            raise RuntimeError("nobody there")

    call = call_of(transport=InProcess())
    with pytest.warns(DfaiWarning, match="cannot be reported by Broken: nobody there") as caught:
        rows = sum(batch.num_rows for batch in reported(call, ["one", "two"], Broken()))

    assert rows == 2
    assert len(caught) == 1


# ---- files of this host ------------------------------------------------------------------------------------


def in_a_process(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments], capture_output=True, text=True, timeout=60
    )


def test_processes_of_this_host_report_through_files() -> None:
    channel, call = host_channel(), call_of()
    assert channel is not None
    script = """
        import os, sys
        from dfai_core.host_reports import HostReporter
        from dfai_core.report import counters_of
        counters = counters_of(sys.argv[2])
        reporter = HostReporter(sys.argv[1])
        for _ in range(3):
            counters.begin()
            counters.add_rows(10, 0, {})
            counters.end()
            reporter.send(counters.report(sys.argv[2]))
        counters.begin()
        reporter.send(counters.report(sys.argv[2]))
        os.kill(os.getpid(), 9)
    """
    done = in_a_process(script, channel.reporter.folder, call.id)
    entry = entry_of(call, channel)

    collect([entry])

    assert done.returncode == -signal.SIGKILL
    assert (entry.figures().rows, entry.figures().ended, entry.lost()) == (30, 3, 1)
    channel.forget(call.id)
    assert list(channel.collect([call.id])) == []


def test_the_folder_is_private_and_ends_with_its_process() -> None:
    script = """
        import os, pathlib
        from dfai_core.host_reports import host_channel
        folder = pathlib.Path(host_channel().reporter.folder)
        print(folder, oct(folder.stat().st_mode & 0o777), folder.is_dir())
    """
    done = in_a_process(script)

    folder, mode, was_there = done.stdout.split()
    assert (mode, was_there) == ("0o700", "True")
    assert not Path(folder).exists()


def test_where_the_folder_is_not_there_nothing_is_written() -> None:
    reporter = HostReporter("/nowhere/at/all")

    reporter.send(Counters().report("c"))

    assert reporter.repeated() == 0


def test_what_others_left_in_the_folder_is_passed_over(tmp_path: Any) -> None:
    channel = host_channel()
    assert channel is not None
    folder = Path(channel.reporter.folder)
    for name, content in (("c-1", "no json"), ("c-2", "[]"), ("c-3", '{"call": "c"}')):
        (folder / name).write_text(content)

    found = list(channel.collect(["c"]))

    channel.forget("c")
    assert found == []
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_ledger_tells_those_who_listen() -> None:
    heard: list[Entry] = []
    LEDGER.listen(heard.append)
    entry = entry_of(call_of())
    LEDGER.add(entry)
    LEDGER.unlisten(heard.append)
    LEDGER.add(entry_of(call_of()))

    assert heard == [entry]


def test_partitions_that_begin_and_end_in_many_threads_are_all_reported() -> None:
    reporter, call = Remembering(), call_of(transport=InProcess())

    def work(number: int) -> None:
        list(Reported(ELSEWHERE, "test", (reporter,))(call, slices([f"text {number}"])))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(24)))

    last = max(reporter.reports, key=lambda report: report.sequence)
    assert last is reporter.reports[-1]
    assert (last.figures["begun"], last.figures["ended"], last.figures["rows"]) == (24, 24, 24)
