"""A service as a user would declare one, with nothing of dfai but its public names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

import dfai

__all__ = ["LENGTHS", "lengths_at"]


def request(documents: list[dict[str, Any]], options: Mapping[str, Any]) -> Mapping[str, Any]:
    """One request for all documents."""
    texts = [options["mark"] + document["text"] for document in documents]
    return {"method": "POST", "json": {"texts": texts}, "params": {"mark": options["mark"]}}


def answers(response: dfai.Response) -> Sequence[Any]:
    """One answer for each document."""
    return [_answer(length) for length in response.json()["lengths"]]


def _answer(length: int) -> Mapping[str, Any] | dfai.Failure | None:
    if length == 13:
        return dfai.Failure("unsupported", "thirteen brings bad luck")
    if length == 17:
        return None
    return {"length": length, "odd": length % 2 == 1, "half": length / 2}


LENGTHS = dfai.Service(
    name="lengths",
    inputs=["text"],
    columns={"length": pa.int32(), "odd": pa.bool_(), "half": pa.float64()},
    options={"mark": ""},
    url="https://lengths.example/batch",
    request=request,
    answers=answers,
    max_documents=10,
    idempotent=True,
)


def lengths_at(where: str, **changes: Any) -> dfai.Service:
    """The same service at another place."""
    given: dict[str, Any] = {
        "name": "lengths",
        "inputs": LENGTHS.inputs,
        "columns": LENGTHS.columns,
        "options": LENGTHS.options,
        "url": f"{where}/batch",
        "request": request,
        "answers": answers,
        "max_documents": 10,
        "idempotent": True,
    }
    return dfai.Service(**(given | changes))
