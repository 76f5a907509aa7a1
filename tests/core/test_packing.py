"""Documents to requests: within every limit, in order, and none lost."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core import Limits
from dfai_core.groups import Group, Places
from dfai_core.packing import Packer, fits_by_count, json_bytes
from dfai_core.service import Document
from dfai_core.services import services

TEXTS = st.text(st.characters(codec="utf-8"), max_size=60)


def limits(documents: int, chars: int | None, max_bytes: int, chars_per_request: int | None) -> Limits:
    return Limits(documents, chars, max_bytes, "a test", chars_per_request)


LIMITS = st.builds(
    limits,
    st.integers(1, 12),
    st.sampled_from([None, 60, 5_120]),
    st.integers(2_400, 6_000),
    st.none() | st.integers(60, 200),
)
BATCHES = st.lists(st.lists(st.tuples(TEXTS), max_size=15), max_size=6)


def group_of(documents: Sequence[Document]) -> Group:
    return Group([[text for (text,) in documents]], 3)


def found(origin: Sequence[tuple[Group, Places]]) -> list[Document]:
    """What *origin* leads to."""
    return [document for group, places in origin for document in group.documents(places)]


@settings(derandomize=True, max_examples=300)
@given(LIMITS, BATCHES, st.data())
def test_requests_keep_their_limits_and_lose_nothing(
    held: Limits, batches: list[list[Document]], data: st.DataObject
) -> None:
    packer = Packer(held)
    requests: list[list[Document]] = []
    queued: list[Document] = []
    for documents in batches:  # taken now and then, as requests leave while others still come
        group = group_of(documents)
        places: Sequence[int] = range(len(documents))
        if data.draw(st.booleans()):  # some are known already: what is left are no neighbours
            places = [place for place in places if data.draw(st.booleans())]
        packer.extend(group, places)
        queued += [documents[place] for place in places]
        while packer.full() and data.draw(st.booleans()):
            requests.append(found(packer.take()))
    while len(packer):
        requests.append(found(packer.take()))

    assert [document for request in requests for document in request] == queued
    for request in requests:
        assert 1 <= len(request) <= held.max_documents
        body = orjson.dumps([{"id": "1000", "language": "zh-Hans", "text": document[0]} for document in request])
        characters = sum(len(document[0]) for document in request)
        if len(request) > 1:
            assert len(body) <= held.max_bytes
            assert characters <= (held.max_chars_per_request or characters)


@settings(derandomize=True)
@given(LIMITS, st.lists(st.tuples(TEXTS), min_size=1, max_size=40))
def test_a_full_line_gives_a_request_that_takes_no_more(held: Limits, documents: list[Document]) -> None:
    packer = Packer(held)
    group = group_of(documents)
    for place in range(len(documents)):
        if packer.full():
            break
        packer.extend(group, range(place, place + 1))
    if not packer.full():
        return
    added = len(packer)
    taken = found(packer.take())

    assert len(taken) == held.max_documents or len(taken) == added or len(packer) == 1


@settings(derandomize=True)
@given(LIMITS, BATCHES)
def test_an_emptied_line_is_as_new(held: Limits, batches: list[list[Document]]) -> None:
    packer = Packer(held)
    groups = [group_of(documents) for documents in batches if documents]
    for group in groups:
        packer.extend(group, range(group.size))
    taken = found(packer.take()) if groups and packer.full() else []
    cleared = packer.clear()

    assert [*taken, *found(cleared)] == [
        document for group in groups for document in group.documents(range(group.size))
    ]
    assert len(packer) == 0
    assert not packer.full()


@settings(derandomize=True)
@given(LIMITS, BATCHES, st.data())
def test_what_nobody_wants_is_taken_out_and_named(
    held: Limits, batches: list[list[Document]], data: st.DataObject
) -> None:
    packer = Packer(held)
    groups = [group_of(documents) for documents in batches if documents]
    for group in groups:
        packer.extend(group, range(group.size))
    unwanted = {(id(group), place) for group in groups for place in range(group.size) if data.draw(st.booleans())}
    dropped = packer.keep(lambda group, places: [place for place in places if (id(group), place) not in unwanted])
    kept = []
    while len(packer):
        kept += found(packer.take())

    assert {(id(group), place) for group, places in dropped for place in places} == unwanted
    assert kept == [
        document
        for group in groups
        for place, document in enumerate(group.documents(range(group.size)))
        if (id(group), place) not in unwanted
    ]


@settings(derandomize=True)
@given(TEXTS)
def test_the_bytes_of_a_document_are_never_underestimated(text: str) -> None:
    written = orjson.dumps({"id": "9999", "language": "zh-Hant-extra", "text": text})

    assert json_bytes((text, "zh-Hant-extra"), services()["sentiment"].limits_at("azure")) >= len(written)


def test_limits_that_are_kept_by_count_alone_are_kept_in_the_worst_case() -> None:
    by_count = [held for service in services().values() for held in service.limits.values() if fits_by_count(held)]
    by_count = [held for held in by_count if held.max_documents > 1]  # a single one leaves, whatever its size

    assert by_count
    for held in by_count:
        assert held.max_chars is not None
        worst = orjson.dumps([{"id": "9999", "text": "\x00" * held.max_chars}] * held.max_documents)
        assert len(worst) + 2_000 <= held.max_bytes
