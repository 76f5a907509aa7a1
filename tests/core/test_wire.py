"""Answers joined to documents by id, whatever order, gaps and doubles a service makes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dfai_core.service import Failure
from dfai_core.services.language.wire import rows_of

IDS = st.integers(0, 6).map(str) | st.sampled_from(["99999", "x", "-1", "01", None, 3, ["0"]])
ERROR = {"code": "InvalidArgument", "innererror": {"code": "InvalidDocument", "message": "why"}}


def row(document: dict[str, Any]) -> tuple[Any, ...]:
    return (document["value"],)


@settings(derandomize=True, max_examples=500)
@given(st.lists(IDS, max_size=10), st.lists(IDS, max_size=5), st.integers(1, 5))
def test_a_place_holds_what_came_under_its_id_alone_and_once(good: list[Any], bad: list[Any], count: int) -> None:
    results = {
        "documents": [{"id": id, "value": f"of {id}"} for id in good],
        "errors": [{"id": id, "error": ERROR} for id in bad],
    }
    found = rows_of(results, count, row)

    assert len(found) == count
    for place, value in enumerate(found):
        times = (good.count(str(place)), bad.count(str(place)))
        if times == (1, 0):
            assert value == (f"of {place}",)
        elif times == (0, 1):
            assert isinstance(value, Failure)
            assert (value.code, value.service_code) == ("refused", "InvalidDocument")
        else:
            assert value is None


@pytest.mark.parametrize("broken", [None, 7, "text", [], {"id": "0"}, {"id": "0", "value": None, "other": 1}])
def test_an_item_that_cannot_be_read_leaves_the_others(broken: Any) -> None:
    results = {"documents": [broken, {"id": "1", "value": "right"}], "errors": None}

    assert rows_of(results, 2, row)[1] == ("right",)


@pytest.mark.parametrize("error", [None, "text", 5, {"code": None}, {"innererror": "x"}, {"innererror": None}])
def test_an_error_without_shape_is_still_this_document_s(error: Any) -> None:
    found = rows_of({"documents": [], "errors": [{"id": "0", "error": error}]}, 2, row)

    assert found[1] is None
    assert found[0] is None or isinstance(found[0], Failure)


@pytest.mark.parametrize(
    ("code", "ours", "retryable"),
    [
        ("UnsupportedLanguageCode", "unsupported", False),
        ("InternalServerError", "unavailable", True),
        ("InvalidDocument", "refused", False),
        ("AnythingNew", "refused", False),
    ],
)
def test_codes_of_documents_become_ours(code: str, ours: str, retryable: bool) -> None:
    (found,) = rows_of({"documents": [], "errors": [{"id": "0", "error": {"code": code, "message": "m"}}]}, 1, row)

    assert isinstance(found, Failure)
    assert (found.code, found.retryable, found.message) == (ours, retryable, f"m [{code}]")
