"""Indexes on disk: made once, written by several processes, changed, forgotten."""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from typing import Any

import pytest

from dfai_engine.failures import ServiceFailure
from dfai_engine.textsearch.asked import Asked
from dfai_engine.textsearch.definition import definition_of
from dfai_engine.textsearch.indexes import Indexes, folder_of
from dfai_engine.textsearch.searching import search
from dfai_engine.textsearch.writing import write

FIELDS: list[dict[str, Any]] = [
    {"name": "id", "type": "Edm.String", "key": True},
    {"name": "text", "type": "Edm.String"},
    {"name": "part", "type": "Edm.ComplexType", "fields": [{"name": "a", "type": "Edm.String"}]},
]


@pytest.fixture
def indexes(tmp_path: Path) -> Indexes:
    made = Indexes(lambda: tmp_path)
    made.create(definition_of({"name": "notes", "fields": FIELDS}))
    return made


def sent(indexes: Indexes, *actions: dict[str, Any]) -> tuple[int, list[tuple[str, int]]]:
    status, said = write(indexes, "notes", {"value": list(actions)})
    return status, [(one["key"], one["statusCode"]) for one in said["value"]]


def texts(indexes: Indexes, query: str = "*") -> dict[str, Any]:
    return {hit["id"]: hit["text"] for hit in search(indexes, "notes", Asked(search=query, top=1_000)).hits}


def test_each_action_does_what_it_says(indexes: Indexes) -> None:
    made = sent(indexes, {"id": "1", "text": "one", "part": {"a": "x"}}, {"id": "2", "text": "two"})
    changed = sent(
        indexes,
        {"@search.action": "merge", "id": "1", "text": "uno"},
        {"@search.action": "merge", "id": "3", "text": "tre"},
        {"@search.action": "mergeOrUpload", "id": "4", "text": "quattro"},
        {"@search.action": "delete", "id": "2"},
        {"@search.action": "delete", "id": "5"},
    )

    assert made == (200, [("1", 201), ("2", 201)])
    assert changed == (207, [("1", 200), ("3", 404), ("4", 201), ("2", 200), ("5", 200)])
    assert texts(indexes) == {"1": "uno", "4": "quattro"}
    assert texts(indexes, "x") == {"1": "uno"}
    assert texts(indexes, "one") == {}


def test_a_batch_that_makes_no_sense_leaves_nothing(indexes: Indexes) -> None:
    for wrong in ({"id": "a/b"}, {"text": "no key"}, {"id": "1", "other": 1}, {"id": "1", "text": 5}, {"id": ""}):
        with pytest.raises(ServiceFailure) as refused:
            sent(indexes, {"id": "9", "text": "sound"}, wrong)
        assert refused.value.status == 400

    assert texts(indexes) == {}


def test_a_text_too_large_to_filter_by_is_its_documents_fault(indexes: Indexes) -> None:
    assert sent(indexes, {"id": "1", "text": "é" * 16_384}, {"id": "2", "text": "short"}) == (
        207,
        [("1", 400), ("2", 201)],
    )


def test_fields_are_added_to_an_index_and_never_changed(indexes: Indexes) -> None:
    sent(indexes, {"id": "1", "text": "one"})
    indexes.change(definition_of({"name": "notes", "fields": [*FIELDS, {"name": "more", "type": "Edm.String"}]}))
    sent(indexes, {"@search.action": "merge", "id": "1", "more": "later"})

    assert texts(indexes, "later") == texts(indexes, "one") == {"1": "one"}
    with pytest.raises(ServiceFailure, match="cannot be changed or deleted"):
        indexes.change(definition_of({"name": "notes", "fields": FIELDS[:2]}))


def test_a_name_is_free_again_once_its_index_is_gone(indexes: Indexes, tmp_path: Path) -> None:
    sent(indexes, {"id": "1", "text": "one"})
    with pytest.raises(ServiceFailure) as there:
        indexes.create(definition_of({"name": "notes", "fields": FIELDS}))
    indexes.delete("notes")
    indexes.create(definition_of({"name": "notes", "fields": FIELDS}))

    assert there.value.status == 409
    assert texts(indexes) == {}
    assert indexes.names() == ["notes"]
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


@pytest.mark.parametrize("name", ["../notes", "Notes", "a", "-ab", "a--b", "notes/x", "a" * 129, ".."])
def test_names_lead_nowhere_else(indexes: Indexes, name: str) -> None:
    for use in (indexes.delete, indexes.definition):
        with pytest.raises(ServiceFailure) as refused:
            use(name)
        assert refused.value.status in (400, 404)


def _write(folder: Path, who: int) -> None:
    indexes = Indexes(lambda: folder)
    for start in range(0, 200, 20):
        actions = [{"id": f"{who}-{start + at}", "text": "shared words"} for at in range(20)]
        write(indexes, "notes", {"value": actions})


def test_processes_write_into_one_index_and_lose_nothing(indexes: Indexes, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write, args=(tmp_path, who)) for who in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        assert len(texts(indexes, "shared")) % 20 == 0  # never half a batch
    for writer in writers:
        writer.join()

    assert [writer.exitcode for writer in writers] == [0] * 3
    assert search(indexes, "notes", Asked(search="shared", count=True)).total == 600


def test_indexes_are_kept_in_the_servers_folder_or_in_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "mine"))
    monkeypatch.setattr("sys.platform", "linux")

    assert folder_of(tmp_path) == tmp_path / "search-indexes"
    assert folder_of(None) == tmp_path / "mine" / "dfai" / "search-indexes"


@pytest.mark.parametrize(
    "wrong",
    [
        [],
        [{"name": "id", "type": "Edm.String"}],
        [{"name": "id", "type": "Edm.Int32", "key": True}],
        [*FIELDS, {"name": "id2", "type": "Edm.String", "key": True}],
        [*FIELDS, {"name": "text", "type": "Edm.String"}],
        [*FIELDS, {"name": "1st", "type": "Edm.String"}],
        [*FIELDS, {"name": "x", "type": "Edm.Text"}],
        [*FIELDS, {"name": "x", "type": "Edm.Single"}],
        [*FIELDS, {"name": "x", "type": "Collection(Edm.Single)"}],
        [*FIELDS, {"name": "x", "type": "Edm.ComplexType", "fields": []}],
    ],
)
def test_what_is_no_index_is_refused(wrong: list[dict[str, Any]]) -> None:
    with pytest.raises(ServiceFailure) as refused:
        definition_of({"name": "notes", "fields": wrong})

    assert refused.value.status == 400
