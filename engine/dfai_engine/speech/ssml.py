"""SSML, read safely: no document types, no entities, bounded depth and size; what cannot be done here is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple
from xml.parsers import expat

from dfai_engine.speech import prosody
from dfai_engine.speech.say_as import said
from dfai_engine.speech.script import Manner, Pause, Script, Spoken
from dfai_engine.speech.unspoken import refused
from dfai_engine.speech.voices import voice_called, voice_of_language

__all__ = ["MAX_VOICES", "read_ssml"]

# Source: Azure AI Speech, "Quotas and limits", real-time text to speech, read 2026-11-26.
MAX_VOICES = 50
# Ours: no element of SSML has a reason to stand deeper.
_MAX_DEPTH = 32
_PARAGRAPH_MS = 300
_XML, _SSML = "http://www.w3.org/XML/1998/namespace", "/synthesis"
_EXTENSION = "/mstts"
_ENDS = (".", "!", "?", ":", ";", "…")
_WRITTEN = frozenset({"say-as", "sub", "phoneme"})  # these hold text alone
_EMPTY = frozenset({"break", "bookmark", "mark", "mstts:silence", "mstts:viseme"})
# What the service does and nothing here can.
_NEVER = {
    "audio": "recordings are not fetched",
    "mstts:backgroundaudio": "recordings are not fetched",
    "mstts:voiceconversion": "recordings are not fetched",
    "lexicon": "lexicons are not fetched; use sub or phoneme",
    "math": "formulas are not read aloud",
    "mstts:audioduration": "use prosody rate",
    "mstts:ttsembedding": "there are no personal voices",
}
_SILENCES = ("leading", "tailing", "sentenceboundary")


class _Open(NamedTuple):
    """An element that has begun: how one speaks in it, and what it needs at its end."""

    name: str
    manner: Manner | None  # None: no voice has been named
    attributes: Mapping[str, str]
    tail_ms: int = 0


def read_ssml(document: bytes) -> Script:
    """What *document* says.

    Raises
    ------
    ServiceFailure
        It is not well-formed, or asks for what no voice here can do; the message says where.
    """
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    # Without a document type there are no entities but XML's own five: nothing expands, nothing is fetched.
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.StartElementHandler = reader.begin
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    try:
        parser.Parse(document, True)
    except expat.ExpatError as fault:
        what = expat.ErrorString(fault.code)
        raise refused(
            "InvalidSsml", f"The SSML is not well-formed: {what} at line {fault.lineno} column {fault.offset + 1}."
        ) from None
    except LookupError:
        raise refused("InvalidSsml", "The SSML names an encoding that is not known: send UTF-8.") from None
    return Script(tuple(reader.items), reader.characters)


class _Reader:
    """Takes elements and texts as they come, and keeps what is to be said."""

    def __init__(self) -> None:
        self.items: list[Spoken | Pause] = []
        self.characters = 0
        self._open: list[_Open] = []
        self._run: list[str] = []
        self._manner: Manner | None = None  # of the run
        self._written: list[str] = []  # in an element that holds text alone
        self._voices = 0

    # ---- what the parser tells -----------------------------------------------------------------------------------

    def doctype(self, *_: object) -> None:
        """A document type is refused: it could define entities."""
        raise refused("InvalidSsml", "The SSML has a document type declaration, which is not read here.")

    def begin(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = _name(tag)
        if len(self._open) >= _MAX_DEPTH:
            raise refused("InvalidSsml", f"The SSML is nested deeper than {_MAX_DEPTH} elements.")
        within = self._open[-1] if self._open else None
        if (within is None) != (name == "speak"):
            raise refused("InvalidSsml", "The SSML must have speak as its root, once.")
        if within is not None and within.name in _WRITTEN | _EMPTY:
            raise refused("InvalidSsml", f"{within.name} must not hold other elements.")
        if name in _NEVER:
            raise refused("UnsupportedElement", f"The element {name} is not served here: {_NEVER[name]}.")
        begin = _BEGINS.get(name)
        if begin is None:
            raise refused("UnsupportedElement", f"The element {name[:40]!r} is not one of SSML's.")
        known = {_attribute(key): value for key, value in attributes.items()}
        manner = None if within is None else within.manner
        if manner is None and name not in ("speak", "voice"):
            raise refused("InvalidSsml", f"{name} stands outside a voice element: the speak element must hold voices.")
        self._open.append(begin(self, _Open(name, manner, known)))

    def end(self, _: str) -> None:
        """An element ends."""
        closed = self._open.pop()
        if closed.name in _WRITTEN:
            text, self._written = "".join(self._written), []
            assert closed.manner is not None
            self._say(closed.manner, _replaced(closed, text))
        elif closed.name in ("p", "s", "voice"):
            self._end_sentence()
            if closed.name == "p":
                self.items.append(Pause(_PARAGRAPH_MS))
        if closed.tail_ms:
            self._pause(closed.tail_ms)
        if not self._open:
            self._flush()

    def text(self, text: str) -> None:
        """Characters between tags."""
        within = self._open[-1]
        if within.manner is None:
            if text.strip():
                raise refused("InvalidSsml", "Text stands outside a voice element: the speak element must hold voices.")
            return
        self.characters += len(text)
        if within.name in _WRITTEN:
            self._written.append(text)
        elif within.name in _EMPTY:
            if text.strip():
                raise refused("InvalidSsml", f"{within.name} must not hold text.")
        else:
            self._say(within.manner, text)

    # ---- elements ------------------------------------------------------------------------------------------------

    def speak(self, opened: _Open) -> _Open:
        """The root."""
        return opened

    def voice(self, opened: _Open) -> _Open:
        """Who speaks."""
        name = opened.attributes.get("name", "")
        if not name:
            raise refused("InvalidSsml", "A voice element has no name.")
        self._voices += 1
        if self._voices > MAX_VOICES:
            raise refused("InvalidSsml", f"The SSML has more than {MAX_VOICES} voice elements.")
        self._end_sentence()
        return opened._replace(manner=Manner(voice_called(name)))

    def lang(self, opened: _Open) -> _Open:
        """Another language: the voice here that speaks it."""
        assert opened.manner is not None
        tag = opened.attributes.get("xml:lang", "")
        return opened._replace(manner=replace(opened.manner, voice=voice_of_language(tag)))

    def prosody(self, opened: _Open) -> _Open:
        """Faster, higher, louder; a contour and a range are more than the voices here can do, and are left out."""
        manner = opened.manner
        assert manner is not None
        if (value := opened.attributes.get("rate")) is not None:
            manner = replace(manner, rate=prosody.rate(value, manner.rate))
        if (value := opened.attributes.get("pitch")) is not None:
            manner = replace(manner, pitch=prosody.pitch(value, manner.pitch, manner.voice.pitch_hz))
        if (value := opened.attributes.get("volume")) is not None:
            manner = replace(manner, volume=prosody.volume(value, manner.volume))
        return opened._replace(manner=manner)

    def sentence(self, opened: _Open) -> _Open:
        """A sentence or a paragraph: what was said before ends here."""
        self._end_sentence()
        return opened

    def rest(self, opened: _Open) -> _Open:
        """A break."""
        attributes = opened.attributes
        self._pause(prosody.break_ms(attributes.get("time"), attributes.get("strength")))
        return opened

    def silence(self, opened: _Open) -> _Open:
        """Silence before, after, or between the sentences of the voice around it."""
        kind = opened.attributes.get("type", "").lower()
        if kind not in _SILENCES:
            raise refused("UnsupportedElement", f"mstts:silence type={kind[:40]!r}: served are {', '.join(_SILENCES)}.")
        value = prosody.silence_ms("mstts:silence value", opened.attributes.get("value", ""))
        around = self._open[-1]
        if around.name != "voice" or around.manner is None:
            raise refused("InvalidSsml", "mstts:silence must stand in a voice element itself.")
        if kind == "leading":
            self._pause(value)
        elif kind == "tailing":
            self._open[-1] = around._replace(tail_ms=value)
        else:
            self._open[-1] = around._replace(manner=replace(around.manner, between_ms=value))
        return opened

    def plain(self, opened: _Open) -> _Open:
        """What is said as if it were not marked: no voice here has styles or emphasis."""
        return opened

    # ---- what is to be said --------------------------------------------------------------------------------------

    def _say(self, manner: Manner, part: str) -> None:
        if manner != self._manner:
            self._flush()
            self._manner = manner
        self._run.append(part)

    def _pause(self, ms: int) -> None:
        self._flush()
        self.items.append(Pause(ms))

    def _end_sentence(self) -> None:
        """A full stop, where the words so far have none."""
        last = next((part for part in reversed(self._run) if part.strip()), None)
        if last is not None and not last.rstrip("\"'”’)]} \t\r\n").endswith(_ENDS):
            self._run.append(".")
        self._flush()

    def _flush(self) -> None:
        text = "".join(self._run)
        if text.strip():
            assert self._manner is not None
            self.items.append(Spoken(text, self._manner))
        self._run = []


_BEGINS: Mapping[str, Callable[[_Reader, _Open], _Open]] = {
    "speak": _Reader.speak,
    "voice": _Reader.voice,
    "lang": _Reader.lang,
    "prosody": _Reader.prosody,
    "p": _Reader.sentence,
    "s": _Reader.sentence,
    "break": _Reader.rest,
    "mstts:silence": _Reader.silence,
    **dict.fromkeys(
        ("emphasis", "say-as", "sub", "phoneme", "bookmark", "mark", "mstts:viseme", "mstts:express-as"), _Reader.plain
    ),
}


def _replaced(closed: _Open, text: str) -> str:
    """What is said for the *text* in an element that holds text alone."""
    attributes = closed.attributes
    assert closed.manner is not None
    if closed.name == "sub":
        if "alias" not in attributes:
            raise refused("InvalidSsml", "A sub element has no alias.")
        return attributes["alias"]
    if closed.name == "phoneme":
        # The voices' own phonemes are another set in each language, and what they do not know is left out unsaid.
        if not text.strip():
            raise refused("UnsupportedElement", "A phoneme without text is not served here: its text is what is said.")
        return text
    kind = attributes.get("interpret-as", "")
    if not kind:
        raise refused("InvalidSsml", "A say-as element has no interpret-as.")
    return said(text, kind, attributes.get("format", ""), closed.manner.voice.language)


def _name(tag: str) -> str:
    space, _, name = tag.rpartition(" ")
    if not space or space.rstrip("/").endswith(_SSML):
        return name
    return (
        f"mstts:{name}" if space.rstrip("/").endswith(_EXTENSION) else "math" if name == "math" else f"{space} {name}"
    )


def _attribute(name: str) -> str:
    space, _, local = name.rpartition(" ")
    return f"xml:{local}" if space == _XML else local
