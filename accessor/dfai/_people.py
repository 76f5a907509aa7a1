"""``dfai.faces``: lists of faces and groups of persons, made, filled, trained and deleted, wherever they are kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, TypeVar, Unpack

import orjson
import pyarrow as pa

from dfai._managed import answers_of, call_of, several_of
from dfai._settings import effective
from dfai_core import Settings
from dfai_core.errors import CallError, ConfigError, Rejected, Unavailable, error_for
from dfai_core.media import arrow_media
from dfai_core.operations import poll_wait_s
from dfai_core.services.face.managing import ADD_FACE, MANAGE, MANAGE_ONCE

__all__ = ["Collection", "Face", "FaceList", "Faces", "Person", "PersonGroup", "faces"]

# The same as verbs ask with: only faces under one model can be compared.
RECOGNITION_MODEL = "recognition_04"
_PAGE = 1_000
C = TypeVar("C", bound="Collection")


@dataclass(frozen=True, slots=True)
class Face:
    """A face that is kept. *id* is what `find_similar_faces` tells as ``face_id``."""

    id: str
    user_data: str | None = None


@dataclass(frozen=True, slots=True)
class Collection:
    """A list of faces or a group of persons; ``among=`` takes one. Its methods ask as it was made: *settings*."""

    id: str
    kind: str
    name: str = ""
    user_data: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def __str__(self) -> str:
        return self._at

    @property
    def _at(self) -> str:
        return f"{self.kind}/{self.id}"

    def train(self) -> None:
        """Have the service look at what is there now, and wait until it has; then that is what is searched.

        A small face list needs none.

        Raises
        ------
        CallError
            The service refuses it, training failed, or it took longer than ``operation_deadline_s``.
        """
        if self.kind == "facelists":
            return
        _ask(self.settings, "POST", f"{self._at}/train")
        config, _ = effective(self.settings)
        until = time.monotonic() + config.operation_deadline_s
        for polls in count(1):
            state = self.trained()
            if state.startswith("failed"):
                raise Rejected(f"training {self._at} {state}")
            if state == "succeeded":
                return
            if time.monotonic() >= until:
                raise Unavailable(f"training {self._at} did not end within {config.operation_deadline_s:g} s")
            time.sleep(poll_wait_s(polls))

    def trained(self) -> str:
        """How training stands: "not started", "running", "succeeded" or "failed: …" with the reason."""
        if self.kind == "facelists":
            return "succeeded"
        try:
            told = _ask(self.settings, "GET", f"{self._at}/training")
        except Rejected as refused:
            if "not trained" in str(refused):
                return "not started"
            raise
        state = {"notstarted": "not started", "nonstarted": "not started"}.get(
            str(told["status"]).lower(), str(told["status"])
        )
        return f"{state}: {told['message']}" if state == "failed" and told.get("message") else state

    def delete(self) -> None:
        """Delete it, with all that is in it."""
        _ask(self.settings, "DELETE", self._at)


@dataclass(frozen=True, slots=True)
class FaceList(Collection):
    """Faces without names, for `find_similar_faces`."""

    def add(self, images: Any, user_data: str | Sequence[str | None] | None = None) -> list[Face]:
        """Keep the face of each picture. The pictures themselves are not kept.

        Parameters
        ----------
        images
            One picture or several, or a column of a pandas frame: bytes, paths or URLs, PIL images, arrays. Each must
            show one face.
        user_data
            A text that is kept beside the face, or one for each picture.

        Returns
        -------
        A face for each picture, in order.

        Raises
        ------
        CallError
            Some were not added; the message says how many and why. The others were.
        """
        return _add(self.settings, f"{self._at}/persistedfaces", images, user_data)

    def faces(self) -> list[Face]:
        """The faces in it."""
        if self.kind == "facelists":
            told = _ask(self.settings, "GET", self._at).get("persistedFaces") or []
        else:
            told = _pages(self.settings, f"{self._at}/persistedfaces", "persistedFaceId")
        return [Face(one["persistedFaceId"], one.get("userData")) for one in told]

    def remove(self, face: Face | str) -> None:
        """Delete one face."""
        identity = face.id if isinstance(face, Face) else face
        _ask(self.settings, "DELETE", f"{self._at}/persistedfaces/{identity}")


@dataclass(frozen=True, slots=True)
class PersonGroup(Collection):
    """Persons with names, for `identify_faces`."""

    def add(self, name: str, images: Any = (), user_data: str | None = None) -> Person:
        """A new person, with a face for each picture.

        Parameters
        ----------
        name
            What `identify_faces` tells.
        images
            As in ``FaceList.add``; several of one person help.
        user_data
            A text that is kept beside the name.
        """
        body = {"name": name} | ({} if user_data is None else {"userData": user_data})
        told = _ask(self.settings, "POST", f"{self._at}/persons", body, once=True)
        person = Person(told["personId"], name, user_data, 0, self._at, self.settings)
        return person.add(images)

    def persons(self) -> list[Person]:
        """The persons in it."""
        return [
            Person(
                one["personId"],
                one.get("name") or "",
                one.get("userData"),
                len(one.get("persistedFaceIds") or ()),
                self._at,
                self.settings,
            )
            for one in _pages(self.settings, f"{self._at}/persons", "personId")
        ]


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a group. *faces*: how many are kept of them."""

    id: str
    name: str
    user_data: str | None = None
    faces: int = 0
    group: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def add(self, images: Any) -> Person:
        """Keep more faces of them; the person, with so many."""
        added = _add(self.settings, f"{self.group}/persons/{self.id}/persistedfaces", images, None)
        return Person(self.id, self.name, self.user_data, self.faces + len(added), self.group, self.settings)

    def delete(self) -> None:
        """Delete them, with all their faces."""
        _ask(self.settings, "DELETE", f"{self.group}/persons/{self.id}")


class Faces:
    """Lists of faces and groups of persons. The settings given here hold for all that is asked of what comes back."""

    __slots__ = ()

    def create_list(
        self,
        id: str,
        *,
        name: str | None = None,
        user_data: str | None = None,
        size: Literal["large", "small"] = "large",
        **settings: Unpack[Settings],
    ) -> FaceList:
        """A new list of faces. A large one must be trained, a small one has at most 1,000 faces.

        Parameters
        ----------
        id
            1 to 64 of the characters a-z, 0-9, "-" and "_".
        name, user_data
            What is shown of it; the name is the id unless it is given.
        """
        kind = _kind("facelists", size)
        _create(settings, kind, id, name, user_data)
        return FaceList(id, kind, name or id, user_data, settings)

    def create_group(
        self,
        id: str,
        *,
        name: str | None = None,
        user_data: str | None = None,
        size: Literal["large", "small"] = "large",
        **settings: Unpack[Settings],
    ) -> PersonGroup:
        """A new group of persons, small (at most 10,000) or large; arguments as in `create_list`."""
        kind = _kind("persongroups", size)
        _create(settings, kind, id, name, user_data)
        return PersonGroup(id, kind, name or id, user_data, settings)

    def list(self, id: str, *, size: Literal["large", "small"] = "large", **settings: Unpack[Settings]) -> FaceList:
        """A list of faces that exists."""
        return _found(FaceList, settings, _kind("facelists", size), id)

    def group(self, id: str, *, size: Literal["large", "small"] = "large", **settings: Unpack[Settings]) -> PersonGroup:
        """A group of persons that exists."""
        return _found(PersonGroup, settings, _kind("persongroups", size), id)

    def lists(self, **settings: Unpack[Settings]) -> tuple[FaceList, ...]:
        """All lists of faces, large and small."""
        return tuple(_all(FaceList, settings, "facelists", "faceListId"))

    def groups(self, **settings: Unpack[Settings]) -> tuple[PersonGroup, ...]:
        """All groups of persons, large and small."""
        return tuple(_all(PersonGroup, settings, "persongroups", "personGroupId"))

    def __repr__(self) -> str:
        return "<dfai.faces: create_list, create_group, list, group, lists, groups>"


faces: Faces = Faces()


def _kind(word: str, size: str) -> str:
    if size not in ("large", "small"):
        raise ConfigError(f"size={size!r}: choose 'large' or 'small'.")
    return f"large{word}" if size == "large" else word


def _create(settings: Any, kind: str, identity: str, name: str | None, user_data: str | None) -> None:
    body = {"name": name or identity, "recognitionModel": RECOGNITION_MODEL}
    _ask(settings, "PUT", f"{kind}/{identity}", body | ({} if user_data is None else {"userData": user_data}))


def _found(make: Callable[..., C], settings: Any, kind: str, identity: str) -> C:
    told = _ask(settings, "GET", f"{kind}/{identity}")
    return make(identity, kind, told.get("name") or "", told.get("userData"), settings)


def _all(make: Callable[..., C], settings: Any, word: str, id_name: str) -> Iterator[C]:
    for kind, name in ((f"large{word}", f"large{id_name[0].upper()}{id_name[1:]}"), (word, id_name)):
        # Small face lists come all at once.
        told = _ask(settings, "GET", kind) if kind == "facelists" else _pages(settings, kind, name)
        yield from (make(one[name], kind, one.get("name") or "", one.get("userData"), settings) for one in told)


# ---- requests -----------------------------------------------------------------------------------------------------


def _pages(settings: Any, path: str, id_name: str) -> Iterator[Any]:
    start = ""
    while True:
        page = _ask(settings, "GET", f"{path}?top={_PAGE}" + (f"&start={start}" if start else ""))
        yield from page
        if len(page) < _PAGE:
            return
        start = page[-1][id_name]


def _ask(settings: Any, method: str, path: str, body: Any = None, *, once: bool = False) -> Any:
    """What is answered to one request."""
    service = MANAGE_ONCE if once else MANAGE
    columns = [
        pa.array([method]),
        pa.array([path]),
        pa.array([None if body is None else orjson.dumps(body)], pa.binary()),
    ]
    batch = pa.RecordBatch.from_arrays(columns, names=list(service.inputs))
    ((answer, code, message),) = answers_of(call_of(service, settings, "faces"), batch)
    if code is not None:
        raise error_for(code, f"{method} {path}: {message}")
    return orjson.loads(answer) if answer else {}


def _add(settings: Any, path: str, images: Any, user_data: Any) -> list[Face]:
    several = several_of(images)
    texts = [user_data] * len(several) if user_data is None or isinstance(user_data, str) else list(user_data)
    if len(texts) != len(several):
        raise ConfigError(f"user_data holds {len(texts)} texts for {len(several)} pictures.")
    if not several:
        return []
    call = call_of(ADD_FACE, settings, "faces", options={"at": path}, varying=(("user_data", "user_data"),))
    batch = pa.RecordBatch.from_arrays(
        [arrow_media(several), pa.array(texts, pa.string())], names=["image", "user_data"]
    )
    added, failed = [], []
    for row, (answer, code, message) in enumerate(answers_of(call, batch)):
        if code is None and answer is not None:
            added.append(Face(orjson.loads(answer)["persistedFaceId"], texts[row]))
        else:
            failed.append((row, code or "empty", message or "there is no picture"))
    if failed:
        row, code, message = failed[0]
        raise _not_added(code, len(failed), len(several), row, message)
    return added


def _not_added(code: str, failed: int, of: int, row: int, message: str) -> CallError:
    if of == 1:
        return error_for(code, f"the face was not added: {message}")
    return error_for(
        code, f"{failed} of {of} faces were not added, the others were. The first, picture {row}: {message}"
    )
