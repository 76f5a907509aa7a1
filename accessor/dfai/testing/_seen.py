"""Pictures in a fake, known by their content wherever they come from, and the faces in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from dfai.testing import _faces, _pictures, _sounds
from dfai.testing._protocol import Unfit
from dfai_core.transports import Request

__all__ = ["PICTURED", "Face", "known_by_content", "name_of", "picture_in"]

PICTURED = (*_pictures.PICTURES, *_faces.FACES)
"""The verbs that look at pictures."""

# What was detected in this process: whose face an id is, and what a person is called.
_faces_of: dict[str, str] = {}
_names_of: dict[str, str] = {}
# Pictures for functions that are asked about two of them.
_contents: dict[str, Any] = {}


def name_of(key: Any) -> Any:
    """What a picture is known by: the SHA-256 of its bytes or of its file's; a URL that the service reads is itself."""
    if isinstance(key, tuple):
        return tuple(map(name_of, key))
    if isinstance(key, bytes):
        return sha256(key).hexdigest()
    if isinstance(key, (str, Path)) and _is_file(key):
        return sha256(Path(key).read_bytes()).hexdigest()
    return str(key) if isinstance(key, Path) else key


def _is_file(key: str | Path) -> bool:
    try:
        return Path(key).is_file()
    except (OSError, ValueError):  # a text too long for a path, or with a zero in it
        return False


def known_by_content(verb: str, given: Any) -> Any:
    """Answers that travel: of a mapping from files to answers, the files stay here."""
    if verb in _sounds.SOUNDED:
        ours = isinstance(given, Mapping) and not _one_answer(given)
        return {name: value for key, value in given.items() for name in _sounds.names_of(key)} if ours else given
    if verb not in PICTURED or not isinstance(given, Mapping) or not _by_picture(given):
        return given
    return {name_of(key): value for key, value in given.items()}


def _one_answer(given: Mapping[Any, Any]) -> bool:
    """Whether a mapping is one answer for all sounds, and not one from sounds to answers."""
    return not {"transcript", "same_speaker", "speaker"}.isdisjoint(key for key in given if isinstance(key, str))


def _by_picture(given: Mapping[Any, Any]) -> bool:
    """Whether a mapping is from pictures to answers, and not one answer for all."""
    return not given or any(name_of(key) != key or "/" in str(key) for key in given)


def picture_in(request: Request) -> tuple[Any, Any]:
    """The picture that a request brings, and what it is known by."""
    body = request.body or b""
    if body[:1] == b"{":
        url = orjson.loads(body)["url"]
        return url, url
    return body, sha256(body).hexdigest()


class Face:
    """What a fake says of faces; *value* gives a verb's answer for a picture, or for two."""

    def __init__(self, answers: Mapping[str, Any], value: Callable[[str, Any, Any], Any]) -> None:
        self._answers, self._value = answers, value

    def verb(self, request: Request) -> str:
        """Whose request this is; a detection with ids is any verb's that compares."""
        parts = urlsplit(request.url)
        last = parts.path.rpartition("/")[2]
        if last == "detect" and parse_qs(parts.query).get("returnFaceId") == ["false"]:
            return "detect_faces"
        asked = {"verify": "verify_faces", "identify": "identify_faces", "findsimilars": "find_similar_faces"}
        asked["group"] = "group_faces"
        return asked.get(last) or next((verb for verb in _faces.FACES[1:] if verb in self._answers), "detect_faces")

    def detected(self, verb: str, picture: Any, name: Any) -> Any:
        """The faces of a picture."""
        if verb == "detect_faces":
            return _faces.faces_found(name, verb, self._value(verb, name, picture))
        _contents[name] = picture
        found = _faces.faces_found(name, "verify_faces", True)
        for each in ("identify_faces", "find_similar_faces", "group_faces"):
            if each in self._answers:
                found = _faces.faces_found(name, each, self._value(each, name, picture))
                break
        _faces_of.update({face["faceId"]: name for face in found})
        return found

    def compared(self, verb: str, body: Mapping[str, Any]) -> Any:
        """What is asked about faces that were detected."""
        if verb == "verify_faces":
            pair = tuple(self._picture_of(verb, body[key]) for key in ("faceId1", "faceId2"))
            return _faces.verified(self._value(verb, pair, tuple(_contents.get(name) for name in pair)))
        if verb == "find_similar_faces":
            name = self._picture_of(verb, body["faceId"])
            return _faces.similar(self._value(verb, name, _contents.get(name)))
        if verb == "identify_faces":
            name = self._picture_of(verb, body["faceIds"][0])
            found = self._value(verb, name, _contents.get(name))
            said = _faces.identified(found, body["faceIds"])
            people = [{"name": one} if isinstance(one, str) else one for one in found]
            _names_of.update({_faces.person_id(one["name"]): one["name"] for one in people})
            return said
        names = {face: self._picture_of(verb, face) for face in body["faceIds"]}
        return _faces.grouped({face: self._value(verb, name, _contents.get(name)) for face, name in names.items()})

    def person(self, url: str) -> Any:
        """A person's name."""
        identity = urlsplit(url).path.rpartition("/")[2]
        return {"personId": identity, "name": _names_of[identity], "persistedFaceIds": []}

    def _picture_of(self, verb: str, face: str) -> Any:
        """Whose face it is; what another process detected is known where answers are told by picture."""
        if face in _faces_of:
            return _faces_of[face]
        given = self._answers.get(verb)
        for name in given if isinstance(given, Mapping) else ():
            if isinstance(name, str) and face == _faces.face_id(name):
                return name
        raise Unfit("answers by picture, where faces are detected in one process and compared in another")
