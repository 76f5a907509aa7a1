"""A survey counts what is sent then: the same texts through the same code, to a service that counts."""

from __future__ import annotations

import hashlib
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core import Call, run, services
from dfai_core.estimating import TALLY, Sample, Tally, joined, survey
from dfai_core.estimating.sample import MOST
from dfai_core.settings import resolve
from lookalike import Lookalike

# Few enough that some are equal; blank and missing ones; some that are sent in parts.
TEXTS = st.one_of(
    st.none(),
    st.sampled_from(["", "  ", "good", "bad", "a good day. ", "\U0001f469‍\U0001f469‍\U0001f467"]),
    st.builds("{} {}".format, st.sampled_from(["good", "bad"]), st.integers(0, 40)),
    st.builds(
        lambda words, times: words * times, st.sampled_from(["One is here. ", "x", "é "]), st.integers(900, 7_000)
    ),
)
LANGUAGES = st.sampled_from([None, "en", "fr", "de"])


def call_of(verb: str, service: Lookalike, **more: Any) -> Call:
    found = services()[verb]
    config = resolve([("test", {"target": "container:http://localhost:5000", "transport": service.transport})])[0]
    options = {
        option.name: option.default for option in found.options if option.name not in dict(more.get("varying", ()))
    }
    return Call(found, ("t",), found.noun, options=options, config=config, **more)


def surveyed(call: Call, batches: list[pa.RecordBatch]) -> Tally:
    return Tally.total([survey(call, batches)])


@settings(max_examples=25, derandomize=True)
@given(st.lists(st.tuples(TEXTS, LANGUAGES), max_size=60), st.sampled_from(["sentiment", "redact_pii", "by row"]))
def test_requests_documents_and_characters_are_those_that_are_sent(rows: list[tuple[Any, Any]], way: str) -> None:
    service = Lookalike()
    varying = {"sentiment": (), "redact_pii": (), "by row": (("language", "l"),)}[way]
    call = call_of("sentiment" if way == "by row" else way, service, varying=varying)
    columns = [pa.array([text for text, _ in rows], pa.string())]
    if varying:
        columns.append(pa.array([language for _, language in rows], pa.string()))
    batch = pa.record_batch(columns, names=[str(place) for place in range(len(columns))])

    told = surveyed(call, [batch])
    assert not service.requests  # nothing is sent
    list(run(call, [batch]))

    assert told.rows == len(rows)
    assert told.requests == len(service.requests)
    assert told.sent == len(service.texts)
    assert told.characters == sum(map(len, service.texts))
    assert told.units == sum(max(1, -(-len(text) // 1_000)) for text in service.texts)


@settings(max_examples=50, derandomize=True)
@given(st.lists(st.lists(st.integers(0, 30), max_size=20), max_size=5))
def test_partitions_together_know_what_is_equal(partitions: list[list[int]]) -> None:
    call = call_of("key_phrases", Lookalike())
    batches = [
        pa.record_batch({"0": pa.array([f"text {number}" for number in one], pa.string())}) for one in partitions
    ]
    told = Tally.total([joined(survey(call, [batch]) for batch in batches)])
    distinct = {number for one in partitions for number in one}

    assert told.rows == sum(map(len, partitions))
    assert told.sample.whole
    assert told.documents * told.sample.shares().documents == pytest.approx(len(distinct))
    assert told.characters * told.sample.shares().characters == pytest.approx(sum(len(f"text {n}") for n in distinct))


def test_a_sample_of_many_tells_shares_to_one_in_a_hundred_and_stays_small() -> None:
    def part(start: int, stop: int) -> Sample:
        keys = [hashlib.blake2b(str(number).encode(), digest_size=16).digest() for number in range(start, stop)]
        return Sample.of(keys, [(1.0, 10.0, 1.0, 1.0)] * len(keys))

    # Half of the second is in the first: 60,000 of 80,000 are distinct.
    both = part(0, 40_000).plus(part(20_000, 60_000))
    apart = part(0, 40_000).plus(part(40_000, 80_000))

    assert not both.whole
    assert both.shares().documents == pytest.approx(0.75, rel=0.01)
    assert apart.shares().documents == 1.0  # what is never equal is told exactly
    assert sum(map(len, both.plain())) < 30 * MOST


def test_a_tally_travels_as_one_row() -> None:
    call = call_of("sentiment", Lookalike())
    batch = survey(call, [pa.record_batch({"0": pa.array(["good", "good", None, "bad " * 2_000])})])

    assert batch.schema == TALLY
    assert batch.num_rows == 1
    told = Tally.total([batch, batch])
    assert (told.rows, told.partitions, told.documents, told.sent, told.long) == (8, 2, 4, 6, 2)
    assert told.sample.shares().units == pytest.approx(0.5)
