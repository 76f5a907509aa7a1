"""What verbs found, told by the shape of their answers: marks on a picture, words below it, other pictures, moments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dfai._show.answers import ERRORS, Answer
from dfai._show.rows import plain

__all__ = [
    "NOTHING",
    "Finding",
    "Hit",
    "Mark",
    "Moment",
    "Note",
    "found_in",
    "group_order",
]

BOX = ("x_px", "y_px", "width_px", "height_px")
_SILENT = ("_error", "_error_message", "_error_detail", "_pages", "_nbest")
NOTHING = "no"  # the name of the note that tells what was looked for and is not there
_NAMED = 8  # things that are named one by one; more are counted by their names
_COUNTED = 12
_LONGEST = 600  # characters of a text


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at a place in a picture, in pixels of the picture as it is seen.

    *corners* are those of a box (left upper, right lower) or of a polygon. *group* is what has one colour. *tip* is all
    that is known.
    """

    shape: str  # "box" or "polygon"
    corners: tuple[tuple[float, float], ...]
    group: str
    label: str = ""
    tip: str = ""
    confidence: float | None = None
    points: tuple[tuple[float, float], ...] = ()
    minor: bool = False  # a part of another mark, which bears the label


@dataclass(frozen=True, slots=True)
class Note:
    """A line below a picture. *parts* are words, each with the group whose colour it has, or None."""

    name: str
    parts: tuple[tuple[str, str | None], ...]
    is_error: bool = False

    @property
    def text(self) -> str:
        return ", ".join(word for word, _ in self.parts)

    @property
    def line(self) -> str:
        """The note in one line."""
        if self.is_error:
            return self.text
        return f"{self.name} {self.text}" if self.name == NOTHING else f"{self.name}: {self.text}"


@dataclass(frozen=True, slots=True)
class Hit:
    """Another picture: where it is, the best place first, and its name."""

    urls: tuple[str, ...]
    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that is said in a sound, in seconds from its start."""

    start_s: float
    end_s: float | None
    text: str
    speaker: str


@dataclass(slots=True)
class Finding:
    """All that was found in one row."""

    marks: list[Mark] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    hits: list[Hit] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)


# ---- what they say -------------------------------------------------------------------------------------------------


def found_in(answers: Sequence[Answer], values: Mapping[Hashable, Sequence[Any]], row: int) -> Finding:
    """What *answers* hold in *row*."""
    finding = Finding()
    for answer in answers:
        held = {
            suffix: plain(values[name][row])
            for suffix, name in answer.suffixes.items()
            if answer.is_told or _may_hold_places(values[name][row])
        }
        code, message = (held.get(suffix) for suffix in ERRORS)
        if code is not None:
            said = f"{code}: {message}" if message else str(code)
            finding.notes.append(Note(answer.name, ((said, None),), is_error=True))
        _read(answer, held, finding)
    empty = [note.name for note in finding.notes if not note.parts]
    finding.notes = [note for note in finding.notes if note.parts]
    if empty:
        finding.notes.append(Note(NOTHING, tuple((name, None) for name in empty)))
    # The most certain last, so that it lies on top.
    finding.marks.sort(key=lambda mark: (not mark.minor, mark.confidence if mark.confidence is not None else 2.0))
    return finding


def _may_hold_places(value: Any) -> bool:
    """Whether it is worth a look: not pixels, samples, texts."""
    if hasattr(value, "asDict") or isinstance(value, Mapping):
        return True
    if isinstance(value, (str, bytes, bytearray)) or not hasattr(value, "__len__") or not hasattr(value, "__getitem__"):
        return False
    return len(value) > 0 and (hasattr(value[0], "asDict") or isinstance(value[0], Mapping))


def _read(answer: Answer, held: Mapping[str, Any], finding: Finding) -> None:
    """What one answer holds, into *finding*."""
    name = answer.name
    beside: list[tuple[str, str | None]] = []
    read_already = {*_SILENT, "_confidence", "_landmarks"}
    for suffix, value in held.items():
        if suffix in read_already or value is None or isinstance(value, (bytes, bytearray)):
            continue
        called = name if suffix == "" else suffix.removeprefix("_")
        if _places(value):
            parts = _marked(called, suffix, value, held, finding)
        elif _lists(value, "content_url"):
            finding.hits += [_hit(one) for one in value]
            parts = []
        elif _lists(value, "start_s"):
            if suffix != "_words" or "_segments" not in held:
                finding.moments += [_moment(one) for one in value]
            parts = []
        elif not answer.is_told:
            continue
        elif suffix == "" or "" not in held or isinstance(value, (list, dict)):
            parts = _worded(value, held.get("_confidence") if suffix == "" else None)
        else:
            beside.append((f"{called.removesuffix('_s').replace('_', ' ')} {_figure(value, suffix)}", None))
            continue
        if parts or (value in ("", []) and (suffix == "" or "" not in held)):
            finding.notes.append(Note(called, tuple(parts)))
    if beside:
        at = next((place for place, note in enumerate(finding.notes) if note.name == name and not note.is_error), None)
        if at is None:
            finding.notes.append(Note(name, tuple(beside)))
        else:
            finding.notes[at] = Note(name, (*finding.notes[at].parts, *beside))


def _lists(value: Any, key: str) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, dict) and key in one for one in value)


def _places(value: Any) -> bool:
    """Whether *value* is a box, or a list of boxes or polygons."""
    held = value if isinstance(value, list) else [value]
    return bool(held) and all(isinstance(one, dict) and (one.keys() >= set(BOX) or "polygon" in one) for one in held)


def _marked(
    called: str, suffix: str, value: Any, held: Mapping[str, Any], finding: Finding
) -> list[tuple[str, str | None]]:
    """The marks of an answer, into *finding*; and what is said of them below."""
    things = value if isinstance(value, list) else [value]
    landmarks = held.get("_landmarks") or []
    said: list[tuple[str, str | None]] = []
    for place, one in enumerate(things):
        if "polygon" in one:
            if one["polygon"] and one.get("page", 1) == 1:  # of a document the first page is shown
                minor = suffix == "_words" and "_lines" in held
                finding.marks.append(_polygon(one, called, minor))
            continue
        if any(one[side] is None for side in BOX):
            continue
        points = landmarks[place] if suffix == "" and place < len(landmarks) else []
        mark = _box(one, called, place if isinstance(value, list) else None, points or [])
        if said and finding.marks[-1].corners == mark.corners:  # another candidate for the same face
            before = finding.marks[-1]
            finding.marks[-1] = replace(before, tip=f"{before.tip}; or {mark.tip}")
        else:
            finding.marks.append(mark)
        said.append(((mark.label or mark.tip).removeprefix(called).strip(), mark.group))
    if not said:
        return []
    if not any(word for word, _ in said):
        return [(str(len(said)), said[0][1])] if isinstance(value, list) else []
    if len(said) <= _NAMED:
        return [(word, group) for word, group in said if word]
    groups = Counter(group for _, group in said)
    if len(groups) == len(said):
        return [(f"{len(said)} in all", None)]
    more = len(groups) - _COUNTED
    rest: list[tuple[str, str | None]] = [(f"and {more} more", None)] if more > 0 else []
    return [(f"{count} × {group}", group) for group, count in groups.most_common(_COUNTED)] + rest


def _box(one: Mapping[str, Any], called: str, place: int | None, landmarks: Sequence[Mapping[str, Any]]) -> Mark:
    x, y, width, height = (float(one[side]) for side in BOX)
    confidence, number = one.get("confidence"), 1 + (place or 0)
    if "person_id" in one:
        group = name = one["name"] or "unknown"
    elif one.get("name"):
        group = name = str(one["name"])
    elif one.get("text"):
        # Sentences differ from each other: each has a colour of its own.
        name, group = str(one["text"]), f"{called} {number}"
    elif one.get("aspect_ratio") is not None:
        name, group = f"{called} {one['aspect_ratio']:g}", f"{called} {number}"
    else:
        # One of its kind is called as its column is; of several that say no more each would be called the same.
        name, group = "" if place is not None and confidence is None else called, called
    label = name if confidence is None else f"{name} {confidence:.0%}".strip()
    points = tuple((float(p["x_px"]), float(p["y_px"])) for p in landmarks if p.get("x_px") is not None)
    return Mark("box", ((x, y), (x + width, y + height)), group, label, label or _told(one), confidence, points)


def _told(one: Mapping[str, Any]) -> str:
    """All that a struct without a name says: attributes of a face, say."""
    rest = {key: value for key, value in one.items() if key not in BOX and value not in (None, [], "")}
    return ", ".join(f"{_short(key)} {_figure(value, key)}" for key, value in rest.items())


def _short(key: str) -> str:
    return key.removesuffix("_degrees").replace("_", " ")


def _polygon(one: Mapping[str, Any], called: str, minor: bool) -> Mark:
    numbers = one["polygon"]
    corners = tuple((float(x), float(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=False))
    confidence = one.get("confidence")
    text = str(one.get("text") or "")
    tip = text if confidence is None else f"{text} {confidence:.0%}"
    return Mark("polygon", corners, called, "" if minor else text, tip, confidence, minor=minor)


def _hit(one: Mapping[str, Any]) -> Hit:
    urls = tuple(url for url in (one.get("thumbnail_url"), one.get("content_url")) if url)
    return Hit(urls, str(one.get("name") or ""))


def _moment(one: Mapping[str, Any]) -> Moment:
    start_s = float(one["start_s"] or 0.0)
    duration_s = one.get("duration_s")
    speaker = one.get("speaker")
    end_s = None if duration_s is None else start_s + duration_s
    return Moment(start_s, end_s, str(one.get("text") or ""), "" if speaker is None else str(speaker))


def _worded(value: Any, confidence: Any) -> list[tuple[str, str | None]]:
    """A plain answer in words, with how certain it is."""
    if isinstance(value, list):
        certain = confidence if isinstance(confidence, list) and len(confidence) == len(value) else [None] * len(value)
        words = [_item(one, sure) for one, sure in zip(value, certain, strict=True)]
        if len(words) > 2 * _NAMED:
            words[2 * _NAMED :] = [f"and {len(words) - 2 * _NAMED} more"]
        return [(word, None) for word in words]
    return [(_item(value, confidence), None)] if str(value).strip() else []


def _item(value: Any, confidence: Any) -> str:
    if isinstance(value, dict):
        name = next((str(value[key]) for key in ("name", "text", "face_id", "id") if value.get(key)), None)
        if name is None:
            return "; ".join(
                f"{_short(key)} {_figure(one, key)}" for key, one in value.items() if one not in (None, [])
            )
        value, confidence = name, value.get("confidence")
    said = _figure(value, "")
    sure = f"{confidence:.0%}" if isinstance(confidence, float) else ""
    return f"{said} ({sure})" if sure and (isinstance(value, bool) or len(said) > 60) else f"{said} {sure}".strip()


def _figure(value: Any, called: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        unit = " s" if called.endswith("_s") else "°" if called.endswith("_degrees") else ""
        return f"{value:,.3g}{unit}" if abs(value) < 1_000 else f"{value:,.0f}{unit}"
    if isinstance(value, list):
        return " ".join(_figure(one, called) for one in value)
    if isinstance(value, dict):
        return "; ".join(_figure(one, key) for key, one in value.items() if one is not None)
    text = str(value).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} …"


def group_order(findings: Iterable[Finding]) -> list[str]:
    """The groups of all marks, the most frequent first."""
    count = Counter(mark.group for finding in findings for mark in finding.marks)
    return [group for group, _ in count.most_common()]
