"""Faces that were detected a while ago, by the ids that clients got for them: in memory only, and only for a time."""

from __future__ import annotations

import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from dfai_engine.face.similarity import Embedding
from dfai_engine.failures import ServiceFailure

__all__ = ["Remembered", "Seen"]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A detected face: its descriptor, the recognition model that was named for it, until when it is known."""

    embedding: Embedding
    model: str
    until: float


class Remembered:
    """The detected faces of one engine.

    Parameters
    ----------
    most
        How many are remembered; past that, the oldest are forgotten before their time.
    clock
        Seconds since any moment.
    """

    def __init__(self, most: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._faces: OrderedDict[str, Seen] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, embedding: Embedding, model: str, lifetime_s: float) -> str:
        """Remember a face; its id."""
        identity = str(uuid.uuid4())
        with self._lock:
            self._faces[identity] = Seen(embedding, model, self._clock() + lifetime_s)
            while len(self._faces) > self._most:
                self._faces.popitem(last=False)
        return identity

    def get(self, identity: str) -> Seen:
        """A face by its id.

        Raises
        ------
        ServiceFailure
            404: there is none, or no longer.
        """
        with self._lock:
            seen = self._faces.get(identity)
            if seen is not None and seen.until <= self._clock():
                del self._faces[identity]
                seen = None
        if seen is None:
            raise ServiceFailure("Face is not found.", status=404, code="FaceNotFound")
        return seen
