"""A target that gives the answers it was told, behind the same protocol, retries and limits as any other."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from dfai.testing._pictures import asked_of, picture_body
from dfai.testing._protocol import SERIES, TEXTS, Unfit, series_body, text_body
from dfai.testing._seen import PICTURED, Face, known_by_content, name_of, picture_in
from dfai.testing._sounds import SOUNDED, SPOKEN, Voices, asks_of_sounds, heard, names_of, sound_in, spoken, words_in
from dfai_core import Service
from dfai_core.errors import ConfigError, NotOffered
from dfai_core.flow.adaptive import LearnedRate
from dfai_core.services import services
from dfai_core.targets import Credentials
from dfai_core.targets.base import OnePlace
from dfai_core.transports import Answer, BadAnswer, Request

__all__ = ["Asked", "Fake", "fake"]

# Statuses and codes of refusals. Their words are left out, so that the core finds its own.
_REFUSED = {
    "rate_limited": (429, "429"),
    "unavailable": (503, "ServiceUnavailable"),
    "too_large": (413, "413"),
    "refused": (400, "InvalidDocument"),
    "unsupported": (400, "UnsupportedOperation"),
}
# Without an HTTP answer that could be read.
_BROKEN = ("timeout", "bad_answer")
_AT_ONCE = {"Content-Type": "application/json", "Retry-After": "0"}
_VERBS = {service.operation: name for name, service in services().items() if name in (*TEXTS, *SERIES)}
_SERIES_PATHS = {"entire": "detect_anomalies", "last": "detect_last_anomaly", "changepoint": "detect_change_points"}

# By each fake's id, so that copies which travelled inside this process count as one.
_asked: dict[str, list[Asked]] = {}
_operations: dict[str, bytes] = {}
_numbers = itertools.count(1)


class Asked(NamedTuple):
    """One request that a fake was sent: the verb, its documents, and what it said.

    Documents are texts, series as tuples, or pictures and sounds by their SHA-256 or URL; a comparison of faces has
    none, as a step of one of voices that brings no sound.
    """

    verb: str
    documents: tuple[Any, ...]
    status: int | None  # None: there was no HTTP answer


class _Unmoved(LearnedRate):
    """A rate that refusals do not lower: a test should not become slow because a row was told to fail."""

    def refused(self, now: float, *, sent_at: float, retry_after_s: float | None, draw: float) -> None:
        return


@dataclass(frozen=True)
class Fake(OnePlace):
    """A target for tests, made by `fake`."""

    id: str
    answers: Mapping[str, Any] = field(compare=False, repr=False)
    fail: Mapping[Any, str] = field(compare=False, repr=False)
    by_picture: frozenset[str] = field(default=frozenset(), compare=False, repr=False)  # these verbs' mappings are

    @property
    def kind(self) -> str:
        return "local"

    @property
    def requests(self) -> list[Asked]:
        """What this process has sent to it, in order; on Dask's and Spark's workers each has its own."""
        return list(_asked.get(self.id, ()))

    def check(self, service: Service) -> None:
        """Raises NotOffered for a verb without answers."""
        if service.name not in self.answers:
            known = ", ".join(self.answers) or "nothing"
            raise NotOffered(
                f"this fake answers {known}. Give {service.name} its answers too: "
                f'dfai.testing.fake({{"{service.name}": …}}).'
            )

    def url(self, service: Service) -> str:
        return "http://fake"

    def identity(self, service: Service) -> str:
        return f"fake {self.id}"

    async def credentials(self, *, renew: bool = False) -> Credentials:
        return Credentials({})

    def transport(self) -> _FakeTransport:
        return _FakeTransport(self)

    def rate(self) -> LearnedRate:
        """What it bears: anything."""
        return _Unmoved()

    def shipped(self) -> Fake:
        return self

    def __str__(self) -> str:
        return "fake"


def fake(answers: Mapping[str, Any], *, fail: Mapping[Any, str] | None = None) -> Fake:
    """A target that gives *answers*, and fails where it is told to: no model, no key, no network.

    All else is real: requests are packed, sent, tried again, split and read as with any target, by the protocol that
    Azure speaks. It travels to workers with all that it holds.

    Parameters
    ----------
    answers
        By verb: a mapping from a text to its answer, or a function from a text to its answer, or one answer for all.
        An answer is what stands in the headline column; a mapping gives companions too. Of verbs on series, a text
        is the tuple of a series' values; of verbs on pictures, a picture's bytes, its path, or a URL that the service
        reads (of `verify_faces`, two of them), and a function is given the bytes or the URL. Of verbs on sounds the
        same; `verify_speaker` compares two, or one and a profile's id.
    fail
        Texts (or tuples, pictures, sounds) that fail, and with which code of the error column: "rate_limited",
        "unavailable", "timeout", "bad_answer", "refused", "unsupported", "too_large". Each fails alone, at every try.

    Raises
    ------
    ConfigError
        For a verb or a code that a fake does not know.

    Notes
    -----
    A text that has no answer ends as ``refused``, with a message that says how to give it one.

    Examples
    --------
    >>> import warnings
    >>> told = dfai.testing.fake({"sentiment": {"Lovely.": "positive"}}, fail={"Bad.": "rate_limited"})
    >>> with dfai.using(target=told, attempts=1), warnings.catch_warnings():
    ...     warnings.simplefilter("ignore", dfai.errors.RowsFailed)
    ...     df = pd.DataFrame({"t": ["Lovely.", "Bad."]}).ai.sentiment("t")
    >>> df["sentiment_error"].fillna("-").tolist()
    ['-', 'rate_limited']
    >>> sorted(asked.status for asked in told.requests)
    [200, 413, 429]
    """
    known = (*TEXTS, *SERIES, *PICTURED, SPOKEN, *SOUNDED)
    for verb in answers:
        if verb not in known:
            raise ConfigError(f"dfai.testing.fake: {verb!r} is no verb that a fake answers: {', '.join(known)}.")
    for code in (fail or {}).values():
        if code not in (*_REFUSED, *_BROKEN):
            codes = ", ".join((*_REFUSED, *_BROKEN))
            raise ConfigError(f"dfai.testing.fake(fail=…): {code!r} is no code that it can fail with: {codes}.")
    told = {verb: known_by_content(verb, given) for verb, given in answers.items()}
    failing = dict(fail or {})
    if any(verb in PICTURED for verb in answers):
        failing |= {name_of(key): code for key, code in failing.items()}
    if any(verb in SOUNDED for verb in answers):
        failing |= {name: code for key, code in (fail or {}).items() for name in names_of(key)}
    by_picture = frozenset(verb for verb, given in answers.items() if told[verb] is not given)
    return Fake(uuid.uuid4().hex, told, failing, by_picture)


class _FakeTransport:
    """Answers requests by the protocol, out of what a fake was told."""

    def __init__(self, told: Fake) -> None:
        self._told = told

    async def send(self, request: Request) -> Answer:
        if "/face/" in request.url:
            return self._face(request)
        if (part := asks_of_sounds(request.url)) is not None:
            return {"heard": self._heard, "spoken": self._spoken, "voices": self._voices}[part](request)
        if request.method == "GET":
            return Answer(200, _AT_ONCE, _operations.get(request.url, b'{"status": "failed"}'))
        if (asked := asked_of(request.url, self._told.answers)) is not None:
            return self._picture(request, *asked)
        body = orjson.loads(request.body or b"{}")
        if "series" in body:
            verb = _SERIES_PATHS[request.url.rsplit("/", 2)[-2]]
            return self._series(verb, series_body(body))
        kind = body["kind"] if "kind" in body else body["tasks"][0]["kind"]
        return self._texts(_VERBS[kind], kind, body["analysisInput"]["documents"], request.url)

    async def aclose(self) -> None:
        return

    def _texts(self, verb: str, kind: str, documents: Sequence[Mapping[str, Any]], url: str) -> Answer:
        texts = tuple(document["text"] for document in documents)
        if (failed := self._failed(verb, texts)) is not None:
            return failed
        written, errors = [], []
        for document, text in zip(documents, texts, strict=True):
            try:
                written.append(
                    {"id": document["id"], "warnings": [], **TEXTS[verb].write(text, self._value(verb, text))}
                )
            except Unfit as unfit:
                inner = {"code": "InvalidDocument", "message": str(unfit)}
                errors.append({"id": document["id"], "error": {"code": "InvalidArgument", "innererror": inner}})
        job = TEXTS[verb].job
        found = orjson.dumps(text_body(kind, written, errors, job=job))
        if not job:
            return self._said(verb, texts, Answer(200, _AT_ONCE, found))
        return self._said(verb, texts, self._submitted(url, found))

    def _series(self, verb: str, series: tuple[float, ...]) -> Answer:
        if (failed := self._failed(verb, (series,))) is not None:
            return failed
        try:
            answer = Answer(200, _AT_ONCE, orjson.dumps(SERIES[verb](series, self._value(verb, series))))
        except Unfit as unfit:
            answer = _refusal(400, "InvalidSeries", str(unfit))
        return self._said(verb, (series,), answer)

    def _picture(self, request: Request, verb: str, operation: str, features: tuple[str, ...]) -> Answer:
        picture, name = picture_in(request)
        if (failed := self._failed(verb, (name,))) is not None:
            return failed
        try:
            found = picture_body(verb, operation, features, self._value(verb, name, picture))
        except Unfit as unfit:
            return self._said(verb, (name,), _refusal(400, "InvalidRequest", str(unfit)))
        if isinstance(found, bytes):
            return self._said(verb, (name,), Answer(200, _AT_ONCE, found))
        if operation != "read/analyze":
            return self._said(verb, (name,), Answer(200, _AT_ONCE, orjson.dumps(found)))
        return self._said(verb, (name,), self._submitted(request.url, orjson.dumps(found)))

    def _face(self, request: Request) -> Answer:
        faces = Face(self._told.answers, self._value)
        if request.method == "GET":
            return Answer(200, _AT_ONCE, orjson.dumps(faces.person(request.url)))
        verb, detects = faces.verb(request), "/detect?" in request.url
        picture, name = picture_in(request) if detects else (None, None)
        documents = (name,) if detects else ()
        if detects and (failed := self._failed(verb, documents)) is not None:
            return failed
        try:
            found = (
                faces.detected(verb, picture, name)
                if detects
                else faces.compared(verb, orjson.loads(request.body or b"{}"))
            )
        except Unfit as unfit:
            return self._said(verb, documents, _refusal(400, "BadArgument", str(unfit)))
        return self._said(verb, documents, Answer(200, _AT_ONCE, orjson.dumps(found)))

    def _heard(self, request: Request) -> Answer:
        sound, name = sound_in(request)
        return self._one("transcribe", name, lambda: heard(request.url, sound, self._value("transcribe", name, sound)))

    def _spoken(self, request: Request) -> Answer:
        text = words_in(request)
        return self._one(
            SPOKEN, text, lambda: spoken(request.headers["X-Microsoft-OutputFormat"], self._value(SPOKEN, text))
        )

    def _voices(self, request: Request) -> Answer:
        voices = Voices(request)
        verb = voices.verb(self._told.answers)
        sound, name = sound_in(request) if voices.listens else (None, None)
        if (said := voices.prepared(sound, name)) is not None:
            return self._one(verb, name, lambda: said)
        key, content = voices.compared(verb, sound, name)
        return self._one(verb, name, lambda: voices.said(verb, self._value(verb, key, content)))

    def _one(self, verb: str, document: Any, said: Callable[[], Any]) -> Answer:
        """The answer to a request about one thing, or about none."""
        documents = () if document is None else (document,)
        if documents and (failed := self._failed(verb, documents)) is not None:
            return failed
        try:
            found = said()
        except Unfit as unfit:
            return self._said(verb, documents, _refusal(400, "InvalidRequest", str(unfit)))
        body = found if isinstance(found, bytes) else orjson.dumps(found)
        kind = {"Content-Type": "application/octet-stream"} if isinstance(found, bytes) else {}
        return self._said(verb, documents, Answer(200, {**_AT_ONCE, **kind}, body))

    def _submitted(self, url: str, found: bytes) -> Answer:
        """An operation that has ended as soon as it is asked about."""
        link = f"{url.partition('?')[0]}/{next(_numbers)}-{self._told.id}"
        _operations[link] = found
        return Answer(202, {**_AT_ONCE, "Operation-Location": link}, b"")

    def _failed(self, verb: str, documents: tuple[Any, ...]) -> Answer | None:
        """What becomes of a request with a document that fails. It is split first, so that each fails alone."""
        codes = {self._told.fail.get(document) for document in documents}
        if codes == {None}:
            return None
        if len(documents) > 1:
            return self._said(verb, documents, _refusal(413, "413"))
        (code,) = codes
        if code == "timeout":
            self._note(verb, documents, None)
            raise TimeoutError
        if code == "bad_answer":
            self._note(verb, documents, None)
            raise BadAnswer("the fake was told to answer badly")
        return self._said(verb, documents, _refusal(*_REFUSED[str(code)]))

    def _value(self, verb: str, document: Any, picture: Any = None) -> Any:
        """What *document* is answered; raises `Unfit` where nothing was said of it.

        A picture is looked up by its name, and a function is given the *picture* itself.
        """
        given = self._told.answers[verb]
        if callable(given):
            return given(*picture) if isinstance(picture, tuple) else given(document if picture is None else picture)
        what = "picture" if verb in PICTURED else "sound" if verb in SOUNDED else "text"
        if isinstance(given, Mapping) and (what == "text" or verb in self._told.by_picture):
            if document in given:
                return given[document]
            raise Unfit(
                f"this fake has no answer for this {what}. Give it one, "
                f'dfai.testing.fake({{"{verb}": {{{what}: answer}}}}), or a function: {{"{verb}": lambda {what}: …}}'
            )
        return given

    def _said(self, verb: str, documents: tuple[Any, ...], answer: Answer) -> Answer:
        self._note(verb, documents, answer.status)
        return answer

    def _note(self, verb: str, documents: tuple[Any, ...], status: int | None) -> None:
        _asked.setdefault(self._told.id, []).append(Asked(verb, documents, status))


def _refusal(status: int, code: str, message: str = "") -> Answer:
    return Answer(status, _AT_ONCE, orjson.dumps({"error": {"code": code, "message": message}}))
