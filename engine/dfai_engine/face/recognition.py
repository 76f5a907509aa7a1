"""Whose faces these are: verify, find similar, group, identify. Descriptors in, JSON out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dfai_engine.face.directory import Members
from dfai_engine.face.remembered import Seen
from dfai_engine.face.similarity import SAME_CONFIDENCE, Embedding, confidences, distances
from dfai_engine.face.wire import bad

__all__ = ["candidates", "grouped", "same_model", "similar", "verified"]


def same_model(*models: str) -> None:
    """Nothing, if all are the same: faces under different recognition models are not compared.

    Raises
    ------
    ServiceFailure
        ``BadArgument``.
    """
    if len(set(models)) > 1:
        raise bad("'recognitionModel' is incompatible: the faces were detected under different ones.")


def verified(one: Embedding, others: Embedding) -> dict[str, Any]:
    """Whether *one* is the person of *others*: as sure as of the one of them most alike."""
    confidence = float(confidences(distances(one, others)).max()) if len(others) else 0.0
    return {"isIdentical": confidence >= SAME_CONFIDENCE, "confidence": round(confidence, 5)}


def similar(one: Embedding, others: Embedding, ids: Sequence[str], name: str, *, top: int, person: bool) -> Any:
    """The *top* most alike, each with its id called *name*; with *person* those alone that are the same person."""
    found = confidences(distances(one, others)) if len(ids) else np.zeros(0)
    order = np.argsort(-found, kind="stable")[:top]
    return [
        {name: ids[place], "confidence": round(float(found[place]), 5)}
        for place in order
        if not person or found[place] >= SAME_CONFIDENCE
    ]


def candidates(one: Embedding, members: Members, *, top: int, threshold: float) -> list[dict[str, Any]]:
    """The persons that *one* may be, most alike first; each by the face most alike."""
    best: dict[str, float] = {}
    if len(members.faces):
        found = confidences(distances(one, members.embeddings))
        for place in np.flatnonzero(found >= threshold):
            person = str(members.persons[place])
            best[person] = max(best.get(person, 0.0), float(found[place]))
    order = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:top]
    return [{"personId": person, "confidence": round(confidence, 5)} for person, confidence in order]


def grouped(faces: Sequence[Seen], ids: Sequence[str]) -> dict[str, Any]:
    """Faces that look like one person's, the largest group first; and those without a like."""
    from dfai_engine.face.finding import group

    groups: dict[int, list[str]] = {}
    for identity, number in zip(ids, group([face.embedding for face in faces]), strict=True):
        groups.setdefault(number, []).append(identity)
    order = sorted(groups.values(), key=len, reverse=True)
    return {
        "groups": [found for found in order if len(found) > 1],
        "messyGroup": [found[0] for found in order if len(found) == 1],
    }
